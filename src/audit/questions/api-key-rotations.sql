-- title: Rotations of API keys, under way and finished
-- description: Every key whose successor (a newer key of the same account and purpose) is made: overlapping while both
-- work for less than 7 days, old_key_used when the old one was used a day or more after the new one was made, stalled
-- when both have worked for 7 days or more; and finished, when the old key was revoked or had expired by finished_at,
-- in a period. days counts from the making of the new key, as long as that key exists. On servers that do not record
-- use, only an audited change shows that an old key is still used.
-- param: from date = none: first day on which a rotation was finished, UTC; when empty, 365 days back from the last reading
-- param: to date = none: last such day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.1, CC6.2; ISO 27001 A.5.17; PCI DSS 8.6.3; NIST AC-2, IA-5
WITH rotations AS (
  SELECT
    k.instance,
    k.username,
    k.purpose,
    k.rotation_state AS state,
    k.owner,
    k.breaks,
    k.key_id AS old_key_id,
    k.last_used_at AS old_key_last_used_at,
    k.successor_id AS new_key_id,
    NULL AS finished_at,
    k.read_at AS until
  FROM api_keys k
  WHERE k.rotation_state IS NOT NULL
  UNION ALL
  SELECT h.instance, h.username, h.purpose, 'finished', NULL, NULL, h.key_id, NULL, h.after, h.seen_at, h.seen_at
  FROM api_key_history h
  WHERE h.change = 'rotation_finished'
    AND h.seen_at >= coalesce(:from, (SELECT date(max(read_at), '-364 days') FROM api_keys), '')
    AND h.seen_at < coalesce(date(:to, '+1 day'), '9999')
)
SELECT
  r.instance,
  r.username,
  r.purpose,
  r.state,
  n.created_at AS begun_at,
  r.finished_at,
  CAST(julianday(r.until) - julianday(n.created_at) AS INTEGER) AS days,
  coalesce(r.owner, n.owner) AS owner,
  coalesce(r.breaks, n.breaks) AS breaks,
  r.old_key_id,
  r.old_key_last_used_at,
  r.new_key_id,
  n.hint AS new_key_hint
FROM rotations r
LEFT JOIN api_keys n ON n.instance = r.instance AND n.key_id = r.new_key_id
ORDER BY r.finished_at IS NOT NULL, begun_at, r.finished_at, r.instance, r.old_key_id;
