"""Tests of policies, as their authors write them: Gatekeeper's suites, and rules called `test_...` in Rego."""
