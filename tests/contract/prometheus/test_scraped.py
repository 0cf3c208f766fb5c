"""The collector over what a real Prometheus scraped from a real target, which restarts and goes away meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from fairlead.drivers.prometheus import Prometheus
from fairlead.kernel.windows import Window, window_at
from fairlead.meter.collectors.base import UsageRow
from fairlead.meter.collectors.labelling import Labelling
from fairlead.meter.collectors.prometheus import QueryCollector
from fairlead.meter.collectors.prometheus_metrics import queries_of
from fairlead.meter.collectors.series import Series
from tests.contract.prometheus.server import demand_prometheus, running

CONFIG = """\
scrape_configs:
  - job_name: model
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


class _Target(ThreadingHTTPServer):
    """Counts 7 tokens at each scrape; while it is `down` it answers 503. `told` are all the figures that it gave."""

    def __init__(self) -> None:
        self.tokens = 0
        self.down = False
        self.told: list[int] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def wait_for(self, answers: int) -> None:
        """Until it was scraped so many times more."""
        wanted, until = len(self.told) + answers, time.monotonic() + 30
        while len(self.told) < wanted:
            assert time.monotonic() < until, "it is not scraped"
            time.sleep(0.02)


class _Handler(BaseHTTPRequestHandler):
    server: _Target

    def do_GET(self) -> None:
        if self.server.down:
            self.send_error(503)
            return
        self.server.tokens += 7
        body = f'vllm:prompt_tokens_total{{model_name="m"}} {self.server.tokens}\n'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.told.append(self.server.tokens)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def target() -> Iterator[_Target]:
    """A target that serves."""
    with _Target() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_what_was_scraped_is_what_is_collected(target: _Target, tmp_path: Path) -> None:
    """Over a restart and a time of no answer (which Prometheus marks as stale), every token after the first scrape."""
    demand_prometheus()
    begin = window_at(datetime.now(UTC), timedelta(minutes=5)).start
    with running(tmp_path, tmp_path / "store", CONFIG.format(port=target.server_port)) as address:
        target.wait_for(4)
        target.down = True
        time.sleep(0.6)
        target.tokens, target.down = 0, False
        target.wait_for(4)
        target.down = True
        time.sleep(0.5)  # the last scrape is in the store
        rows = list(collected(address, Window(begin, begin + timedelta(minutes=10))))
    restart = next(place for place, tokens in enumerate(target.told) if place and tokens < target.told[place - 1])
    truth = (target.told[restart - 1] - target.told[0]) + target.told[-1]
    assert sum(row.quantity for row in rows) == Decimal(truth)


def collected(address: str, window: Window) -> Iterator[UsageRow]:
    """Rows of the model's tokens."""
    (query,) = queries_of(["vllm/input-tokens"])
    with httpx2.Client(trust_env=False) as client:
        server = Prometheus(client, address)

        def ask(selector: str, after: int, upto: int) -> list[Series]:
            return [Series(*each) for each in server.samples(selector, after, upto) or ()]

        collector = QueryCollector(query, ask, timedelta(minutes=5), Labelling())
        yield from (each for each in collector.collect(window) if isinstance(each, UsageRow))
        assert collector.report().resets == 1
