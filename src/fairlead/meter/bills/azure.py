"""Azure's Actual and Amortized cost exports to FOCUS, with the headings of an EA and of an MCA account.

Source: Microsoft, "Convert Cost Management data to FOCUS" (microsoft/finops-toolkit, docs-mslearn/focus/convert.md,
read 2026-11), but for three things. Each of the two exports stands for itself here: which of them a row came from
decides which cost is known. A commitment is billed with its purchase, so the unused part of it is billed at 0, like the
used one. And a cost that the file does not say is not known (NULL), where that document multiplies price by quantity.

Both exports of a month are two views of the same invoice, with the same headings: importing both counts it twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.expressions import first, listed, one_of, referenced, text

__all__ = ["AZURE_ACTUAL", "AZURE_AMORTIZED", "CHARGE_TYPES"]

CHARGE_TYPES: Mapping[str, str] = {
    "Usage": "Usage",
    "UnusedReservation": "Usage",
    "UnusedSavingsPlan": "Usage",
    "Purchase": "Purchase",
    "Refund": "Purchase",
    "Credit": "Credit",
    "Tax": "Tax",
    "Adjustment": "Adjustment",
    "RoundingAdjustment": "Adjustment",
}
"""ChargeCategory of each ChargeType. Any other type stands as it is, and is found to be none of FOCUS."""

_FAMILIES: Mapping[str, str] = {
    "AI + Machine Learning": "AI and Machine Learning",
    "Analytics": "Analytics",
    "Azure Stack": "Compute",
    "Compute": "Compute",
    "Containers": "Compute",
    "Databases": "Databases",
    "Data": "Databases",
    "Developer Tools": "Developer Tools",
    "Identity": "Identity",
    "Integration": "Integration",
    "Internet of Things": "Internet of Things",
    "Management and Governance": "Management and Governance",
    "Media": "Media",
    "Migration": "Migration",
    "Mobile": "Mobile",
    "Networking": "Networking",
    "Security": "Security",
    "Storage": "Storage",
    "Web": "Web",
}
"""ServiceCategory of each ServiceFamily of the price sheet; `Other` for what is not here."""

_COST = first("CostInBillingCurrency", "Cost")
_CURRENCY = first("BillingCurrencyCode", "BillingCurrency")
_KIND = first("ChargeType")
_MODEL = first("PricingModel")
_BENEFIT = first("benefitId", "ReservationId")
_UNUSED = listed(("UnusedReservation", "UnusedSavingsPlan"))
_COMMITTED = f"COALESCE({_MODEL} IN {listed(('Reservation', 'SavingsPlan'))}, FALSE)"
_BOUGHT = f"{_COMMITTED} AND {_KIND} IN {listed(('Purchase', 'Refund'))}"
_COVERED = f"({_KIND} IN {_UNUSED} OR ({_COMMITTED} AND {_KIND} = 'Usage'))"
_DAYS = ("%m/%d/%Y", "%Y-%m-%d")
_TIMES = ("", " %H:%M:%S", "T%H:%M:%S", "T%H:%M:%SZ", " %H:%M:%S+00", " %H:%M:%S.%f", "T%H:%M:%S.%fZ")
_FORMATS = "[" + ", ".join(text(day + time) for time in _TIMES for day in _DAYS) + "]"


def _day(column: str, later: int = 0) -> str:
    """A day of the export as ISO text, some days later; text that is no day stays as it is."""
    cell = first(column)
    moment = f"TRY_STRPTIME({cell}, {_FORMATS}) + INTERVAL {later} DAY"
    return f"COALESCE(STRFTIME({moment}, '%Y-%m-%dT%H:%M:%SZ'), {cell})"


def _priced(column: str) -> str:
    """A unit price, where it is in the currency of the bill: an MCA account's are in its pricing currency."""
    return f"CASE WHEN COALESCE({_CURRENCY} = {first('pricingCurrency')}, TRUE) THEN {first(column)} END"


_TAGS = (
    f"CASE WHEN {first('Tags')} IS NULL OR STARTS_WITH({first('Tags')}, '{{') THEN {first('Tags')}"
    f" ELSE '{{' || {first('Tags')} || '}}' END"
)
"""Azure writes the members of a JSON object, without its braces."""

