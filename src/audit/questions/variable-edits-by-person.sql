-- title: Variable edits by person and month
-- description: How many variables each account changed in which project or library set in each month (UTC), and how
-- many of them were sensitive.
-- param: from date = none: first day, UTC; when empty, 365 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.1, CC8.1; ISO 27001 A.8.9, A.8.32; PCI DSS 6.5.1; NIST CM-3, AU-6
SELECT
  instance,
  strftime('%Y-%m', occurred_at) AS month,
  coalesce(username, '(unknown)') AS person,
  owner_name,
  count(*) AS edits,
  sum(coalesce(is_sensitive, 0)) AS sensitive,
  count(DISTINCT variable_name) AS variables,
  max(occurred_at) AS last_at
FROM variable_edits
WHERE occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-364 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
GROUP BY instance, month, person, owner_name
ORDER BY month DESC, edits DESC, person, instance, owner_name;
