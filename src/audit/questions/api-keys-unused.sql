-- title: API keys that nobody uses
-- description: Keys that were not used for so many days, or never since they were made. With last_used_source audit
-- only changes are known: reads are not audited, so such a key may still be in use. Keys of which nothing is known
-- are left out; state_reason says why a key has its state.
-- param: days integer = 90: how long without use
-- controls: SOC 2 CC6.1, CC6.2; ISO 27001 A.5.16, A.5.18; PCI DSS 7.2.5.1, 8.2.6; NIST AC-2, AC-2(3), IA-5
SELECT
  instance,
  username,
  is_service_account,
  owner,
  purpose,
  hint,
  state,
  idle_days,
  last_used_at,
  last_used_source,
  state_reason,
  CAST(julianday(read_at) - julianday(created_at) AS INTEGER) AS age_days,
  expires_at,
  key_id,
  read_at
FROM api_keys
WHERE idle_days >= :days
  AND state <> 'expired'
ORDER BY idle_days DESC, instance, key_id;
