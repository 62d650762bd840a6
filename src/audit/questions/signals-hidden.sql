-- title: Signals that an exception hid, one by one
-- description: Every match of a rule that an exception kept from becoming a finding, the latest first: the population
-- to sample when exceptions are reviewed.
-- param: exception text = none: name of the exception; when empty, all
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC4.1, CC7.3; ISO 27001 A.5.25, A.8.16; PCI DSS 10.4.3; NIST AU-6, SI-4
SELECT signal_id, suppressed_by AS exception, occurred_at, rule, level, event_id, instance
FROM signals
WHERE suppressed_by IS NOT NULL
  AND (:exception IS NULL OR suppressed_by = :exception)
  AND occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY occurred_at DESC, signal_id;
