-- title: Coverage of a period
-- description: How much of a period was read, instance by instance: the share of its time that lies in windows that
-- came whole, the gaps, windows that failed or came short (the server counted more than came), short ones that no
-- later whole window made good and how many events they lacked at most, elements that could not be read, how many
-- events are stored, and the largest difference of clocks. The period is what was asked for, but ends where reading
-- ends today; without one it is all time since the first window. Not audited by Octopus, hence never here: reads,
-- sign-outs, variables kept in Git.
-- param: from date = none: first day, UTC; when empty, the begin of the first window
-- param: to date = none: last day, UTC, inclusive; when empty, the end of the last window
-- controls: SOC 2 CC4.1, CC7.2; ISO 27001 A.8.15, A.8.16, A.8.17; PCI DSS 10.2.1, 10.6.1, 10.7.2; NIST AU-5, AU-8, AU-12
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
),
gaps AS (
  SELECT instance, count(*) AS gaps, sum(julianday(at) - julianday(gap_from)) AS days
  FROM walk
  WHERE gap_from IS NOT NULL
  GROUP BY instance
),
counted AS (
  SELECT
    c.instance,
    count(*) AS windows,
    sum(c.outcome LIKE 'failed%') AS failed_windows,
    sum(c.outcome = 'short') AS short_windows,
    sum(c.set_aside) AS set_aside,
    max(abs(c.clock_skew_seconds)) AS largest_clock_skew_seconds,
    max(c.finished_at) AS last_read_at
  FROM coverage c
  JOIN bounds b ON b.instance = c.instance
  WHERE c.window_to > b.begin_at
    AND c.window_from < b.end_at
  GROUP BY c.instance
),
lacking AS (
  SELECT
    c.instance,
    count(*) AS windows,
    sum(max(0, c.server_total - c.events_seen - c.set_aside)) AS events
  FROM coverage c
  JOIN bounds b ON b.instance = c.instance
  WHERE c.outcome = 'short'
    AND c.window_to > b.begin_at
    AND c.window_from < b.end_at
    AND NOT EXISTS (
      SELECT 1 FROM coverage l
      WHERE l.instance = c.instance AND l.outcome = 'read' AND l.finished_at > c.finished_at AND l.window_to >= c.window_to
        AND l.window_from <= c.window_from AND l.window_from > strftime('%Y-%m-%dT%H:%M:%fZ', c.window_from, '-2 days')
    )
  GROUP BY c.instance
)
SELECT
  b.instance,
  b.begin_at,
  b.end_at,
  round(100 * (1 - coalesce(g.days, 0) / (julianday(b.end_at) - julianday(b.begin_at))), 3) AS covered_percent,
  coalesce(g.gaps, 0) AS gaps,
  round(coalesce(g.days, 0) * 1440, 1) AS gap_minutes,
  coalesce(c.windows, 0) AS windows,
  coalesce(c.failed_windows, 0) AS failed_windows,
  coalesce(c.short_windows, 0) AS short_windows,
  coalesce(l.windows, 0) AS short_not_made_good,
  coalesce(l.events, 0) AS events_lacking_at_most,
  coalesce(c.set_aside, 0) AS set_aside,
  (
    SELECT count(*) FROM events e WHERE e.instance = b.instance AND e.occurred_at >= b.begin_at AND e.occurred_at < b.end_at
  ) AS events_stored,
  c.largest_clock_skew_seconds,
  c.last_read_at
FROM bounds b
LEFT JOIN gaps g ON g.instance = b.instance
LEFT JOIN counted c ON c.instance = b.instance
LEFT JOIN lacking l ON l.instance = b.instance
WHERE b.begin_at < b.end_at
ORDER BY b.instance;
