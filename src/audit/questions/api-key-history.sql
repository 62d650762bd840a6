-- title: History of API keys
-- description: What happened to API keys as the readings of the server showed it: appeared, changed, gone (revoked),
-- returned, its account disabled or enabled, a successor made, a rotation finished. It happened between the reading
-- before seen_at and seen_at; keys that came and went between two readings are not here, but in the audit log. What
-- existed when the monitor first read an account's keys did not appear.
-- param: key text = none: id or purpose of the key, or its account; when empty, all
-- param: from date = none: first day, UTC; when empty, 90 days back from the last change
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.2, CC6.3; ISO 27001 A.5.16, A.5.17, A.5.18; PCI DSS 8.2.4, 8.6.3, 10.2.1.5; NIST AC-2, AC-2(4), IA-5
SELECT
  seen_at,
  instance,
  username,
  purpose,
  change,
  before,
  after,
  user_id,
  key_id
FROM api_key_history
WHERE seen_at >= coalesce(:from, (SELECT date(max(seen_at), '-89 days') FROM api_key_history))
  AND seen_at < coalesce(date(:to, '+1 day'), '9999')
  AND (:key IS NULL OR key_id = :key OR lower(purpose) = lower(:key) OR lower(username) = lower(:key))
ORDER BY seen_at DESC, instance, username, key_id, change;
