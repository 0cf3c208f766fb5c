"""Gatekeeper's templates and constraints, unchanged: what they judge, and what their Rego is told."""
