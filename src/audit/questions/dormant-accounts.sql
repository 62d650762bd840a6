-- title: Accounts that did nothing for long
-- description: Accounts that are not disabled and of which neither an audited event nor the use of an API key is
-- known within so many days before the last reading. Octopus audits neither reads nor sign-outs, and on some servers
-- no sign-ins through external identity providers, so an account that only reads looks dormant; known_from says how
-- far back events are stored.
-- param: days integer = 90: how long without a sign of life
-- controls: SOC 2 CC6.2, CC6.3; ISO 27001 A.5.16, A.5.18; PCI DSS 7.2.4, 8.2.6; NIST AC-2, AC-2(3)
WITH known AS MATERIALIZED (
  SELECT
    instance,
    -- The plus keeps SQLite from reading all events of the instance.
    (SELECT e.occurred_at FROM events e WHERE +e.instance = a.instance ORDER BY e.occurred_at LIMIT 1) AS known_from
  FROM (SELECT DISTINCT instance FROM accounts) a
),
seen AS (
  SELECT
    a.instance,
    a.username,
    a.user_id,
    a.is_service_account,
    a.read_at,
    (SELECT max(e.occurred_at) FROM events e WHERE e.instance = a.instance AND e.user_id = a.user_id) AS last_event_at,
    (SELECT max(k.last_used_at) FROM api_keys k WHERE k.instance = a.instance AND k.user_id = a.user_id) AS last_key_use_at,
    (SELECT count(*) FROM api_keys k WHERE k.instance = a.instance AND k.user_id = a.user_id) AS api_keys
  FROM accounts a
  WHERE a.is_active = 1
),
judged AS (
  -- Instants compare as text, and the empty text comes before all of them.
  SELECT *, nullif(max(coalesce(last_event_at, ''), coalesce(last_key_use_at, '')), '') AS last_sign_at
  FROM seen
)
SELECT
  instance,
  username,
  user_id,
  is_service_account,
  last_sign_at,
  last_event_at,
  last_key_use_at,
  CAST(julianday(read_at) - julianday(last_sign_at) AS INTEGER) AS idle_days,
  api_keys,
  (SELECT k.known_from FROM known k WHERE k.instance = judged.instance) AS known_from,
  read_at
FROM judged
WHERE last_sign_at IS NULL
  OR last_sign_at < strftime('%Y-%m-%dT%H:%M:%fZ', read_at, '-' || :days || ' days')
ORDER BY last_sign_at, instance, username, user_id;
