"""Rows as real bills have them: what is refused, what is told, and what is never lost."""

from __future__ import annotations

import gzip
from decimal import Decimal

import pytest

from tests.e2e.ledger.practitioner import Books, row, write_bill

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
UNREADABLE = [
    *(("BilledCost", cost) for cost in ("oops", "", "NULL", "1,000", "1.0000000000000000000000001", "NaN", "1e400")),
    *(("BilledCost", cost) for cost in ("Infinity", "1.234,50", "0x10", "1_000", "1e-25")),
    ("BillingCurrency", ""),
    ("BillingCurrency", "NULL"),
    ("BillingPeriodStart", "yesterday"),
    ("BillingPeriodEnd", ""),
    ("ChargePeriodStart", "2026-13-01"),
    ("ChargePeriodEnd", "2026-02-30"),
]
TOLD = [
    ("BilledCost", "$50,000.00", "cost-form"),
    ("BilledCost", "1,234.50", "cost-form"),
    ("EffectiveCost", "oops", "cost-unreadable"),
    ("ListCost", "NULL", "value-missing"),
    ("BillingCurrency", "XQQ", "currency-unknown"),
    ("ChargePeriodStart", "5/1/25", "moment-form"),
    ("ChargePeriodStart", "20261003", "moment-form"),
    ("ChargePeriodStart", "2026-10-01T30:00:00Z", "moment-form"),
    ("ConsumedQuantity", "abc", "quantity-unreadable"),
    ("ConsumedQuantity", "1.1234567890123456789", "quantity-form"),
    ("ConsumedQuantity", "-4", "negative"),
    ("Tags", "not json", "tags-unreadable"),
    ("Tags", '{"a":"1","a":"2"}', "tags-form"),
    ("ChargeFrequency", "Usage-based", "value-case"),
    ("ChargeCategory", "Bogus", "value-unknown"),
    ("ServiceName", "", "value-missing"),
    ("SkuPriceDetails", "{bad", "json-unreadable"),
]
EXACT = [
    "1E+2",
    "+1.5e-7",
    "-0",
    " 7 ",
    ".5",
    "5.",
    "1e-24",
    "0e999",
    "1e13",
    "59999999999999.999999999999999999999999",
]


def test_mixed(books: Books) -> None:
    """Only an unreadable cost, currency or period refuses a row; every other breach is told with its own place."""
    columns = {"ChargeFrequency": "Usage-Based"}
    rows = [row("1", **{**columns, column: value}) for column, value in UNREADABLE]
    rows += [row("1", **{**columns, column: value}) for column, value, _ in TOLD]
    answer = books.bill("mixed.csv", rows)
    (file,) = answer.data["files"]
    refused = {each["row"]: (each["column"], each["value"]) for each in answer.data["findings"] if each["refused"]}
    told = {(each["row"], each["column"], each["value"], each["rule"]) for each in answer.data["findings"]}
    assert answer.status == 1
    assert (file["rows_read"], file["rows_refused"]) == (len(rows), len(UNREADABLE))
    assert sorted(refused) == list(range(1, len(UNREADABLE) + 1))
    assert {place: column for place, (column, _) in refused.items()} == {
        place: column for place, (column, _) in enumerate(UNREADABLE, 1)
    }
    for place, (column, value, rule) in enumerate(TOLD, len(UNREADABLE) + 1):
        shown = "" if value == "NULL" else value
        assert (place, column, value, rule) in told or (place, column, shown, rule) in told


def test_exact_forms(books: Books) -> None:
    """Exponents, signs and 24 decimals are read exactly, and no finding is made of them."""
    answer = books.bill("exact.csv", [row(cost) for cost in EXACT])
    (file,) = answer.data["files"]
    assert answer.status == 0
    assert [each["column"] for each in answer.data["findings"]] == []
    assert file["sums"] == file["file_sums"]
    assert all(_exact(file["sums"]["EUR"][cost]) == _added(EXACT) for cost in file["sums"]["EUR"])


def test_plain_notation(books: Books) -> None:
    """Sums are texts in plain notation with trailing zeros cut."""
    (file,) = books.bill("plain.csv", [row("1E+3"), row("0.000000100"), row("1.10")]).data["files"]
    assert file["sums"]["EUR"]["BilledCost"] == "1001.1000001"


def test_row_numbers(books: Books) -> None:
    """A row's number counts rows, not lines, however the file is written."""
    texts = ['a\nb\n\n"c"', "x", "x", "x;y,z", "x", "x"]
    costs = ["1", "2", "oops", "3", "bad", "4"]
    rows = [row(cost, ServiceName=text) for cost, text in zip(costs, texts, strict=True)]
    text = write_bill(books.folder.parent / "lines.csv", rows).read_text()
    forms = {
        "plain": text.encode(),
        "mark": b"\xef\xbb\xbf" + text.encode(),
        "utf-16": text.encode("utf-16"),
        "gzip": gzip.compress(text.encode() + b"\n"),
        "crlf": text.replace("\n", "\r\n").encode(),
    }
    paths = [books.folder.parent / f"{form}.csv" for form in forms]
    for path, content in zip(paths, forms.values(), strict=True):
        path.write_bytes(content)
    answer = books.call("ledger", "import", *map(str, paths), "--source", "cloud", "--format", "json")
    refused = [(each["file"], each["row"]) for each in answer.data["findings"] if each["refused"]]
    assert answer.status == 1
    assert sorted(refused) == sorted((str(path), place) for path in paths for place in (3, 5))
    assert [file["sums"]["EUR"]["BilledCost"] for file in answer.data["files"]] == ["10"] * len(paths)


def test_strict(books: Books) -> None:
    """With --strict a single finding keeps everything out."""
    answer = books.bill("stray.csv", [row("1", **{"Our Own": "x"})], "--strict")
    assert answer.status == 2
    assert answer.data["files"][0]["rows_accepted"] == 0
    assert books.cost("source")["rows"] == []


def _exact(text: str) -> Decimal:
    assert "E" not in text.upper()
    return Decimal(text)


def _added(costs: list[str]) -> Decimal:
    digits = sum(int(Decimal(cost).scaleb(24)) for cost in costs)
    return Decimal(digits).scaleb(-24)
