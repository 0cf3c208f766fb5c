"""A provider's list is kept whole under its day, once and for all; what cannot be read is told, and nothing is kept."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.price_book import Discount, PriceBook
from fairlead.drivers.price_files import Bounds
from fairlead.drivers.price_store import PriceStore
from fairlead.flows.prices import PriceImport, Wanted, current_prices, import_list, known_lists
from fairlead.kernel.errors import BrokenWorldError, ConflictError, NotFoundError, UsageError
from fairlead.testing.time import ManualClock
from tests.scenario.prices.price_server import PriceServer, price_server

TODAY = date(2026, 11, 23)
TABLE = (
    "provider,region,name,price,unit,asOf\naws,eu-west-1,m7i.large,0.11,,\naws,us-east-1,g5.xlarge,0.9,,2026-11-02\n"
)


class Scene:
    """Somebody with an empty home, on a day of our choice."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.environ = {"XDG_STATE_HOME": str(place / "state")}
        self.folder = place / "state" / "fairlead" / "prices"

    def file(self, text: str | bytes, name: str = "list.csv") -> str:
        """A file's path."""
        path = self.place / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def take(self, kind: str, place: str, bounds: Bounds | None = None, **other: Any) -> PriceImport:  # noqa: ANN401
        """Import a list."""
        wanted = Wanted(kind, place, **{"as_of": date(2026, 11, 20), **other})
        return import_list(
            wanted, ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC)), lambda *_: None, self.environ, bounds
        )

    def price(self, region: str, name: str, book: PriceBook | None = None) -> tuple[Decimal, str]:
        """What an instance costs today, and who says so."""
        found = current_prices(book, TODAY, self.environ).instance("aws", region, name)
        assert found is not None
        return found.price, found.cited

    def kept(self) -> list[str]:
        """Every file in the folder of lists."""
        return sorted(each.name for each in self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A new one for each test."""
    return Scene(tmp_path)


@pytest.fixture
def server() -> Iterator[PriceServer]:
    """A provider's API."""
    with price_server() as made:
        yield made


def test_an_imported_price_takes_the_place_of_an_older_one(scene: Scene) -> None:
    """It names file, row and day; what only the shipped lists have, they still answer."""
    assert scene.price("us-east-1", "g5.xlarge")[0] == Decimal("1.006")
    done = scene.take("csv", scene.file(TABLE))
    assert done.stored is not None
    assert (done.stored.rows, done.stored.oldest, done.is_new) == (2, date(2026, 11, 2), True)
    assert scene.price("us-east-1", "g5.xlarge") == (
        Decimal("0.9"),
        "list.csv, row 3, g5.xlarge, us-east-1, 2026-11-02",
    )
    assert scene.price("EU-WEST-1", "M7I.large")[1].endswith("2026-11-20")
    assert scene.price("us-east-1", "c7i.large")[0] == Decimal("0.08925")
    agreed = PriceBook(currency="USD", discounts=(Discount(provider="aws", percent=Decimal(10)),))
    assert scene.price("us-east-1", "g5.xlarge", agreed)[0] == Decimal("0.81")


def test_an_older_list_never_takes_the_place_of_a_newer_one(scene: Scene) -> None:
    """Whichever was imported last."""
    scene.take("csv", scene.file("provider,region,name,price\naws,us-east-1,g5.xlarge,7\n"), as_of=date(2026, 1, 1))
    assert scene.price("us-east-1", "g5.xlarge")[0] == Decimal("1.006")


def test_a_list_never_changes(scene: Scene) -> None:
    """The same prices again, in whatever order, change nothing; others for the same day are refused."""
    scene.take("csv", scene.file(TABLE))
    before = (scene.folder / "csv-2026-11-20.sqlite").read_bytes()
    head, first, second = TABLE.splitlines()
    again = scene.take("csv", scene.file(f"{head}\n{second}\n{first}\n"))
    assert again.stored is not None
    assert not again.is_new
    with pytest.raises(ConflictError, match="--as-of"):
        scene.take("csv", scene.file(TABLE.replace("0.11", "0.12")))
    assert (scene.folder / "csv-2026-11-20.sqlite").read_bytes() == before
    assert scene.take("csv", scene.file(TABLE.replace("0.11", "0.12")), as_of=date(2026, 11, 21)).is_new
    assert scene.kept() == ["csv-2026-11-20.sqlite", "csv-2026-11-21.sqlite"]


def test_a_row_that_cannot_be_read_refuses_the_list(scene: Scene) -> None:
    """With file and row; `partial` keeps the rest."""
    place = scene.file(TABLE + "aws,us-east-1,c7i.large,cheap,,\n")
    done = scene.take("csv", place)
    (found,) = done.findings
    assert (done.stored, done.refused) == (None, 1)
    assert (found.path, found.line, found.rule) == ("list.csv", 4, "prices/unreadable-row")
    assert scene.kept() == []
    partly = scene.take("csv", place, partial=True)
    assert partly.stored is not None
    assert (partly.stored.rows, partly.refused) == (2, 1)


def test_two_prices_for_the_same_are_told(scene: Scene) -> None:
    """The first is kept; the same price twice is nothing to tell."""
    text = TABLE + "aws,eu-west-1,m7i.large,0.5,,\naws,eu-west-1,M7i.large,0.110,,\n"
    done = scene.take("csv", scene.file(text))
    assert [(each.rule, each.line) for each in done.findings] == [("prices/second-price", 4)]
    assert scene.price("eu-west-1", "m7i.large")[0] == Decimal("0.11")


def test_currencies_never_mix(scene: Scene) -> None:
    """A row in another currency than was asked for is refused; a list in another answers no question in dollars."""
    text = "provider,region,name,price,currency\naws,eu-west-9,m7i.large,0.1,EUR\n"
    assert scene.take("csv", scene.file(text)).refused == 1
    assert scene.take("csv", scene.file(text), currency="EUR").is_new
    assert current_prices(None, TODAY, scene.environ).instance("aws", "eu-west-9", "m7i.large") is None
    assert PriceStore(scene.folder, "EUR").instance("aws", "eu-west-9", "m7i.large") is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(TABLE.encode(), mtime=0)[:-12], "cannot be unpacked"),
        (gzip.compress(TABLE.encode(), mtime=0)[:20] + b"\xff" * 60, "cannot be unpacked"),
        (TABLE.encode() + b"aws,x,\xff\xfe,1,,\n", "no UTF-8"),
        (b"provider,region\n", "no column name, price"),
        (b"", "no column"),
        (TABLE.encode() + b'aws,"' + b"x" * 2_000_000, "longer than"),
        (b"provider,region,name,price\n", "there is no price in it"),
    ],
)
def test_what_is_no_list_keeps_nothing(scene: Scene, content: bytes, message: str) -> None:
    """However far it could be read."""
    done = scene.take("csv", scene.file(content), partial=True)
    assert done.stored is None
    assert message in done.findings[-1].message
    assert scene.kept() == []


