"""A Spark that runs elsewhere answers like DuckDB here; elsewhere is a real server of Spark Connect on loopback."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.drivers.clock import SystemClock
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.kernel.errors import BrokenWorldError, UsageError
from tests.contract.ledger.questions import duck, in_order, metered_ledger, missing_for_spark, questions, spark

ROOT = Path(__file__).parents[3]
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"

pytestmark = [
    pytest.mark.skipif(missing_for_spark() != "", reason=missing_for_spark()),
    pytest.mark.timeout(300),
]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a server of Spark Connect listens."""
    found = importlib.util.find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    home, port = Path(found.origin).parent, free_port()
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
    }
    options = [option for name, value in settings.items() for option in ("--conf", f"{name}={value}")]
    command = [str(home / "bin" / "spark-submit"), "--master", "local[2]", *options, "--class", SERVER]
    environ = {**os.environ, "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    with (tmp_path / "spark.log").open("wb") as log:
        server = subprocess.Popen(command, env=environ, stdout=log, stderr=log, cwd=tmp_path)
    try:
        for _ in range(1200):
            if "Spark Connect server started" in (tmp_path / "spark.log").read_text():
                break
            assert server.poll() is None, (tmp_path / "spark.log").read_text()
            time.sleep(0.1)
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def test_a_cluster_gives_equal_answers(address: str, tmp_path: Path) -> None:
    """Asked from a process of its own, since one process has one kind of Spark."""
    engine = duck(metered_ledger(tmp_path), tmp_path)
    expected = [repr(in_order(engine.rows(each))) for each in questions(engine)]
    command = [sys.executable, "-m", "tests.contract.ledger.questions", str(tmp_path), address]
    asked = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert asked.stdout.splitlines() == expected


def test_a_spark_that_does_not_answer_is_told_at_once(tmp_path: Path) -> None:
    """The address is named; Spark's own client would try for minutes."""
    engine = spark(DeltaLedger(tmp_path / "ledger", SystemClock()), tmp_path, f"sc://127.0.0.1:{free_port()}")
    begun = time.monotonic()
    with pytest.raises(BrokenWorldError, match=r"sc://127[.]0[.]0[.]1:.* no Spark Connect answers"):
        engine.table("bills")
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("address", ["spark", "spark://host:7077", "local[x]"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    """And the forms that are understood are named."""
    engine = spark(DeltaLedger(tmp_path / "ledger", SystemClock()), tmp_path, address)
    with pytest.raises(UsageError, match=r"give sc://host:port \(Spark Connect\), or local\[2\]"):
        engine.table("bills")
