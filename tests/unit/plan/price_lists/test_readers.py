"""Each provider's published form gives its prices exactly; what is none of ours is counted, what is broken is told."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fairlead.domain.price_list import Term
from fairlead.plan.price_lists.base import Item, Left, NextPage, Problem, Published, UnreadableListError, exact_price
from tests.unit.plan.price_lists.reading import items, lines


def _product(sku: str, kind: str, **other: str) -> dict[str, Any]:
    plain = {"tenancy": "Shared", "operatingSystem": "Linux", "preInstalledSw": "NA", "capacitystatus": "Used"}
    about = {**plain, "regionCode": "eu-west-1", "instanceType": kind, **other}
    return {sku: {"sku": sku, "productFamily": "Compute Instance", "attributes": about}}


def _rate(sku: str, price: str, unit: str = "Hrs", currency: str = "USD") -> dict[str, Any]:
    rate = {"unit": unit, "pricePerUnit": {currency: price}}
    return {sku: {f"{sku}.X": {"sku": sku, "priceDimensions": {f"{sku}.X.Y": rate}}}}


OFFER = {
    "formatVersion": "v1.0",
    "offerCode": "AmazonEC2",
    "publicationDate": "2026-11-19T18:00:00Z",
    "products": {
        **_product("A", "m7i.large"),
        **_product("B", "m7i.large", operatingSystem="Windows"),
        **_product("C", "g5.xlarge"),
    },
    "terms": {
        "OnDemand": {**_rate("A", "0.1122000000"), **_rate("B", "0.2"), **_rate("C", "1.1230000000")},
        "Reserved": {**_rate("A", "0.05")},
    },
}


@pytest.mark.parametrize("indent", [None, 2])
def test_an_offer_file_of_aws_in_json(indent: int | None) -> None:
    """On-demand Linux machines, with the day of the file; nothing of other systems, nothing of reservations."""
    text = json.dumps(OFFER, indent=indent)
    assert [(each.region, each.name, each.price, each.unit) for each in lines("aws", text)] == [
        ("eu-west-1", "m7i.large", Decimal("0.1122000000"), "hour"),
        ("eu-west-1", "g5.xlarge", Decimal("1.1230000000"), "hour"),
    ]
    assert Published(date(2026, 11, 19)) in items("aws", text)
    assert sum(isinstance(each, Left) for each in items("aws", text)) == 1


def test_an_offer_file_that_ends_too_early_is_told() -> None:
    """A machine without its price is no list of prices; half a file is none either."""
    without = {**OFFER, "terms": {"OnDemand": _rate("A", "0.1")}}
    assert [each for each in items("aws", json.dumps(without)) if isinstance(each, Problem)]
    with pytest.raises(UnreadableListError):
        items("aws", json.dumps(OFFER)[:-5])


OFFER_CSV = """"FormatVersion","v1.0"
"Disclaimer","This pricing list is for informational purposes only"
"Publication Date","2026-11-19T18:00:00Z"
"Version","20261119180000"
"OfferCode","AmazonEC2"
"SKU","TermType","Unit","PricePerUnit","Currency","Product Family","Region Code","Instance Type",\
"Tenancy","Operating System","Pre Installed S/W","CapacityStatus"
"A","OnDemand","Hrs","0.1122000000","USD","Compute Instance","eu-west-1","m7i.large","Shared","Linux","NA","Used"
"A","Reserved","Hrs","0.05","USD","Compute Instance","eu-west-1","m7i.large","Shared","Linux","NA","Used"
"B","OnDemand","Hrs","0.2","USD","Compute Instance","eu-west-1","m7i.large","Shared","Windows","NA","Used"
"C","OnDemand","Hrs","x","USD","Compute Instance","eu-west-1","c7i.large","Shared","Linux","NA","Used"
"D","OnDemand","Hrs","0.0000000000","USD","Compute Instance","eu-west-1","c7i.xlarge","Shared","Linux","NA","Used"
"""


def test_an_offer_file_of_aws_in_csv() -> None:
    """The same rows as in JSON; a price that is none is told with its line, and 0 is no price."""
    (line,) = lines("aws", OFFER_CSV)
    assert (line.row, line.region, line.name, line.price) == (7, "eu-west-1", "m7i.large", Decimal("0.1122000000"))
    (wrong,) = [each for each in items("aws", OFFER_CSV) if isinstance(each, Problem)]
    assert wrong.row == 10
    assert "`x` is no price" in wrong.reason
    assert Published(date(2026, 11, 19)) in items("aws", OFFER_CSV)


def _item(**other: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the API
    return {
        "currencyCode": "USD",
        "retailPrice": 0.1,
        "armRegionName": "westeurope",
        "armSkuName": "Standard_D2s_v5",
        "productName": "Virtual Machines Dsv5 Series",
        "skuName": "D2s v5",
        "serviceName": "Virtual Machines",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        **other,
    }


def test_pages_of_azures_retail_prices() -> None:
    """On demand, spot, and reservations by the hour; the next page is followed by whoever asked."""
    page = {
        "BillingCurrency": "USD",
        "Items": [
            _item(retailPrice=0.115),
            _item(retailPrice=0.02, skuName="D2s v5 Spot"),
            _item(retailPrice=876.0, type="Reservation", reservationTerm="1 Year"),
            _item(retailPrice=1314, type="Reservation", reservationTerm="3 Years"),
            _item(productName="Virtual Machines Dsv5 Series Windows"),
            _item(serviceName="Storage"),
            _item(skuName="D2s v5 Low Priority"),
        ],
        "NextPageLink": "https://prices.azure.com:443/api/retail/prices?$skip=1000",
    }
    found = items("azure", json.dumps(page))
    assert [(each.term, each.price) for each in lines("azure", json.dumps(page))] == [
        (Term.ON_DEMAND, Decimal("0.115")),
        (Term.SPOT, Decimal("0.02")),
        (Term.RESERVED_1Y, Decimal("0.1")),
        (Term.RESERVED_3Y, Decimal("0.05")),
    ]
    assert found[-1] == NextPage(address="https://prices.azure.com:443/api/retail/prices?$skip=1000")
    assert sum(isinstance(each, Left) for each in found) == 3


def _sku(description: str, units: str, nanos: object, usage: str = "OnDemand", unit: str = "h") -> dict[str, Any]:
    rate = {"startUsageAmount": 0, "unitPrice": {"currencyCode": "USD", "units": units, "nanos": nanos}}
    return {
        "skuId": "0000-0000-0000",
        "description": description,
        "category": {"resourceFamily": "Compute", "usageType": usage},
        "serviceRegions": ["europe-west1", "europe-west4"],
        "pricingInfo": [{"pricingExpression": {"usageUnit": unit, "tieredRates": [rate]}}],
    }


def test_skus_of_googles_catalogue() -> None:
    """Units and nanos are added up exactly, in each region; a negative number of nanos is no price."""
    page = {
        "skus": [
            _sku("N2 Instance Core running in Europe", "0", 34806000),
            _sku("N2 Instance Ram running in Europe", "0", 4666000, "Preemptible", "GiBy.h"),
            _sku("Nvidia H100", "11", 60000000),
            _sku("Storage", "1", 0, unit="GiBy.mo"),
            _sku("Broken", "1", -5),
        ],
        "nextPageToken": "abc",
    }
    found = items("gcp", json.dumps(page))
    prices = lines("gcp", json.dumps(page))
    assert [(each.price, each.unit, each.term) for each in prices if each.region == "europe-west4"] == [
        (Decimal("0.034806000"), "hour", Term.ON_DEMAND),
        (Decimal("0.004666000"), "GiB-hour", Term.SPOT),
        (Decimal("11.060000000"), "hour", Term.ON_DEMAND),
    ]
    assert [each.row for each in found if isinstance(each, Problem)] == [5]
    assert found[-1] == NextPage(token="abc")


def test_the_tables_of_karpenter_and_of_the_calculator() -> None:
    """Each row keeps its own day; China's prices are in another currency; months become hours."""
    aws = "region,instance_type,usd_per_hour,generated_at\nus-east-1,g5.xlarge,1.006,2026-07-20T13:44:38Z\n"
    (line,) = lines("aws", aws + "cn-north-1,c3.large,1.054000,2024-11-06T01:00:11Z\n")
    assert (line.price, line.as_of) == (Decimal("1.006"), date(2026, 7, 20))
    azure = "region,sku,usd_per_hour,generated_at\neastus,Standard_A1,0.032000,2026-06-18T03:43:41Z\n"
    assert lines("azure", azure)[0].name == "Standard_A1"
    google = (
        "region,machine_type,type,vcpu,ram_gb,gpus,usd_hour,usd_hour_spot,usd_month,usd_month_1y_cud,usd_month_3y_cud\n"
        "us-central1,a2-highgpu-1g,,12,85,a100=1,3.673385,0.5,2681,73,0\n"
    )
    assert {each.term: each.price for each in lines("gcp", google)} == {
        Term.ON_DEMAND: Decimal("3.673385"),
        Term.SPOT: Decimal("0.5"),
        Term.RESERVED_1Y: Decimal("0.1"),
    }


