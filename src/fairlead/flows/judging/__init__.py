"""Which rules hold, what they see, and what they answer: what `check`, `plan` and the loop share."""
