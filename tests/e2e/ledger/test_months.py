"""The life of a month: stated, stated again, closed, and corrected afterwards."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from tests.e2e.ledger.practitioner import Books, bridge_of, by_key, row, total, write_bill

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
TEAMS = {"name": "teams", "match": {"tags": {"team": ["*"]}}, "assign": {"team": "{tag:team}"}}
SEPTEMBER = {"BillingPeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodEnd": "2026-10-01T00:00:00Z"}
FIRST = [row("10", Tags='{"team":"a"}'), row("20", Tags='{"team":"b"}'), row("5", **SEPTEMBER, Tags='{"team":"a"}')]
SECOND = [row("11", Tags='{"team":"a"}'), row("20", Tags='{"team":"b"}'), row("1.5", Tags='{"team":"c"}')]
LATE = [row("12", Tags='{"team":"a"}'), row("20", Tags='{"team":"b"}'), row("1.5", Tags='{"team":"d"}')]
CLOSED = {"2026-10-01|a": Decimal(11), "2026-10-01|b": Decimal(20), "2026-10-01|c": Decimal("1.5")}


def test_restated(books: Books) -> None:
    """The same bill changes nothing; a restated one replaces its period alone; what was said before stays readable."""
    books.allocate([TEAMS])
    books.bill("first.csv", FIRST)
    before = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    time.sleep(0.01)
    again = books.bill("renamed.csv", FIRST)
    restated = books.bill("second.csv", SECOND)
    (period,) = restated.data["periods"]
    assert again.data["unchanged"]
    assert period["replaced"]["difference"]["sums"]["EUR"]["BilledCost"] == "2.5"
    assert total(books.cost("period")["rows"]) == {"EUR": Decimal("37.5")}
    assert total(books.cost("period", "--as-of", before)["rows"]) == {"EUR": Decimal(35)}


def test_closed(books: Books) -> None:
    """A closed month never moves: a late bill is an adjustment of the running month, once, and rules do not matter."""
    books.allocate([TEAMS])
    books.bill("second.csv", SECOND)
    assert books.call("ledger", "close", "2026-10").status == 0
    first, again = books.bill("late.csv", LATE), books.bill("late.csv", LATE)
    assert first.data["periods"][0]["adjusts"] == "2026-10-01"
    assert again.data["unchanged"]
    books.allocate([{"name": "all", "match": {"service": ["*"]}, "assign": {"team": "z"}}])
    report = books.cost("period,team")
    rows = by_key(report["rows"])
    assert {key: rows[key] for key in rows if key.startswith("2026-10")} == CLOSED
    assert total(report["rows"]) == {"EUR": Decimal("33.5")}
    assert bridge_of(report)["residual"] == 0


@pytest.mark.parametrize("month", ["2099-01", "2026-13"])
def test_not_closed(books: Books, month: str) -> None:
    """A month that has not ended, or is none, cannot be closed."""
    assert books.call("ledger", "close", month).status == 2


def test_killed(books: Books) -> None:
    """An import that is killed has published all periods of its file or none, and can be typed again."""
    months = [f"2026-{month:02}-01T00:00:00Z" for month in range(1, 9)]
    spans = [{"BillingPeriodStart": a, "BillingPeriodEnd": b} for a, b in pairwise(months)]
    path = write_bill(books.folder.parent / "many.csv", [row("1", **span) for span in spans for _ in range(300)])
    words = ("ledger", "import", str(path), "--source", "cloud")
    for wait in (0.8, 1.2):
        process = books.start(*words)
        time.sleep(wait)
        process.kill()
        process.communicate()
        assert total(books.cost("period")["rows"]) in ({}, {"EUR": Decimal(2100)})
    assert books.call(*words).status == 0
    assert total(books.cost("period")["rows"]) == {"EUR": Decimal(2100)}


def test_two_at_once(books: Books) -> None:
    """Of two imports at once each is published whole or told that the ledger is being written; nothing is mixed."""
    paths = [write_bill(books.folder.parent / f"{n}.csv", [row(str(n)) for _ in range(500)]) for n in (1, 2)]
    running = [books.start("ledger", "import", str(path), "--source", "cloud") for path in paths]
    ended = [process.communicate(timeout=100)[1] for process in running]
    assert any(process.returncode == 0 for process in running)
    assert all(process.returncode == 0 or "being written" in told for process, told in zip(running, ended, strict=True))
    assert total(books.cost("period")["rows"])["EUR"] in (Decimal(500), Decimal(1000))
