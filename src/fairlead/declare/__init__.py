"""The first stage: what Git declares, read into strict data and findings with file, line and column."""
