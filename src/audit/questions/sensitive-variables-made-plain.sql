-- title: Sensitive variables that were made plain
-- description: Variables that lost the kind sensitive: from then on their value can be read by everybody who may see
-- the project.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.1, CC7.1; ISO 27001 A.5.17, A.8.9; PCI DSS 8.6.3; NIST CM-3, IA-5
SELECT occurred_at, instance, coalesce(username, '(unknown)') AS username, owner_name, variable_name, scope, event_id
FROM variable_edits
WHERE change = 'made_plain'
  AND occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY occurred_at DESC, instance, event_id, variable_name, scope;
