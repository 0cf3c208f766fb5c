"""Replaces two parts of a ledger together, again and again, until it is killed. Run by the tests of the store."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from fairlead.domain.ledger import BILLS, Part
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.testing.ledger_contract import put

PARTS = (Part("a", "2026-01-01"), Part("b", "2026-01-01"))


def main() -> None:
    """Each round writes its number into both parts, one commit for both; every third grows a column."""
    store = DeltaLedger(Path(sys.argv[1]), SystemClock())
    first = len(store.history(BILLS, PARTS[0]))
    for number in count(first):
        more = f", 'x' AS x_{number}" if number % 3 == 0 else ""
        put(store, BILLS, {part: [f"SELECT {number} AS round{more}"] * 2 for part in PARTS}, round=str(number))
        print(number, flush=True)  # noqa: T201 - tells the test how far it is


if __name__ == "__main__":
    main()
