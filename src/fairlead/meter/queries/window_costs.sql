-- What models cost in closed windows, by customer: CPU time and its price.
SELECT
    window_start,
    window_end,
    environment,
    model,
    customer,
    currency,
    sum(amount) AS amount,
    CAST(sum(quantity_us) AS BIGINT) AS quantity_us
FROM cost_lines
WHERE kind = 'release' AND window_start >= $1 AND window_start < $2
GROUP BY ALL
