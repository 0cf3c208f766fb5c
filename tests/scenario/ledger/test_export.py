"""`fairlead ledger export`: what was charged, as FOCUS that passes our own validator and sums to the lines."""

from __future__ import annotations

import json
import re
import resource
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pygit2
import pytest

from fairlead.bootstrap import open_world, settings_for
from fairlead.domain.ledger import BILLS, LINES, USAGE, Part
from fairlead.domain.ledger_tables import USAGE_COLUMNS
from fairlead.domain.measures import MEASURES
from fairlead.flows.ledger.export import Exported, export_lines
from fairlead.flows.ledger.validate import validate_file
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.meter.bills.columns import BILL_COLUMNS
from fairlead.meter.conformance.books import rule_book
from fairlead.meter.conformance.formats import NO_UNIT, UNIT
from fairlead.meter.focus_export import ExportSpan
from fairlead.meter.focus_shares import UNITS
from fairlead.testing.ledger_contract import put
from fairlead.testing.progress import no_progress
from tests.unit.meter.conformance.clean_bill import clean_rows

PART = Part("cloud", "2026-10-01")

RULES = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: acme
environments: [{name: prod, target: {kind: local, port: 8801}}]
allocation:
  rules:
    - name: by-tokens
      match: {service: [Machines]}
      assign: {environment: prod}
      split: {by: {output_tokens: 1}, capacity: 100, per: hour}
    - name: disks
      match: {service: [Disks]}
      assign: {team: 'the "disk" team', model: archive}
"""

USED = [
    {"model": "chat", "release": "chat@1", "customer": "acme", "quantity": "60"},
    {"model": "search", "release": "search@2", "customer": "", "quantity": "10"},
]


def _query(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    """SQL of rows in the ledger's types; what a row does not say is null."""
    names = {"string": "VARCHAR", "timestamp": "TIMESTAMPTZ", "map<string,string>": "MAP(VARCHAR, VARCHAR)"}

    def value(row: Mapping[str, Any], name: str, kind: str) -> str:
        said = row.get(name)
        if said is None:
            return f"NULL::{names.get(kind, kind)}"
        text = "'" + str(said).replace("'", "''") + "'"
        return f"{text}::JSON::MAP(VARCHAR, VARCHAR)" if kind.startswith("map") else f"{text}::{names.get(kind, kind)}"

    def selected(row: Mapping[str, Any]) -> str:
        return ", ".join(f'{value(row, name, kind)} AS "{name}"' for name, kind in columns.items())

    return " UNION ALL ".join(f"SELECT {selected(row)}" for row in rows)


def _bill() -> list[dict[str, Any]]:
    """The clean bill, and a row of another service in another currency with eleven decimals."""
    rows: list[dict[str, Any]] = [dict(row) for row in clean_rows(rule_book("1.2").columns)]
    disk = rows[0] | {
        "ServiceName": "Disks",
        "ServiceCategory": "Storage",
        "ResourceId": "disk-1",
        "SkuPriceId": "price-2",
    }
    disk |= {"BillingCurrency": "USD", "BilledCost": "0.33333333333", "EffectiveCost": "0.33333333333"}
    return [{**row, "source_file": "bill.csv", "source_row": n} for n, row in enumerate([*rows, disk], 1)]


def _use() -> list[dict[str, Any]]:
    """An hour of the machine, used by two models."""
    window = {"window_start": "2026-10-03T12:00:00Z", "window_end": "2026-10-03T13:00:00Z", "resource": "vm-1"}
    what = {"measure": "output_tokens", "role": "used", "labels": None, "source_file": "use.csv"}
    return [
        dict.fromkeys(USAGE_COLUMNS, "") | window | what | each | {"source_row": n} for n, each in enumerate(USED, 1)
    ]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A workspace with rules, an imported bill and its measured use."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "fairlead.yaml").write_text(RULES)
    repository = pygit2.init_repository(folder, initial_head="main")
    repository.index.add_all()
    repository.index.write()
    me = pygit2.Signature("Ada", "ada@example.com")
    repository.create_commit("HEAD", me, me, "Start", repository.index.write_tree(), [])
    with open_world(settings_for(folder)) as opened:
        put(opened.ledger, BILLS, {PART: [_query(_bill(), BILL_COLUMNS)]})
        put(opened.ledger, USAGE, {Part("usage", "2026-10-01"): [_query(_use(), USAGE_COLUMNS)]})
        yield opened


