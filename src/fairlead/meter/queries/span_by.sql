-- From when to when anything was charged, per group: what a run rate is measured over.
SELECT
    /* by */
    min(window_start) AS since,
    max(window_end) AS until
FROM cost_lines
WHERE kind = 'release' AND window_start >= $1 AND window_start < $2
GROUP BY ALL
