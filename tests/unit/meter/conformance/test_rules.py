"""Every rule that is checked passes a bill that keeps it and catches one that breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import duckdb
import pytest

from fairlead.meter.conformance.books import VERSIONS, rule_book
from fairlead.meter.conformance.report import Outcome, RuleVerdict, conformance_report, judged
from fairlead.meter.conformance.rules import Rule, RuleBook
from fairlead.meter.conformance.shape import FileShape, identifier, literal
from fairlead.meter.conformance.survey import RowQuestion, Survey, survey_of
from tests.unit.meter.conformance.clean_bill import clean_rows
from tests.unit.meter.conformance.mutations import Row, broken_row

_BROKEN = {RuleVerdict.FAIL, RuleVerdict.WARN}


def surveyed(book: RuleBook, columns: Sequence[str], *, typed: bool = False) -> Survey:
    """A survey of a file with these columns, all text, of a provider that supports everything."""
    return survey_of(book, FileShape(dict.fromkeys(columns, "VARCHAR"), typed), book.criteria)


@contextmanager
def bill(rows: Sequence[Row]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with these rows as the table `bill`, every column text."""
    columns = ", ".join(f"unnest(?::VARCHAR[]) AS {identifier(name)}" for name in rows[0])
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE bill AS SELECT {columns}", [[row[name] for row in rows] for name in rows[0]])
        yield connection


def breaches(survey: Survey, rows: Sequence[tuple[str, Row]]) -> dict[str, set[str]]:
    """Ids of the rules about rows that each row, by its label, breaks."""
    texts = survey.shape.texts(survey.columns)
    asked = ", ".join(f"({each.breach}) AS {identifier(each.rule.id)}" for each in survey.rows)
    with bill([{"label": label, **row} for label, row in rows]) as connection:
        answer = connection.execute(f"SELECT label, {asked} FROM (SELECT label, {texts} FROM bill)").fetchall()  # noqa: S608 - our own rules
    assert all(value is not None for row in answer for value in row), "a predicate is never null"
    ids = [each.rule.id for each in survey.rows]
    return {label: {name for name, broken in zip(ids, found, strict=True) if broken} for label, *found in answer}


def asked_rules(survey: Survey) -> list[Rule]:
    """Rules that only rows can answer."""
    return [*(each.rule for each in survey.rows), *(each.rule for each in survey.groups)]


@cache
def verdicts_by_row(version: str) -> dict[str, set[str]]:
    """Rules that each row of the clean bill breaks, by its number, and each row that was made to break a rule."""
    book = rule_book(version)
    rows, survey = clean_rows(book.columns), surveyed(book, book.columns)
    broken = [(each.rule.id, broken_row(each.rule, book, rows)) for each in survey.rows]
    return breaches(survey, [*((str(place), row) for place, row in enumerate(rows)), *broken])


def apart(survey: Survey, rows: Sequence[Row]) -> dict[str, int]:
    """How many values have none or several others, for each rule about values that belong together."""
    with bill(rows) as connection:
        answers = {each.rule.id: connection.execute(survey.grouping("bill", each)).fetchone() for each in survey.groups}
    return {name: answer[0] for name, answer in answers.items() if answer}


@pytest.fixture(params=VERSIONS)
def book(request: pytest.FixtureRequest) -> RuleBook:
    """Each version's book."""
    return rule_book(request.param)


def test_a_clean_bill_breaks_nothing(book: RuleBook) -> None:
    """A bill that keeps all rules passes each that can be checked, and conforms."""
    rows = clean_rows(book.columns)
    survey = surveyed(book, book.columns)
    found = verdicts_by_row(book.version)
    assert {place: found[str(place)] for place in range(len(rows))} == {place: set() for place in range(len(rows))}
    assert not any(apart(survey, rows).values())
    outcomes = {rule.id: judged(rule, 0) for rule in asked_rules(survey)}
    report = conformance_report("clean", book, book.criteria, len(rows), {**survey.settled, **outcomes})
    assert (report.verdict, report.counts.failed, report.counts.warned) == ("conforms", 0, 0)
    assert report.counts.passed == report.counts.checked > 0


def test_every_rule_about_rows_catches_what_breaks_it(book: RuleBook) -> None:
    """For each rule about rows: a row that breaks it is caught, and breaks only rules about the same columns."""
    found = verdicts_by_row(book.version)
    questions = {each.rule.id: each for each in surveyed(book, book.columns).rows}
    assert [name for name in questions if name not in found[name]] == []
    for each in questions.values():
        others = (questions[name] for name in found[each.rule.id])
        assert [other.rule.id for other in others if not _same_columns(each, other)] == []


