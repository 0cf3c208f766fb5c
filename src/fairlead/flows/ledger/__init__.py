"""The ledger's verbs: bills and usage in, allocation, closing, and what is asked of it."""
