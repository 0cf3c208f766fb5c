"""What the client makes of answers that are not what a healthy server gives; each comes over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from fairlead.drivers.prometheus import Prometheus
from fairlead.kernel.errors import BrokenWorldError

TOKEN = "Bearer s3cr3t-of-the-test"


class _Server(ThreadingHTTPServer):
    def __init__(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.answer = (code, body, headers)
        self.asked: list[str | None] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        code, body, headers = self.server.answer
        self.server.asked.append(self.headers.get("Authorization"))
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is not a log."""


@contextmanager
def answering(body: object, code: int = 200, **headers: str) -> Iterator[tuple[Prometheus, _Server]]:
    """A client of a server that always gives this answer; an object is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with _Server(code, raw, headers) as server, httpx2.Client(trust_env=False) as client:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Prometheus(client, f"http://127.0.0.1:{server.server_port}/", TOKEN), server
        finally:
            server.shutdown()
            thread.join()


def data(*series: object) -> dict[str, Any]:
    """A whole answer with these series."""
    return {"status": "success", "data": {"resultType": "matrix", "result": list(series)}}


def test_samples_are_exact_and_numbers_only() -> None:
    """Values keep their decimal form; what is no number was not measured; the span's beginning is not in it."""
    values = [[1, "9"], [2, "0.1"], [2.5, "1.5e+06"], [3, "NaN"], [4, "+Inf"], [5.001, "123456789.12345679"]]
    with answering(data({"metric": {"a": "b"}, "values": values}, {"metric": {}, "histograms": []})) as (server, _):
        first, second = server.samples("m{}", 1000, 6000) or []
    assert first == (
        {"a": "b"},
        [(2000, Decimal("0.1")), (2500, Decimal("1.5e6")), (5001, Decimal("123456789.12345679"))],
    )
    assert second == ({}, [])


def test_a_partial_answer_is_remembered() -> None:
    """The server's own warning that an answer is not whole is kept, to be told."""
    with answering({**data(), "warnings": ["store gateway is down"]}) as (server, _):
        assert server.samples("m{}", 0, 1000) == []
        assert server.warnings == {"store gateway is down"}


def test_too_much_is_no_error() -> None:
    """A query that needs too many samples is told as such, so that it can be asked in halves."""
    said = {"status": "error", "errorType": "execution", "error": "query processing would load too many samples"}
    with answering(said, 422) as (server, _):
        assert server.samples("m{}", 0, 1000) is None


def test_an_endless_answer_is_cut_off() -> None:
    """An answer larger than the memory that it may have is not read to its end."""
    with answering(b'{"status": "success", "data": "' + b"x" * (40 << 20) + b'"}') as (server, _):
        assert server.samples("m{}", 0, 1000) is None


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"status": "error", "error": "parse error"}, 400, "refuses (400): parse error"),
        (b"no", 401, "refuses (401)"),
        (b"<html>", 200, "no JSON of its API"),
        (b"[" * 100_000, 200, "no JSON of its API"),
        (b"[1]", 200, "no JSON of its API"),
        (data(7), 200, "another shape"),
        (data({"metric": {}, "values": [["x", "y"]]}), 200, "another shape"),
        ({"status": "success"}, 200, "another shape"),
        (b"", 302, "no JSON of its API"),
    ],
)
def test_strange_answers_are_a_broken_world(body: object, code: int, said: str) -> None:
    """What is not understood is an error with the server's address and a mend, and never the token."""
    moved = {"Location": "http://127.0.0.1:9/"}
    with answering(body, code, **moved) as (server, _), pytest.raises(BrokenWorldError) as caught:
        server.samples("m{}", 0, 1000)
    assert said in caught.value.what
    assert caught.value.where.startswith("http://127.0.0.1:")
    assert caught.value.mend
    assert "s3cr3t" not in str(caught.value)


def test_a_token_goes_to_the_server_and_nowhere_else() -> None:
    """The secret stands in the header; a redirect to another address is not followed."""
    with answering(data()) as (server, asked):
        server.samples("m{}", 0, 1000)
        assert asked.asked == [TOKEN]
    with (
        answering(data()) as (_, other),
        answering(b"", 302, Location=f"http://127.0.0.1:{other.server_port}/") as (
            server,
            _,
        ),
    ):
        with pytest.raises(BrokenWorldError):
            server.samples("m{}", 0, 1000)
        assert other.asked == []


def test_nobody_there_is_told() -> None:
    """A server that cannot be reached is an error with a mend."""
    with httpx2.Client(trust_env=False) as client, pytest.raises(BrokenWorldError, match="cannot be reached"):
        Prometheus(client, "http://127.0.0.1:9").metrics(["up"], 0, 1000)
