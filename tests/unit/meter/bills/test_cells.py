"""Text of a cell is typed exactly, or it is not read: against Python's own Decimal and datetime."""

# ruff: noqa: S608 - the tests' own queries

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Context, Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.meter.bills import cells

_ENGINE = duckdb.connect()
_ENGINE.execute("SET TimeZone = 'UTC'")


def read(made: Callable[[str], str], values: list[str]) -> list[str | None]:
    """What an expression makes of these texts, as text."""
    rows = _ENGINE.execute(f"SELECT CAST({made('v')} AS VARCHAR) FROM (SELECT unnest(?::VARCHAR[]) AS v)", [values])
    return [row[0] for row in rows.fetchall()]


def plain_cost(cell: str) -> str:
    """A cost as FOCUS allows it."""
    return cells.amount_plain(cell, cells.COST_DIGITS)


def lenient_cost(cell: str) -> str:
    """A cost in a form that means one thing only."""
    return cells.amount_lenient(cell, cells.COST_DIGITS)


def fits(value: Decimal, digits: int) -> bool:
    """Whether DECIMAL(38, digits) holds the value without rounding it."""
    places = Context(prec=100).normalize(value).as_tuple()
    assert isinstance(places.exponent, int)
    return -places.exponent <= digits and len(places.digits) + places.exponent <= 38 - digits


numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**16), max_value=10**16, places=None)
texts = st.one_of(
    numbers.map(str),
    st.builds(
        "{}{}e{}".format, st.integers(-(10**12), 10**12), st.sampled_from(["", ".5", ".000"]), st.integers(-40, 20)
    ),
    st.builds("{}.{}".format, st.integers(-999, 999), st.text("0123456789", min_size=1, max_size=40)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(texts, min_size=1, max_size=30))
def test_an_amount_is_exact_or_not_read(values: list[str]) -> None:
    """Whatever the digits and the exponent: the same number as Decimal's, or NULL where 24 digits do not hold it."""
    for value, found in zip(values, read(plain_cost, values), strict=True):
        exact = Decimal(value)
        assert (found is not None) == fits(exact, cells.COST_DIGITS), value
        assert found is None or Decimal(found) == exact, value


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-(10**9), 10**9, allow_nan=False), min_size=1, max_size=50))
def test_a_double_stands_for_its_shortest_decimal(values: list[float]) -> None:
    """A provider's double of 0.1 is 0.1, not the binary fraction beside it."""
    rows = _ENGINE.execute(
        f"SELECT CAST({cells.amount_of_double('v', 24)} AS VARCHAR) FROM (SELECT unnest(?::DOUBLE[]) AS v)", [values]
    ).fetchall()
    for value, (found,) in zip(values, rows, strict=True):
        exact = Decimal(repr(value))
        assert (found is not None) == fits(exact, cells.COST_DIGITS), value
        assert found is None or Decimal(found) == exact, value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "abc",
        "1_000",
        "0x10",
        "NaN",
        "inf",
        "--1",
        "1 2",
        "1,000",
        "1.234,50",
        "1e",
        "1e-30",
        "1e20",
        "€1,234",
        "€1.234",
        "€ 0,123",
        "-£12,000",
    ],
)
def test_what_is_no_number_is_not_read(value: str) -> None:
    """Nor what could mean two numbers: `1,000` is one in some countries."""
    assert read(plain_cost, [value]) == read(lenient_cost, [value]) == [None]


@pytest.mark.parametrize(
    ("value", "amount"),
    [("$50,000.00 ", "50000"), ("-$5", "-5"), ("1,234.50", "1234.5"), ("€12,345,678.9", "12345678.9")],
)
def test_a_form_that_means_one_thing_is_read_as_it(value: str, amount: str) -> None:
    """A currency's sign, or thousands whose cents show which sign is the point; never as plain FOCUS."""
    (found,) = read(lenient_cost, [value])
    assert found is not None
    assert Decimal(found) == Decimal(amount)
    assert read(plain_cost, [value]) == [None]


