"""Any rules, any bills, any usage: small worlds in which everything meets everything."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.unit.meter.allocation.rows import NINE, Row, bill, use

__all__ = ["bills", "rules", "usages"]

RESOURCES = ("gpu-1", "gpu-2", "db", "")
TEAMS = ("core", "search", "")
_MEASURES = st.sampled_from(["gpu_seconds", "requests", "storage_bytes"])
_WEIGHT = st.sampled_from(["1", "0.25", "3", "1.5"])
_START = st.sampled_from([NINE, NINE + timedelta(hours=1), NINE.replace(hour=0), NINE.replace(day=1, hour=0)])
_LENGTH = st.sampled_from(
    [timedelta(hours=1), timedelta(minutes=10), timedelta(hours=7), timedelta(days=1), timedelta(days=31)]
)
_COST = st.integers(-(10**30), 10**30).map(lambda units: Decimal(units).scaleb(-24))
_COST = st.one_of(st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("-2.5"), Decimal("1e-24")]), _COST)


def _match() -> st.SearchStrategy[dict[str, Any]]:
    patterns = {
        "resource": st.sampled_from([["gpu-*"], ["db", "?pu-1"], [""], ["*"]]),
        "tags": st.sampled_from([{"team": ["*"]}, {"team": ["c*e", "search"]}, {"team": [""]}]),
        "charge": st.sampled_from([["Usage"], ["Tax", "Credit"], ["Usage", "Purchase", "Tax", "Credit", "Adjustment"]]),
    }
    return st.fixed_dictionaries({}, optional=patterns)


def _split() -> st.SearchStrategy[dict[str, Any]]:
    more = {
        "usage": st.sampled_from([["*"], ["clus*"], ["gateway"]]),
        "scope": st.sampled_from(["resource", "pool"]),
        "per": st.sampled_from(["hour", "day", "month"]),
        "capacity": st.sampled_from(["3600", "0.5"]),
        "idle": st.sampled_from(["keep", "spread"]),
    }
    return st.fixed_dictionaries({"by": st.dictionaries(_MEASURES, _WEIGHT, min_size=1, max_size=2)}, optional=more)


_OVERHEAD = st.one_of(
    st.fixed_dictionaries(
        {"over": st.sampled_from(["team", "model"]), "how": st.sampled_from(["even", "proportional"])}
    ),
    st.just({"over": "team", "how": "fixed", "shares": {"core": "0.25", "new": "1", "none": "0"}}),
)
_ASSIGN = st.fixed_dictionaries(
    {}, optional={"team": st.sampled_from(["{tag:team}", "platform"]), "environment": st.just("prod")}
)


def rules() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Up to four rules."""
    rule = st.fixed_dictionaries({"match": _match(), "assign": _ASSIGN})
    ways = st.one_of(
        st.just({}), _split().map(lambda each: {"split": each}), _OVERHEAD.map(lambda each: {"overhead": each})
    )
    pairs = st.lists(st.tuples(rule, ways), max_size=4)
    return pairs.map(lambda found: [{"name": f"r{place}", **one, **way} for place, (one, way) in enumerate(found)])


def _bill(start: datetime, length: timedelta, team: str, costs: list[Decimal | None], **more: object) -> Row:
    names = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")
    span = {"ChargePeriodStart": start, "ChargePeriodEnd": start + length}
    tags = [("team", team)] if team else []
    return {**bill(), **dict(zip(names, costs, strict=True)), **span, "Tags": tags, **more}


def bills() -> st.SearchStrategy[list[Row]]:
    """One to twelve rows in two currencies, with costs that the bill does not tell."""
    costs = st.tuples(_COST, *[st.one_of(st.none(), _COST)] * 3).map(list)
    row = st.builds(
        _bill, _START, _LENGTH, st.sampled_from(TEAMS), costs,
        ResourceId=st.sampled_from(RESOURCES),
        BillingCurrency=st.sampled_from(["USD", "EUR"]),
        ChargeCategory=st.sampled_from(["Usage", "Usage", "Usage", "Tax", "Credit", "Purchase"]),
        CommitmentDiscountId=st.sampled_from([None, "plan"]),
        CommitmentDiscountStatus=st.sampled_from([None, None, "Used", "Unused"]),
    )  # fmt: skip
    return st.lists(row, min_size=1, max_size=12)


def usages() -> st.SearchStrategy[list[Row]]:
    """Up to sixteen rows of five minutes, of all roles, near the bills and far from them."""
    quantity = st.integers(0, 10**13).map(lambda units: str(Decimal(units).scaleb(-9)))
    row = st.builds(
        use, quantity, st.sampled_from(["a", "b", ""]), st.sampled_from([0, 5, 55, 60, 600, 14_400, -90_000]),
        resource=st.sampled_from(RESOURCES),
        team=st.sampled_from(TEAMS),
        measure=_MEASURES,
        role=st.sampled_from(["used", "used", "reserved", "capacity"]),
        source=st.sampled_from(["cluster", "gateway"]),
        pod=st.sampled_from(["p", "q"]),
    )  # fmt: skip
    return st.lists(row, max_size=16)
