"""What flows answer, as text: tables, JSON, findings, errors and progress. Knows neither commands nor pages."""