MOMENTS = {
    "2024-09-01 00:00:00": "2024-09-01 00:00:00+00",
    "2024-09-01T00:00:00Z": "2024-09-01 00:00:00+00",
    "2024-09-01T00:00Z": "2024-09-01 00:00:00+00",
    "2024-09-01T24:00:00Z": "2024-09-02 00:00:00+00",
    "2024-09-01": "2024-09-01 00:00:00+00",
    "2024-09-01T02:00:00+02:00": "2024-09-01 00:00:00+00",
    "2024-09-01 02:00:00.125 +0200": "2024-09-01 00:00:00.125+00",
    "2024-09-01 00:00:00 UTC": "2024-09-01 00:00:00+00",
}


def test_moments_of_iso_8601() -> None:
    """With a zone, without one (UTC), a date alone; a zone is never dropped."""
    assert dict(zip(MOMENTS, read(cells.moment_plain, list(MOMENTS)), strict=True)) == MOMENTS


LATE = {
    "5/1/25": "2025-05-01 00:00:00+00",
    "10/01/2024": "2024-10-01 00:00:00+00",
    "1/2/2025 3:04": "2025-01-02 03:04:00+00",
    "20240901": "2024-09-01 00:00:00+00",
    "2023-02-01T30:00:00Z": "2023-02-02 06:00:00+00",
}


def test_other_forms_of_moments() -> None:
    """Forms of the specification's own tables are read, but not as plain ones: `5/1/25` is no day of the year 5."""
    assert dict(zip(LATE, read(cells.moment_lenient, list(LATE)), strict=True)) == LATE
    assert read(cells.moment_plain, list(LATE)) == [None] * len(LATE)


@pytest.mark.parametrize(
    "value", ["epoch", "infinity", "yesterday", "2024-13-01", "13/1/25", "0005-01-25", "2024-09", ""]
)
def test_what_is_no_moment_is_not_read(value: str) -> None:
    """Nor words that an engine knows, nor a day that no bill is of."""
    assert read(cells.moment_plain, [value]) == read(cells.moment_lenient, [value]) == [None]


def test_what_a_sign_does_not_prove_its_digits_do() -> None:
    """A sign of a currency does not say which sign is the point; cents do, or a second thousand."""
    sure = {"€1,234.50": "1234.5", "€12.50": "12.5", "€0.045": "0.045", "¥1,000,000": "1000000", "$1,234": "1234"}
    found = [Decimal(each or "") for each in read(lenient_cost, list(sure))]
    assert found == [Decimal(each) for each in sure.values()]


def test_tags() -> None:
    """An object of JSON; what is not text stays as its JSON. A list, or a key twice, is read in the second step."""
    objects = ['{"a": "b", "c": {"d": 1}, "t": true}', "{}"]
    assert read(cells.tags_plain, objects) == ["{a=b, c='{\"d\":1}', t=true}", "{}"]
    others = ['[{"key": "a", "value": "b"}, {"key": "a", "value": "c"}]', '{"a": "x", "a": "y"}', "{bad", "[1]"]
    assert read(cells.tags_lenient, others) == ["{a=b}", "{a=x}", None, None]
    spelt = '[{"Key": "a", "Value": "b"}, {"KEY": "c", "value": "d"}, {"key": "e", "Value": "f"}, 7]'
    assert read(cells.tags_lenient, [spelt]) == ["{a=b, c=d, e=f}"]


@pytest.fixture
def twice() -> Iterator[str]:
    """A table of tags whose key stands twice, as no map of the engine may have it."""
    _ENGINE.execute("""CREATE OR REPLACE TABLE twice AS SELECT '{"a":"x","a":"y"}' AS v""")
    yield "twice"
    _ENGINE.execute("DROP TABLE twice")


def test_a_key_that_stands_twice_is_no_plain_tag(twice: str) -> None:
    """Such a map could be written, but not read again."""
    inner = f"SELECT {cells.tags_plain('v')} AS m FROM {twice}"
    assert _ENGINE.execute(f"SELECT {cells.tags_once('m')} FROM ({inner})").fetchall() == [(False,)]


def test_blank_and_null_are_not_known() -> None:
    """Blank, spaces, and null as a word; anything else stays as it is, spaces and all."""
    assert read(cells.known, ["", " ", "NULL", "null", "Null", "0", " a ", "nullable"]) == [
        *[None] * 5,
        "0",
        " a ",
        "nullable",
    ]
