"""The schema of usage files (CSV, Parquet) as data: which columns there are, how each is read, what refuses a row.

Pure: expressions of SQL (DuckDB) over a relation whose columns are all text. A driver runs them over the file.
"""

# ruff: noqa: S608 - what goes into a query is quoted, or written here

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairlead.domain.measures import MEASURES
from fairlead.meter.collectors.base import LONGEST_WINDOW, QUANTITY_DIGITS, ROLES

__all__ = ["STRINGS", "Refusal", "TableShape", "judged", "mistakes", "refusals", "shape_of"]

STRINGS = ("resource", "environment", "model", "release", "customer", "team", "stage", "namespace", "pod")
"""Columns of plain text; '' where the file has none."""

_CONSUMER = STRINGS[1:]
_MOMENTS = ("window_start", "window_end")
_LONG = ("measure", "quantity")
_OWN = {*_MOMENTS, *_LONG, *STRINGS, "labels", "role"}


@dataclass(frozen=True, slots=True)
class TableShape:
    """How a file's columns are read, by the names they have in it.

    `columns` maps names of the schema to the file's. `measures` are those of a wide file, one column each; () for a
    long file, which has `measure` and `quantity`. `labels` are the file's other columns, kept as labels by name.
    """

    columns: Mapping[str, str]
    measures: Mapping[str, str]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse a row: `broken` is its condition in SQL, `column` is whose value is shown."""

    rule: str
    column: str
    broken: str
    message: str
    mend: str


def shape_of(columns: Sequence[str]) -> TableShape:
    """How a file with these columns is read; `mistakes` says what is wrong with them. Case and outer space are free."""
    known = {name.strip().lower(): name for name in reversed(columns)}
    own = {name: known[name] for name in _OWN if name in known}
    wide = {} if "measure" in own else {name: known[name] for name in MEASURES if name in known}
    taken = {*own.values(), *wide.values()}
    return TableShape(own, wide, tuple(name for name in columns if name not in taken))


def mistakes(columns: Sequence[str]) -> Iterator[str]:
    """What makes a table no usage at all, as sentences; nothing for a table that can be read."""
    shape = shape_of(columns)
    names = [name.strip().lower() for name in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        yield f"two columns are named {', '.join(twice)}"
    lacking = [name for name in _MOMENTS if name not in shape.columns]
    if lacking:
        yield f"there is no column {' and no '.join(lacking)}"
    if "measure" in shape.columns:
        beside = sorted(set(names) & set(MEASURES))
        if beside:
            yield f"it has `measure` (one measure a row), and columns {', '.join(beside)} (one measure a column)"
        if "quantity" not in shape.columns:
            yield "there is no column quantity beside `measure`"
    elif not shape.measures:
        yield f"there is neither `measure` and `quantity`, nor any column of {', '.join(MEASURES)}"


def judged(shape: TableShape, relation: str, reasons: Sequence[Refusal]) -> str:
    """SELECT of one row per measure in the types of `usage`, `source_row` included, `source_file` left out.

    `relation` has the file's columns as text, and `source_row`. Wide rows become one row per measure that has a value.
    `refused` is the place of the first reason that holds (NULL: accepted), `shown` the value at fault.
    """
    places = " ".join(f"WHEN {reason.broken} THEN {place}" for place, reason in enumerate(reasons))
    values = " ".join(
        f"WHEN {place} THEN {_SHOWN.get(reason.column, reason.column)}" for place, reason in enumerate(reasons)
    )
    typed = "make_timestamptz(begins) AS window_start, make_timestamptz(ends) AS window_end"
    own = f"{typed}, {', '.join(STRINGS)}, labels, measure, role, amount AS quantity, source_row"
    verdict = f"SELECT *, CASE {places} END AS refused FROM ({_read(shape, relation)})"
    return f"SELECT {own}, refused, left(CASE refused {values} END, {_LONGEST_SHOWN}) AS shown FROM ({verdict})"


def refusals(*, doubles: bool = False) -> tuple[Refusal, ...]:
    """Reasons to refuse a row, the first that holds is told. `doubles`: quantities are floats, and were rounded."""
    days = LONGEST_WINDOW.days
    listed = ", ".join(f"'{name}'" for name in MEASURES)
    roles = ", ".join(f"'{role}'" for role in ROLES)
    digits = () if doubles else (_LOST,)
    return (
        *(_moment(name) for name in _MOMENTS),
        Refusal("usage/window", "window_end", "ends <= begins", "the window ends before it has begun", "swap them"),
        Refusal(
            "usage/window",
            "window_end",
            f"ends - begins > {days * 86_400_000_000}",
            f"the window is longer than {days} days",
            "divide it: nobody knows when in it the cost arose",
        ),
        Refusal("usage/measure", "measure", "measure IS NULL", "there is no measure", "name one, or drop the row"),
        Refusal(
            "usage/measure",
            "measure",
            f"measure NOT IN ({listed})",
            "the measure is not known",
            f"known are {', '.join(MEASURES)}",
        ),
        Refusal(
            "usage/role", "role", f"role NOT IN ({roles})", "the role is not known", f"known are {', '.join(ROLES)}"
        ),
        Refusal(
            "usage/capacity",
            "role",
            f"role = 'capacity' AND concat({', '.join(_CONSUMER)}) <> ''",
            "capacity belongs to a resource, and this row names a consumer",
            "leave the consumer's columns empty, or call the role `reserved`",
        ),
        Refusal(
            "usage/quantity",
            "quantity",
            f"NOT coalesce(regexp_full_match(quantity, '{_NUMBER}'), false) OR amount IS NULL",
            "the quantity is no number that the ledger can hold",
            "write digits, as in 0.0425: up to 29 before the point",
        ),
        Refusal("usage/quantity", "quantity", "amount < 0", "use cannot be negative", "correct it at its source"),
        *digits,
        Refusal(
            "usage/labels",
            "labels",
            "labels IS NULL",
            "the labels are no JSON object of texts",
            'write {"zone": "a"}, or give each label a column of its own',
        ),
    )


_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"

_LOST = Refusal(
    "usage/digits",
    "quantity",
    # Digits behind the point: those of the mantissa that are no trailing zeros, less the exponent.
    r"(strlen(quantity) > 10 OR quantity ILIKE '%e%') AND length(rtrim(regexp_extract(quantity, '\.([0-9]*)', 1), '0'))"
    r" - coalesce(TRY_CAST(regexp_extract(quantity, '[eE]([+-]?[0-9]+)$', 1) AS INTEGER), 0)"
    f" > {QUANTITY_DIGITS} AND NOT regexp_full_match(quantity, '[+-]?[0.]*([eE].*)?')",
    f"the quantity has more than {QUANTITY_DIGITS} digits behind the point, and would lose some",
    f"round it to {QUANTITY_DIGITS} digits where it is made",
)


_EXACT = f"DECIMAL(38, {QUANTITY_DIGITS})"
_AMOUNT = (
    f"coalesce(CAST(TRY_CAST(quantity AS DECIMAL(18, {QUANTITY_DIGITS})) AS {_EXACT}), TRY_CAST(quantity AS {_EXACT}))"
)
"""Texts become decimals of 18 digits fifty times faster than of 38, so the wide cast is for those that need it."""

_SHOWN = {"labels": "labels_text"}
_LONGEST_SHOWN = 200


def _read(shape: TableShape, relation: str) -> str:
    """All columns as texts, and beside them what they say: `begins`, `ends` (microseconds), `amount`, `labels`."""
    given = ("quantity", "measure") if not shape.measures else ()
    texts = [f"{_text(shape, name)} AS {name}" for name in (*_MOMENTS, *STRINGS, *given)]
    if shape.measures:
        texts += ["cell.measure AS measure", "cell.quantity AS quantity"]
    role = f"coalesce({_text(shape, 'role')}, 'used') AS role"
    labels = f"{_labels(shape)} AS labels, {_text(shape, 'labels')} AS labels_text"
    picked = f"SELECT {', '.join(texts)}, {role}, {labels}, source_row FROM {_unpivoted(shape, relation)}"
    moments = ", ".join(f"{_micros(name)} AS {short}" for name, short in zip(_MOMENTS, ("begins", "ends"), strict=True))
    return f"SELECT *, {moments}, {_AMOUNT} AS amount FROM ({picked})"


def _micros(name: str) -> str:
    moment = f"TRY_CAST({name} AS TIMESTAMPTZ)"
    return f"CASE WHEN isfinite({moment}) THEN epoch_us({moment}) END"


def _moment(name: str) -> Refusal:
    return Refusal(
        "usage/moment",
        name,
        f"{'begins' if name == 'window_start' else 'ends'} IS NULL",
        "the moment cannot be read",
        "write 2026-11-23T12:05:00Z; without a zone it is UTC",
    )


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(shape: TableShape, name: str) -> str:
    """A column's text, NULL where blank; '' stands for columns of plain text."""
    blank = "''" if name in STRINGS else "NULL"
    if name not in shape.columns:
        return blank
    trimmed = f"nullif(trim({_name(shape.columns[name])}), '')"
    return f"coalesce({trimmed}, '')" if name in STRINGS else trimmed


