-- What releases are charged, per group and currency.
SELECT
    /* by */
    currency,
    sum(amount) AS amount
FROM cost_lines
WHERE kind = 'release' AND window_start >= $1 AND window_start < $2
    AND (model = $3 OR $3 = '') AND (environment = $4 OR $4 = '')
GROUP BY ALL