def export(
    world: World, out: Path, version: str = "1.2", span: ExportSpan | None = None, *, force: bool = False
) -> Exported:
    """Export as the command does."""
    return export_lines(world, version, out, span or ExportSpan(), no_progress, force=force)


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of an export."""
    table = f"'{path}'" if path.suffix == ".parquet" else f"read_csv('{path}', all_varchar = true)"
    found = duckdb.sql(f"SELECT COLUMNS(*)::VARCHAR FROM {table}")  # noqa: S608 - our own file
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def line_sums(world: World) -> dict[str, dict[str, Decimal]]:
    """Sums of the lines, added up in Python."""
    sums: dict[str, dict[str, Decimal]] = {}
    names = {"billed": "BilledCost", "effective": "EffectiveCost", "contracted": "ContractedCost", "listed": "ListCost"}
    for row in world.engine.rows(world.engine.table(LINES)):
        for name, cost in names.items():
            group = sums.setdefault(row["currency"], {})
            group[cost] = group.get(cost, Decimal(0)) + row[name]
    return sums


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet"])
def test_an_export_to_1_2_passes_the_validator(world: World, tmp_path: Path, name: str) -> None:
    """No rule of FOCUS 1.2 fails, and what is demanded is there, in every form."""
    out = tmp_path / name
    exported = export(world, out)
    report = validate_file(out, "1.2")
    assert [rule.id for rule in report.rules if rule.verdict == "fail" and rule.rows] == []
    assert (report.verdict, report.counts.failed, report.rows) == ("conforms", 0, exported.rows)
    assert report.counts.passed > 100


def test_an_export_to_1_4_keeps_what_is_re_stated_of_it(world: World, tmp_path: Path) -> None:
    """Allocated* say who a split charge went to, SkuPriceDetails which model, and the re-stated rules of 1.4 hold."""
    out = tmp_path / "out.parquet"
    export(world, out, "1.4")
    report = validate_file(out, "auto", ["SPLIT_COST_ALLOCATION_SUPPORTED", "TAGGING_SUPPORTED"])
    assert (report.focus_version, [rule.id for rule in report.rules if rule.verdict == "fail"]) == ("1.4", [])
    rows = read(out)
    chat = next(row for row in rows if row["x_Model"] == "chat")
    assert (chat["AllocatedMethodId"], chat["AllocatedResourceName"]) == ("by-tokens", "chat")
    assert chat["AllocatedResourceId"] == "prod/chat/chat@1/acme"
    assert json.loads(chat["SkuPriceDetails"]) == {"x_Model": "chat", "x_Release": "chat@1", "x_Environment": "prod"}
    assert json.loads(chat["AllocatedTags"])["fairlead/customer"] == "acme"
    idle = next(row for row in rows if row["x_Charge"] == "idle")
    assert (idle["AllocatedMethodId"], idle["AllocatedResourceId"], idle["AllocatedTags"]) == ("by-tokens", None, None)


def test_shares_of_an_origin_charge_are_told(world: World, tmp_path: Path) -> None:
    """AllocatedMethodDetails: the share of each divided line, its unit and method; shares of one origin sum to 1."""
    export(world, tmp_path / "out.csv", "1.4")
    rows = read(tmp_path / "out.csv")
    divided = [row for row in rows if row["AllocatedMethodId"]]
    details = [json.loads(row["AllocatedMethodDetails"], parse_float=Decimal) for row in divided]
    by_origin: dict[tuple[str, ...], Decimal] = {}
    for row, told in zip(divided, details, strict=True):
        [element] = told["Elements"]
        assert (element["UsageUnit"], told["x_Method"]) == ("Output Tokens", row["x_Method"])
        origin = (row["ChargePeriodStart"], row["ResourceId"] or "", row["x_SkuPriceId"] or "", row["BillingCurrency"])
        by_origin[origin] = by_origin.get(origin, Decimal(0)) + Decimal(element["AllocatedRatio"])
    assert by_origin
    assert set(by_origin.values()) == {Decimal(1)}
    chat = next(told for row, told in zip(divided, details, strict=True) if row["x_Model"] == "chat")
    assert chat["Elements"][0]["AllocatedRatio"] == Decimal("0.6")
    assert {row["AllocatedMethodDetails"] for row in rows if not row["AllocatedMethodId"]} == {None}


def test_every_measure_has_a_unit_of_focus() -> None:
    """What a rule may split by is named in FOCUS's format of units, which the validator knows."""
    assert set(UNITS) == set(MEASURES)
    assert [unit for unit in UNITS.values() if not re.fullmatch(UNIT, unit) or re.fullmatch(NO_UNIT, unit)] == []


