"""Which rules a file can be asked about, and the questions: few passes over it, whatever the number of rules.

The middle of a validation. What the columns alone decide is settled here; the rest is SQL for whoever has the file:
one query counts the breaches of all rules about rows, one fetches the first rows of those that are broken, and one
each looks at values that must belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from fairlead.meter.conformance.column_names import misnamed
from fairlead.meter.conformance.predicates import condition, requirement
from fairlead.meter.conformance.report import Outcome, RuleVerdict, judged
from fairlead.meter.conformance.row_columns import RowColumns
from fairlead.meter.conformance.rules import PERMISSION, Check, Rule, RuleBook
from fairlead.meter.conformance.shape import FileShape, identifier, raw_name

__all__ = ["EXAMPLES", "GroupQuestion", "RowQuestion", "Survey", "survey_of"]

EXAMPLES = 3
"""How many rows of a broken rule are shown."""

_CUT = 200

_LISTS: Mapping[str, Callable[[RowColumns], str]] = {
    "CheckPlaceholders": RowColumns.placeholders,
    "CheckBlanks": RowColumns.blanks,
}

_UNTYPED = "every value of a file without types is text"
_ALLOWS = "it permits something: nothing can break it"


@dataclass(frozen=True, slots=True)
class RowQuestion:
    """A rule about rows: the predicate of its breaches, and what is shown of a row: SQL of a list, and its names."""

    rule: Rule
    breach: str
    names: tuple[str, ...]
    shown: str


@dataclass(frozen=True, slots=True)
class GroupQuestion:
    """A rule about values that belong together: each of `column` has one and only one of `other`."""

    rule: Rule
    column: str
    other: str
    where: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What is settled, and what is to be asked of the rows. `columns` are those of FOCUS that the file has."""

    shape: FileShape
    columns: tuple[str, ...]
    settled: Mapping[str, Outcome]
    rows: tuple[RowQuestion, ...]
    groups: tuple[GroupQuestion, ...]

    def counting(self, relation: str) -> str:
        """SQL: one row, the number of rows of the file and of the breaches of each of `rows`."""
        counts = (f"count(*) FILTER (WHERE {each.breach})" for each in self.rows)
        return f"SELECT {', '.join(['count(*)', *counts])} FROM ({self._texts(relation)})"  # noqa: S608 - quoted

    def showing(self, relation: str, broken: Sequence[RowQuestion], row: str) -> str:
        """SQL: one row, for each of `broken` a list of its first rows: `{row, values}`, as they stood.

        `row` is the relation's column that counts rows.
        """
        picks = (
            f"arg_min({{'row': row_of_file, 'values': {each.shown}}}, row_of_file, {EXAMPLES}) "
            f"FILTER (WHERE {each.breach})"
            for each in broken
        )
        return f"SELECT {', '.join(picks)} FROM ({self._texts(relation, f', {identifier(row)} AS row_of_file')})"  # noqa: S608 - quoted

    def grouping(self, relation: str, question: GroupQuestion) -> str:
        """SQL: one row, how many values have none or several others, and the first of them: [value, other, other]."""
        column, other = identifier(question.column), identifier(question.other)
        groups = (
            f"SELECT {column} AS value, min({other}) AS low, max({other}) AS high FROM ({self._texts(relation)}) "  # noqa: S608 - quoted
            f"WHERE {column} IS NOT NULL AND {question.where} GROUP BY ALL HAVING low IS NULL OR low <> high"
        )
        shown = f"arg_min([left(value, {_CUT}), left(low, {_CUT}), left(high, {_CUT})], value, {EXAMPLES})"
        return f"SELECT count(*), {shown} FROM ({groups})"  # noqa: S608 - quoted

    def _texts(self, relation: str, more: str = "") -> str:
        columns = self.shape.texts(self.columns) or "1 AS nothing"
        return f"SELECT {columns}{more} FROM {relation}"  # noqa: S608 - quoted


