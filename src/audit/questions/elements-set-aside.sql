-- title: Elements that could not be read as events
-- description: What Octopus sent and the monitor could not read as an event, with the reason: set aside, never
-- dropped. Values are masked. They are missing in every other answer.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.2; ISO 27001 A.8.15; PCI DSS 10.7.2; NIST AU-5
SELECT instance, received_at, reason, raw
FROM quarantine
WHERE received_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND received_at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY received_at DESC, instance, reason, raw;
