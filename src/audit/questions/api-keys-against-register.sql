-- title: API keys against the key register
-- description: Every API key beside what the key register says of it: not registered, differing (in what way),
-- as registered, or no register where there was none at the last reading. Keys that nobody registered come first. A
-- register answers for what it says; whether an entry that matches by a pattern was meant for the key nobody can tell.
-- controls: SOC 2 CC6.1, CC6.2, CC6.3; ISO 27001 A.5.16, A.5.17, A.5.18; PCI DSS 7.2.4, 7.2.5.1, 8.6.3; NIST AC-2, IA-4, IA-5
SELECT
  instance,
  username,
  purpose,
  hint,
  CASE
    WHEN is_registered IS NULL THEN 'no register'
    WHEN is_registered = 0 THEN 'not registered'
    WHEN register_drift IS NOT NULL THEN 'differs'
    ELSE 'as registered'
  END AS verdict,
  (SELECT group_concat(value, '; ') FROM json_each(register_drift)) AS differences,
  owner,
  system,
  stored,
  breaks,
  powers,
  is_powers_complete,
  rotation_due_at,
  expires_at,
  state,
  user_is_active,
  key_id,
  read_at
FROM api_keys
ORDER BY
  CASE verdict WHEN 'not registered' THEN 0 WHEN 'differs' THEN 1 WHEN 'as registered' THEN 2 ELSE 3 END,
  instance,
  username,
  purpose,
  key_id;
