"""What every engine of the ledger promises. Subclass `LedgerEngineContract`, and say in `open_engine` how one is made.

Amounts, moments, nulls and maps that went in come out the same; so two engines that keep this contract agree.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from fairlead.domain.ledger import BILLS, LINES, USAGE, Part, TablePart
from fairlead.domain.ledger_tables import LINE_COLUMNS, PART_COLUMNS, USAGE_COLUMNS
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_connection import literal
from fairlead.ports import LedgerEngine, LedgerStore
from fairlead.testing.time import ManualClock

__all__ = ["COLUMNS", "MOMENT", "ODD", "LedgerEngineContract", "bill_row", "put", "stage_rows"]

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
ODD = 'o\'Brien/é "x" 100% = {a}*?'
"""A source as nobody should name one."""

COLUMNS: Mapping[str, Mapping[str, str]] = {
    BILLS: {"BilledCost": "decimal(38,24)", "ChargePeriodStart": "timestamp", "Tags": "map<string,string>"},
    USAGE: USAGE_COLUMNS,
    LINES: LINE_COLUMNS,
}
"""What the tables are promised to have while they are empty."""

_ROW = (
    "SELECT CAST({cost} AS DECIMAL(38, 24)) AS BilledCost, CAST({start} AS TIMESTAMPTZ) AS ChargePeriodStart,"
    " CAST({tags} AS MAP(VARCHAR, VARCHAR)) AS Tags"
)
_START = f"TIMESTAMPTZ '{MOMENT.isoformat()}'"
_TINY = Decimal("12345678901234.123456789012345678901234")


def bill_row(cost: Decimal | None = _TINY, *, start: str = _START, tags: str = "MAP {'a': 'é', 'b': NULL}") -> str:
    """SQL of one row of a bill."""
    return _ROW.format(cost="NULL" if cost is None else f"'{cost}'", start=start, tags=tags)


def stage_rows(store: LedgerStore, table: str, sql: str) -> Path:
    """A staged file with the rows of a query in SQL."""
    import duckdb

    path = store.stage(table)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({sql}) TO {literal(str(path))} (FORMAT parquet)")
    return path


def put(store: LedgerStore, table: str, rows: Mapping[Part, Sequence[str]], **note: str) -> int:
    """Replace parts by the rows of queries, one file for each query."""
    with store.writing():
        files = {part: [stage_rows(store, table, sql) for sql in queries] for part, queries in rows.items()}
        return store.replace(table, files, note)


class LedgerEngineContract:
    """Tests over a fresh ledger each; pytest collects those of subclasses."""

    engine: LedgerEngine
    store: DeltaLedger

    def open_engine(self, store: DeltaLedger, folder: Path) -> LedgerEngine:
        """An engine over the store; the meter's lake is in `folder / "lake"`, and COLUMNS are promised."""
        raise NotImplementedError

    def setup_method(self) -> None:
        """Each test has a ledger of its own, in a folder whose name is none to be glad of."""
        self.folder = TemporaryDirectory(prefix="it's é ")
        place = Path(self.folder.name)
        self.store = DeltaLedger(place / "ledger", ManualClock(MOMENT))
        self.engine = self.open_engine(self.store, place)

    def teardown_method(self) -> None:
        """And leaves nothing."""
        self.folder.cleanup()

    def test_an_empty_table_has_its_columns_and_no_rows(self) -> None:
        """A question can be asked before there is anything to answer it from."""
        for name in (BILLS, USAGE, LINES):
            table = self.engine.table(name)
            assert list(table.columns) == [*PART_COLUMNS, *COLUMNS[name]]
            assert self.engine.rows(table) == []
        bills = self.engine.table(BILLS)
        assert self.engine.rows(bills.aggregate(rows=bills.count(), cost=bills.BilledCost.sum())) == [
            {"rows": 0, "cost": None}
        ]

    def test_values_come_back_as_they_went_in(self) -> None:
        """All 38 digits, microseconds in UTC, nulls apart from blanks, maps, and a source with every odd letter."""
        queries = [bill_row(), bill_row(None, start="NULL", tags="NULL"), bill_row(Decimal("-1e-24"), tags="MAP {}")]
        put(self.store, BILLS, {Part(ODD, "2026-01-01", "2025-12-01"): [" UNION ALL ".join(queries)]})
        at = {"source": ODD, "period": "2026-01-01", "adjusts": "2025-12-01"}
        rows = self.engine.rows(self.engine.table(BILLS).order_by("BilledCost"))
        expected = [
            {**at, "BilledCost": Decimal("-1e-24"), "ChargePeriodStart": MOMENT, "Tags": {}},
            {**at, "BilledCost": _TINY, "ChargePeriodStart": MOMENT, "Tags": {"a": "é", "b": None}},
            {**at, "BilledCost": None, "ChargePeriodStart": None, "Tags": None},
        ]
        assert sorted(rows, key=lambda row: (row["BilledCost"] is None, row["BilledCost"])) == expected
        assert {type(row["BilledCost"]) for row in rows} == {Decimal, type(None)}
        assert {row["ChargePeriodStart"].tzinfo for row in rows if row["ChargePeriodStart"]} == {UTC}

    def test_sums_are_exact(self) -> None:
        """A sum of amounts that no float holds is the sum, whatever the order."""
        put(
            self.store,
            BILLS,
            {Part("a", "2026-01-01"): [bill_row(), bill_row(_TINY.copy_negate()), bill_row(Decimal("1e-24"))]},
        )
        bills = self.engine.table(BILLS)
        assert self.engine.rows(bills.group_by("source").agg(cost=bills.BilledCost.sum())) == [
            {"source": "a", "cost": Decimal("1e-24")}
        ]

    def test_a_part_can_be_read_as_it_was(self) -> None:
        """What was replaced is read through the parts that history names; a part can be read alone."""
        part, other = Part("a", "2026-01-01"), Part("a", "2026-02-01")
        put(self.store, BILLS, {part: [bill_row(Decimal(1))], other: [bill_row(Decimal(2))]})
        put(self.store, BILLS, {part: [bill_row(Decimal(3))]})
        now, before = self.store.history(BILLS, part)
        assert self._costs() == [Decimal(2), Decimal(3)]
        assert self._costs([now]) == [Decimal(3)]
        assert self._costs([before]) == [Decimal(1)]
        assert self._costs([]) == []

    def test_columns_that_came_later_are_null_before(self) -> None:
        """Bills may grow columns; older parts lack them and are read all the same."""
        put(self.store, BILLS, {Part("a", "2026-01-01"): [bill_row()]})
        put(self.store, BILLS, {Part("b", "2026-01-01"): [bill_row() + ", 'new' AS \"x_o'dd `col\""]})
        rows = self.engine.rows(self.engine.table(BILLS).order_by("source"))
        assert [row["x_o'dd `col"] for row in rows] == [None, "new"]
        only = [each for each in self.store.parts(BILLS) if each.part.source == "a"]
        assert [row["x_o'dd `col"] for row in self.engine.rows(self.engine.table(BILLS, only))] == [None]

    def test_many_parts_are_read_like_few(self) -> None:
        """Each row keeps the source and the period of its own part, however many parts there are."""
        rows = {Part(f"s{n}", f"20{n:02d}-01-01"): [bill_row(Decimal(n))] for n in range(70)}
        put(self.store, BILLS, rows)
        found = self.engine.rows(self.engine.table(BILLS).select("source", "period", "adjusts", "BilledCost"))
        got = {(row["source"], row["period"], row["adjusts"]): row["BilledCost"] for row in found}
        assert got == {(part.source, part.period, ""): Decimal(part.source[1:]) for part in rows}

    def test_shares_are_those_of_whole_numbers(self) -> None:
        """`ratio`, `part` and `remainder` equal Python's integers, up to 38 digits and a whole just under 1.3e19."""
        asked = [_share(random.Random(seed)) for seed in range(400)]  # noqa: S311 - samples
        values = ", ".join(f"('{total}', '{weight}', '{whole}')" for total, weight, whole in asked)
        typed = ", ".join(f"CAST({name} AS DECIMAL(38, 0)) AS {name}" for name in ("total", "weight", "whole"))
        sql = f"SELECT {typed} FROM (VALUES {values}) AS asked(total, weight, whole)"  # noqa: S608 - numbers
        put(self.store, BILLS, {Part("a", "2026-01-01"): [sql]})
        table = self.engine.table(BILLS)
        ratio = self.engine.ratio(table.total, table.whole)
        rest = (table.total - ratio * table.whole).cast("decimal(38, 0)")
        numbers = (rest, table.weight, table.whole)
        shares = table.select(
            "total",
            "weight",
            "whole",
            ratio=ratio,
            part=self.engine.part(*numbers),
            left=self.engine.remainder(*numbers),
        )
        rows = [{name: int(value) for name, value in row.items()} for row in self.engine.rows(shares)]
        assert len(rows) == len(asked)
        for row in rows:
            assert row["ratio"] == row["total"] // row["whole"], row
            assert (row["part"], row["left"]) == divmod(row["total"] % row["whole"] * row["weight"], row["whole"]), row

    def test_tables_in_memory_take_part(self) -> None:
        """A rule's own small table can be joined."""
        import ibis

        put(self.store, BILLS, {Part("a", "2026-01-01"): [bill_row(Decimal(7))]})
        owners = ibis.memtable({"source": ["a", "b"], "owner": ["red", "blue"]})
        joined = self.engine.table(BILLS).join(owners, "source").select("owner", "BilledCost")
        assert self.engine.rows(joined) == [{"owner": "red", "BilledCost": Decimal(7)}]

    def test_an_answer_can_become_a_part(self) -> None:
        """What `write` wrote has the types that it had, and may be registered; its count is its rows."""
        put(self.store, BILLS, {Part("a", "2026-01-01"): [bill_row(), bill_row(None, start="NULL", tags="NULL")]})
        with self.store.writing():
            path = self.store.stage(BILLS)
            rows = self.engine.write(self.engine.table(BILLS), path)
            self.store.replace(BILLS, {Part("b", "2026-01-01"): [path]}, {})
        first, second = ([row for row in self._rows() if row["source"] == source] for source in "ab")
        assert [{**row, "source": "b"} for row in first] == second
        assert len(second) == rows

    def _rows(self) -> list[dict[str, object]]:
        bills = self.engine.table(BILLS)
        return self.engine.rows(bills.order_by("source", bills.BilledCost.isnull()))

    def _costs(self, parts: Sequence[TablePart] | None = None) -> list[Decimal]:
        bills = self.engine.table(BILLS, parts)
        return sorted(row["BilledCost"] for row in self.engine.rows(bills.select("BilledCost")))


def _share(chance: random.Random) -> tuple[int, int, int]:
    """Total, weight and whole, near the limits and far from them."""
    whole = chance.choice([1, 3, 10**9, 13 * 10**18 - 1, chance.randrange(1, 13 * 10**18)])
    weight = chance.choice([0, whole, chance.randrange(whole + 1)])
    total = chance.choice([10**38 - 1, chance.randrange(10 ** chance.randrange(1, 39))])
    return total, weight, whole
