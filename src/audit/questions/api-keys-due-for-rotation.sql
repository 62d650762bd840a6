-- title: API keys due for rotation
-- description: Keys that still work and should have been replaced by the last reading: by the interval of the key
-- register where it names one, else because they were made more than so many days before. due_by says which.
-- param: days integer = 365: the greatest age of a key whose interval the register does not name
-- controls: SOC 2 CC6.1, CC6.2; ISO 27001 A.5.17; PCI DSS 8.6.3; NIST IA-5
SELECT
  instance,
  username,
  is_service_account,
  owner,
  purpose,
  hint,
  CASE WHEN rotation_due_at IS NULL THEN 'age' ELSE 'register' END AS due_by,
  rotation_due_at,
  CAST(julianday(read_at) - julianday(created_at) AS INTEGER) AS age_days,
  created_at,
  expires_at,
  last_used_at,
  rotation_state,
  breaks,
  key_id,
  read_at
FROM api_keys
WHERE state <> 'expired'
  AND CASE
    WHEN rotation_due_at IS NULL THEN julianday(read_at) - julianday(created_at) > :days
    ELSE rotation_due_at <= read_at
  END
ORDER BY created_at, instance, key_id;
