-- title: API keys of disabled accounts
-- description: Keys whose account is disabled: they are refused today and work again the moment somebody enables the
-- account.
-- controls: SOC 2 CC6.1, CC6.2; ISO 27001 A.5.16, A.5.18; PCI DSS 8.2.4, 8.2.6; NIST AC-2, AC-2(3)
SELECT instance, username, is_service_account, owner, purpose, hint, CAST(julianday(read_at) - julianday(created_at) AS INTEGER) AS age_days, expires_at, last_used_at, key_id, read_at
FROM api_keys
WHERE user_is_active = 0
ORDER BY instance, username, key_id;
