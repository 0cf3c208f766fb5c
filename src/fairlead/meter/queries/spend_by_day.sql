-- What models cost on each day (UTC), by customer; what has no price is left out.
SELECT environment, model, customer, currency, strftime(window_start, '%Y-%m-%d') AS day, sum(amount) AS amount
FROM cost_lines
WHERE kind = 'release' AND amount IS NOT NULL AND window_start >= $1 AND window_start < $2
GROUP BY ALL
