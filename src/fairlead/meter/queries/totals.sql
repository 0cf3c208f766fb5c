-- Bill and charges of the whole machine, per currency: the two must agree to the last digit.
SELECT currency, 'billed' AS kind, sum(amount) AS amount
FROM bill_lines
WHERE window_start >= $1 AND window_start < $2
GROUP BY ALL
UNION ALL
SELECT currency, kind, sum(amount) AS amount
FROM cost_lines
WHERE window_start >= $1 AND window_start < $2
GROUP BY ALL
