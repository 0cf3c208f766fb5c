"""Engines that evaluate Rego, each in a process of its own and under limits: policies are untrusted input."""
