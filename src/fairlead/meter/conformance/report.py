"""What a validation found: a verdict per rule, with the rows that break it, and one over all.

The last step. A rule that nothing could check is never counted as passed, and no file conforms by rules alone that
were not checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fairlead.meter.conformance.rules import PERMISSION, STRICT, Rule, RuleBook

__all__ = [
    "ConformanceReport",
    "Counts",
    "Example",
    "FileVerdict",
    "Outcome",
    "RuleResult",
    "RuleVerdict",
    "conformance_report",
    "judged",
]


class RuleVerdict(StrEnum):
    """What became of a rule. `warn` is a breach of what SHOULD be, or one that may be right all the same."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    WARN = "warn"
    NOT_APPLICABLE = "not-applicable"
    NOT_CHECKED = "not-checked"


class FileVerdict(StrEnum):
    """Whether the file conforms, as far as rules were checked; `insufficient` where there was nothing to check."""

    CONFORMS = "conforms"
    BREAKS = "does-not-conform"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class Example:
    """A row that breaks a rule (from 1; 0 where the rule is about the file), with the values that the rule looks at."""

    row: int
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule's verdict, how many rows (or values) break it, the first of them, and why it was not checked."""

    verdict: RuleVerdict
    rows: int = 0
    examples: tuple[Example, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A rule and what became of it. `entity` is its column, attribute or dataset."""

    id: str
    function: str
    entity: str
    keyword: str
    verdict: RuleVerdict
    rows: int
    examples: tuple[Example, ...]
    text: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rules there are, how many were checked (passed, failed or warned), and how many not."""

    rules: int
    checked: int
    passed: int
    failed: int
    warned: int
    not_applicable: int
    not_checked: int


@dataclass(frozen=True, slots=True)
class ConformanceReport:
    """Conformance of one file to a version of FOCUS. `claim` says which rules of that version the book holds."""

    file: str
    focus_version: str
    verdict: FileVerdict
    rows: int
    counts: Counts
    claim: str
    source: str
    applicability: tuple[str, ...]
    rules: tuple[RuleResult, ...]


def judged(rule: Rule, broken: int, examples: Iterable[Example] = ()) -> Outcome:
    """The outcome of a rule that was checked."""
    if not broken:
        return Outcome(RuleVerdict.PASS)
    strict = rule.keyword in STRICT and not rule.hint
    reason = rule.remark if rule.hint else ""
    return Outcome(RuleVerdict.FAIL if strict else RuleVerdict.WARN, broken, tuple(examples), reason)


def conformance_report(
    file: str, book: RuleBook, supported: Iterable[str], rows: int, outcomes: Mapping[str, Outcome]
) -> ConformanceReport:
    """The report. `outcomes` are those of all rules that are not made of others; the rest follows from them."""
    whole = dict(outcomes)
    for rule in book.rules:
        _complete(rule, book, whole)
    results = tuple(_result(rule, whole[rule.id]) for rule in book.rules)
    counts = _counts(results)
    verdict = _verdict(counts, rows)
    applied = tuple(sorted(supported))
    return ConformanceReport(file, book.version, verdict, rows, counts, book.claim, book.source, applied, results)


def _complete(rule: Rule, book: RuleBook, outcomes: dict[str, Outcome]) -> Outcome:
    if rule.id not in outcomes:
        parts = [(each, _complete(each, book, outcomes)) for each in (book.by_id[part] for part in rule.parts)]
        outcomes[rule.id] = _composite(parts)
    return outcomes[rule.id]


def _composite(parts: Sequence[tuple[Rule, Outcome]]) -> Outcome:
    """A composite fails with any of its rules, and passes only if each that applies was checked."""
    verdicts = Counter(outcome.verdict for _, outcome in parts)
    for worst in (RuleVerdict.FAIL, RuleVerdict.WARN):
        if verdicts[worst]:
            broken = ", ".join(rule.id for rule, outcome in parts if outcome.verdict is worst)
            return Outcome(worst, reason=f"of its rules these are broken: {broken}")
    open_ones = [
        rule.id for rule, each in parts if each.verdict is RuleVerdict.NOT_CHECKED and rule.keyword != PERMISSION
    ]
    if open_ones:
        return Outcome(RuleVerdict.NOT_CHECKED, reason=f"{len(open_ones)} of its {len(parts)} rules were not checked")
    if verdicts[RuleVerdict.PASS]:
        return Outcome(RuleVerdict.PASS)
    return Outcome(RuleVerdict.NOT_APPLICABLE, reason="none of its rules applies")


def _result(rule: Rule, outcome: Outcome) -> RuleResult:
    found = (outcome.verdict, outcome.rows, outcome.examples)
    return RuleResult(rule.id, rule.function, rule.entity, rule.keyword, *found, rule.text, outcome.reason, rule.source)


def _counts(results: Sequence[RuleResult]) -> Counts:
    by = Counter(result.verdict for result in results)
    passed, failed, warned = by[RuleVerdict.PASS], by[RuleVerdict.FAIL], by[RuleVerdict.WARN]
    left = (by[RuleVerdict.NOT_APPLICABLE], by[RuleVerdict.NOT_CHECKED])
    return Counts(len(results), passed + failed + warned, passed, failed, warned, *left)


def _verdict(counts: Counts, rows: int) -> FileVerdict:
    if counts.failed:
        return FileVerdict.BREAKS
    return FileVerdict.CONFORMS if counts.passed and rows else FileVerdict.INSUFFICIENT
