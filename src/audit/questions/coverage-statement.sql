-- title: Coverage of a period, as a sentence
-- description: The statement that digests and audit packs make, instance by instance: the share of the time that was read
-- (rounded down), gaps (time nobody read, or of which the server counted more than came), and events counted and stored. All
-- of the time that was asked for is judged, up to now. What lies in no audit log, reads, sign-outs and variables kept in
-- Git, is not here either.
-- param: from date = none: first day, UTC; when empty, the begin of the first window
-- param: to date = none: last day, UTC, inclusive; when empty, the end of the last window
-- controls: SOC 2 CC4.1, CC7.2; ISO 27001 A.8.15, A.8.16; PCI DSS 10.2.1, 10.6.1, 10.7.2; NIST AU-5, AU-8, AU-12
WITH
  bounds AS (
    SELECT
      instance,
      coalesce(:from || 'T00:00:00.000Z', min(window_from)) AS begin_at,
      coalesce(
        min(date(:to, '+1 day') || 'T00:00:00.000Z', strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        max(window_to)
      ) AS end_at
    FROM coverage
    GROUP BY instance
  ),
  polled AS MATERIALIZED (
    SELECT
      c.instance, max(c.window_from, b.begin_at) AS f, min(c.window_to, b.end_at) AS t, c.outcome, c.finished_at,
      max(0, c.server_total - c.events_seen - c.set_aside) AS missing, c.server_total
    FROM coverage c
    JOIN bounds b ON b.instance = c.instance
    WHERE c.window_to > b.begin_at AND c.window_from < b.end_at
  ),
  -- Time no window that came whole reached: behind the furthest end so far, before the next beginning.
  marks AS (
    SELECT instance, f, t FROM polled WHERE outcome = 'read'
    UNION ALL SELECT instance, begin_at, begin_at FROM bounds
    UNION ALL SELECT instance, end_at, end_at FROM bounds
  ),
  reached AS (
    SELECT instance, f, max(t) OVER (
      PARTITION BY instance ORDER BY f, t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS so_far
    FROM marks
  ),
  -- Windows of which the server counted more than came, less what was read whole after them.
  short AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY finished_at, f) AS n, * FROM polled WHERE outcome = 'short'
  ),
  mended AS (
    SELECT s.n, max(r.f, s.f) AS f, min(r.t, s.t) AS t
    FROM short s
    JOIN polled r ON r.instance = s.instance AND r.outcome = 'read' AND r.finished_at > s.finished_at
      AND r.f < s.t AND r.t > s.f
    UNION ALL SELECT n, f, f FROM short
    UNION ALL SELECT n, t, t FROM short
  ),
  mended_to AS (
    SELECT n, f, max(t) OVER (
      PARTITION BY n ORDER BY f, t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS so_far
    FROM mended
  ),
  pieces AS (
    SELECT instance, so_far AS f, f AS t, 0 AS missing FROM reached WHERE f > so_far
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
    SELECT instance, (julianday(max(t)) - julianday(min(f))) * 86400 AS seconds, max(missing) AS missing
    FROM numbered GROUP BY instance, gap
  ),
  gap_sums AS (
    SELECT instance, count(*) AS gaps, sum(seconds) AS seconds, sum(missing) AS missing FROM gap_list GROUP BY instance
  ),
  counted AS (
    SELECT
      instance,
      sum(outcome NOT LIKE 'failed%') AS windows,
      sum(outcome LIKE 'failed%') AS failed_windows,
      sum(outcome = 'read' AND server_total IS NULL) AS uncounted_windows
    FROM polled
    GROUP BY instance
  ),
  summary AS (
    SELECT
      b.instance, b.begin_at, b.end_at,
      (julianday(b.end_at) - julianday(b.begin_at)) * 86400 AS seconds,
      coalesce(g.gaps, 0) AS gaps,
      coalesce(g.seconds, 0) AS gap_seconds,
      coalesce(g.missing, 0) AS missing,
      coalesce(c.windows, 0) AS windows,
      coalesce(c.failed_windows, 0) AS failed_windows,
      coalesce(c.uncounted_windows, 0) AS uncounted_windows,
      (
        SELECT count(*) FROM events e
        WHERE e.instance = b.instance AND e.occurred_at >= b.begin_at AND e.occurred_at < b.end_at
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
      CAST(round(gap_seconds, 3) / 60 AS INTEGER),
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
  shrunken_periods
FROM summary
ORDER BY instance;
