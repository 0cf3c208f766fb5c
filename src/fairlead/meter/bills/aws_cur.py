"""AWS Cost and Usage Reports to FOCUS: CUR 2.0 (Data Exports), and the older report under its own headings.

Billed is what the invoice says of a line: the net unblended cost where the account has a discount, otherwise the
unblended cost (FOCUS, supporting content of BilledCost). A line covered by a savings plan is invoiced through the
plan's fee; AWS lists it at the on-demand price and takes the same amount off in a SavingsPlanNegation line: both are 0
here, as FOCUS demands of covered usage. Effective is the amortised cost of AWS's own query
(aws-well-architected-labs, 300_CUR_Queries, amortized_cost_by_charge_type.sql). The unused part of a commitment stands
in the line of its fee: billed is the fee, effective the part that nobody used.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.meter.bills.aws_services import CATEGORIES
from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.expressions import case, difference, first, listed, one_of, referenced, text, total

__all__ = ["AWS_CUR", "LINE_TYPES"]

LINE_TYPES: Mapping[str, str] = {
    "Usage": "Usage",
    "DiscountedUsage": "Usage",
    "SavingsPlanCoveredUsage": "Usage",
    "SavingsPlanNegation": "Usage",
    "BundledDiscount": "Usage",
    "Fee": "Purchase",
    "RIFee": "Purchase",
    "SavingsPlanUpfrontFee": "Purchase",
    "SavingsPlanRecurringFee": "Purchase",
    "Tax": "Tax",
    "Credit": "Credit",
    "Refund": "Adjustment",
    "Discount": "Adjustment",
    "EdpDiscount": "Adjustment",
    "PrivateRateDiscount": "Adjustment",
    "RiVolumeDiscount": "Adjustment",
    "SppDiscount": "Adjustment",
    "DistributorDiscount": "Adjustment",
}
"""ChargeCategory of each lineItem/LineItemType (FOCUS, supporting content of ChargeCategory). Any other type stands as
it is, and is found to be none of FOCUS."""

_USED = ("DiscountedUsage", "SavingsPlanCoveredUsage")
_DISCOUNTS = tuple(name for name in LINE_TYPES if name.endswith("Discount"))
_TYPE = first("line_item_line_item_type")
_INVOICED = first("line_item_net_unblended_cost", "line_item_unblended_cost")
_UNBLENDED = first("line_item_unblended_cost")
_BILLED = case(_TYPE, {"SavingsPlanCoveredUsage": "'0'", "SavingsPlanNegation": "'0'"}, _INVOICED)
_RESERVATION = first("reservation_reservation_a_r_n")
_PLAN = first("savings_plan_savings_plan_a_r_n")
_UNUSED_RESERVATION = total(
    first(
        "reservation_net_unused_amortized_upfront_fee_for_billing_period",
        "reservation_unused_amortized_upfront_fee_for_billing_period",
    ),
    first("reservation_net_unused_recurring_fee", "reservation_unused_recurring_fee"),
)
_UNUSED_PLAN = difference(first("savings_plan_total_commitment_to_date"), first("savings_plan_used_commitment"))
_EFFECTIVE = case(
    _TYPE,
    {
        "SavingsPlanCoveredUsage": first(
            "savings_plan_net_savings_plan_effective_cost", "savings_plan_savings_plan_effective_cost"
        ),
        "DiscountedUsage": first("reservation_net_effective_cost", "reservation_effective_cost"),
        "SavingsPlanRecurringFee": _UNUSED_PLAN,
        "RIFee": _UNUSED_RESERVATION,
        "SavingsPlanUpfrontFee": "'0'",
        "SavingsPlanNegation": "'0'",
        "Fee": f"CASE WHEN {_RESERVATION} IS NULL THEN {_INVOICED} ELSE '0' END",
    },
    _INVOICED,
)
_CONTRACTED = case(
    _TYPE,
    {"SavingsPlanCoveredUsage": _UNBLENDED, "SavingsPlanNegation": "'0'", "DiscountedUsage": "NULL"},
    _INVOICED,
)
_LIST = (
    f"CASE WHEN {_TYPE} IN {listed(('Usage', *_USED))} THEN {first('pricing_public_on_demand_cost')}"
    f" WHEN {_TYPE} IN {listed(('SavingsPlanNegation', *_DISCOUNTS))} THEN '0' ELSE {_UNBLENDED} END"
)
_STATUS = (
    f"CASE WHEN {_TYPE} IN {listed(_USED)} THEN 'Used'"
    f" WHEN {_TYPE} = 'SavingsPlanRecurringFee' AND TRY_CAST({_UNUSED_PLAN} AS DOUBLE) > 0 THEN 'Unused'"
    f" WHEN {_TYPE} = 'RIFee' AND TRY_CAST({_UNUSED_RESERVATION} AS DOUBLE) > 0 THEN 'Unused' END"
)
_FREQUENCY = (
    f"CASE WHEN {_TYPE} IN {listed(('RIFee', 'SavingsPlanRecurringFee'))} THEN 'Recurring'"
    f" WHEN {_TYPE} IN {listed(name for name, kind in LINE_TYPES.items() if kind == 'Usage')} THEN 'Usage-Based'"
    f" ELSE 'One-Time' END"
)
_PRICING = (
    f"CASE WHEN {_TYPE} IN {listed(_USED)} THEN 'Committed'"
    f" WHEN {_TYPE} = 'Usage' AND \"line_item_usage_type\" ILIKE '%spotusage%' THEN 'Dynamic'"
    f" WHEN {_TYPE} = 'Usage' THEN 'Standard' END"
)
_USAGE = f"{_TYPE} IN {listed(('Usage', *_USED))}"
_PRODUCT = 'CASE WHEN JSON_VALID("product") THEN JSON_EXTRACT_STRING("product", \'$.product_name\') END'
_CODE = first("product_servicecode", "line_item_product_code")
_KEYS = r"""REGEXP_REPLACE("resource_tags", '([{,]\s*\x22)user_', '\1', 'g')"""
"""Keys of a tag that the customer made are `user_team`; its own name is `team`. Only a key can follow `{"` or `,"`."""

_COLUMNS: Mapping[str, str] = {
    "AvailabilityZone": first("line_item_availability_zone"),
    "BilledCost": _BILLED,
    "BillingAccountId": first("bill_payer_account_id"),
    "BillingAccountName": first("bill_payer_account_name"),
    "BillingCurrency": first("line_item_currency_code"),
    "BillingPeriodEnd": first("bill_billing_period_end_date"),
    "BillingPeriodStart": first("bill_billing_period_start_date"),
    "CapacityReservationId": first("capacity_reservation_capacity_reservation_arn"),
    "CapacityReservationStatus": one_of(
        first("capacity_reservation_capacity_reservation_status"),
        {"Used": "Used", "Reserved": "Used", "Unused": "Unused"},
    ),
    "ChargeCategory": one_of(_TYPE, LINE_TYPES, _TYPE),
    "ChargeClass": one_of(_TYPE, {"Refund": "Correction"}),
    "ChargeDescription": first("line_item_line_item_description"),
    "ChargeFrequency": _FREQUENCY,
    "ChargePeriodEnd": first("line_item_usage_end_date"),
    "ChargePeriodStart": first("line_item_usage_start_date"),
    "CommitmentDiscountCategory": (
        f"CASE WHEN {_PLAN} IS NOT NULL THEN 'Spend' WHEN {_RESERVATION} IS NOT NULL THEN 'Usage' END"
    ),
    "CommitmentDiscountId": f"COALESCE({_PLAN}, {_RESERVATION})",
    "CommitmentDiscountStatus": _STATUS,
    "CommitmentDiscountType": (
        f"CASE WHEN {_PLAN} IS NOT NULL THEN COALESCE({first('savings_plan_offering_type')}, 'SavingsPlan')"
        f" WHEN {_RESERVATION} IS NOT NULL THEN 'Reserved Instance' END"
    ),
    "ConsumedQuantity": f"CASE WHEN {_USAGE} THEN {first('line_item_usage_amount')} END",
    "ConsumedUnit": f"CASE WHEN {_USAGE} THEN {first('pricing_unit')} END",
    "ContractedCost": _CONTRACTED,
    "ContractedUnitPrice": f"CASE WHEN {_TYPE} = 'Usage' THEN {first('line_item_unblended_rate')} END",
    "EffectiveCost": _EFFECTIVE,
    "InvoiceId": first("bill_invoice_id"),
    "InvoiceIssuerName": first("bill_invoicing_entity", "line_item_legal_entity"),
    "ListCost": _LIST,
    "ListUnitPrice": f"CASE WHEN {_USAGE} THEN {first('pricing_public_on_demand_rate')} END",
    "PricingCategory": _PRICING,
    "PricingQuantity": f"CASE WHEN {_TYPE} <> 'Tax' THEN {first('line_item_usage_amount')} END",
    "PricingUnit": f"CASE WHEN {_TYPE} <> 'Tax' THEN {first('pricing_unit')} END",
    "ProviderName": text("AWS"),
    "PublisherName": first("line_item_legal_entity"),
    "RegionId": first("product_region_code", "product_region"),
    "RegionName": first("product_location"),
    "ResourceId": first("line_item_resource_id"),
    "ResourceType": first("product_product_family"),
    "ServiceCategory": one_of(_CODE, CATEGORIES, text("Other")),
    "ServiceName": f"COALESCE({first('product_product_name')}, NULLIF({_PRODUCT}, ''), {_CODE})",
    "SkuId": first("product_sku"),
    "SkuMeter": first("line_item_usage_type"),
    "SkuPriceId": first("pricing_rate_code"),
    "SubAccountId": first("line_item_usage_account_id"),
    "SubAccountName": first("line_item_usage_account_name"),
    "Tags": _KEYS,
}

_KEPT = frozenset(
    name
    for name in referenced(_COLUMNS.values())
    if name.startswith(("reservation_", "savings_plan_")) or name in {"product", "bill_bill_type"}
) | {"line_item_line_item_type", "line_item_net_unblended_cost", "line_item_unblended_cost"}
"""Read, and kept beside (`x_...`): FOCUS has no place for all that they say."""

AWS_CUR = BillSchema(
    name="aws-cur",
    marks=frozenset({"bill_payer_account_id", "line_item_line_item_type", "line_item_unblended_cost"}),
    columns=_COLUMNS,
    taken=referenced(_COLUMNS.values()) - _KEPT,
    tag_columns=r"(?:resource_tags_|resourceTags/)(?:user[_:])?(.+)",
)
"""CUR 2.0, and the older report: its headings (`lineItem/UnblendedCost`) are the same but for signs and case, which
do not tell columns apart, and it has a column for each tag."""
