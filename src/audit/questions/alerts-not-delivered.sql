-- title: Alerts that did not arrive
-- description: Messages that wait or were refused for good, with the last failure, the gravest findings first. Empty
-- is what it should be.
-- controls: SOC 2 CC7.2, CC7.3; ISO 27001 A.8.16; PCI DSS 10.4.1.1, 10.7.2; NIST SI-4(5), AU-5
SELECT
  d.delivery_id,
  d.channel,
  d.kind,
  d.state,
  d.attempts,
  d.last_error,
  f.finding_id,
  f.level,
  f.rule,
  f.title,
  f.created_at,
  d.instance
FROM deliveries d
LEFT JOIN findings f ON f.finding_id = d.finding_id
WHERE d.state <> 'sent'
ORDER BY
  CASE f.level WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END,
  d.delivery_id;
