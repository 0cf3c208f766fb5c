"""Policies as people bring them (packs, Gatekeeper, conftest, bundles), and judging subjects by them.

Reading gives `domain.policy.Policy`; judging hands their Rego to an engine and makes findings of the answers.
"""