def test_packed_and_with_a_mark_at_its_start(scene: Scene) -> None:
    """A list may be packed with gzip, and begin with a byte-order mark."""
    done = scene.take("csv", scene.file(gzip.compress(b"\xef\xbb\xbf" + TABLE.encode()), "list.csv.gz"))
    assert done.stored is not None
    assert done.stored.rows == 2


def test_the_day_is_said_by_somebody(scene: Scene) -> None:
    """By the list, or by the person; a day to come is refused."""
    with pytest.raises(UsageError, match="--as-of"):
        scene.take("csv", scene.file("provider,region,name,price\naws,r,n,1\n"), as_of=None)
    dated = scene.take("csv", scene.file("provider,region,name,price,asOf\naws,r,n,1,2026-10-05\n"), as_of=None)
    assert dated.stored is not None
    assert dated.stored.as_of == date(2026, 10, 5)
    with pytest.raises(UsageError, match="not come yet"):
        scene.take("csv", scene.file(TABLE), as_of=date(2026, 11, 24))
    with pytest.raises(NotFoundError):
        scene.take("csv", str(scene.place / "none"))
    with pytest.raises(UsageError, match="use one of: aws, azure, csv, gcp"):
        scene.take("ibm", scene.file(TABLE))


def test_what_is_older_than_ninety_days_is_a_finding(scene: Scene) -> None:
    """Of a list that nothing newer has taken the place of."""
    assert {each.path for each in known_lists(date(2026, 8, 1), scene.environ).findings} == {
        "services' list prices (come with fairlead)"
    }
    stale = {each.path for each in known_lists(TODAY, scene.environ).findings}
    assert "AWS EC2 on-demand list price, Linux (comes with fairlead)" in stale
    aws = "region,instance_type,usd_per_hour,generated_at\nus-east-1,g5.xlarge,1.0,2026-11-20T00:00:00Z\n"
    scene.take("aws", scene.file(aws))
    assert not any(each.path.startswith("AWS") for each in known_lists(TODAY, scene.environ).findings)


