-- Requests that no release answered: an unknown model, or one without servers.
SELECT environment, model, sum(requests) AS requests, sum(errors) AS errors
FROM usage
WHERE release = '' AND window_start >= $1 AND window_start < $2
GROUP BY ALL
ORDER BY ALL
