-- title: Who changed which sensitive variables
-- description: Every change of a sensitive variable in the last 90 days of stored events, the latest first. No value is
-- ever stored, so none can be shown.
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
