-- title: Delivery of alerts by channel
-- description: How many messages about findings of each instance each channel took, how many wait and how many were refused for good,
-- and how long after the finding opened the receiver said so: on average and at worst. Digests have no finding and
-- are counted without a time.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.2, CC7.3; ISO 27001 A.8.16; PCI DSS 10.4.1.1, 10.7.2; NIST SI-4(5), AU-5, AU-6(1)
SELECT
  d.channel,
  d.kind,
  count(*) AS deliveries,
  sum(d.state = 'sent') AS sent,
  sum(d.state = 'pending') AS pending,
  sum(d.state = 'failed') AS failed,
  sum(d.attempts > 1) AS tried_again,
  CASE WHEN d.kind = 'alert' THEN round(avg(julianday(d.sent_at) - julianday(f.created_at)) * 86400) END AS average_seconds,
  CASE WHEN d.kind = 'alert' THEN round(max(julianday(d.sent_at) - julianday(f.created_at)) * 86400) END AS longest_seconds,
  max(d.sent_at) AS last_sent_at,
  d.instance
FROM deliveries d
LEFT JOIN findings f ON f.finding_id = d.finding_id
WHERE coalesce(d.sent_at, f.created_at) IS NULL
  OR coalesce(d.sent_at, f.created_at) >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
    AND coalesce(d.sent_at, f.created_at) < coalesce(date(:to, '+1 day'), '9999')
GROUP BY d.channel, d.kind, d.instance
ORDER BY d.channel, d.kind, d.instance;
