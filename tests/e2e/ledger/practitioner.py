"""A FinOps practitioner at the program: writes bills, usage and rules, types commands, and adds up by himself."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

__all__ = [
    "BASES",
    "Answer",
    "Books",
    "bridge_of",
    "by_key",
    "row",
    "sums",
    "total",
    "wide",
    "write_bill",
]

BASES = {"billed": "BilledCost", "effective": "EffectiveCost", "list": "ListCost", "contracted": "ContractedCost"}
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """How the program ended, and what it told."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:  # noqa: ANN401 - JSON
        """The answer of `--format json`."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Books:
    """A workspace with its own home and state."""

    folder: Path

    @classmethod
    def begin(cls, base: Path) -> Books:
        """As the documentation begins: `fairlead init`, and a first commit."""
        books = cls(base / "books")
        base.mkdir(parents=True, exist_ok=True)
        (base / ".gitconfig").write_text("[user]\n name = Joan\n email = joan@example.com\n")
        done = books.call("init", str(books.folder), cwd=base)
        assert done.status == 0, done.err
        books.commit()
        return books

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the person who runs the tests."""
        base = str(self.folder.parent)
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        return {**kept, "HOME": base, "XDG_STATE_HOME": f"{base}/state", "COLUMNS": "200"}

    def start(self, *words: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """The program, on its way."""
        return subprocess.Popen(
            [sys.executable, "-m", "fairlead", *words],
            cwd=cwd or self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def call(self, *words: str, cwd: Path | None = None) -> Answer:
        """The program, ended."""
        process = self.start(*words, cwd=cwd)
        out, err = process.communicate(timeout=110)
        return Answer(process.returncode, out, err)

    def json(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        """The JSON of a command that has to succeed."""
        answer = self.call(*words, "--format", "json")
        assert answer.status == 0, (answer.out[-2000:], answer.err[-2000:])
        return answer.data

    def git(self, *words: str) -> None:
        """The person's own git."""
        subprocess.run(["git", *words], cwd=self.folder, env=self.environment, check=True, capture_output=True)

    def commit(self) -> None:
        """Everything, committed."""
        self.git("add", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "Change")

    def allocate(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """These rules of allocation and no others, committed."""
        place = self.folder / "fairlead.yaml"
        kept = place.read_text().split("\nallocation:")[0].rstrip("\n")
        place.write_text(f"{kept}\nallocation: {json.dumps({'rules': list(rules)}, ensure_ascii=False)}\n")
        self.commit()

    def bill(self, name: str, rows: Iterable[Row], *words: str, source: str = "cloud") -> Answer:
        """A bill, written and imported."""
        path = write_bill(self.folder.parent / name, rows)
        return self.call("ledger", "import", str(path), "--source", source, "--format", "json", *words)

    def collect(self, name: str, rows: Iterable[Row], *words: str, source: str = "meter") -> Answer:
        """Usage, written and collected."""
        path = write_bill(self.folder.parent / name, rows)
        return self.call("ledger", "collect", str(path), "--source", source, "--format", "json", *words)

    def cost(self, by: str = "", *words: str) -> Any:  # noqa: ANN401 - JSON
        """The ledger's part of `fairlead cost`, idle and shared cost included."""
        asked = ["--by", by] if by else []
        return self.json("cost", *asked, "--include", "idle,shared", *words)["ledger"]


def row(cost: str, **cells: str) -> Row:
    """A row of FOCUS that nothing is wrong with; all four costs alike, unless they are given."""
    return {
        "BilledCost": cost,
        "EffectiveCost": cost,
        "ListCost": cost,
        "ContractedCost": cost,
        "BillingCurrency": "EUR",
        "BillingAccountId": "acct-1",
        "BillingAccountName": "Acme",
        "BillingPeriodStart": "2026-10-01T00:00:00Z",
        "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargePeriodStart": "2026-10-03T12:00:00Z",
        "ChargePeriodEnd": "2026-10-03T13:00:00Z",
        "ChargeCategory": "Usage",
        "ChargeClass": "",
        "ChargeDescription": "an hour of a machine",
        "PricingQuantity": "1",
        "PricingUnit": "Hours",
        "ServiceName": "Machines",
        "ServiceCategory": "Compute",
        "ProviderName": "Cloud",
        "PublisherName": "Cloud",
        "InvoiceIssuerName": "Cloud",
        **cells,
    }


def write_bill(path: Path, rows: Iterable[Row]) -> Path:
    """The rows as CSV, with the columns that any of them has."""
    listed = list(rows)
    names = list(dict.fromkeys(name for each in listed for name in each))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(listed)
    return path


def sums(rows: Iterable[Row], column: str) -> dict[str, Decimal]:
    """What a column sums to, by currency; blank cells are not known and count for nothing."""
    result: dict[str, Decimal] = defaultdict(Decimal)
    for each in rows:
        result[each["BillingCurrency"]] += Decimal(each[column] or 0)
    return dict(result)


def total(lines: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """What rows of `fairlead cost` sum to, by currency."""
    result: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        result[line["currency"]] += Decimal(line["amount"])
    return dict(result)


def by_key(lines: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """Amounts by the values of the key, which a stroke joins; a value that is not there is a dash."""
    result: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        result["|".join(value or "-" for value in line["key"].values())] += Decimal(line["amount"])
    return dict(result)


def bridge_of(report: Mapping[str, Any], currency: str = "EUR") -> dict[str, Decimal]:
    """The invoice bridge of one currency: what was invoiced, and its parts by name."""
    (bridge,) = [each for each in report["bridges"] if each["currency"] == currency]
    return {"invoiced": Decimal(bridge["invoiced"])} | {
        part["charge"]: Decimal(part["amount"]) for part in bridge["parts"]
    }


@contextmanager
def wide() -> Iterator[None]:
    """Decimal arithmetic that keeps every digit."""
    with localcontext() as context:
        context.prec = 100
        yield
