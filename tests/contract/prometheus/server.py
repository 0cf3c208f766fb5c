"""A real Prometheus on loopback: over samples written into its store beforehand, or scraping a target of the test."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["Samples", "backfilled", "demand_prometheus", "running", "value_at"]

_PATIENCE = 60

Samples = Mapping[str, Sequence[tuple[float, float | str]]]
"""By series in PromQL, `name{label="value"}`: seconds since 1970, and the value."""


def demand_prometheus() -> None:
    """Leave the test out, saying so, where there is no Prometheus."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.skip("prometheus and promtool are not installed: left out what asks a real Prometheus")


def backfilled(folder: Path, samples: Samples) -> Path:
    """A store with these samples, made by Prometheus' own tool."""
    text = folder / "samples.txt"
    families: dict[str, list[str]] = {}
    for series, values in samples.items():
        name = series.partition("{")[0]
        families.setdefault(name, []).extend(f"{series} {value} {at:.3f}" for at, value in values)
    lines = [line for name, rows in families.items() for line in (f"# TYPE {name} unknown", *rows)]
    text.write_text("\n".join([*lines, "# EOF", ""]))
    store = folder / "store"
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", text, store], check=True, capture_output=True
    )
    return store


@contextmanager
def running(folder: Path, store: Path, config: str = "") -> Iterator[str]:
    """A server over the store; its address. It is ended by its process when the block ends."""
    written = folder / "prometheus.yml"
    written.write_text(config or "scrape_configs: []\n")
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        "prometheus",
        f"--config.file={written}",
        f"--storage.tsdb.path={store}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "prometheus.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait(process, f"{address}/-/ready", folder / "prometheus.log")
            yield address
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def value_at(address: str, query: str, at: float) -> dict[str, float]:
    """Prometheus' own answer to an instant query, by the series' labels as JSON."""
    asked = urllib.parse.urlencode({"query": query, "time": at})
    with urllib.request.urlopen(f"{address}/api/v1/query?{asked}", timeout=_PATIENCE) as answer:  # noqa: S310 - loopback
        found = json.load(answer)["data"]["result"]
    return {json.dumps(each["metric"], sort_keys=True): float(each["value"][1]) for each in found}


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"not ready in {_PATIENCE} s: {log.read_text()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
