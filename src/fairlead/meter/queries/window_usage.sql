-- What was asked of models in closed windows.
SELECT
    window_start,
    environment,
    model,
    CAST(sum(requests) AS BIGINT) AS requests,
    CAST(sum(inferences) AS BIGINT) AS inferences,
    CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
    CAST(sum(output_tokens) AS BIGINT) AS output_tokens
FROM usage
WHERE release <> '' AND window_start >= $1 AND window_start < $2
GROUP BY ALL
