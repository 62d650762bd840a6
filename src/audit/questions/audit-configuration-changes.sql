-- title: Changes of the audit configuration itself
-- description: On the side of the monitor: each start that loaded another configuration or other rules than the start
-- before. On the side of Octopus: changes of subscriptions, and events whose text speaks of the audit stream, of
-- event retention or of archived events. FACT: subscriptions are documents Subscriptions-…; deleting an archive is
-- audited. UNKNOWN: category and documents of changes of the audit stream and of retention, hence the text, whose
-- wording may change.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC4.1, CC7.1; ISO 27001 A.8.9, A.8.15; PCI DSS 10.2.1.6; NIST AU-9, AU-12, CM-3
WITH loaded AS (
  SELECT
    entry_id,
    at,
    host,
    os_user,
    action,
    object,
    lag(object) OVER (PARTITION BY action ORDER BY entry_id) AS before
  FROM journal
  WHERE action IN ('config_loaded', 'rules_loaded')
)
SELECT
  at AS occurred_at,
  'monitor' AS side,
  NULL AS instance,
  os_user || ' on ' || host AS username,
  action AS what,
  coalesce(before, '(first)') || ' → ' || object AS detail,
  'journal entry ' || entry_id AS source
FROM loaded
WHERE object IS NOT before
  AND at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND at < coalesce(date(:to, '+1 day'), '9999')
UNION ALL
SELECT
  occurred_at,
  'octopus',
  instance,
  username,
  category,
  message,
  event_id
FROM events
WHERE category IN ('Created', 'Modified', 'Deleted')
  AND occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
  AND (
    message LIKE '%audit stream%' OR message LIKE '%event retention%' OR message LIKE '%archived event%'
    OR message LIKE '%event archive%'
    OR EXISTS (SELECT 1 FROM json_each(raw, '$.RelatedDocumentIds') WHERE value LIKE 'Subscriptions-%')
  )
ORDER BY occurred_at DESC, side, source;
