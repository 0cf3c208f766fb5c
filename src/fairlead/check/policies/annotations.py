"""OPA's annotations (`# METADATA` comments) -> what people read about a rule.

https://www.openpolicyagent.org/docs/policy-language#annotations: title, description and related_resources as OPA means
them; under `custom`: severity, mend, reference, parameters (name -> default, description), subjects (kinds),
reads (facts), example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.check.policies.rego_text import RegoText
from fairlead.check.policies.shapes import list_of, mapping_of, text_of
from fairlead.check.policies.yaml_documents import YamlFaultError, read_documents
from fairlead.domain.finding import Finding
from fairlead.domain.policy import Rating, Rule

__all__ = ["Annotated", "Notes", "rule_notes"]

_MARK = "METADATA"


@dataclass(frozen=True, slots=True)
class Notes:
    """What an author wrote about a rule, beside its sources."""

    rule: Rule
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What the rule takes: name -> default."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A rule's notes, and what is wrong with how they are written."""

    notes: Notes
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Block:
    """One `# METADATA` comment: the lines it spans, its text, and where each of its lines begins."""

    first: int
    after: int
    text: str


def rule_notes(text: RegoText, rule: Rule, name: str) -> Annotated:
    """The notes on rule `name` of a module, over those on its package, over what `rule` says already."""
    heads = {head.line for head in text.heads_of(name)}
    package: Mapping[str, Any] = {}
    own: Mapping[str, Any] = {}
    findings: list[Finding] = []
    for block in _blocks(text):
        try:
            value = _content(block)
        except YamlFaultError as error:
            place = (rule.path, block.first + error.line, error.column + 1)
            mend = "correct the YAML below `# METADATA`"
            findings.append(Finding(*place, "policy/broken-annotation", error.message, mend))
            continue
        if block.after <= text.line:
            package = value
        elif block.after in heads and not own:
            own = value
    custom = {**mapping_of(package.get("custom")), **mapping_of(own.get("custom"))}
    found, notes = _notes({**package, **own, "custom": custom}, replace(rule, line=min(heads, default=text.line)))
    return Annotated(notes, (*findings, *found))


def _content(block: _Block) -> Mapping[str, Any]:
    documents = read_documents(block.text)
    return mapping_of(documents[0].value) if documents else {}


def _blocks(text: RegoText) -> Iterator[_Block]:
    lines = text.module.text.split("\n")
    place = 0
    while place < len(lines):
        if lines[place].strip().removeprefix("#").strip() != _MARK or not lines[place].lstrip().startswith("#"):
            place += 1
            continue
        first = place
        place += 1
        while place < len(lines) and lines[place].lstrip().startswith("#"):
            place += 1
        body = [line.lstrip()[1:] for line in lines[first + 1 : place]]
        after = next((at for at in range(place, len(lines)) if lines[at].strip()), place)
        yield _Block(text.module.line + first, text.module.line + after, "\n".join(body))


def _notes(content: Mapping[str, Any], rule: Rule) -> tuple[tuple[Finding, ...], Notes]:
    custom = mapping_of(content.get("custom"))
    rating, findings = _rating(custom.get("severity"), rule)
    parameters = mapping_of(custom.get("parameters"))
    known = replace(
        rule,
        title=text_of(content.get("title")) or rule.title,
        rating=rating,
        reason=text_of(content.get("description")) or rule.reason,
        mend=text_of(custom.get("mend")) or rule.mend,
        reference=text_of(custom.get("reference")) or _resources(content.get("related_resources")) or rule.reference,
        reads=tuple(str(each) for each in list_of(custom.get("reads"))) or rule.reads,
    )
    notes = Notes(
        known,
        {name: each.get("default") if isinstance(each, Mapping) else each for name, each in parameters.items()},
        {name: text_of(each.get("description")) for name, each in parameters.items() if isinstance(each, Mapping)},
        tuple(str(kind) for kind in list_of(custom.get("subjects"))),
        str(custom.get("example") or "").strip("\n"),
    )
    return findings, notes


def _rating(word: object, rule: Rule) -> tuple[Rating, tuple[Finding, ...]]:
    known = [each.value for each in Rating]
    if word is None or word in known:
        return Rating(word) if word else rule.rating, ()
    mend = f"write one of {', '.join(known)}"
    message = f"`severity: {str(word)[:40]}` is not known"
    return rule.rating, (Finding(rule.path, rule.line, 1, "policy/broken-annotation", message, mend),)


def _resources(value: object) -> str:
    addresses = [each.get("ref") if isinstance(each, Mapping) else each for each in list_of(value)]
    return ", ".join(str(each) for each in addresses if each)