def _unpivoted(shape: TableShape, relation: str) -> str:
    if not shape.measures:
        return relation
    given = [
        f"{{'measure': {_literal(measure)}, 'quantity': nullif(trim({_name(column)}), '')}}"
        for measure, column in shape.measures.items()
    ]
    listed = f"list_filter([{', '.join(given)}], lambda one: one.quantity IS NOT NULL)"
    none = "[{'measure': NULL, 'quantity': NULL}]"
    return f"(SELECT *, unnest(CASE WHEN len({listed}) = 0 THEN {none} ELSE {listed} END) AS cell FROM {relation})"


def _labels(shape: TableShape) -> str:
    """A map of the `labels` object and of the unknown columns that are not blank; NULL where the object is none."""
    extra = "MAP {}::MAP(VARCHAR, VARCHAR)"
    if shape.labels:
        pairs = [f"{{'key': {_literal(name.strip())}, 'value': trim({_name(name)})}}" for name in shape.labels]
        extra = f"map_from_entries(list_filter([{', '.join(pairs)}], lambda one: one.value <> ''))"
    if "labels" not in shape.columns:
        return _sorted(extra)
    given = f"TRY_CAST(coalesce(nullif(trim({_name(shape.columns['labels'])}), ''), '{{}}') AS JSON)"
    keys = f"json_keys({given})"
    read = f"map_from_entries(list_filter(map_entries(CAST({given} AS MAP(VARCHAR, VARCHAR))), {_GIVEN}))"
    # A key that stands twice ends the whole query, so it is looked for first.
    readable = f"json_type({given}) = 'OBJECT' AND len(list_distinct({keys})) = len({keys})"
    return f"CASE WHEN {readable} THEN {_sorted(f'map_concat({read}, {extra})')} END"


def _sorted(labels: str) -> str:
    """The same map for the same labels, in whatever order they came."""
    return f"map_from_entries(list_sort(map_entries({labels})))"


_GIVEN = "lambda one: one.value IS NOT NULL"
