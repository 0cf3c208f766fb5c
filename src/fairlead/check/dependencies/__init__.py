"""The packages of a serving environment: read from lock files, and looked up among known vulnerabilities."""