def _same_columns(one: RowQuestion, other: RowQuestion) -> bool:
    return bool({"columns"} & {*one.names, *other.names} or set(one.names) & set(other.names))


def test_every_column_that_must_be_there_is_missed(book: RuleBook) -> None:
    """Without its column each presence rule is broken, and with it none is."""
    presence = [rule for rule in book.rules if rule.function == "Presence" and rule.keyword != "MAY"]
    whole = surveyed(book, book.columns).settled
    for rule in presence:
        without = surveyed(book, [name for name in book.columns if name != rule.entity]).settled
        assert (whole[rule.id].verdict, without[rule.id].verdict in _BROKEN) == (RuleVerdict.PASS, True), rule.id


def test_a_presence_rule_waits_for_its_criterion(book: RuleBook) -> None:
    """A column that only some providers must have is missed only where its criterion is switched on."""
    survey = survey_of(book, FileShape({}, typed=False), ())
    conditional = [rule.id for rule in book.rules if rule.function == "Presence" and rule.criteria]
    assert conditional
    assert {survey.settled[name].verdict for name in conditional} == {RuleVerdict.NOT_APPLICABLE}


def test_text_columns_are_checked_where_a_file_has_types(book: RuleBook) -> None:
    """In a file with types, a number where text must be breaks its rule; a file without types shows no type."""
    strings = [rule for rule in book.rules if rule.requirement and rule.requirement.function == "TypeString"]
    untyped = surveyed(book, book.columns).settled
    assert {untyped[rule.id].verdict for rule in strings} == {RuleVerdict.NOT_CHECKED}
    shape = FileShape(dict.fromkeys(book.columns, "BIGINT"), typed=True)
    asked = {each.rule.id: each.breach for each in survey_of(book, shape, book.criteria).rows}
    ones = ", ".join(f"'1' AS {identifier(name)}" for name in book.columns)
    with duckdb.connect() as connection:
        caught = connection.execute(
            f"SELECT {', '.join(asked[rule.id] for rule in strings)} FROM (SELECT {ones})"  # noqa: S608 - our own rules
        ).fetchone()
    assert caught == (True,) * len(strings)


def _second_parents(survey: Survey, rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    for each in survey.groups:
        row = next(row for row in rows if row[each.column] and row[each.other])
        yield each.rule.id, row | {each.other: f"another {row[each.other]}"}


def test_values_that_belong_together_are_caught_apart(book: RuleBook) -> None:
    """One SKU price of two SKUs, one service of two categories: each is caught by its own rule alone."""
    rows = clean_rows(book.columns)
    survey = surveyed(book, book.columns)
    for name, row in _second_parents(survey, rows):
        broken = {rule for rule, count in apart(survey, [*rows, row]).items() if count}
        assert broken == {name}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("ColumnHandling-A-005-O", ["BilledCost", f"x_{'Long' * 13}"]),
        ("ColumnHandling-A-010-M", ["BilledCost", "Id"]),
        ("ColumnHandling-A-012-O", ["x_First", "BilledCost"]),
    ],
)
def test_names_of_columns_are_judged(name: str, columns: list[str]) -> None:
    """Names that are too long, custom ones without x_, and FOCUS's columns behind custom ones are caught."""
    book = rule_book("1.2")
    assert surveyed(book, columns).settled[name].verdict in _BROKEN
    assert surveyed(book, ["BilledCost", "x_Mine"]).settled[name].verdict is RuleVerdict.PASS


def test_what_was_not_checked_is_never_passed(book: RuleBook) -> None:
    """A composite passes only if each of its binding rules was checked; permissions do not bind."""
    survey = surveyed(book, book.columns)
    outcomes = {rule.id: Outcome(RuleVerdict.PASS) for rule in asked_rules(survey)}
    report = conformance_report("clean", book, (), 1, {**survey.settled, **outcomes})
    verdicts = {result.id: result.verdict for result in report.rules}
    for rule in book.rules:
        binding = [part for part in rule.parts if book.by_id[part].keyword != "MAY"]
        if verdicts[rule.id] is RuleVerdict.PASS:
            assert RuleVerdict.NOT_CHECKED not in {verdicts[part] for part in binding}


def test_a_file_without_rows_is_insufficient() -> None:
    """Columns alone do not conform."""
    book = rule_book("1.0")
    survey = surveyed(book, book.columns)
    outcomes = {rule.id: Outcome(RuleVerdict.PASS) for rule in asked_rules(survey)}
    assert conformance_report("empty", book, (), 0, {**survey.settled, **outcomes}).verdict == "insufficient"


def test_quotes_in_values_stay_in_them() -> None:
    """A quote in a name or a text ends no string of SQL."""
    assert (identifier('a"b'), literal("it's")) == ('"a""b"', "'it''s'")