def _page(sku: str, following: str = "") -> bytes:
    item = {
        "currencyCode": "USD", "retailPrice": 0.1, "armRegionName": "westeurope", "armSkuName": sku,
        "productName": "Virtual Machines", "skuName": sku, "serviceName": "Virtual Machines",
        "unitOfMeasure": "1 Hour", "type": "Consumption",
    }  # fmt: skip
    return json.dumps({"Items": [item], "NextPageLink": following or None}).encode()


def test_pages_are_followed_at_the_same_host(scene: Scene, server: PriceServer) -> None:
    """All of them, once; the address that is kept holds no parameters, which may be secret."""
    first = f"{server.address}/api/retail/prices?key=secret"
    server.answers["/api/retail/prices?key=secret"] = _page("Standard_A1", f"{server.address}/api/retail/prices?skip=1")
    server.answers["/api/retail/prices?skip=1"] = _page("Standard_A2")
    done = scene.take("azure", first, as_of=None)
    assert done.stored is not None
    assert (done.stored.rows, done.stored.as_of) == (2, TODAY)
    assert done.stored.source == f"{server.address}/api/retail/prices"
    assert len(server.asked) == 2


def test_googles_pages_are_asked_by_their_token(scene: Scene, server: PriceServer) -> None:
    """The parameter is added, and takes the place of the last one."""
    sku = {
        "description": "Core", "category": {"resourceFamily": "Compute", "usageType": "OnDemand"},
        "serviceRegions": ["europe-west1"],
        "pricingInfo": [{"pricingExpression": {"usageUnit": "h", "tieredRates": [
            {"unitPrice": {"currencyCode": "USD", "units": "0", "nanos": 5}}]}}],
    }  # fmt: skip
    server.answers["/skus?key=k"] = json.dumps({"skus": [sku], "nextPageToken": "t1"}).encode()
    for token, following in (("t1", "t2"), ("t2", "")):
        page = {"skus": [{**sku, "description": token}], "nextPageToken": following}
        server.answers[f"/skus?key=k&pageToken={token}"] = json.dumps(page).encode()
    done = scene.take("gcp", f"{server.address}/skus?key=k")
    assert done.stored is not None
    assert done.stored.rows == 3


def test_a_page_elsewhere_is_not_asked_for(scene: Scene, server: PriceServer) -> None:
    """Neither another host nor a page that was read already; and a list that has moved says where."""
    server.answers["/a"] = _page("Standard_A1", "http://127.0.0.1:1/b")
    server.answers["/c"] = _page("Standard_A1", f"{server.address}/c")
    server.moved["/d"] = f"{server.address}/e?secret"
    for path, message in (
        ("/a", "another host"),
        ("/c", "no end"),
        ("/d", f"elsewhere: {server.address}/e"),
        ("/e", "404"),
    ):
        with pytest.raises(BrokenWorldError, match=message):
            scene.take("azure", server.address + path)
    assert scene.kept() == []
    assert "/e?secret" not in server.asked


