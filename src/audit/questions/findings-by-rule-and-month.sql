-- title: Findings by rule and month
-- description: How many findings each rule opened in each month (UTC), how many of them are acknowledged, resolved
-- and still open, and how many versions of the rule they rest on.
-- param: from date = none: first day, UTC; when empty, 365 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.2, CC7.3; ISO 27001 A.5.25, A.8.16; PCI DSS 10.4.1, 10.4.1.1; NIST AU-6, AU-6(1), SI-4
SELECT
  strftime('%Y-%m', created_at) AS month,
  instance,
  rule,
  level,
  count(*) AS findings,
  sum(event_count) AS events,
  sum(status = 'open') AS open,
  sum(status = 'acknowledged') AS acknowledged,
  sum(status = 'resolved') AS resolved,
  count(DISTINCT rule_sha256) AS rule_versions
FROM findings
WHERE created_at >= coalesce(:from, (SELECT date(max(occurred_at), '-364 days') FROM events))
  AND created_at < coalesce(date(:to, '+1 day'), '9999')
GROUP BY month, instance, rule, level
ORDER BY month DESC, findings DESC, instance, rule, level;
