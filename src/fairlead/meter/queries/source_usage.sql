-- The usage records behind a figure, as they were published.
SELECT *
FROM usage
WHERE window_start >= $1 AND window_start < $2
    AND (model = $3 OR $3 = '') AND (environment = $4 OR $4 = '')
    AND (release = $5 OR $5 = '') AND (customer = $6 OR $6 = '')
ORDER BY window_start, environment, model, release, customer
LIMIT $7
