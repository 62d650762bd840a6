-- title: API keys older than the rotation period
-- description: Keys that still work and were made more than so many days before the last reading.
-- param: days integer = 365: the greatest age a key should have
-- controls: SOC 2 CC6.1, CC6.2; ISO 27001 A.5.17; PCI DSS 8.6.3; NIST IA-5
SELECT instance, username, is_service_account, owner, purpose, hint, CAST(julianday(read_at) - julianday(created_at) AS INTEGER) AS age_days, created_at, expires_at, last_used_at, key_id, read_at
FROM api_keys
WHERE state <> 'expired'
  AND julianday(read_at) - julianday(created_at) > :days
ORDER BY created_at, instance, key_id;
