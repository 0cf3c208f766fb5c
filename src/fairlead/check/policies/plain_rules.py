"""Rules written as the packs are: a package each, `violation` over `input.review` and `input.parameters`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.check.policies.annotations import Annotated, Notes, rule_notes
from fairlead.check.policies.read import Policies
from fairlead.check.policies.rego_text import RegoText, closure
from fairlead.domain.finding import Finding
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Dialect, Enforcement, Match, Policy, Rating, Rule

__all__ = ["PlainRule", "plain_rule", "plain_rule_policies", "subject_match"]

ENTRY = "violation"


@dataclass(frozen=True, slots=True)
class PlainRule:
    """A policy and what its author wrote about it."""

    policy: Policy
    notes: Notes
    findings: tuple[Finding, ...] = ()


def plain_rule(text: RegoText, texts: Sequence[RegoText], rule_id: str, source: PolicySource) -> PlainRule:
    """The rule that a module holds, told the defaults of its parameters; `texts` are what it may import."""
    rule = Rule(rule_id, rule_id.rpartition("/")[2].replace("_", " "), Rating.MEDIUM, path=text.module.path)
    annotated: Annotated = rule_notes(text, rule, ENTRY)
    notes = annotated.notes
    policy = Policy(
        rule=notes.rule,
        modules=tuple(each.module for each in closure(texts, text.package)),
        entrypoint=f"{text.package}.{ENTRY}",
        dialect=Dialect.GATEKEEPER,
        source=source.path,
        enforcement=Enforcement(source.enforcement),
        parameters=notes.parameters,
        match=subject_match(notes.subjects),
        environments=tuple(source.environments),
    )
    return PlainRule(policy, notes, annotated.findings)


def plain_rule_policies(
    texts: Sequence[RegoText], source: PolicySource, all_texts: Sequence[RegoText] | None = None
) -> Policies:
    """A policy for each module with a `violation`."""
    rules = [
        plain_rule(text, all_texts or texts, text.package.replace(".", "/"), source)
        for text in texts
        if text.heads_of(ENTRY)
    ]
    return Policies(tuple(each.policy for each in rules), tuple(finding for each in rules for finding in each.findings))


def subject_match(kinds: Sequence[str]) -> Match:
    """Which subjects are judged, said as Gatekeeper says it; no kinds are all."""
    return Match({"kinds": [{"apiGroups": ["*"], "kinds": list(kinds)}]} if kinds else {})
