"""Bill rows and usage rows as tables in memory; a test says only what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fairlead.domain.ledger_tables import USAGE_COLUMNS

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

__all__ = ["NINE", "bill", "bills_table", "hours", "usage_table", "use"]

Row = Mapping[str, Any]

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
_COSTS = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")
_TEXTS = (
    "source", "period", "adjusts", "source_file", "ChargeCategory", "BillingCurrency", "ResourceId", "ServiceName",
    "SubAccountId", "BillingAccountId", "RegionId", "SkuPriceId", "CommitmentDiscountId", "CommitmentDiscountStatus",
)  # fmt: skip


def hours(count: float, since: datetime = NINE) -> dict[str, datetime]:
    """The span of a charge."""
    return {"ChargePeriodStart": since, "ChargePeriodEnd": since + timedelta(hours=count)}


def bill(cost: str = "1", **more: object) -> Row:
    """An hour of one GPU, charged alike in all four costs."""
    row: dict[str, object] = dict.fromkeys(_TEXTS)
    row |= {"source": "cloud", "period": "2026-01-01", "adjusts": "", "source_file": "a.csv", "source_row": 1}
    row |= {"ChargeCategory": "Usage", "BillingCurrency": "USD", "ResourceId": "gpu-1", "ServiceName": "GPU"}
    row |= {"Tags": [], **hours(1), **dict.fromkeys(_COSTS, Decimal(cost))}
    return row | more


def use(quantity: str, model: str = "", minute: float = 0, **more: object) -> Row:
    """Five minutes of use of the GPU, `minute` after nine."""
    start = NINE + timedelta(minutes=minute)
    row: dict[str, object] = dict.fromkeys(USAGE_COLUMNS, "")
    row |= {"source": "cluster", "window_start": start, "window_end": start + timedelta(minutes=5)}
    row |= {"resource": "gpu-1", "model": model, "measure": "gpu_seconds", "role": "used", "labels": []}
    return row | {"quantity": Decimal(quantity), "source_row": 1} | more


def bills_table(rows: Sequence[Row], without: Iterable[str] = ()) -> ir.Table:
    """Bill rows; columns named in `without` are not there."""
    import ibis
    import pyarrow as pa

    moments = dict.fromkeys(("ChargePeriodStart", "ChargePeriodEnd"), pa.timestamp("us", tz="UTC"))
    fields = dict.fromkeys(_TEXTS, pa.string()) | moments | dict.fromkeys(_COSTS, pa.decimal128(38, 24))
    fields |= {"source_row": pa.int64(), "Tags": pa.map_(pa.string(), pa.string())}
    kept = {name: kind for name, kind in fields.items() if name not in set(without)}
    return ibis.memtable(_table(rows, kept))


def usage_table(rows: Sequence[Row]) -> ir.Table:
    """Usage rows."""
    import ibis
    import pyarrow as pa

    special = {
        "window_start": pa.timestamp("us", tz="UTC"),
        "window_end": pa.timestamp("us", tz="UTC"),
        "labels": pa.map_(pa.string(), pa.string()),
        "quantity": pa.decimal128(38, 9),
        "source_row": pa.int64(),
    }
    fields = {name: special.get(name, pa.string()) for name in ("source", *USAGE_COLUMNS)}
    return ibis.memtable(_table(rows, fields))


def _table(rows: Sequence[Row], fields: Mapping[str, pa.DataType]) -> pa.Table:
    import pyarrow as pa

    columns = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in fields.items()}
    return pa.table(columns)
