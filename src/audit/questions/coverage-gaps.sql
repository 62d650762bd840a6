-- title: Gaps in what was read
-- description: Stretches of time within which no window came whole, with how often they were tried and what the last
-- attempt ended with: failed and why, or short when the server counted more than came. A gap without an attempt is
-- time in which the monitor did not run and that it has not yet read again.
-- param: from date = none: first day, UTC; when empty, the begin of the first window
-- param: to date = none: last day, UTC, inclusive; when empty, the end of the last window
-- controls: SOC 2 CC4.1, CC7.2; ISO 27001 A.8.15, A.8.16; PCI DSS 10.2.1, 10.7.2; NIST AU-5, AU-12
WITH RECURSIVE bounds AS (
  SELECT
    instance,
    coalesce(:from || 'T00:00:00.000Z', min(window_from)) AS begin_at,
    min(max(window_to), coalesce(date(:to, '+1 day') || 'T00:00:00.000Z', '9999')) AS end_at
  FROM coverage
  GROUP BY instance
),
-- From the begin on, from one window that came whole to one that reaches further; where there is none, over a gap to the
-- next. No window is longer than a day.
walk AS (
  SELECT instance, NULL AS gap_from, begin_at AS at, end_at
  FROM bounds
  UNION ALL
  SELECT
    w.instance,
    CASE WHEN (
      SELECT c.window_to FROM coverage c
      WHERE c.instance = w.instance AND c.outcome = 'read' AND c.window_to > w.at
        AND c.window_from <= w.at AND c.window_from > strftime('%Y-%m-%dT%H:%M:%fZ', w.at, '-2 days')
      ORDER BY c.window_from DESC LIMIT 1
    ) IS NULL THEN w.at END,
    coalesce((
      SELECT c.window_to FROM coverage c
      WHERE c.instance = w.instance AND c.outcome = 'read' AND c.window_to > w.at
        AND c.window_from <= w.at AND c.window_from > strftime('%Y-%m-%dT%H:%M:%fZ', w.at, '-2 days')
      ORDER BY c.window_from DESC LIMIT 1
    ), min(coalesce(
      (
        SELECT c.window_from FROM coverage c
        WHERE c.instance = w.instance AND c.outcome = 'read' AND c.window_from > w.at
        ORDER BY c.window_from LIMIT 1
      ),
      w.end_at
    ), w.end_at)),
    w.end_at
  FROM walk w
  WHERE w.at < w.end_at
)
SELECT
  g.instance,
  g.gap_from,
  g.at AS gap_to,
  round((julianday(g.at) - julianday(g.gap_from)) * 1440, 1) AS minutes,
  count(c.outcome) AS attempts,
  coalesce(substr(max(c.finished_at || c.outcome), 25), 'not attempted') AS reason
FROM walk g
LEFT JOIN coverage c ON c.instance = g.instance AND c.outcome <> 'read' AND c.window_to > g.gap_from
  AND c.window_from < g.at AND c.window_from > strftime('%Y-%m-%dT%H:%M:%fZ', g.gap_from, '-2 days')
WHERE g.gap_from IS NOT NULL
GROUP BY g.instance, g.gap_from
ORDER BY g.gap_from DESC, g.instance;
