-- title: API keys that never expire
-- description: Keys without an end, the oldest first.
-- controls: SOC 2 CC6.1, CC6.2; ISO 27001 A.5.17; PCI DSS 8.6.3; NIST IA-5
SELECT instance, username, is_service_account, owner, purpose, hint, CAST(julianday(read_at) - julianday(created_at) AS INTEGER) AS age_days, last_used_at, state, access_level, key_id, read_at
FROM api_keys
WHERE expires_at IS NULL
ORDER BY created_at, instance, key_id;
