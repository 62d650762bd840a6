-- title: Who changed which sensitive variables
-- description: Every change of a sensitive variable in the last 90 days of stored events, the latest first. No value is
-- ever stored, so none can be shown.
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
  AND occurred_at >= strftime('%Y-%m-%dT%H:%M:%fZ', (SELECT max(occurred_at) FROM events), '-90 days')
ORDER BY occurred_at DESC, event_id, variable_name;
