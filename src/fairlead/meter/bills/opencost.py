"""OpenCost's and Kubecost's `/allocation` and `/allocation/compute` answers to FOCUS.

The document is `{"code": 200, "data": [{name: allocation, ...}, ...]}`, one member of `data` per step of the window
(opencost/opencost, core/pkg/opencost/allocation_json.go). Its amounts are doubles rounded to five digits; their
shortest form counts as the decimal. They are an estimate from list prices, not an invoice: billed and effective are
both `totalCost`, which includes adjustments, shared and external cost. Beside the bill of the cloud below, the same
machines would count twice; there, `collectors.opencost` reads the use from it instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.expressions import first, listed, referenced, text
from fairlead.meter.bills.json_lines import LONGEST_VALUE, JsonText

__all__ = ["FIELDS", "LARGEST_DOCUMENT", "OPENCOST", "PROPERTIES", "each_allocation"]

LARGEST_DOCUMENT = 256 * 1024 * 1024
"""Bytes of one answer that is fetched. Ask for fewer days where it is larger; a file may have any size."""

PROPERTIES = (
    "cluster",
    "node",
    "container",
    "controller",
    "controllerKind",
    "namespace",
    "pod",
    "services",
    "providerID",
    "labels",
    "annotations",
    "namespaceLabels",
    "namespaceAnnotations",
)
"""Members of `properties`. An aggregated allocation has only those that all its parts share."""

FIELDS = (
    "name",
    "start",
    "end",
    "minutes",
    *(f"cpu{rest}" for rest in ("Cores", "CoreRequestAverage", "CoreUsageAverage", "CoreHours")),
    *(f"cpu{rest}" for rest in ("Cost", "CostAdjustment", "CostIdle", "Efficiency")),
    *(f"gpu{rest}" for rest in ("Count", "RequestAverage", "UsageAverage", "Hours")),
    *(f"gpu{rest}" for rest in ("Cost", "CostAdjustment", "CostIdle", "Efficiency")),
    *(f"network{rest}" for rest in ("TransferBytes", "ReceiveBytes", "Cost", "CrossZoneCost", "CrossRegionCost")),
    *(f"network{rest}" for rest in ("InternetCost", "CostAdjustment")),
    *("loadBalancerCost", "loadBalancerCostAdjustment", "pvBytes", "pvByteHours", "pvCost", "pvCostAdjustment", "pvs"),
    *(f"ram{rest}" for rest in ("Bytes", "ByteRequestAverage", "ByteUsageAverage", "ByteHours")),
    *(f"ram{rest}" for rest in ("Cost", "CostAdjustment", "CostIdle", "Efficiency")),
    *("sharedCost", "externalCost", "totalCost", "totalEfficiency", "rawAllocationOnly", "lbAllocations"),
    *("gpuAllocation", "proportionalAssetResourceCosts", "sharedCostBreakdown"),
)
"""Members of an allocation that become columns of their own."""

_OK = "200"
_TOLD = ("code", "message")


def each_allocation(pieces: Iterable[str]) -> Iterator[str]:
    """The text of each allocation, in order. ValueError where the document is none, or OpenCost says an error in it."""
    text = JsonText(pieces)
    while text.sign():
        told = {"code": _OK, "data": ""}
        for name in text.members():
            if name == "data" and text.sign() == "[":
                yield from _allocations(text)
                told[name] = name
            else:
                value = text.value()
                told[name] = value if name in _TOLD else ""
        if told["code"] != _OK or not told["data"]:
            raise ValueError(f"no allocations, but {told.get('message') or 'no list `data`'} (code {told['code']})")


def _allocations(text: JsonText) -> Iterator[str]:
    for _ in text.elements():
        if text.sign() == "{":
            for _ in text.members():
                yield text.value()
        else:
            text.value()


def _rows(path: str) -> str:
    """The allocations as a relation: a text column per member, and the whole where it has more members than these.

    A line is parsed as a whole and once, since every parse holds memory of its own; and it is one cell of a CSV, as
    JSON has no control signs: the reader of CSV needs little memory, that of JSON a lot.
    """
    fields = dict.fromkeys(FIELDS, "VARCHAR")
    nested = {"properties": dict.fromkeys(PROPERTIES, "VARCHAR"), "window": {"start": "VARCHAR", "end": "VARCHAR"}}
    shape = text(json.dumps({**fields, **nested}))
    members = [f'a."{name}" AS "{name}"' for name in FIELDS]
    members += [f'a.properties."{name}" AS "{name}"' for name in PROPERTIES]
    members += [f'a."window"."{name}" AS "window_{name}"' for name in nested["window"]]
    others = f"LEN(LIST_FILTER(JSON_KEYS(line), LAMBDA name: name NOT IN {listed((*fields, *nested))})) > 0"
    members.append(f'CASE WHEN {others} THEN line END AS "allocation"')
    one = "delim = '\\x01', quote = '', escape = '', header = false, auto_detect = false, parallel = false"
    size = f"max_line_size = {4 * LONGEST_VALUE}, buffer_size = {8 * LONGEST_VALUE}"
    lines = f"READ_CSV({path}, columns = {{line: 'VARCHAR'}}, {one}, {size})"
    read = f"SELECT line, FROM_JSON(line, {shape}) AS a FROM {lines}"  # noqa: S608 - quoted
    return f"(SELECT {', '.join(members)} FROM ({read}))"  # noqa: S608 - quoted


_FROM = f"CASE WHEN {first('start')} <> {first('end')} THEN {first('start')} ELSE {first('window_start', 'start')} END"
_TO = f"CASE WHEN {first('start')} <> {first('end')} THEN {first('end')} ELSE {first('window_end', 'end')} END"
_MONTH = f"DATE_TRUNC('month', TRY_CAST({first('window_start', 'start')} AS TIMESTAMP))"
_TOTAL = first("totalCost")

_COLUMNS: Mapping[str, str] = {
    "BilledCost": _TOTAL,
    "BillingAccountId": f"COALESCE({first('cluster')}, 'kubernetes')",
    "BillingAccountName": first("cluster"),
    "BillingPeriodEnd": f"STRFTIME({_MONTH} + INTERVAL 1 MONTH, '%Y-%m-%dT%H:%M:%SZ')",
    "BillingPeriodStart": f"STRFTIME({_MONTH}, '%Y-%m-%dT%H:%M:%SZ')",
    "ChargeCategory": text("Usage"),
    "ChargeDescription": f"'OpenCost estimate of ' || {first('name')}",
    "ChargeFrequency": text("Usage-Based"),
    "ChargePeriodEnd": _TO,
    "ChargePeriodStart": _FROM,
    "EffectiveCost": _TOTAL,
    "InvoiceIssuerName": text("OpenCost"),
    "ProviderName": text("OpenCost"),
    "PublisherName": text("OpenCost"),
    "ResourceId": first("providerID"),
    "ResourceName": first("pod", "controller", "node"),
    "ResourceType": first("controllerKind"),
    "ServiceCategory": text("Compute"),
    "ServiceName": text("Kubernetes"),
    "SubAccountId": first("namespace"),
    "SubAccountName": first("namespace"),
    "Tags": first("labels"),
}

OPENCOST = BillSchema(
    name="opencost",
    marks=frozenset({"cpuCost", "ramCost", "totalCost", "window_start"}),
    columns=_COLUMNS,
    taken=referenced(_COLUMNS.values()) - {"cluster", "name", "namespace", "pod", "controller", "node"},
    lines=each_allocation,
    rows=_rows,
)
"""Rows of allocations. OpenCost does not say its currency: who imports it must."""
