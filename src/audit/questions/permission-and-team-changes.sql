-- title: Changes of permissions, teams and roles
-- description: Every team, role and scoped role that was created, modified or deleted. FACT: such changes have the
-- categories Created, Modified and Deleted, and the document types ScopedUserRoles and UserRoles exist. INF: their
-- related documents begin with Teams-, UserRoles- and ScopedUserRoles-, in whatever case. Members that an external
-- group brings are not audited by Octopus.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.2, CC6.3; ISO 27001 A.5.15, A.5.18, A.8.2; PCI DSS 7.2.4, 10.2.1.5; NIST AC-2, AC-2(4), AC-2(7)
SELECT
  occurred_at,
  instance,
  username,
  actor_kind,
  category,
  (
    SELECT group_concat(value, ' ') FROM json_each(raw, '$.RelatedDocumentIds')
    WHERE lower(substr(value, 1, instr(value, '-') - 1)) IN ('teams', 'userroles', 'scopeduserroles')
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
    WHERE lower(substr(value, 1, instr(value, '-') - 1)) IN ('teams', 'userroles', 'scopeduserroles')
  )
ORDER BY occurred_at DESC, instance, event_id;
