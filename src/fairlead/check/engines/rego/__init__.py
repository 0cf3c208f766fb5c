"""Rego as text: modules are read as tokens, checked for what they call, and mended for the embedded engine."""
