"""The ledger goes with a backup: bills, their earlier statements, closed months."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from fairlead.bootstrap import open_world, settings_for
from fairlead.domain.journal import Actor
from fairlead.domain.ledger import LINES, Basis
from fairlead.flows.backup import backup, restore
from fairlead.flows.ledger.close import close
from fairlead.flows.ledger.closing import closings
from fairlead.flows.ledger.cost import ledger_report
from fairlead.meter.ledger.question import CostQuestion
from fairlead.testing.progress import no_progress
from tests.scenario.ledger.books import Books, open_books

NOVEMBER = {
    "BillingPeriodStart": "2026-11-01T00:00:00Z",
    "BillingPeriodEnd": "2026-12-01T00:00:00Z",
    "ChargePeriodStart": "2026-11-05T10:00:00Z",
    "ChargePeriodEnd": "2026-11-05T11:00:00Z",
}


def test_a_restored_ledger_answers_as_before(tmp_path: Path) -> None:
    """Also as of a moment before the restatement, and its closed month is closed."""
    with open_books(tmp_path) as books:
        books.load(books.bill("first.csv", {"cost": "10"}))
        earlier = datetime.now(UTC)
        books.amounts("charge")
        books.load(books.bill("second.csv", {"cost": "12"}))
        books.amounts("charge")
        close(books.world, "2026-10", Actor("Ada"))
        backup(tmp_path / "state", tmp_path / "backup.tar", books.clock, no_progress)
        folder, clock = books.folder, books.clock
    restore(tmp_path / "backup.tar", tmp_path / "restored", clock, Actor("Ada"))
    with open_world(settings_for(folder, state=tmp_path / "restored")) as world:
        question = CostQuestion(by=("charge",), basis=Basis.BILLED)
        amounts = [
            ledger_report(world, question, world.engine, as_of=moment).rows[0].amount for moment in (None, earlier)
        ]
        assert amounts == [Decimal(12), Decimal(10)]
        assert list(closings(world.state)) == ["2026-10"]
        lines = tmp_path / "restored" / "ledger" / LINES
        assert len(list(lines.glob("*.parquet"))) == 1
        restored = Books(folder, world, clock)
        restored.load(restored.bill("third.csv", {"cost": "5", **NOVEMBER}))
        assert restored.amounts("charge") == {("unallocated",): Decimal(17)}
