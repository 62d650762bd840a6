-- title: API keys to act on first
-- description: Keys ranked by what is found about them and not resolved: each finding weighs 40 (critical), 20 (high),
-- 8 (medium), 2 (low) or 1 (informational); the sum counts one and a half times when the key can deploy to production
-- and twice when it administers the server. Findings about the key's state count, and those of the rules that watch
-- where and how a key is used (api_key_…). Powers are empty when the monitor could not read them: the key then counts
-- once, and may deserve more.
-- controls: SOC 2 CC6.1, CC6.2, CC6.3; ISO 27001 A.5.17, A.5.18, A.8.2; PCI DSS 7.2.5.1, 8.6.3, 10.4.3; NIST AC-2, AC-2(12), IA-5
WITH found AS (
  SELECT f.instance, f.finding_id, f.level, f.title, fe.event_id AS key_id
  FROM findings f
  JOIN finding_events fe ON fe.finding_id = f.finding_id
  WHERE f.status <> 'resolved'
  UNION
  SELECT
    f.instance,
    f.finding_id,
    f.level,
    f.title,
    (SELECT e.api_key_id FROM events e WHERE e.instance = f.instance AND e.event_id = fe.event_id)
  FROM findings f
  JOIN finding_events fe ON fe.finding_id = f.finding_id
  WHERE f.status <> 'resolved'
    AND f.rule LIKE 'api\_key\_%' ESCAPE '\'
),
weighed AS (
  SELECT
    *,
    CASE level WHEN 'critical' THEN 40 WHEN 'high' THEN 20 WHEN 'medium' THEN 8 WHEN 'low' THEN 2 ELSE 1 END AS weight
  FROM found
),
summed AS (
  SELECT
    instance,
    key_id,
    max(weight) AS worst_weight,
    sum(weight) AS weights,
    count(*) AS findings,
    group_concat(title, '; ' ORDER BY weight DESC, finding_id) AS reasons
  FROM weighed
  GROUP BY instance, key_id
),
scored AS (
  SELECT
    k.*,
    s.worst_weight,
    s.findings,
    s.reasons,
    s.weights * CASE
      WHEN EXISTS (SELECT 1 FROM json_each(k.powers) WHERE value = 'administer') THEN 2.0
      WHEN EXISTS (SELECT 1 FROM json_each(k.powers) WHERE value = 'deploy_production') THEN 1.5
      ELSE 1.0
    END AS score
  FROM summed s
  JOIN api_keys k ON k.instance = s.instance AND k.key_id = s.key_id
)
SELECT
  instance,
  row_number() OVER (ORDER BY score DESC, worst_weight DESC, instance, username, key_id) AS rank,
  username,
  purpose,
  hint,
  CASE worst_weight WHEN 40 THEN 'critical' WHEN 20 THEN 'high' WHEN 8 THEN 'medium' WHEN 2 THEN 'low' ELSE 'informational' END AS worst_level,
  score,
  findings,
  reasons,
  owner,
  powers,
  state,
  expires_at,
  key_id
FROM scored
ORDER BY rank;
