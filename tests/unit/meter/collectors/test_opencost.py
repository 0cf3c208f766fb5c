"""Use of pods is read from OpenCost's allocations exactly, and what is wrong there is told."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.ledger import BillFinding
from fairlead.meter.bills.opencost import each_allocation
from fairlead.meter.collectors.base import UsageRow
from fairlead.meter.collectors.opencost import opencost_usage_rows

DOCUMENT = Path("tests/data/bills/opencost_allocation.json")
DAY = Decimal(86_400)


def texts(document: dict[str, Any]) -> Iterator[str]:
    """The allocations' texts."""
    return each_allocation([json.dumps(document, default=float)])


def rows_of(document: dict[str, Any]) -> list[UsageRow]:
    """The rows; there is no finding."""
    found = list(opencost_usage_rows(texts(document), "a.json"))
    assert not [each for each in found if isinstance(each, BillFinding)]
    return [each for each in found if isinstance(each, UsageRow)]


def sample() -> dict[str, Any]:
    """The sample of two days."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text(), parse_float=Decimal)
    return document


def one(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - members of JSON
    """A document with one allocation of one day."""
    span = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-02T00:00:00Z"}
    return {"code": 200, "data": [{"a": {"name": "a", **span, **members}}]}


def test_averages_times_the_span_are_what_was_used_and_reserved() -> None:
    """A day of a pod with a GPU: cores, memory, GPU and network of its request and of its use."""
    pod = [row for row in rows_of(sample()) if row.source_row == 1]
    assert {(row.measure, row.role): row.quantity for row in pod} == {
        ("cpu_seconds", "used"): Decimal("0.75") * DAY,
        ("cpu_seconds", "reserved"): Decimal("1.5") * DAY,
        ("memory_gib_seconds", "used"): Decimal("172800.000040233"),
        ("memory_gib_seconds", "reserved"): 3 * DAY,
        ("gpu_seconds", "reserved"): DAY,
        ("gpu_seconds", "used"): Decimal("0.62") * DAY,
        ("network_bytes", "used"): Decimal(3 * 2**20),
    }
    first = pod[0]
    assert (first.namespace, first.pod, first.resource) == ("fraud", "scorer-7d", "i-0a1b2c3d")
    assert first.labels == {"team": "fraud", "app": "scorer", "container": "server"}
    assert first.window_start == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_pod_counts_for_the_hours_in_which_it_ran() -> None:
    """Four hours of a job are four hours of use."""
    train = [row for row in rows_of(sample()) if row.pod == "train-9k" and row.measure == "cpu_seconds"]
    assert {row.role: row.quantity for row in train} == {
        "used": Decimal("0.75") * 4 * 3600,
        "reserved": Decimal("1.5") * 4 * 3600,
    }


def test_idle_and_unmounted_are_nobodys_use() -> None:
    """They are costs of OpenCost's, not use: the ledger finds what nobody used by itself."""
    assert {row.pod for row in rows_of(sample())} == {"scorer-7d", "train-9k", "dns-1"}


def test_what_is_not_known_is_no_row() -> None:
    """A GPU that was held and not measured is reserved, and its use is not 0."""
    second = [row for row in rows_of(sample()) if row.source_row == 6]
    assert [row.role for row in second if row.measure == "gpu_seconds"] == ["reserved"]


def test_reserved_gpus_are_never_more_than_were_held() -> None:
    """Use is a part of what was held, for any utilisation."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for active in ("0", "0.25", "1"):
        for row in rows_of(one(gpuHours=Decimal(48), gpuUsageAverage=Decimal(active))):
            sums[row.role] += row.quantity
    assert (sums["used"], sums["reserved"]) == (Decimal("1.25") * 48 * 3600, Decimal(3 * 48 * 3600))


@pytest.mark.parametrize(
    ("provider", "resource"),
    [
        ("aws:///us-east-1a/i-0abc", "i-0abc"),
        ("i-0abc", "i-0abc"),
        ("gce://project/us-central1-a/gke-node-1", "gke-node-1"),
        (
            "azure:///subscriptions/1/resourceGroups/g/providers/x/virtualMachines/0",
            "/subscriptions/1/resourceGroups/g/providers/x/virtualMachines/0",
        ),
        ("", ""),
    ],
)
def test_a_node_is_named_as_the_bill_names_it(provider: str, resource: str) -> None:
    """Prefixes that clouds write into Kubernetes are no part of a ResourceId."""
    [row] = rows_of(one(cpuCoreUsageAverage=1, properties={"providerID": provider}))
    assert row.resource == resource


@pytest.mark.parametrize(
    ("document", "column", "said"),
    [
        (one(cpuCoreUsageAverage=1, properties="x"), "properties", "object"),
        (one(cpuCoreUsageAverage=1, properties={"labels": ["x"]}), "labels", "object"),
        (one(cpuCoreUsageAverage=10**18), "cpuCoreUsageAverage", "18 digits"),
        (one(cpuCoreUsageAverage=1, start="0001-01-01T00:00:00+14:00"), "start", "neither"),
        ({"data": [{"a": 7}]}, "", "an allocation is an object"),
        (one(cpuCoreUsageAverage=Decimal(-1)), "cpuCoreUsageAverage", "0 or more"),
        (one(ramByteUsageAverage="lots"), "ramByteUsageAverage", "0 or more"),
        (one(cpuCoreUsageAverage=1, start="now"), "start", "neither"),
        ({"data": [{"a": {"name": "a", "cpuCoreUsageAverage": 1}}]}, "start", "neither"),
    ],
)
def test_what_cannot_be_used_is_found(document: dict[str, Any], column: str, said: str) -> None:
    """Wrong documents, numbers and spans are findings with their row, and no row of use."""
    [finding] = opencost_usage_rows(texts(document), "a.json")
    assert isinstance(finding, BillFinding)
    assert (finding.column, finding.refused) == (column, True)
    assert said in finding.message


def test_one_wrong_allocation_does_not_take_the_others_with_it() -> None:
    """The rest of the document is read."""
    document = sample()
    document["data"][0]["ml-prod/ip-10-0-0-7/fraud/train-9k/server"]["cpuCoreUsageAverage"] = -1
    found = list(opencost_usage_rows(texts(document), "a.json"))
    [finding] = [each for each in found if isinstance(each, BillFinding)]
    assert (finding.row, finding.value) == (2, "-1")
    assert {row.source_row for row in found if isinstance(row, UsageRow)} == {1, 3, 6}
