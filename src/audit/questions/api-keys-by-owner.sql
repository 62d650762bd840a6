-- title: API keys by owner, age and last use
-- description: Every API key the server listed at the last reading, by who answers for it in the key register; those of
-- which the register does not say come after, by account. Each with its age, its last use and what kind of knowledge
-- that is, and when it ends. Revoked keys are not listed.
-- controls: SOC 2 CC6.1, CC6.2, CC6.3; ISO 27001 A.5.16, A.5.17, A.5.18; PCI DSS 7.2.4, 7.2.5.1, 8.6.3; NIST AC-2, IA-5
SELECT
  instance,
  username,
  is_service_account,
  owner,
  system,
  purpose,
  hint,
  CAST(julianday(read_at) - julianday(created_at) AS INTEGER) AS age_days,
  created_at,
  expires_at,
  last_used_at,
  last_used_source,
  idle_days,
  state,
  access_level,
  user_is_active,
  key_id,
  read_at
FROM api_keys
ORDER BY instance, owner IS NULL, owner, username, created_at, key_id;
