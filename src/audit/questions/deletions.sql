-- title: What was deleted
-- description: Every document whose deletion Octopus audited, by whom. FACT: a variable set that goes together with
-- its project writes no event of its own.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.1, CC8.1; ISO 27001 A.8.15, A.8.32; PCI DSS 10.2.1.7; NIST AU-2, AU-12, CM-3
SELECT occurred_at, instance, username, actor_kind, message, project_name, space_id, ip_address, api_key_purpose, event_id
FROM events
WHERE category = 'Deleted'
  AND occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY occurred_at DESC, instance, event_id;
