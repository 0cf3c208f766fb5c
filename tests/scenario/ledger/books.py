"""A workspace with rules, bills of a few rows, and a clock that the test moves: books as a practitioner keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pygit2

from fairlead.bootstrap import open_world, settings_for
from fairlead.domain.ledger import Basis
from fairlead.flows.ledger.collecting import Span, collect_files
from fairlead.flows.ledger.cost import ledger_report
from fairlead.flows.ledger.import_result import ImportRequest, ImportResult
from fairlead.flows.ledger.importing import import_bills
from fairlead.flows.world import World
from fairlead.meter.ledger.question import CostQuestion
from fairlead.meter.ledger.report import LedgerReport
from fairlead.testing.progress import no_progress
from fairlead.testing.time import ManualClock

__all__ = ["Books", "open_books"]

HEAD = "apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nname: acme\n"
COLUMNS = (
    "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,"
    "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,ResourceId,Tags"
)


@dataclass(frozen=True)
class Books:
    """One world over one workspace."""

    folder: Path
    world: World
    clock: ManualClock

    def bill(self, name: str, *rows: Mapping[str, str]) -> Path:
        """A FOCUS file of October 2026, an hour of usage a row, unless the row says otherwise."""
        path = self.folder.parent / name
        lines = [COLUMNS]
        for row in rows:
            cost = row.get("cost", "1")
            given = {
                "BilledCost": cost,
                "EffectiveCost": cost,
                "ListCost": cost,
                "ContractedCost": cost,
                "BillingCurrency": "USD",
                "BillingPeriodStart": "2026-10-01T00:00:00Z",
                "BillingPeriodEnd": "2026-11-01T00:00:00Z",
                "ChargePeriodStart": "2026-10-05T10:00:00Z",
                "ChargePeriodEnd": "2026-10-05T11:00:00Z",
                "ChargeCategory": "Usage",
                "ServiceName": "Machines",
                "ResourceId": "i-1",
                "Tags": "",
                **row,
            }
            cells = (given[column].replace('"', '""') for column in COLUMNS.split(","))
            lines.append(",".join(f'"{cell}"' for cell in cells))
        path.write_text("\n".join(lines) + "\n")
        return path

    def commit(self, message: str) -> None:
        """Commit what stands in the folder, and let the control plane see it."""
        repository = pygit2.Repository(str(self.folder))
        repository.index.add_all()
        repository.index.write()
        author = pygit2.Signature("Ada", "ada@example.com")
        parents = [] if repository.head_is_unborn else [repository.head.target]
        repository.create_commit("HEAD", author, author, message, repository.index.write_tree(), parents)
        self.world.repository.fetch()

    def load(self, *paths: Path, source: str = "cloud") -> ImportResult:
        """Import files, as the command does."""
        return import_bills(self.world, [str(path) for path in paths], ImportRequest(source), no_progress)

    def collect(self, *rows: str) -> None:
        """Collect usage: `window_start,window_end,resource,customer,model,measure,quantity` a row."""
        path = self.folder.parent / "usage.csv"
        head = "window_start,window_end,resource,customer,model,measure,quantity"
        path.write_text("\n".join([head, *rows]) + "\n")
        collect_files(self.world, "cluster", [path], Span(), no_progress)

    def cost(self, question: CostQuestion, as_of: datetime | None = None) -> LedgerReport:
        """Ask the ledger."""
        return ledger_report(self.world, question, self.world.engine, as_of=as_of)

    def amounts(self, *by: str, as_of: datetime | None = None, period: str = "") -> dict[tuple[str, ...], Decimal]:
        """Billed amount by the values of these dimensions, all charges included where `charge` is one."""
        report = self.cost(CostQuestion(by=by, basis=Basis.BILLED, period=period), as_of)
        return {tuple(row.key.values()): row.amount for row in report.rows if row.amount is not None}


@contextmanager
def open_books(folder: Path, rules: str = "") -> Iterator[Books]:
    """Books of a workspace whose fairlead.yaml ends in `rules`, committed; it is 20 November 2026."""
    workspace = folder / "acme"
    workspace.mkdir()
    environments = "environments:\n  - {name: prod, target: {port: 9000}}\n"
    (workspace / "fairlead.yaml").write_text(HEAD + environments + rules)
    pygit2.init_repository(workspace, initial_head="main")
    clock = ManualClock(datetime(2026, 11, 20, tzinfo=UTC))
    with open_world(settings_for(workspace, state=folder / "state")) as world:
        books = Books(workspace, replace(world, clock=clock), clock)
        books.commit("Start")
        yield books
