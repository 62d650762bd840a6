-- title: Who acknowledged which findings
-- description: Every acknowledgement the journal holds, those that have lapsed too: who took a finding on, how long
-- after it opened, until when and why. os_user is the account that gave the word.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.3, CC7.4; ISO 27001 A.5.25, A.5.26; PCI DSS 10.4.1, 10.4.3; NIST AU-6, IR-4, IR-5
SELECT
  j.at AS acknowledged_at,
  json_extract(j.detail, '$.by') AS acknowledged_by,
  j.os_user,
  f.finding_id,
  f.rule,
  f.level,
  f.title,
  round((julianday(j.at) - julianday(f.created_at)) * 24, 1) AS hours_after,
  json_extract(j.detail, '$.until') AS acknowledged_until,
  json_extract(j.detail, '$.note') AS note,
  f.status AS status_now,
  f.instance
FROM journal j
JOIN findings f ON f.finding_id = CAST(j.object AS INTEGER)
WHERE j.action = 'finding_acknowledged'
  AND j.at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND j.at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY j.entry_id DESC;
