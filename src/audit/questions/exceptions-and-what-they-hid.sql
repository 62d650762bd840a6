-- title: Exceptions and what they hid
-- description: Each exception that hid signals of a rule: how many, of how many events, when first and last. The text
-- of an exception, with its owner, approval, reason and end, is in the view rule_versions.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC4.1, CC7.2, CC7.3; ISO 27001 A.5.25, A.8.16; PCI DSS 10.4.3; NIST AU-6, SI-4
SELECT
  suppressed_by AS exception,
  instance,
  rule,
  count(*) AS signals_hidden,
  count(DISTINCT event_id) AS events,
  min(occurred_at) AS first_at,
  max(occurred_at) AS last_at
FROM signals
WHERE suppressed_by IS NOT NULL
  AND occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
GROUP BY suppressed_by, instance, rule
ORDER BY signals_hidden DESC, exception, instance, rule;