_SHARED: Mapping[str, str] = {
    "AvailabilityZone": first("AvailabilityZone"),
    "BillingAccountId": first("BillingProfileId", "BillingAccountId"),
    "BillingAccountName": first("BillingProfileName", "BillingAccountName"),
    "BillingCurrency": _CURRENCY,
    "BillingPeriodEnd": _day("BillingPeriodEndDate", 1),
    "BillingPeriodStart": _day("BillingPeriodStartDate"),
    "ChargeCategory": one_of(_KIND, CHARGE_TYPES, _KIND),
    "ChargeClass": one_of(_KIND, {"Refund": "Correction"}),
    "ChargeDescription": first("ProductName", "Product"),
    "ChargeFrequency": one_of(
        first("Frequency"),
        {"OneTime": "One-Time", "Recurring": "Recurring", "UsageBased": "Usage-Based"},
        text("Other"),
    ),
    "ChargePeriodEnd": _day("Date", 1),
    "ChargePeriodStart": _day("Date"),
    "CommitmentDiscountCategory": (
        f"CASE WHEN {_BENEFIT} ILIKE '%/microsoft.billingbenefits/%' OR {_MODEL} = 'SavingsPlan' THEN 'Spend'"
        f" WHEN {_BENEFIT} ILIKE '%/microsoft.capacity/%' OR {_MODEL} = 'Reservation' THEN 'Usage' END"
    ),
    "CommitmentDiscountId": _BENEFIT,
    "CommitmentDiscountName": first("benefitName", "ReservationName"),
    "CommitmentDiscountStatus": (
        f"CASE WHEN {_KIND} IN {_UNUSED} THEN 'Unused' WHEN {_COMMITTED} AND {_KIND} = 'Usage' THEN 'Used' END"
    ),
    "CommitmentDiscountType": (
        f"CASE WHEN {_BENEFIT} ILIKE '%/microsoft.billingbenefits/%' OR {_MODEL} = 'SavingsPlan' THEN 'Savings Plan'"
        f" WHEN {_BENEFIT} ILIKE '%/microsoft.capacity/%' OR {_MODEL} = 'Reservation' THEN 'Reservation' END"
    ),
    "ConsumedQuantity": f"CASE WHEN {_KIND} = 'Usage' THEN {first('Quantity')} END",
    "ConsumedUnit": f"CASE WHEN {_KIND} = 'Usage' THEN {first('UnitOfMeasure')} END",
    "ContractedCost": f"CASE WHEN {_COVERED} THEN NULL ELSE {_COST} END",
    "ContractedUnitPrice": _priced("UnitPrice"),
    "InvoiceId": first("invoiceId"),
    "InvoiceIssuerName": f"COALESCE({first('PartnerName')}, 'Microsoft')",
    "ListCost": first("paygCostInBillingCurrency"),
    "ListUnitPrice": _priced("PayGPrice"),
    "PricingCategory": one_of(
        _MODEL, {"OnDemand": "Standard", "Spot": "Dynamic", "Reservation": "Committed", "SavingsPlan": "Committed"}
    ),
    "PricingCurrency": first("pricingCurrency"),
    "PricingQuantity": f"CASE WHEN {_KIND} IN {listed(('Usage', 'Purchase', 'Refund'))} THEN {first('Quantity')} END",
    "PricingUnit": f"CASE WHEN {_KIND} IN {listed(('Usage', 'Purchase', 'Refund'))} THEN {first('UnitOfMeasure')} END",
    "ProviderName": text("Microsoft"),
    "PublisherName": first("PublisherName"),
    "RegionId": f"LOWER(REPLACE({first('ResourceLocation', 'location')}, ' ', ''))",
    "RegionName": first("ResourceLocation", "location"),
    "ResourceId": first("ResourceId", "InstanceId"),
    "ResourceName": f"COALESCE({first('ResourceName')}, REGEXP_EXTRACT({first('ResourceId', 'InstanceId')}, '[^/]+$'))",
    "ServiceCategory": one_of(first("ServiceFamily"), _FAMILIES, text("Other")),
    "ServiceName": first("MeterCategory", "ConsumedService", "PublisherName"),
    "SkuId": first("ProductId", "PartNumber"),
    "SkuMeter": first("MeterName"),
    "SkuPriceId": first("MeterId"),
    "SubAccountId": first("SubscriptionId", "SubscriptionGuid"),
    "SubAccountName": first("SubscriptionName"),
    "Tags": _TAGS,
}

_KEPT = frozenset(
    {"BillingAccountId", "BillingAccountName", "ChargeType", "ConsumedService", "PartNumber", "PayGPrice"}
    | {"PricingModel", "ReservationId", "ReservationName", "ServiceFamily", "UnitPrice"}
)
"""Read, and kept beside (`x_...`): FOCUS has no place for all that they say."""
_MARKS = frozenset(
    {"BillingPeriodStartDate", "ChargeType", "Frequency", "MeterCategory", "PricingModel", "UnitOfMeasure"}
)


def _export(name: str, billed: str, effective: str) -> BillSchema:
    columns = {**_SHARED, "BilledCost": billed, "EffectiveCost": effective}
    return BillSchema(name=name, marks=_MARKS, columns=columns, taken=referenced(columns.values()) - _KEPT)


AZURE_ACTUAL = _export(
    "azure-actual",
    billed=_COST,
    effective=f"CASE WHEN {_BOUGHT} THEN '0' WHEN {_COVERED} THEN NULL ELSE {_COST} END",
)
"""The invoice as it was: purchases of commitments at their price, what they cover at 0. What use of a commitment is
worth is not known here."""

AZURE_AMORTIZED = _export(
    "azure-amortized",
    billed=f"CASE WHEN {_COVERED} THEN '0' ELSE {_COST} END",
    effective=_COST,
)
"""Commitments spread over what they cover, the unused part as rows of its own. Their purchases are not in this export,
so its billed costs are the invoice less those purchases."""