def test_sums_are_those_of_the_lines(world: World, tmp_path: Path) -> None:
    """Per currency and cost, to the last digit, in the file as in the ledger; and in the bill."""
    exported = export(world, tmp_path / "out.csv")
    assert exported.sums == line_sums(world)
    assert exported.sums["USD"]["BilledCost"] == Decimal("0.33333333333")
    billed = sum(Decimal(row["BilledCost"]) for row in _bill() if row["BillingCurrency"] == "EUR")
    assert exported.sums["EUR"]["BilledCost"] == billed
    written = sum(Decimal(row["BilledCost"]) for row in read(tmp_path / "out.csv") if row["BillingCurrency"] == "EUR")
    assert written == billed


def test_tags_carry_the_consumer_whatever_it_is_called(world: World, tmp_path: Path) -> None:
    """A name with quotes stays a name, and what is not known is not in the tags."""
    export(world, tmp_path / "out.csv")
    disk = next(row for row in read(tmp_path / "out.csv") if row["ServiceName"] == "Disks")
    assert json.loads(disk["Tags"]) == {"fairlead/model": "archive", "fairlead/team": 'the "disk" team'}
    assert disk["ServiceCategory"] == "Storage"


def test_a_span_chooses_lines(world: World, tmp_path: Path) -> None:
    """Lines from a moment on, and of one source; an unknown source is refused with the known ones."""
    from fairlead.kernel.windows import parse_iso

    late = export(world, tmp_path / "late.csv", span=ExportSpan(since=parse_iso("2026-10-04")))
    assert (late.rows, late.sums) == (0, {})
    whole = export(world, tmp_path / "whole.csv", span=ExportSpan(source="cloud"))
    assert whole.rows == export(world, tmp_path / "all.csv").rows > 5
    with pytest.raises(UsageError, match="known are: cloud"):
        export(world, tmp_path / "none.csv", span=ExportSpan(source="clowd"))


def test_a_file_is_never_overwritten_by_chance(world: World, tmp_path: Path) -> None:
    """What is there stays, unless --force says otherwise; nothing else is left in the folder."""
    out = tmp_path / "out.csv"
    out.write_text("mine")
    with pytest.raises(UsageError, match="--force"):
        export(world, out)
    assert out.read_text() == "mine"
    export(world, out, force=True)
    assert out.read_text().startswith("BilledCost")
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    with pytest.raises(UsageError, match=r"\.csv, \.csv\.gz, \.parquet"):
        export(world, tmp_path / "out.xlsx")
    with pytest.raises(UsageError, match=r"1\.2, 1\.4"):
        export(world, tmp_path / "other.csv", "1.3")


def test_a_full_disk_leaves_no_file(world: World, tmp_path: Path) -> None:
    """Where not all can be written, an error says so, and neither the file nor a part of it is there."""
    export(world, tmp_path / "first.csv")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(BrokenWorldError):
            export(world, tmp_path / "second.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in tmp_path.glob("*.csv*")) == ["first.csv"]


def test_what_is_booked_later_is_a_correction(world: World, tmp_path: Path) -> None:
    """A part that adjusts a closed period is exported in the period that it is booked in, as a correction."""
    late = [row | {"BilledCost": "-0.5"} for row in _bill()[:1]]
    put(world.ledger, BILLS, {Part("cloud", "2026-11-01", "2026-10-01"): [_query(late, BILL_COLUMNS)]})
    export(world, tmp_path / "out.csv")
    rows = [row for row in read(tmp_path / "out.csv") if row["x_Adjusts"]]
    assert {(row["ChargeClass"], row["BillingPeriodStart"], row["x_Adjusts"]) for row in rows} == {
        ("Correction", "2026-11-01T00:00:00Z", "2026-10-01")
    }
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal("-0.5")
    assert validate_file(tmp_path / "out.csv", "1.2").counts.failed == 0
