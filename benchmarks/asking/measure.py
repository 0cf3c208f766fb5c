"""Asking a ledger that stands: the Cost page's figures and `cost --by model,customer`, by DuckDB and by a local Spark.

Run: python -m benchmarks.asking.measure [LINES]...  Prints Markdown. A ledger of each size is imported and allocated
once; then each engine is asked the same in a process of its own, and both must give equal decimals. Time is that of
the CPU, of the Java machine too, and the clock's beside it. `cold` is the first question of a process, from nothing
opened; `warm` is the median of those that follow.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, cast

import duckdb
import pygit2

from fairlead.bootstrap import open_world, settings_for
from fairlead.drivers.ledger.spark_session import LOCAL
from fairlead.flows.ledger.allocating import refresh
from fairlead.flows.ledger.collecting import Span, collect_files
from fairlead.flows.ledger.cost import ledger_report
from fairlead.flows.ledger.import_result import ImportRequest
from fairlead.flows.ledger.importing import import_bills
from fairlead.flows.ledger.overview import cost_overview
from fairlead.flows.world import World
from fairlead.meter.ledger.question import CostQuestion
from fairlead.ports import LedgerEngine
from fairlead.testing.progress import no_progress

if TYPE_CHECKING:
    import ibis.expr.types as ir

SIZES = (1_000, 100_000, 1_000_000)
SPARK_AT = 100_000
WARM = {"duckdb": 7, "spark": 1}
MONTHS = ("2026-09", "2026-10")
MODELS, CUSTOMERS, TEAMS, DAYS = 20, 100, 12, 28

RULES = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: acme
environments: [{name: prod, target: {kind: local, port: 8801}}]
allocation:
  rules:
    - name: tagged
      match: {tags: {model: ["?*"]}}
      assign: {model: "{tag:model}", customer: "{tag:customer}", team: "{tag:team}"}
"""

# Each row is a resource's day, so that each becomes a line of its own; one in twenty has no tags.
BILL = """
    SELECT '{month}-01' AS BillingPeriodStart, CAST(DATE '{month}-01' + INTERVAL 1 MONTH AS DATE) AS BillingPeriodEnd,
        DATE '{month}-01' + CAST(i % {days} AS INT) AS ChargePeriodStart, ChargePeriodStart + 1 AS ChargePeriodEnd,
        'Usage' AS ChargeCategory, 'USD' AS BillingCurrency, 'Machines-' || (i % 7) AS ServiceName,
        'machine-' || (i // {days}) AS ResourceId, 'account-' || (i % 3) AS SubAccountId,
        CAST((hash(i) % 1000003) * 0.000001 AS DECIMAL(18, 6)) AS BilledCost, BilledCost AS EffectiveCost,
        BilledCost AS ContractedCost, BilledCost AS ListCost,
        CASE WHEN i % 20 > 0 THEN '{{"model": "model-' || (hash(i + 1) % {models}) || '", "customer": "customer-'
            || (hash(i + 2) % {customers}) || '", "team": "team-' || (hash(i + 3) % {teams}) || '"}}' END AS Tags
    FROM range({rows}) AS t(i)"""
USE = """
    SELECT DATE '{month}-01' + CAST(d AS INT) AS window_start, window_start + 1 AS window_end,
        'model-' || m AS model, 'customer-' || c AS customer, 'inferences' AS measure, 1000 + (m * c + d) AS quantity
    FROM range({days}) AS a(d), range({models}) AS b(m), range({customers}) AS e(c) WHERE hash(d, m, c) % 5 = 0"""


@dataclass(slots=True)
class Timed:
    """An engine whose questions are timed one by one."""

    engine: LedgerEngine
    spent: list[tuple[float, float]] = field(default_factory=list)

    def rows(self, question: ir.Table) -> list[dict[str, Any]]:
        """The engine's answer."""
        begun = _spent()
        answer = self.engine.rows(question)
        self.spent.append(_since(begun))
        return answer

    def __getattr__(self, name: str) -> object:
        """All else is the engine's own."""
        return getattr(self.engine, name)


QUESTIONS: Mapping[str, Callable[[World], Any]] = {
    "by model, customer": lambda world: ledger_report(world, CostQuestion(by=("model", "customer")), world.engine),
    "the Cost page": cost_overview,
}


