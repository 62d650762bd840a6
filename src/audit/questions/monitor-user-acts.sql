-- title: What the monitor's own users did
-- description: Queries that were run, findings that were acknowledged, exports and everything else that a person did
-- with the monitor, with the operating-system user. What it does by itself is left out: opening, resolving and
-- reopening findings, digests, starts, what was loaded. Who read the file with another program is not known to it.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.1, CC7.2; ISO 27001 A.8.15, A.5.28; PCI DSS 10.2.1.2, 10.2.1.3; NIST AU-9, AU-12
SELECT entry_id, at, os_user, host, action, object, detail, monitor_version
FROM journal
WHERE action NOT IN (
    'finding_opened', 'finding_resolved', 'finding_reopened', 'digest_sent', 'started', 'stopped', 'config_loaded',
    'rules_loaded', 'upgraded', 'chain_begun'
  )
  AND at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY entry_id DESC;
