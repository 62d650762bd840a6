-- title: Successful sign-ins after failures from the same address
-- description: Sign-ins that succeeded from an address from which at least so many had failed in the hour before: a
-- password that was guessed, or somebody who forgot theirs. Not audited: sign-ins through external identity providers
-- on many servers (FACT), and sign-outs.
-- param: failures integer = 5: how many failures in the hour before
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.1, CC6.6, CC7.2; ISO 27001 A.8.5, A.8.16; PCI DSS 8.3.4, 10.2.1.4; NIST AC-7, AC-2(12), SI-4
SELECT
  s.occurred_at,
  s.instance,
  s.username,
  s.ip_address,
  count(*) AS failures_before,
  count(DISTINCT f.account) AS accounts_tried,
  min(f.occurred_at) AS first_failure_at,
  s.event_id
FROM events s
CROSS JOIN auth_failures f ON f.instance = s.instance AND f.ip_address = s.ip_address
  AND f.occurred_at >= strftime('%Y-%m-%dT%H:%M:%fZ', s.occurred_at, '-1 hour')
  AND f.occurred_at < s.occurred_at
WHERE s.category = 'LoginSucceeded'
  AND s.occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND s.occurred_at < coalesce(date(:to, '+1 day'), '9999')
GROUP BY s.instance, s.event_id
HAVING failures_before >= :failures
ORDER BY s.occurred_at DESC, s.instance, s.event_id;
