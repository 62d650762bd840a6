-- title: Coverage of a period
-- description: The statement that digests and audit packs make, instance by instance, with its figures: the share of
-- the time that was read (rounded down), gaps (time nobody read, or of which the server counted more than came and
-- that was not read whole later), events counted and stored, elements set aside, the largest difference of clocks.
-- All of the time that was asked for is judged, up to now; without a period, the last 90 days up to the last window.
-- What lies in no audit log, reads, sign-outs and variables kept in Git, is not here either.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last window, at most to the first one
-- param: to date = none: last day, UTC, inclusive; when empty, the end of the last window
-- controls: SOC 2 CC4.1, CC7.2; ISO 27001 A.8.15, A.8.16, A.8.17; PCI DSS 10.2.1, 10.6.1, 10.7.2; NIST AU-5, AU-8, AU-12
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
  ),
  gap_sums AS (
    SELECT
      instance,
      count(*) AS gaps,
      round(sum((julianday(gap_to) - julianday(gap_from)) * 86400), 3) AS seconds,
      sum(missing) AS missing
    FROM gap_list
    GROUP BY instance
  ),
  counted AS (
    SELECT
      c.instance,
      sum(c.outcome IN ('read', 'short')) AS windows,
      sum(c.outcome NOT IN ('read', 'short')) AS failed_windows,
      sum(c.outcome = 'read' AND c.server_total IS NULL) AS uncounted_windows,
      sum(c.set_aside) AS set_aside,
      max(abs(c.clock_skew_seconds)) AS clock_skew_seconds,
      max(c.finished_at) AS finished_at
    FROM bounds b
    CROSS JOIN coverage c ON c.instance = b.instance AND c.window_to > b.begin_at AND c.window_from < b.end_at
      AND c.window_from > strftime('%Y-%m-%dT%H:%M:%fZ', b.begin_at, '-2 days')
    GROUP BY c.instance
  ),
  summary AS MATERIALIZED (
    SELECT
      b.instance, b.begin_at, b.end_at,
      round((julianday(b.end_at) - julianday(b.begin_at)) * 86400, 3) AS seconds,
      coalesce(g.gaps, 0) AS gaps,
      coalesce(g.seconds, 0) AS gap_seconds,
      coalesce(g.missing, 0) AS missing,
      coalesce(c.windows, 0) AS windows,
      coalesce(c.failed_windows, 0) AS failed_windows,
      coalesce(c.uncounted_windows, 0) AS uncounted_windows,
      coalesce(c.set_aside, 0) AS set_aside,
      c.clock_skew_seconds,
      c.finished_at,
      (
        SELECT count(*) FROM events e
        -- The plus keeps SQLite from reading all events of the instance.
        WHERE +e.instance = b.instance AND e.occurred_at >= b.begin_at AND e.occurred_at < b.end_at
      ) AS events_stored,
      (
        SELECT count(*) FROM findings v
        WHERE v.instance = b.instance AND v.rule = 'monitor_visibility_shrunk' AND v.first_seen_at < b.end_at
          AND coalesce(v.resolved_at, '9999') > b.begin_at
      ) AS shrunken_periods
    FROM bounds b
    LEFT JOIN gap_sums g ON g.instance = b.instance
    LEFT JOIN counted c ON c.instance = b.instance
    WHERE b.begin_at < b.end_at
  )
SELECT
  instance,
  begin_at,
  end_at,
  iif(
    windows = 0,
    'nothing is known: no window of this time was read',
    printf(
      '%.2f %% of the time covered, %d gap%s, %d min; the server counted %s%d events, %d stored%s',
      CAST((1 - gap_seconds / seconds) * 10000 AS INTEGER) / 100.0,
      gaps,
      iif(gaps = 1, '', 's'),
      CAST(gap_seconds / 60 AS INTEGER),
      iif(uncounted_windows > 0, 'at least ', ''),
      events_stored + missing,
      events_stored,
      iif(shrunken_periods > 0, printf('; periods in which permissions were missing: %d', shrunken_periods), '')
    )
  ) || '; not audited by Octopus: reads, sign-outs, variables kept in Git' AS statement,
  CAST((1 - gap_seconds / seconds) * 100000 AS INTEGER) / 1000.0 AS covered_percent,
  gaps,
  round(gap_seconds / 60, 1) AS gap_minutes,
  windows,
  failed_windows,
  events_stored,
  missing AS events_missing,
  set_aside,
  shrunken_periods,
  clock_skew_seconds AS largest_clock_skew_seconds,
  finished_at AS last_read_at
FROM summary
ORDER BY instance;
