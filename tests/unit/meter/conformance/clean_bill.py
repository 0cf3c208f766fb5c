"""A bill that breaks no rule of FOCUS: used, committed, unused, bought, taxed, credited and corrected charges."""

from __future__ import annotations

from collections.abc import Mapping

Row = Mapping[str, str | None]

_USED: dict[str, str | None] = {
    "AvailabilityZone": "eu-1a",
    "BilledCost": "2.5",
    "BillingAccountId": "acct-1",
    "BillingAccountName": "Example",
    "BillingAccountType": "Enterprise",
    "BillingCurrency": "EUR",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "CapacityReservationId": "cr-1",
    "CapacityReservationStatus": "Used",
    "ChargeCategory": "Usage",
    "ChargeClass": None,
    "ChargeDescription": "One hour of a machine",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": "2026-10-03T13:00:00Z",
    "ChargePeriodStart": "2026-10-03T12:00:00Z",
    "CommitmentDiscountCategory": None,
    "CommitmentDiscountId": None,
    "CommitmentDiscountName": None,
    "CommitmentDiscountQuantity": None,
    "CommitmentDiscountStatus": None,
    "CommitmentDiscountType": None,
    "CommitmentDiscountUnit": None,
    "ConsumedQuantity": "5",
    "ConsumedUnit": "Hours",
    "ContractedCost": "2.5",
    "ContractedUnitPrice": "0.5",
    "EffectiveCost": "2.5",
    "InvoiceId": "in-1",
    "InvoiceIssuerName": "Example Cloud",
    "ListCost": "3",
    "ListUnitPrice": "0.6",
    "PricingCategory": "Standard",
    "PricingCurrency": "EUR",
    "PricingCurrencyContractedUnitPrice": "0.5",
    "PricingCurrencyEffectiveCost": "2.5",
    "PricingCurrencyListUnitPrice": "0.6",
    "PricingQuantity": "5",
    "PricingUnit": "Hours",
    "ProviderName": "Example Cloud",
    "PublisherName": "Example Cloud",
    "RegionId": "eu-1",
    "RegionName": "Europe 1",
    "ResourceId": "vm-1",
    "ResourceName": "worker",
    "ResourceType": "Virtual machine",
    "ServiceCategory": "Compute",
    "ServiceName": "Machines",
    "ServiceSubcategory": "Virtual Machines",
    "SkuId": "sku-1",
    "SkuMeter": "Machine time",
    "SkuPriceDetails": '{"CoreCount": 4, "x_Burst": true}',
    "SkuPriceId": "price-1",
    "SubAccountId": "sub-1",
    "SubAccountName": "Search",
    "SubAccountType": "Project",
    "Tags": '{"team": "search", "shared": true}',
}

_COMMITTED: dict[str, str | None] = _USED | {
    "BilledCost": "0",
    "CommitmentDiscountCategory": "Usage",
    "CommitmentDiscountId": "cd-1",
    "CommitmentDiscountName": "One year",
    "CommitmentDiscountQuantity": "5",
    "CommitmentDiscountStatus": "Used",
    "CommitmentDiscountType": "Reservation",
    "CommitmentDiscountUnit": "Hours",
    "PricingCategory": "Committed",
}

_UNUSED = _COMMITTED | {
    "CapacityReservationStatus": "Unused",
    "CommitmentDiscountStatus": "Unused",
    "ConsumedQuantity": None,
    "ConsumedUnit": None,
}

_BOUGHT = _COMMITTED | {
    "CapacityReservationId": None,
    "CapacityReservationStatus": None,
    "ChargeCategory": "Purchase",
    "ChargeFrequency": "One-Time",
    "CommitmentDiscountStatus": None,
    "ConsumedQuantity": None,
    "ConsumedUnit": None,
    "EffectiveCost": "0",
    "PricingCategory": "Committed",
}

_NO_PRICE: dict[str, str | None] = dict.fromkeys(
    (
        "CapacityReservationId",
        "CapacityReservationStatus",
        "ConsumedQuantity",
        "ConsumedUnit",
        "ContractedUnitPrice",
        "ListUnitPrice",
        "PricingCategory",
        "PricingCurrencyContractedUnitPrice",
        "PricingCurrencyListUnitPrice",
        "PricingQuantity",
        "PricingUnit",
        "ResourceId",
        "ResourceName",
        "ResourceType",
        "SkuId",
        "SkuMeter",
        "SkuPriceDetails",
        "SkuPriceId",
        "SubAccountId",
        "SubAccountName",
        "SubAccountType",
        "RegionId",
        "RegionName",
    )
)

_TAX = _USED | _NO_PRICE | {"ChargeCategory": "Tax", "ChargeFrequency": "Recurring"}

_CREDIT = _TAX | {"ChargeCategory": "Credit", "BilledCost": "-1", "EffectiveCost": "-1", "ContractedCost": "-1"}

_CORRECTED = _USED | {"ChargeClass": "Correction", "ContractedCost": "-7", "ListCost": "-7"}

CLEAN: tuple[Row, ...] = (_USED, _COMMITTED, _UNUSED, _BOUGHT, _TAX, _CREDIT, _CORRECTED)

_UNUSED_PLACE = 2

LATER: Mapping[str, str | None] = {
    "AllocatedMethodDetails": '{"Elements": [{"AllocatedRatio": 0.5, "UsageUnit": "Tokens", "UsageQuantity": 10}]}',
    "AllocatedMethodId": "by-tokens",
    "AllocatedResourceId": "prod/chat",
    "AllocatedResourceName": "chat",
    "AllocatedTags": '{"model": "chat"}',
    "CommitmentProgramEligibilityDetails": '{"Elements": []}',
    "ContractApplied": '{"Elements": []}',
    "HostProviderName": "Not Applicable",
    "InvoiceDetailId": "line-1",
    "ServiceProviderName": "Example Cloud",
}
"""Columns that came after 1.2; a charge that nobody was allocated has none of the `Allocated*`."""


def clean_rows(columns: tuple[str, ...]) -> list[dict[str, str | None]]:
    """The bill with these columns. Its first row is allocated, where there are columns for that."""
    rows = [{**LATER, **row} for row in CLEAN]
    whole = [_unallocated(row) if place else row for place, row in enumerate(rows)]
    if "CommitmentDiscountQuantity" not in columns:
        # 1.0 asks for the consumed quantity of every use, that of an unused commitment too.
        whole[_UNUSED_PLACE] |= {name: _USED[name] for name in ("ConsumedQuantity", "ConsumedUnit")}
    return [{column: row[column] for column in columns} for row in whole]


def _unallocated(row: dict[str, str | None]) -> dict[str, str | None]:
    return {name: None if name.startswith("Allocated") else value for name, value in row.items()}