def test_a_page_in_a_file_is_said_to_be_one_of_several(scene: Scene) -> None:
    """What stands on the others is not in the list."""
    done = scene.take("azure", scene.file(_page("Standard_A1", "https://prices.azure.com/x")))
    assert [each.rule for each in done.findings] == ["prices/more-pages"]
    assert done.is_new


def test_what_comes_is_bounded_in_size_and_time(scene: Scene, server: PriceServer) -> None:
    """Also where it only becomes large when it is unpacked; a broken connection is told."""

    def endless() -> Iterator[bytes]:
        yield TABLE.encode()
        while True:
            yield b"aws,r,n,1,,\n" * 100

    def slow() -> Iterator[bytes]:
        while True:
            yield b"\n"
            time.sleep(0.05)

    server.answers["/endless"], server.answers["/slow"] = endless, slow
    server.answers["/bomb"] = gzip.compress(b"\n" * 10_000_000)
    for path in ("/endless", "/bomb"):
        with pytest.raises(BrokenWorldError, match="more than the 300000 bytes"):
            scene.take("csv", server.address + path, Bounds(bytes=300_000))
    with pytest.raises(BrokenWorldError, match="too slowly"):
        scene.take("csv", f"{server.address}/slow", Bounds(seconds=0.3))
    with pytest.raises(BrokenWorldError, match="cannot be fetched"):
        scene.take("csv", "http://127.0.0.1:1/x")
    with pytest.raises(UsageError, match="no list is fetched by s3"):
        scene.take("csv", "s3://bucket/list.csv")
    assert scene.kept() == []


def test_a_killed_import_leaves_no_list(scene: Scene, server: PriceServer) -> None:
    """Kill -9 in the midst of it: nothing is there, and the next import sweeps up what it left."""
    started = scene.place / "started"

    def held() -> Iterator[bytes]:
        yield TABLE.encode() * 1
        started.touch()
        time.sleep(60)

    server.answers["/held"] = held
    command = [sys.executable, "-m", "fairlead", "prices", "import", "csv", f"{server.address}/held"]
    with subprocess.Popen(command, env={**os.environ, **scene.environ}) as process:
        until = time.monotonic() + 60
        while not (started.exists() and scene.kept()) and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert [each for each in scene.kept() if not each.startswith(".draft-")] == []
    assert len(scene.kept()) == 1
    assert scene.take("csv", scene.file(TABLE)).is_new
    assert scene.kept() == ["csv-2026-11-20.sqlite"]


def test_a_damaged_list_is_told(scene: Scene) -> None:
    """It is never taken for one without the price that was asked for."""
    scene.take("csv", scene.file(TABLE))
    (scene.folder / "csv-2026-11-20.sqlite").write_bytes(b"not a database, at all" * 100)
    with pytest.raises(BrokenWorldError, match="imported again"):
        scene.price("us-east-1", "g5.xlarge")


_LISTS = Path(os.environ.get("FAIRLEAD_DATA", "/none")) / "prices"


@pytest.mark.skipif(not _LISTS.is_dir(), reason="the published lists are not here (FAIRLEAD_DATA)")
@pytest.mark.parametrize(
    ("kind", "name", "rows", "left"),
    [
        ("aws", "aws_on_demand_hourly.csv", 2_686, 316),
        ("azure", "azure_on_demand_hourly.csv.gz", 67_604, 68),
        ("gcp", "gcp_compute_prices.csv.gz", 69_506, 1_374),
    ],
)
def test_the_published_tables_are_read_whole(scene: Scene, kind: str, name: str, rows: int, left: int) -> None:
    """Every row is kept, or counted among what is left out."""
    done = scene.take(kind, str(_LISTS / name))
    assert done.stored is not None
    assert (done.stored.rows, sum(done.left.values()), done.refused) == (rows, left, 0)
