"""What a series did that it had not done before, as it happens: scores, expected ranges and alarms, row by row."""
