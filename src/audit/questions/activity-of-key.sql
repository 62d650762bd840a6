-- title: What one API key did on a day
-- description: Every audited event that was made with one API key on one day (UTC), in order of time. Without a key
-- those of every key are listed. Only changes are audited, so what a key read is not here.
-- param: key text = none: id or purpose of the key; when empty, all
-- param: day date = none: the day, UTC; when empty, that of the last stored event
-- controls: SOC 2 CC6.1, CC7.2, CC7.3; ISO 27001 A.8.15, A.5.28; PCI DSS 10.2.1.2, 10.4.3; NIST AU-6, AU-7, IA-5
SELECT
  occurred_at,
  instance,
  api_key_purpose,
  api_key_id,
  coalesce(actor_name, username) AS account,
  actor_kind,
  category,
  project_name,
  environment_name,
  message,
  ip_address,
  user_agent,
  is_off_hours,
  event_id
FROM events
WHERE occurred_at >= coalesce(:day, (SELECT date(max(occurred_at)) FROM events))
  AND occurred_at < date(coalesce(:day, (SELECT max(occurred_at) FROM events)), '+1 day')
  AND CASE
    WHEN :key IS NULL THEN api_key_id IS NOT NULL OR api_key_purpose IS NOT NULL
    ELSE api_key_id = :key OR lower(api_key_purpose) = lower(:key)
  END
ORDER BY occurred_at, instance, event_id;