def prepare(folder: Path, lines: int) -> None:
    """A workspace, and two months of bills and of use in its ledger, allocated."""
    workspace = folder / "acme"
    workspace.mkdir()
    (workspace / "fairlead.yaml").write_text(RULES)
    repository = pygit2.init_repository(workspace, initial_head="main")
    repository.index.add_all()
    me = pygit2.Signature("bench", "bench@localhost")
    repository.create_commit("HEAD", me, me, "Rules", repository.index.write_tree(), [])
    sizes = {"days": DAYS, "models": MODELS, "customers": CUSTOMERS, "teams": TEAMS, "rows": lines // len(MONTHS)}
    for month in MONTHS:
        for name, sql in (("bill", BILL), ("use", USE)):
            path = folder / f"{name}-{month}.parquet"
            duckdb.sql(f"COPY ({sql.format(month=month, **sizes)}) TO '{path}' (FORMAT parquet)")
    with open_world(settings_for(workspace)) as world:
        bills = [str(folder / f"bill-{each}.parquet") for each in MONTHS]
        import_bills(world, bills, ImportRequest("cloud"), no_progress)
        use = [folder / f"use-{each}.parquet" for each in MONTHS]
        collect_files(world, "gateways", use, Span(), no_progress)
        print(json.dumps({"lines": refresh(world).lines}))


def ask(folder: Path, engine: str, questions: Sequence[str]) -> None:
    """Each question cold, the first of them from nothing opened, and then again and again."""
    told: dict[str, Any] = {}
    answers = []
    begun = _spent()
    with open_world(settings_for(folder / "acme", spark=LOCAL if engine == "spark" else "")) as opened:
        for name in questions:
            question = QUESTIONS[name]
            timed = Timed(opened.engine)
            world = replace(opened, engine=cast(LedgerEngine, timed))
            answers.append(question(world))
            cold = _since(begun)
            timed.spent.clear()
            rounds = [_asked(question, world) for _ in range(WARM[engine])]
            told[name] = {
                "cold": cold,
                "warm": [median(each) for each in zip(*rounds, strict=True)],
                "queries": len(timed.spent) // len(rounds),
                "dearest": _dearest(timed.spent, len(rounds)),
            }
            begun = _spent()
    (folder / f"{engine}.pickle").write_bytes(pickle.dumps(answers))
    print(json.dumps({"questions": told, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}))


def _asked(question: Callable[[World], Any], world: World) -> tuple[float, float]:
    begun = _spent()
    question(world)
    return _since(begun)


def _dearest(spent: Sequence[tuple[float, float]], rounds: int) -> list[float]:
    """Of the queries of a page, the one that takes most of the CPU: its medians over the rounds."""
    each = len(spent) // rounds
    medians = [[median(column) for column in zip(*spent[place::each], strict=True)] for place in range(each)]
    return max(medians, key=lambda told: told[1])


def _spent() -> tuple[float, float]:
    """The clock, and the CPU of this process and of all that it started, which the Java machine is one of."""
    return time.perf_counter(), time.process_time() + sum(_cpu(child) for child in _children(Path("/proc/self")))


def _since(begun: tuple[float, float]) -> tuple[float, float]:
    wall, cpu = _spent()
    return wall - begun[0], cpu - begun[1]


def _children(process: Path) -> list[Path]:
    return [Path("/proc", each) for tasks in process.glob("task/*/children") for each in tasks.read_text().split()]


def _cpu(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_cpu(child) for child in _children(process))


def measure(lines: int, engines: Sequence[str], questions: Sequence[str]) -> None:
    """One ledger, and a row of the table for each engine and question."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = _run("--prepare", folder, str(lines))["lines"]
        told = {engine: _run("--ask", folder, engine, *questions)["questions"] for engine in engines}
        answers = [pickle.loads((folder / f"{engine}.pickle").read_bytes()) for engine in engines]  # noqa: S301 - our own
        if any(each != answers[0] for each in answers):
            sys.exit(f"{' and '.join(engines)} do not give equal answers")
    for question in questions:
        for engine in engines:
            _print(f"{made:,} | {question} | {engine}", told[engine][question], told[engines[0]][question])


def _print(what: str, told: Mapping[str, Any], first: Mapping[str, Any]) -> None:
    cold = f"{told['cold'][0]:.2f} s, {told['cold'][1]:.2f} s"
    warm, dearest = (" ms, ".join(f"{each * 1e3:,.0f}" for each in told[name]) for name in ("warm", "dearest"))
    ratio = told["warm"][1] / first["warm"][1]
    print(f"| {what} | {cold} | {warm} ms | {told['queries']} | {dearest} ms | {ratio:.1f} |", flush=True)


def _run(what: str, folder: Path, *arguments: str) -> dict[str, Any]:
    words = [sys.executable, "-m", "benchmarks.asking.measure", what, str(folder), *arguments]
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True, env=environment)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="*", type=int, default=SIZES)
    parser.add_argument("--spark-at", type=int, default=SPARK_AT, metavar="LINES", help="else, DuckDB alone is asked")
    parser.add_argument("--prepare", nargs=2, metavar=("FOLDER", "LINES"), help=argparse.SUPPRESS)
    parser.add_argument("--question", action="append", choices=[*QUESTIONS], help="only this one; repeatable")
    parser.add_argument("--ask", nargs="+", metavar="FOLDER", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.prepare:
        prepare(Path(asked.prepare[0]), int(asked.prepare[1]))
    elif asked.ask:
        ask(Path(asked.ask[0]), asked.ask[1], asked.ask[2:])
    else:
        print(
            "| lines | question | engine | cold: clock, CPU | warm: clock, CPU "
            "| queries | dearest: clock, CPU | CPU of DuckDB's |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for lines in asked.lines:
            measure(
                lines, ["duckdb", "spark"] if lines == asked.spark_at else ["duckdb"], asked.question or [*QUESTIONS]
            )


if __name__ == "__main__":
    main()
