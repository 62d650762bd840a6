-- title: Who changed which sensitive variables
-- description: Every change of a variable that was sensitive before or after it, the latest first. No value is ever
-- stored, so none can be shown. Where the server does not tell the kind of a variable, is_sensitive is empty and the
-- change is not listed here.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.1, CC7.1; ISO 27001 A.5.17, A.8.9; PCI DSS 8.6.3; NIST CM-3, IA-5, AU-6
SELECT
  occurred_at,
  coalesce(username, '(unknown)') AS username,
  owner_name,
  variable_name,
  change,
  scope,
  event_id,
  instance
FROM variable_edits
WHERE is_sensitive = 1
  AND occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY occurred_at DESC, instance, event_id, variable_name, change, scope;
