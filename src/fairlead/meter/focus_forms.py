"""FOCUS's columns of an export, as SQL (DuckDB) over the rows of `focus_export`: one table of columns per version.

Second step of an export. What is not known is null where FOCUS allows it; a column that it does not allow to be null,
and of which not every line knows a value, is left out where FOCUS lets providers leave it out.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.domain.ledger import COSTS, Charge
from fairlead.meter.focus_shares import DETAILS

__all__ = ["EXPORTED", "FORMS", "MOMENTS"]

_CONSUMER = ("environment", "model", "release", "customer", "team", "stage")

_SPLIT = "(method LIKE 'split %' OR method LIKE 'overhead %')"
"""Whether the line is a part of charges that were divided."""

_SERVED = f"{_SPLIT} AND charge IN ('{Charge.USED}', '{Charge.SHARED}')"
"""Whether somebody was charged with it; what was left over is divided, and nobody's."""

_CATEGORY = (
    f"CASE charge WHEN '{Charge.TAX}' THEN 'Tax' WHEN '{Charge.CREDIT}' THEN 'Credit' "
    f"WHEN '{Charge.COMMITMENT}' THEN 'Purchase' WHEN '{Charge.RESIDUAL}' THEN 'Adjustment' "
    f"WHEN '{Charge.UNUSED}' THEN 'Usage' WHEN '{Charge.IDLE}' THEN 'Usage' ELSE coalesce(category, 'Usage') END"
)

_PRICED = f"{_CATEGORY} IN ('Usage', 'Purchase')"

_PRICE = "coalesce(nullif(price, ''), 'allocation/' || charge)"


def _object(prefix: str, names: tuple[str, ...]) -> str:
    """A JSON object of the columns that say something; null where none does."""
    entries = ", ".join(f"{{'k': '{prefix}{_key(prefix, name)}', 'v': {name}}}" for name in names)
    kept = f"list_filter([{entries}], lambda each: each.v <> '')"
    return f"nullif(to_json(map_from_entries({kept}))::VARCHAR, '{{}}')"


def _key(prefix: str, name: str) -> str:
    return name if prefix.endswith("/") else name.capitalize()


_TAGS = _object("fairlead/", _CONSUMER)

_CONSUMER_ID = "concat_ws('/', " + ", ".join(f"nullif({name}, '')" for name in _CONSUMER) + ")"

_SKU_PRICE = f"concat_ws('/', {_PRICE}, nullif(environment, ''), nullif(model, ''), nullif(release, ''))"

_MODEL = _object("x_", ("model", "release", "environment"))

_DESCRIPTION = (
    "concat_ws(', ', 'Allocated: ' || charge, nullif(service, ''), nullif(resource, ''), nullif(model, ''), method)"
)

_COSTS = dict(zip(COSTS.values(), ("billed", "effective", "contracted", "listed"), strict=True))

_COMMON: Mapping[str, str] = {
    **_COSTS,
    "BillingAccountId": "billing_account",
    "BillingAccountName": "billing_account_name",
    "BillingCurrency": "currency",
    "BillingPeriodEnd": "timezone('UTC', CAST(period AS TIMESTAMP) + INTERVAL 1 MONTH)",
    "BillingPeriodStart": "timezone('UTC', CAST(period AS TIMESTAMP))",
    "ChargeCategory": _CATEGORY,
    "ChargeClass": "CASE WHEN adjusts <> '' OR class_ = 'Correction' THEN 'Correction' END",
    "ChargeDescription": _DESCRIPTION,
    "ChargePeriodEnd": "charge_end",
    "ChargePeriodStart": "charge_start",
    "InvoiceId": "invoice",
    "InvoiceIssuerName": "issuer",
    "PricingQuantity": f"CASE WHEN {_PRICED} THEN 1::DECIMAL(38, 18) END",
    "PricingUnit": f"CASE WHEN {_PRICED} THEN 'Charge' END",
    "RegionId": "CASE WHEN region_name IS NOT NULL THEN nullif(region, '') END",
    "RegionName": "CASE WHEN region <> '' THEN region_name END",
    "ResourceId": "nullif(resource, '')",
    "ServiceCategory": "coalesce(service_category, 'Other')",
    "ServiceName": "nullif(service, '')",
    "SubAccountId": "CASE WHEN sub_account_name IS NOT NULL THEN sub_account END",
    "SubAccountName": "CASE WHEN sub_account IS NOT NULL THEN sub_account_name END",
}

_OURS: Mapping[str, str] = {
    "x_Account": "nullif(account, '')",
    "x_Adjusts": "nullif(adjusts, '')",
    "x_Charge": "charge",
    "x_Customer": "nullif(customer, '')",
    "x_Environment": "nullif(environment, '')",
    "x_Line": "line",
    "x_Method": "method",
    "x_Model": "nullif(model, '')",
    "x_Owner": "owner",
    "x_Region": "nullif(region, '')",
    "x_Release": "nullif(release, '')",
    "x_Rule": "nullif(rule, '')",
    "x_SkuPriceId": "nullif(price, '')",
    "x_Source": "source",
    "x_Stage": "nullif(stage, '')",
    "x_Team": "nullif(team, '')",
}
"""Columns of our own, behind FOCUS's as the specification asks."""

_V1_2: Mapping[str, str] = {
    **_COMMON,
    "ProviderName": "provider",
    "PublisherName": "publisher",
    "Tags": _TAGS,
}

_V1_4: Mapping[str, str] = {
    **_COMMON,
    "AllocatedMethodDetails": DETAILS,
    "AllocatedMethodId": f"CASE WHEN {_SPLIT} THEN nullif(rule, '') END",
    "AllocatedResourceId": f"CASE WHEN {_SERVED} THEN nullif({_CONSUMER_ID}, '') END",
    "AllocatedResourceName": f"CASE WHEN {_SERVED} THEN coalesce(nullif(model, ''), nullif({_CONSUMER_ID}, '')) END",
    "AllocatedTags": f"CASE WHEN {_SERVED} THEN {_TAGS} END",
    "HostProviderName": "coalesce(host_provider, 'Not Applicable')",
    "ServiceProviderName": "service_provider",
    # A price is that of its details: charges of different models have different ones.
    "SkuPriceDetails": f"CASE WHEN {_PRICED} THEN {_MODEL} END",
    "SkuPriceId": f"CASE WHEN {_PRICED} THEN {_SKU_PRICE} END",
    "Tags": f"CASE WHEN NOT ({_SERVED}) THEN {_TAGS} END",
}

FORMS: Mapping[str, Mapping[str, str]] = {
    version: {**dict(sorted(columns.items())), **_OURS} for version, columns in (("1.2", _V1_2), ("1.4", _V1_4))
}
"""By version: expression of each column, in their order."""

MOMENTS = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart")
"""Columns that are moments."""

EXPORTED = tuple(FORMS)
"""Versions of FOCUS that are written."""
