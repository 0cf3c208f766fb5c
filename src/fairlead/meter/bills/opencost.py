"""OpenCost's and Kubecost's `/allocation` and `/allocation/compute` answers to FOCUS.

The document is `{"code": 200, "data": [{name: allocation, ...}, ...]}`, one member of `data` per step of the window
(opencost/opencost, core/pkg/opencost/allocation_json.go). Its amounts are doubles rounded to five digits; their
shortest form counts as the decimal. They are an estimate from list prices, not an invoice: billed and effective are
both `totalCost`, which includes adjustments, shared and external cost. Beside the bill of the cloud below, the same
machines would count twice; there, `collectors.opencost` reads the use from it instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.expressions import first, listed, referenced, text

__all__ = ["FIELDS", "LARGEST_DOCUMENT", "OPENCOST", "PROPERTIES"]

LARGEST_DOCUMENT = 256 * 1024 * 1024
"""Bytes of one answer: it is one JSON value, which is read as a whole. Ask for a shorter window where it is larger."""

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

_WHOLE = ("window", "properties")


def _rows(path: str) -> str:
    """The allocations of a document as a relation: a text column per member, and what is in none of them.

    A document that says an error has no allocation; it is one row with no cost and OpenCost's message, so that it is
    refused with that rather than read as nothing.
    """
    members = [f"allocation ->> '$.{name}' AS \"{name}\"" for name in FIELDS]
    members += [f"allocation ->> '$.properties.{name}' AS \"{name}\"" for name in PROPERTIES]
    members += [f"allocation ->> '$.window.{name}' AS \"window_{name}\"" for name in ("start", "end")]
    known = listed((*FIELDS, *_WHOLE))
    others = f"LIST_FILTER(JSON_KEYS(allocation), LAMBDA name: name NOT IN {known})"
    members.append(f'CASE WHEN LEN({others}) > 0 THEN CAST(allocation AS VARCHAR) END AS "allocation"')
    document = (
        f"READ_JSON({path}, format = 'unstructured', maximum_object_size = {LARGEST_DOCUMENT}, columns ="
        " {code: 'VARCHAR', message: 'VARCHAR', data: 'MAP(VARCHAR, JSON)[]'})"
    )
    steps = "CASE WHEN data IS NULL OR COALESCE(code, '200') <> '200' THEN [MAP {'': NULL::JSON}] ELSE data END"
    allocations = f"SELECT UNNEST({steps}) AS step, message FROM {document}"  # noqa: S608 - quoted
    each = f"SELECT UNNEST(MAP_VALUES(step)) AS allocation, message FROM ({allocations})"  # noqa: S608 - quoted
    members.append('message AS "message"')
    return f"(SELECT {', '.join(members)} FROM ({each}))"  # noqa: S608 - quoted


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
    rows=_rows,
)
"""Rows of allocations. OpenCost does not say its currency: who imports it must."""
