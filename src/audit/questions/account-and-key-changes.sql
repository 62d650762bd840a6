-- title: Accounts and API keys created, changed and deleted
-- description: Every account and API key that was created, modified or deleted, by whom. FACT: creating and deleting
-- keys is audited since late 2018; UNKNOWN: whether such events name the key or only its account among their related
-- documents. Warnings of keys that expire have categories of their own, whose ids are not published (UNKNOWN), and
-- are not listed.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.1, CC6.2; ISO 27001 A.5.16, A.5.17; PCI DSS 8.2.4, 10.2.1.5; NIST AC-2, AC-2(4), IA-4, IA-5
SELECT
  occurred_at,
  instance,
  username,
  actor_kind,
  category,
  (
    SELECT group_concat(value, ' ') FROM json_each(raw, '$.RelatedDocumentIds')
    WHERE lower(substr(value, 1, instr(value, '-') - 1)) IN ('users', 'apikeys')
  ) AS objects,
  message,
  ip_address,
  api_key_purpose,
  event_id
FROM events
WHERE category IN ('Created', 'Modified', 'Deleted')
  AND occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
  AND EXISTS (
    SELECT 1 FROM json_each(raw, '$.RelatedDocumentIds')
    WHERE lower(substr(value, 1, instr(value, '-') - 1)) IN ('users', 'apikeys')
  )
ORDER BY occurred_at DESC, instance, event_id;
