"""AWS Cost Explorer's GetCostAndUsage to FOCUS, from the table that `drivers.ledger.cost_explorer` writes of it.

Each row is a group of a day or month with all metrics of the API. Billed is the net unblended cost, effective the net
amortised one; the plain ones where the account may not see the net ones. Cost Explorer adds up before it answers: a
group holds used and unused commitments, credits and refunds together, unless RECORD_TYPE is one of the groups.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.meter.bills.aws_cur import LINE_TYPES
from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.expressions import first, one_of, referenced, text

__all__ = ["COST_EXPLORER", "GROUPS", "METRICS"]

METRICS = (
    "UnblendedCost",
    "NetUnblendedCost",
    "AmortizedCost",
    "NetAmortizedCost",
    "BlendedCost",
    "UsageQuantity",
    "NormalizedUsageAmount",
)
"""All metrics of GetCostAndUsage (AWS Billing and Cost Management API reference, 2017-10-25)."""

GROUPS = (
    "AZ",
    "INSTANCE_TYPE",
    "INVOICING_ENTITY",
    "LEGAL_ENTITY_NAME",
    "LINKED_ACCOUNT",
    "OPERATION",
    "PLATFORM",
    "PURCHASE_TYPE",
    "RECORD_TYPE",
    "REGION",
    "SERVICE",
    "TENANCY",
    "USAGE_TYPE",
)
"""Dimensions that a question may be grouped by; at most two in one question."""

_RECORDS: Mapping[str, str] = {
    **LINE_TYPES,
    "Enterprise Discount Program Discount": "Adjustment",
    "Other out-of-cycle charges": "Purchase",
    "Private Rate Card Discount": "Adjustment",
    "Recurring reservation fee": "Purchase",
    "Reservation applied usage": "Usage",
    "Savings Plan Covered Usage": "Usage",
    "Savings Plan Negation": "Usage",
    "Savings Plan Recurring Fee": "Purchase",
    "Savings Plan Upfront Fee": "Purchase",
    "Solution Provider Program Discount": "Adjustment",
    "Support fee": "Purchase",
    "Upfront reservation fee": "Purchase",
}
"""ChargeCategory by RECORD_TYPE, as the report's line types and as Cost Explorer's page call them."""

_RECORD = first("RECORD_TYPE")
_START = first("TimePeriodStart")
_MONTH = f"DATE_TRUNC('month', TRY_CAST({_START} AS TIMESTAMP))"
_COLUMNS: Mapping[str, str] = {
    "AvailabilityZone": first("AZ"),
    "BilledCost": first("NetUnblendedCost", "UnblendedCost"),
    "BillingCurrency": first("CostUnit"),
    "BillingPeriodEnd": f"STRFTIME({_MONTH} + INTERVAL 1 MONTH, '%Y-%m-%dT%H:%M:%SZ')",
    "BillingPeriodStart": f"STRFTIME({_MONTH}, '%Y-%m-%dT%H:%M:%SZ')",
    "ChargeCategory": (
        f"CASE WHEN {_RECORD} IS NOT NULL THEN {one_of(_RECORD, _RECORDS, _RECORD)}"
        f" WHEN {first('SERVICE')} = 'Tax' THEN 'Tax' ELSE 'Usage' END"
    ),
    "ChargeDescription": (
        f"'Cost Explorer total' || COALESCE(' of ' || {first('SERVICE')}, '')"
        " || CASE WHEN \"Estimated\" = 'true' THEN ', estimated' ELSE '' END"
    ),
    "ChargePeriodEnd": first("TimePeriodEnd"),
    "ChargePeriodStart": _START,
    "EffectiveCost": first("NetAmortizedCost", "AmortizedCost"),
    "InvoiceIssuerName": f"COALESCE({first('INVOICING_ENTITY', 'LEGAL_ENTITY_NAME')}, 'AWS')",
    "ProviderName": text("AWS"),
    "PublisherName": f"COALESCE({first('LEGAL_ENTITY_NAME')}, 'AWS')",
    "RegionId": first("REGION"),
    "ServiceCategory": text("Other"),
    "ServiceName": first("SERVICE"),
    "SkuMeter": first("USAGE_TYPE"),
    "SubAccountId": first("LINKED_ACCOUNT"),
    "SubAccountName": first("LINKED_ACCOUNT_NAME"),
}

COST_EXPLORER = BillSchema(
    name="aws-cost-explorer",
    marks=frozenset({"AmortizedCost", "CostUnit", "Estimated", "TimePeriodStart", "UnblendedCost"}),
    columns=_COLUMNS,
    taken=referenced(_COLUMNS.values())
    - {"AmortizedCost", "Estimated", "INVOICING_ENTITY", "NetAmortizedCost", "NetUnblendedCost", "RECORD_TYPE"}
    - {"UnblendedCost"},
)
"""Rows of groups; metrics, groups and whether the figures are estimated are kept beside (`x_...`)."""
