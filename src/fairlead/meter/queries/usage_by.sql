-- Usage of routed requests per group and currency; '' is the currency of windows that have no price.
SELECT
    /* by */
    max(name) AS name,
    coalesce(bill.currency, '') AS currency,
    sum(requests) AS requests,
    sum(inferences) AS inferences,
    sum(errors) AS errors,
    sum(unmetered) AS unmetered,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(tokens_unknown) AS tokens_unknown,
    sum(cpu_us) AS cpu_us,
    sum(COLUMNS('^latency_.*$'))
FROM usage
LEFT JOIN (SELECT window_start, currency FROM bill_lines) AS bill USING (window_start)
WHERE release <> '' AND window_start >= $1 AND window_start < $2
    AND (model = $3 OR $3 = '') AND (environment = $4 OR $4 = '')
GROUP BY ALL
