"""A real DuckDB engine over no ledger: tables come from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from fairlead.domain.allocation import Allocation
from fairlead.domain.ledger import Part
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.meter.allocation.allocator import Allocator
from fairlead.testing.time import ManualClock
from tests.unit.meter.allocation.rows import NINE, Row, bills_table, usage_table

Lines = list[dict[str, Any]]
Allocate = Callable[..., Lines]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    """One engine for all tests: to open it takes longer than to ask it."""
    folder = tmp_path_factory.mktemp("ledger")
    opened = DuckEngine(DeltaLedger(folder, ManualClock(NINE)), folder / "lake", {}, folder / "spill", memory="512MB")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def allocate(engine: DuckEngine) -> Allocate:
    """Lines of bill rows and usage rows by rules as they are written in YAML."""
    return lambda *given, **more: allocated(engine, *given, **more)


def allocated(
    engine: DuckEngine,
    rules: Sequence[Mapping[str, Any]],
    bills: Sequence[Row],
    usage: Sequence[Row] = (),
    owners: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> Lines:
    """All lines of one part."""
    parsed = Allocation.model_validate({"rules": list(rules)}).rules
    allocator = Allocator(engine, parsed, owners or {})
    made = allocator.part_lines(Part("cloud", "2026-01-01"), bills_table(bills, without), usage_table(usage))
    own = made.questions[0]
    for question in made.questions[1:]:
        own = own.union(question)
    held = engine.hold(own)
    shared = [row for question in allocator.overhead_lines(made, held) for row in engine.rows(question)]
    return [*engine.rows(held), *shared]
