"""OpenCost is asked over a real socket; what it answers is a file, whole or not at all."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from fairlead.drivers.ledger.opencost_api import LONGEST, opencost_file
from fairlead.flows.ledger.fetching import fetch_bill, is_address
from fairlead.flows.ledger.import_result import ImportRequest
from fairlead.flows.ledger.importing import import_bills
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.kernel.windows import Window
from fairlead.meter.bills.opencost import OPENCOST
from fairlead.testing.progress import no_progress
from tests.unit.meter.bills.converted import BILLS, converted

DOCUMENT = (BILLS / "opencost_allocation.json").read_bytes()
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
SPAN = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
MOST = 1_000_000


@dataclass
class OpenCost:
    """A server that speaks OpenCost's HTTP: what it answers, how it says its length, and what it was asked."""

    port: int = 0
    status: int = 200
    body: bytes = DOCUMENT
    length: int | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where allocations are."""
        return f"http://127.0.0.1:{self.port}/allocation"


@pytest.fixture
def opencost() -> Iterator[OpenCost]:
    """An OpenCost on loopback."""
    told = OpenCost()

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(told.body) if told.length is None else told.length))
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        told.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield told
        server.shutdown()


def fetch(told: OpenCost, path: Path, *, most: int = MOST) -> int:
    """Ask for November."""
    with httpx2.Client() as client:
        return opencost_file(client, told.address, SPAN, path, most=most)


def test_the_answer_is_kept_as_it_was_sent(opencost: OpenCost, tmp_path: Path) -> None:
    """Byte for byte, under the folder of what was fetched, and its rows are FOCUS."""
    path = fetch_bill(opencost.address, NOVEMBER, DECEMBER, tmp_path / "fetched")
    assert is_address(opencost.address)
    assert path.read_bytes() == DOCUMENT
    assert len(converted(OPENCOST, path)) == 7


def test_an_address_is_imported_like_a_file(opencost: OpenCost, books: World) -> None:
    """The rows are in the ledger, and the file that they are traced to is under the state folder."""
    request = ImportRequest("cluster", currency="USD", since=NOVEMBER, until=DECEMBER)
    result = import_bills(books, [opencost.address], request, no_progress)
    [file] = result.files
    assert Path(file.path).is_relative_to(books.settings.state)
    assert Path(file.path).read_bytes() == DOCUMENT
    assert (file.rows_accepted, file.sums["USD"]["BilledCost"]) == (7, Decimal("27.33697"))
    again = import_bills(books, [opencost.address], request, no_progress)
    assert again.unchanged


def test_a_day_without_any_charge_is_told(opencost: OpenCost, books: World) -> None:
    """Days that were asked for and are not in the answer are findings, but for those that are not over yet."""
    request = ImportRequest("cluster", currency="USD", since=date(2026, 10, 1), until=date(2126, 1, 1))
    result = import_bills(books, [opencost.address], request, no_progress)
    told = [each.value for each in result.findings if each.rule == "day-missing"]
    started = {day["start"][:10] for step in json.loads(DOCUMENT)["data"] if step for day in step.values()}
    assert told[0] == "2026-10-01"
    assert max(told) < datetime.now(UTC).date().isoformat()
    assert not started & set(told)


def test_a_file_that_rows_are_traced_to_stays(opencost: OpenCost, tmp_path: Path) -> None:
    """Another answer to the same question is another file; the same answer is the same one."""
    first = fetch_bill(opencost.address, NOVEMBER, DECEMBER, tmp_path)
    assert fetch_bill(opencost.address, NOVEMBER, DECEMBER, tmp_path) == first
    opencost.body = DOCUMENT + b"\n"
    second = fetch_bill(opencost.address, NOVEMBER, DECEMBER, tmp_path)
    assert (first.read_bytes(), second.read_bytes()) == (DOCUMENT, DOCUMENT + b"\n")
    assert sorted(tmp_path.glob("**/*.*")) == sorted([first, second])


def test_it_is_asked_day_by_day_and_the_address_has_the_last_word(opencost: OpenCost, tmp_path: Path) -> None:
    """Window, step and idle are given; parameters of the address itself stay, whatever they say."""
    fetch(opencost, tmp_path / "a.json")
    with httpx2.Client() as client:
        opencost_file(client, f"{opencost.address}?aggregate=pod&step=1h", SPAN, tmp_path / "b.json", most=MOST)
    first, second = (parse_qs(urlsplit(asked).query) for asked in opencost.asked)
    assert first == {
        "window": ["2026-11-01T00:00:00Z,2026-12-01T00:00:00Z"],
        "step": ["1d"],
        "accumulate": ["false"],
        "includeIdle": ["true"],
    }
    assert second == first | {"step": ["1h"], "aggregate": ["pod"]}


def test_an_error_inside_an_answer_of_200_is_an_error(opencost: OpenCost, tmp_path: Path) -> None:
    """OpenCost says most of its errors with status 200 and a code inside; the file of before stays."""
    (tmp_path / "a.json").write_text("old")
    opencost.body = b'{"code":500,"status":"error","data":null,"message":"invalid window"}'
    with pytest.raises(BrokenWorldError, match="refuses with 500: invalid window"):
        fetch(opencost, tmp_path / "a.json")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "old")]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, b'{"code":400,"message":"Invalid \'window\' parameter"}', "refuses with 400: Invalid 'window' parameter"),
        (404, b"404 page not found\n", "refuses with 404: 404 page not found"),
        (302, b"", "refuses with 302"),
        (200, b"<html>a proxy's page</html>", "no JSON object"),
        (200, b"", "no JSON object"),
    ],
)
def test_what_is_no_answer_is_said(opencost: OpenCost, tmp_path: Path, status: int, body: bytes, said: str) -> None:
    """Refusals, pages of others and nothing at all are told, with OpenCost's own words where there are some."""
    opencost.status, opencost.body = status, body
    with pytest.raises(BrokenWorldError, match=said):
        fetch(opencost, tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_an_answer_without_end_is_cut_off(opencost: OpenCost, tmp_path: Path) -> None:
    """More than the bound is not kept, and not waited for."""
    with pytest.raises(BrokenWorldError, match="larger than 1000 bytes"):
        fetch(opencost, tmp_path / "a.json", most=1000)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_takes_too_long_is_given_up(opencost: OpenCost, tmp_path: Path) -> None:
    """The whole answer has a bound in time, however steadily it comes."""
    clock = iter([0.0, LONGEST + 1])
    with httpx2.Client() as client, pytest.raises(BrokenWorldError, match="took more than 600 s"):
        opencost_file(client, opencost.address, SPAN, tmp_path / "a.json", most=MOST, clock=lambda: next(clock))


def test_half_an_answer_is_none(opencost: OpenCost, tmp_path: Path) -> None:
    """A connection that ends before the answer does leaves no file."""
    opencost.length = len(DOCUMENT) + 1
    with pytest.raises(BrokenWorldError, match="did not answer"):
        fetch(opencost, tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_nobody_there_is_a_broken_world(tmp_path: Path) -> None:
    """An address that nobody listens at is said so, with the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(BrokenWorldError, match=f"127.0.0.1:{port}"):
        fetch(OpenCost(port=port), tmp_path / "a.json")


@pytest.mark.parametrize("address", ["http://user:password@127.0.0.1/allocation", "http://127.0.0.1:bad/allocation"])
def test_an_address_that_cannot_be_asked_is_refused(tmp_path: Path, address: str) -> None:
    """No password reaches a log, and an address that is none is the user's mistake."""
    with pytest.raises(UsageError) as wrong:
        fetch_bill(address, NOVEMBER, DECEMBER, tmp_path)
    assert "password@" not in str(wrong.value)


def test_a_disk_that_cannot_be_written_is_said(opencost: OpenCost, tmp_path: Path) -> None:
    """Where the file cannot be, the error names the folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BrokenWorldError, match="cannot be written"):
        fetch(opencost, tmp_path / "file" / "a.json")


def test_the_sample_is_an_answer_of_opencost() -> None:
    """The file that the tests of both kinds read is JSON of the documented form."""
    document = json.loads(DOCUMENT)
    assert (document["code"], [type(step).__name__ for step in document["data"]]) == (
        200,
        ["dict", "dict", "NoneType", "dict"],
    )
