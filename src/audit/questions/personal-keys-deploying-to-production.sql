-- title: Personal API keys that deploy to production
-- description: API keys of accounts that are no service accounts and with which deployments to production were
-- queued, with what is known of the key today; a key that is no longer listed has an empty state. On servers that do
-- not name the key it is told by its purpose. Keys of AI agents are listed too, with actor_kind agent.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.1, CC6.3; ISO 27001 A.5.17, A.8.2; PCI DSS 8.6.3, 10.2.1.2; NIST AC-6(9), IA-5, CM-5
SELECT
  d.instance,
  d.queued_by AS username,
  d.actor_kind,
  d.api_key_purpose,
  d.api_key_id,
  count(*) AS deployments,
  sum(d.is_off_hours) AS off_hours,
  min(d.first_at) AS first_at,
  max(d.first_at) AS last_at,
  k.state AS key_state,
  k.expires_at AS key_expires_at
FROM deployments d
LEFT JOIN api_keys k ON k.instance = d.instance AND k.key_id = d.api_key_id
WHERE d.is_production = 1
  AND (d.api_key_id IS NOT NULL OR d.api_key_purpose IS NOT NULL)
  AND d.actor_kind IS NOT 'service'
  AND d.first_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND d.first_at < coalesce(date(:to, '+1 day'), '9999')
GROUP BY d.instance, d.queued_by, d.actor_kind, d.api_key_purpose, d.api_key_id
ORDER BY deployments DESC, d.instance, username, d.api_key_purpose, d.api_key_id, d.actor_kind;