def survey_of(book: RuleBook, shape: FileShape, supported: Collection[str]) -> Survey:
    """What to ask of a file of this shape, where the provider supports these criteria."""
    columns = tuple(column for column in book.columns if column in shape)
    row = RowColumns(shape, columns, tuple(name for name in _never_null(book) if name in shape))
    settled: dict[str, Outcome] = {}
    rows: list[RowQuestion] = []
    groups: list[GroupQuestion] = []
    for rule in book.rules:
        if rule.parts:
            continue
        check = rule.requirement
        outcome = _settled(rule, book, shape, supported)
        if outcome is not None or check is None:
            settled[rule.id] = outcome or Outcome(RuleVerdict.NOT_CHECKED, reason=rule.untested)
        elif check.function == "CheckDistinctCount":
            column, other, _ = check.arguments
            groups.append(GroupQuestion(rule, column, other, _condition(rule, book, row)))
        else:
            rows.append(_question(rule, check, book, row))
    return Survey(shape, columns, settled, tuple(rows), tuple(groups))


def _settled(rule: Rule, book: RuleBook, shape: FileShape, supported: Collection[str]) -> Outcome | None:
    """The outcome that needs no row, if there is one."""
    return _left_out(rule, shape, supported) or _by_columns(rule, book, shape)


def _left_out(rule: Rule, shape: FileShape, supported: Collection[str]) -> Outcome | None:
    """Why a rule does not apply, or cannot be checked."""
    check = rule.requirement
    off = [name for name in rule.criteria if name not in supported]
    absent = [name for name in _needed(rule) if name not in shape]
    if off:
        return Outcome(RuleVerdict.NOT_APPLICABLE, reason=f"not switched on: {', '.join(off)}")
    if absent:
        return Outcome(RuleVerdict.NOT_APPLICABLE, reason=f"the file has no column {', '.join(absent)}")
    if rule.keyword == PERMISSION:
        return Outcome(RuleVerdict.NOT_CHECKED, reason=_ALLOWS)
    if check is None:
        return Outcome(RuleVerdict.NOT_CHECKED, reason=rule.untested)
    if check.function == "TypeString" and not shape.typed:
        return Outcome(RuleVerdict.NOT_CHECKED, reason=_UNTYPED)
    return None


def _by_columns(rule: Rule, book: RuleBook, shape: FileShape) -> Outcome | None:
    """The outcome of a rule about the columns alone."""
    check = rule.requirement
    if check is None:
        return None
    if check.function == "ColumnPresent":
        return judged(rule, 0 if check.arguments[0] in shape else 1)
    if check.function == "CheckColumnNames":
        wrong = misnamed(check.arguments[0], tuple(shape.columns), book.columns)
        return judged(rule, len(wrong), wrong[:EXAMPLES])
    return None


def _needed(rule: Rule) -> tuple[str, ...]:
    """Columns without which the rule is about nothing."""
    if rule.kind == "Dataset":
        return ()
    own = (rule.entity,) if rule.kind == "Column" else ()
    asked = rule.requirement.columns() if rule.requirement else ()
    return tuple(dict.fromkeys((*own, *asked)))


def _question(rule: Rule, check: Check, book: RuleBook, row: RowColumns) -> RowQuestion:
    breach = f"({_condition(rule, book, row)}) AND NOT ({requirement(row, check)})"
    if check.function in _LISTS:
        return RowQuestion(rule, breach, ("columns",), f"[array_to_string({_LISTS[check.function](row)}, ', ')]")
    looked_at = (name for each in (check, *book.conditions(rule)) for name in each.columns())
    names = tuple(name for name in dict.fromkeys(looked_at) if name in row.shape)
    values = (f"left({raw_name(name)}, {_CUT})" for name in names)
    return RowQuestion(rule, breach, names, f"[{', '.join(values)}]")


def _condition(rule: Rule, book: RuleBook, row: RowColumns) -> str:
    return " AND ".join(f"({condition(row, each)})" for each in book.conditions(rule)) or "TRUE"


def _never_null(book: RuleBook) -> tuple[str, ...]:
    """Columns that no row may leave empty."""
    found = (
        rule.entity
        for rule in book.rules
        if rule.requirement == Check("CheckNotValue", (rule.entity, None))
        and rule.condition is None
        and not rule.criteria
    )
    return tuple(dict.fromkeys(found))