def test_a_table_of_ones_own() -> None:
    """Four columns are enough; the others say what differs; every wrong cell is told by its line."""
    text = (
        "provider,region,name,price,unit,term,currency,asOf\n"
        "aws,eu-west-1,m7i.large,0.1,,,,\n"
        "gcp,europe-west1,vertex-prediction,0.002,1k predictions,,EUR,2026-10-01\n"
        "ibm,x,y,1,,,,\n"
        "aws,eu-west-1,m7i.large,-1,,,,\n"
        "aws,eu-west-1,m7i.large,1,,sometimes,,\n"
        "aws,eu-west-1,m7i.large,1,,,,soon\n"
        "aws,,m7i.large,1,,,,\n"
    )
    first, second = lines("csv", text)
    assert (first.provider, first.unit, first.currency, first.as_of) == ("aws", "hour", "", None)
    assert (second.provider, second.unit, second.currency) == ("google", "1k predictions", "EUR")
    wrong = {each.row: each.reason for each in items("csv", text) if isinstance(each, Problem)}
    assert sorted(wrong) == [4, 5, 6, 7, 8]
    assert "known are aws, azure, google, gcp" in wrong[4]


@pytest.mark.parametrize("value", ["1e300", "NaN", "-1", "", "1,5", "1.", 0.1, True, None, "9" * 13, "1e-30"])
def test_what_is_no_price_is_refused(value: object) -> None:
    """Also a float, which is not exact."""
    with pytest.raises(ValueError, match=r"price|digits"):
        exact_price(value)


_STRANGE = ["", "{}", "[]", "{", "\0", "a,b\n1,2\n", '{"Items": 3, "skus": {}}', "[" * 99_999, '{"a": 1e' * 9]


@pytest.mark.parametrize("kind", ["aws", "azure", "gcp", "csv"])
@pytest.mark.parametrize("text", _STRANGE)
def test_no_list_of_a_provider_yields_a_price(kind: str, text: str) -> None:
    """Every other text is told, and none ends the reader with a traceback."""
    found: list[Item] = []
    with suppress(UnreadableListError):
        found = items(kind, text)
    assert not [each for each in found if not isinstance(each, Problem | Left)]
