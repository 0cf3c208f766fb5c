"""Measures from elsewhere under real load: a real Prometheus and a CSV file judge a release; silence passes none."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from fairlead.kernel.windows import iso
from tests.contract.prometheus.server import demand_prometheus, running
from tests.e2e.rollouts.conftest import Shop
from tests.e2e.spine.declarations import GATEWAY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

_WORSE = {"old": 4.0, "new": 12.0}

_ASKED = """\
analyses:
  - name: queued
    every: 2s
    metrics:
      - name: queue-depth
        margin: 0.5
        prometheus: { url: "URL", query: 'queue_depth{arm="{arm}"}', maxAge: 30s, window: 2s }
"""
_WRITTEN = """\
analyses:
  - name: queued
    every: 2s
    metrics: [{ name: queue-depth, margin: 0.5, csv: { path: FILE } }]
"""
_CANARY = "release: {{ strategy: canary, steps: [{{ weight: 50 }}], analysis: queued, longest: {longest} }}\n"


class _Exporter(BaseHTTPRequestHandler):
    """Answers a scrape with a depth of each arm's queue that is never twice the same."""

    def do_GET(self) -> None:
        lines = (f'queue_depth{{arm="{arm}"}} {_drawn(depth)}\n' for arm, depth in _WORSE.items())
        body = ("# TYPE queue_depth gauge\n" + "".join(lines)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
        """Say nothing."""


def _drawn(depth: float) -> float:
    return depth * random.lognormvariate(0, 0.1)


@contextmanager
def _exporting() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Exporter)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def _appending(file: Path, names: dict[str, str]) -> Iterator[None]:
    """A program of somebody's that writes down both arms' depths each second."""
    stop = Event()

    def write() -> None:
        while not stop.wait(1):
            at = iso(datetime.now(UTC))
            with file.open("a") as rows:
                rows.writelines(f"{at},{name},{_drawn(_WORSE[arm])}\n" for arm, name in names.items())

    file.write_text("time,release,value\n")
    thread = Thread(target=write, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def test_prometheus_stops_what_only_it_can_see(shop: Shop, tmp_path: Path) -> None:
    """A queue three times as deep is known to Prometheus alone: the release is out, and the revert names it."""
    demand_prometheus()
    with _exporting() as port:
        config = (
            "scrape_configs:\n- job_name: shop\n  scrape_interval: 1s\n  static_configs:\n"
            f"  - targets: ['127.0.0.1:{port}']\n"
        )
        with running(tmp_path, tmp_path / "store", config) as address:
            shop.machine.declare_workspace(more=GATEWAY + _ASKED.replace("URL", address))
            seen = shop.begin(delay_ms=3)
            with shop.machine.load(rate=30, seconds=300, model="shop"):
                shop.bring("Queue the shop", _CANARY.format(longest="10m"), delay_ms=3, note=1)
                ended = shop.ended(seen, "aborted", 200)
                message = shop.reverted()
    assert ended["body"]["metric"] == "queue-depth"
    assert "queue-depth is worse" in ended["body"]["message"]
    assert "Fairlead-Metric: queue-depth" in message


def test_a_csv_file_stops_it_as_well(shop: Shop, tmp_path: Path) -> None:
    """The same from a file that another program appends to."""
    file = tmp_path / "depths.csv"
    shop.machine.declare_workspace(more=GATEWAY + _WRITTEN.replace("FILE", str(file)))
    seen = shop.begin(delay_ms=3)
    first = shop.machine.git("rev-parse", "HEAD")
    with shop.machine.load(rate=30, seconds=300, model="shop"):
        bad = shop.bring("Queue the shop", _CANARY.format(longest="10m"), delay_ms=3, note=1)
        with _appending(file, {"old": f"shop@{first[:12]}", "new": f"shop@{bad[:12]}"}):
            ended = shop.ended(seen, "aborted", 200)
    assert ended["body"]["metric"] == "queue-depth"


def test_a_measure_that_is_not_wired_never_passes(shop: Shop, tmp_path: Path) -> None:
    """Nobody writes the file: the canary waits to its longest time, is taken back, and says what was missing."""
    shop.machine.declare_workspace(more=GATEWAY + _WRITTEN.replace("FILE", str(tmp_path / "nowhere.csv")))
    seen = shop.begin(delay_ms=3)
    with shop.machine.load(rate=60, seconds=300, model="shop"):
        shop.bring("Improve the shop", _CANARY.format(longest="25s"), delay_ms=3, note=1)
        ended = shop.ended(seen, "aborted", 150)
    assert "queue-depth" in ended["body"]["message"]
    assert "No such file" in ended["body"]["message"]
    assert not seen.journal("rollout.completed")
