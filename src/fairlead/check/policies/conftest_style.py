"""Conftest's rules: `deny`, `violation` and `warn` (with any suffix) of a package, over the document itself.

https://www.conftest.dev: `exception` rules set others aside by the part of their names behind `deny_`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fairlead.check.policies.annotations import rule_notes
from fairlead.check.policies.read import Policies
from fairlead.check.policies.rego_text import RegoText, closure
from fairlead.domain.finding import Finding
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Dialect, Enforcement, Module, Policy, Rating, Rule

__all__ = ["conftest_policies"]

_RULE = re.compile(r"(deny|violation|warn)((?:_[a-zA-Z0-9]+)*)")
_EXCEPTION = """package fairlead_excepted.{name}
import rego.v1
violation contains answer if {{
	not excepted
	some answer in data.{package}.{rule}
}}
excepted if data.{package}.exception[_][_] == "{suffix}"
"""


def conftest_policies(texts: Sequence[RegoText], all_texts: Sequence[RegoText], source: PolicySource) -> Policies:
    """A policy for each rule name of each package in `texts`; `all_texts` are what they may import."""
    policies: list[Policy] = []
    findings: list[Finding] = []
    for text, name in _rules(texts):
        path = text.module.path
        rule = Rule(f"{text.package.replace('.', '/')}/{name}", _title(name), Rating.MEDIUM, path=path)
        annotated = rule_notes(text, rule, name)
        findings += annotated.findings
        modules = tuple(each.module for each in closure(all_texts, text.package))
        excepted = any(each.heads_of("exception") for each in texts if each.package == text.package)
        wrapper = _wrapper(text.package, name) if excepted else None
        policies.append(
            Policy(
                rule=annotated.notes.rule,
                modules=(*modules, wrapper[0]) if wrapper else modules,
                entrypoint=wrapper[1] if wrapper else f"{text.package}.{name}",
                dialect=Dialect.CONFTEST,
                source=path,
                enforcement=_enforcement(name, Enforcement(source.enforcement)),
                environments=tuple(source.environments),
            )
        )
    return Policies(tuple(policies), tuple(findings))


def _rules(texts: Sequence[RegoText]) -> Iterator[tuple[RegoText, str]]:
    """Each rule that is asked, at the module that has it first."""
    seen = set()
    for text in texts:
        for head in text.heads:
            if _RULE.fullmatch(head.name) and (text.package, head.name) not in seen:
                seen.add((text.package, head.name))
                yield text, head.name


def _enforcement(name: str, given: Enforcement) -> Enforcement:
    """A `warn` never blocks; a source that is only tried weakens all of its rules."""
    return Enforcement.WARN if name.startswith("warn") and given is Enforcement.DENY else given


def _wrapper(package: str, rule: str) -> tuple[Module, str]:
    match = _RULE.fullmatch(rule)
    suffix = match[2].removeprefix("_") if match else ""
    name = f"{package}.{rule}".replace(".", "_")
    text = _EXCEPTION.format(name=name, package=package, rule=rule, suffix=suffix)
    return Module(f"exceptions of {package}.{rule}", text), f"fairlead_excepted.{name}.violation"


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
