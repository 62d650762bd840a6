-- title: Starts and stops of the monitor
-- description: When the monitor started and stopped, by whom and where. A start whose kind is run without a stop
-- before the next one was a crash or a kill; one-shot runs write both.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.2; ISO 27001 A.8.15, A.8.16; PCI DSS 10.2.1.6, 10.7.2; NIST AU-5, AU-12
SELECT entry_id, at, action, object AS kind, os_user, host, monitor_version
FROM journal
WHERE action IN ('started', 'stopped')
  AND at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY entry_id DESC;
