"""`fairlead ledger validate`: does a file conform to FOCUS? Book and columns make questions, the file answers them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from fairlead.drivers.ledger.conformance import RELATION, ROW, ValidatedFile, opened
from fairlead.kernel.errors import UsageError
from fairlead.meter.conformance.books import rule_book, version_of
from fairlead.meter.conformance.report import ConformanceReport, Example, Outcome, conformance_report, judged
from fairlead.meter.conformance.rules import RuleBook
from fairlead.meter.conformance.shape import FileShape
from fairlead.meter.conformance.survey import GroupQuestion, RowQuestion, Survey, survey_of
from fairlead.ports import Progress

__all__ = ["ALL", "AUTO", "validate_file"]

AUTO = "auto"
"""Take the version that the file's columns speak of."""

ALL = "all"
"""Every applicability criterion."""


def _quiet(done: int, total: int, label: str) -> None:
    """No progress."""


def validate_file(
    path: Path, version: str = AUTO, applicability: Sequence[str] = (), progress: Progress = _quiet
) -> ConformanceReport:
    """Judge a file by the rules of a version of FOCUS. UsageError for a file that is none, or an unknown name.

    `applicability` names criteria that the file's provider supports, `all` for every one.
    """
    with opened(path) as file:
        book = rule_book(version_of(file.columns) if version == AUTO else version)
        supported = _criteria(book, applicability)
        survey = survey_of(book, FileShape(file.columns, file.typed), supported)
        passes = 1 + len(survey.groups)
        progress(0, passes, f"{len(survey.rows)} rules about rows of {path.name}")
        rows, outcomes = _rows(file, survey)
        for done, question in enumerate(survey.groups, start=1):
            progress(done, passes, question.rule.id)
            outcomes[question.rule.id] = _group(file, survey, question)
    return conformance_report(str(path), book, supported, rows, {**survey.settled, **outcomes})


def _criteria(book: RuleBook, names: Collection[str]) -> frozenset[str]:
    unknown = sorted(set(names) - set(book.criteria) - {ALL})
    if unknown:
        known = ", ".join([ALL, *sorted(book.criteria)])
        raise UsageError(f"FOCUS {book.version} knows no criterion {', '.join(unknown)}", mend=f"use some of: {known}")
    return frozenset(book.criteria if ALL in names else names)


def _rows(file: ValidatedFile, survey: Survey) -> tuple[int, dict[str, Outcome]]:
    """Rows of the file, and the outcome of every rule about rows; a second pass only where one is broken."""
    total, *counts = file.ask(survey.counting(RELATION))
    broken = [question for question, count in zip(survey.rows, counts, strict=True) if count]
    shown = _examples(file, survey, broken) if broken else {}
    pairs = zip(survey.rows, counts, strict=True)
    return total, {each.rule.id: judged(each.rule, count, shown.get(each.rule.id, ())) for each, count in pairs}


def _examples(file: ValidatedFile, survey: Survey, broken: Sequence[RowQuestion]) -> Mapping[str, Sequence[Example]]:
    answers = file.ask(survey.showing(RELATION, broken, ROW))
    return {each.rule.id: [_example(each, row) for row in rows] for each, rows in zip(broken, answers, strict=True)}


def _example(question: RowQuestion, row: Mapping[str, Any]) -> Example:
    return Example(row["row"], dict(zip(question.names, row["values"], strict=True)))


def _group(file: ValidatedFile, survey: Survey, question: GroupQuestion) -> Outcome:
    count, groups = file.ask(survey.grouping(RELATION, question))
    examples = [
        Example(0, {question.column: value, question.other: _several(low, high)}) for value, low, high in groups or ()
    ]
    return judged(question.rule, count, examples)


def _several(low: str | None, high: str | None) -> str | None:
    return low if low is None else f"{low}, {high}"
