-- title: Gaps in what was read
-- description: The gaps that the question coverage counts, one by one: stretches of time that nobody read, or of
-- which the server counted more than came and that were not read whole later; with how often they were tried and what
-- the last attempt ended with: failed and why, or short. A gap without an attempt is time in which the monitor did
-- not run and that it has not yet read again.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last window, at most to the first one
-- param: to date = none: last day, UTC, inclusive; when empty, the end of the last window
-- controls: SOC 2 CC4.1, CC7.2; ISO 27001 A.8.15, A.8.16; PCI DSS 10.2.1, 10.7.2; NIST AU-5, AU-12
WITH RECURSIVE
  bounds AS (
    SELECT
      instance,
      coalesce(
        :from || 'T00:00:00.000Z',
        max(min(window_from), date(max(window_to), '-89 days') || 'T00:00:00.000Z')
      ) AS begin_at,
      coalesce(
        min(date(:to, '+1 day') || 'T00:00:00.000Z', strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        max(window_to)
      ) AS end_at
    FROM coverage
    GROUP BY instance
  ),
  -- From the begin on, from one window that came whole to one that reaches further; where there is none, over the time that
  -- nobody read to the next. No window is longer than a day. A window function over all of them takes three times as long.
  walk AS (
    SELECT instance, NULL AS unread_from, begin_at AS at, end_at FROM bounds
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
  -- Windows of which the server counted more than came, less what was read whole after them.
  short AS MATERIALIZED (
    SELECT
      row_number() OVER (ORDER BY c.finished_at, c.window_from, c.instance) AS n,
      c.instance,
      max(c.window_from, b.begin_at) AS f,
      min(c.window_to, b.end_at) AS t,
      c.finished_at,
      max(0, c.server_total - c.events_seen - c.set_aside) AS missing
    FROM bounds b
    CROSS JOIN coverage c ON c.instance = b.instance AND c.window_to > b.begin_at AND c.window_from < b.end_at
      AND c.window_from > strftime('%Y-%m-%dT%H:%M:%fZ', b.begin_at, '-2 days')
    WHERE c.outcome = 'short'
  ),
  mended AS (
    SELECT s.n, max(r.window_from, s.f) AS f, min(r.window_to, s.t) AS t
    FROM short s
    CROSS JOIN coverage r ON r.instance = s.instance AND r.outcome = 'read' AND r.finished_at > s.finished_at
      AND r.window_to > s.f AND r.window_from < s.t
      AND r.window_from > strftime('%Y-%m-%dT%H:%M:%fZ', s.f, '-2 days')
    UNION ALL SELECT n, f, f FROM short
    UNION ALL SELECT n, t, t FROM short
  ),
  mended_to AS (
    SELECT n, f, max(t) OVER (
      PARTITION BY n ORDER BY f, t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS so_far
    FROM mended
  ),
  pieces AS (
    SELECT instance, unread_from AS f, at AS t, 0 AS missing FROM walk WHERE unread_from IS NOT NULL
    UNION ALL
    SELECT s.instance, m.so_far, m.f, s.missing FROM mended_to m JOIN short s ON s.n = m.n WHERE m.f > m.so_far
  ),
  -- Pieces that touch are one gap.
  begun AS (
    SELECT *, f > coalesce(max(t) OVER (
      PARTITION BY instance ORDER BY f, t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '') AS is_begin
    FROM pieces
  ),
  numbered AS (
    SELECT *, sum(is_begin) OVER (PARTITION BY instance ORDER BY f, t ROWS UNBOUNDED PRECEDING) AS gap FROM begun
  ),
  gap_list AS (
    SELECT instance, min(f) AS gap_from, max(t) AS gap_to, max(missing) AS missing FROM numbered GROUP BY instance, gap
  )
SELECT
  g.instance,
  g.gap_from,
  g.gap_to,
  round((julianday(g.gap_to) - julianday(g.gap_from)) * 1440, 1) AS minutes,
  g.missing AS events_missing,
  count(c.outcome) AS attempts,
  -- An instant has 24 characters: the last attempt is the greatest text.
  coalesce(substr(max(c.finished_at || c.outcome), 25), 'not attempted') AS reason
FROM gap_list g
LEFT JOIN coverage c ON c.instance = g.instance AND c.outcome <> 'read' AND c.window_to > g.gap_from
  AND c.window_from < g.gap_to AND c.window_from > strftime('%Y-%m-%dT%H:%M:%fZ', g.gap_from, '-2 days')
GROUP BY g.instance, g.gap_from
ORDER BY g.gap_from DESC, g.instance;
