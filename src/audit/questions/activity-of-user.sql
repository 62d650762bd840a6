-- title: What one account did on a day
-- description: Every audited event of one account on one day (UTC), in order of time, with the starts of deployments
-- it had queued. Without a name every account's are listed; what the server did by itself is left out.
-- param: user text = none: name or id of the account; when empty, all
-- param: day date = none: the day, UTC; when empty, that of the last stored event
-- controls: SOC 2 CC7.2, CC7.3; ISO 27001 A.8.15, A.5.28; PCI DSS 10.2.1.2, 10.4.3; NIST AU-6, AU-7, AC-2(12)
SELECT
  occurred_at,
  instance,
  coalesce(actor_name, username) AS account,
  actor_kind,
  category,
  project_name,
  environment_name,
  message,
  api_key_purpose,
  ip_address,
  user_agent,
  is_off_hours,
  event_id
FROM events
WHERE occurred_at >= coalesce(:day, (SELECT date(max(occurred_at)) FROM events))
  AND occurred_at < date(coalesce(:day, (SELECT max(occurred_at) FROM events)), '+1 day')
  AND CASE
    WHEN :user IS NULL THEN user_id IS NOT 'users-system' OR actor_kind <> 'system'
    ELSE user_id = :user OR lower(username) = lower(:user) OR lower(actor_name) = lower(:user)
  END
ORDER BY occurred_at, instance, event_id;
