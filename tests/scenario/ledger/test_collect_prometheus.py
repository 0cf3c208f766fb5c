"""A real Prometheus into the ledger by the real command: what is replaced, what stays, what is said to be missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pygit2
import pytest

from tests.contract.prometheus.server import backfilled, demand_prometheus, running

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
"""A day that is over, whenever the test runs."""


def minute(number: float) -> float:
    """Seconds since 1970, so many minutes into the day."""
    return (DAY + timedelta(minutes=number)).timestamp()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that saw one model for two hours, and the memory of its container."""
    demand_prometheus()
    folder = tmp_path_factory.mktemp("prometheus")
    tokens = [(minute(number / 2), 10 * number) for number in range(-20, 240)]
    memory = [(minute(number / 2), 2**30) for number in range(-20, 240)]
    samples = {
        'vllm:prompt_tokens_total{model_name="m"}': [(at, value + 200) for at, value in tokens],
        'container_memory_working_set_bytes{container="c",namespace="ml",pod="m-0"}': memory,
    }
    with running(folder, backfilled(folder, samples)) as there:
        yield there


class Workspace:
    """A workspace and its state, driven by the real program."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.folder = folder / "acme"
        self.folder.mkdir()
        (self.folder / "fairlead.yaml").write_text("apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nname: acme\n")
        pygit2.init_repository(self.folder, initial_head="main")

    def collect(self, *words: str, exit_code: int = 0) -> dict[str, Any]:
        """Run `fairlead ledger collect`; its JSON."""
        command = [sys.executable, "-m", "fairlead", "ledger", "collect", *words, "--source", "cluster"]
        run = subprocess.run(
            [*command, "--state", self.state, "--format", "json"],
            cwd=self.folder,
            env={**os.environ, "HOME": str(self.folder.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == exit_code, run.stderr + run.stdout
        answer: dict[str, Any] = json.loads(run.stdout) if run.stdout else {"error": run.stderr}
        return answer

    def usage(self) -> dict[str, Decimal]:
        """Sums by measure, of the newest files of the table `usage`."""
        from fairlead.drivers.ledger.delta_log import DeltaLog

        log = DeltaLog(self.state / "ledger" / "usage")
        log.refresh()
        files = [file for parts in log.history.values() for file in parts[-1].files]
        found = duckdb.execute("SELECT measure, sum(quantity) FROM read_parquet(?) GROUP BY measure", [files])
        return dict(found.fetchall())


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty one."""
    return Workspace(tmp_path)


def span(first: float, last: float) -> list[str]:
    """Options for these minutes of the day."""
    moments = [DAY + timedelta(minutes=number) for number in (first, last)]
    return ["--from", moments[0].isoformat(), "--to", moments[1].isoformat()]


def test_an_hour_is_collected_and_the_next_one_added(workspace: Workspace, address: str) -> None:
    """Windows of five minutes sum to what was counted; the same again changes nothing; another hour is added."""
    first = workspace.collect(address, *span(0, 60))
    assert {each["name"] for each in first["queries"] if each["answer"] == "data"} == {
        "vllm/input-tokens",
        "cadvisor/memory",
    }
    assert workspace.usage() == {"input_tokens": Decimal(1200), "memory_gib_seconds": Decimal(3600)}
    again = workspace.collect(address, *span(0, 60))
    assert [each["changed"] for each in again["months"]] == [False]
    workspace.collect(address, *span(60, 120), exit_code=0)
    assert workspace.usage()["input_tokens"] == Decimal(1200 + 1190)


def test_what_was_not_asked_for_stays(workspace: Workspace, address: str) -> None:
    """A collection of one exporter replaces what that one told before, and nothing else."""
    workspace.collect(address, *span(0, 60))
    before = workspace.usage()
    narrow = workspace.collect(address, *span(0, 60), "--exporter", "vllm/input-tokens", "--label", "team=model_name")
    assert [each["changed"] for each in narrow["months"]] == [True]
    assert workspace.usage() == before


def test_what_is_named_and_missing_is_insufficient(workspace: Workspace, address: str) -> None:
    """An exporter that was named and has nothing is told, with exit 1; what there is of the others is collected."""
    answer = workspace.collect(
        address, *span(0, 60), "--exporter", "vllm/input-tokens", "--exporter", "triton", exit_code=1
    )
    assert {each["rule"] for each in answer["findings"]} == {"usage/no-data"}
    assert all("insufficient" in each["message"] and each["mend"] for each in answer["findings"])
    assert workspace.usage() == {"input_tokens": Decimal(1200)}


def test_what_the_server_has_forgotten_stays(workspace: Workspace, address: str, tmp_path: Path) -> None:
    """A server that now holds only the second hour replaces that hour, and the first one stays in the ledger."""
    workspace.collect(address, *span(0, 120))
    before = workspace.usage()
    later = {
        'vllm:prompt_tokens_total{model_name="m"}': [
            (minute(number / 2), 10 * number + 200) for number in range(120, 240)
        ]
    }
    forgetful = tmp_path / "forgetful"
    forgetful.mkdir()
    with running(forgetful, backfilled(forgetful, later)) as younger:
        workspace.collect(younger, *span(0, 120))
    after = workspace.usage()
    assert after["memory_gib_seconds"] == before["memory_gib_seconds"]
    # What rose up to the younger server's first sample, at the hour, belongs to the window that ends there.
    assert after["input_tokens"] == before["input_tokens"]


def test_a_span_without_data_empties_nothing(workspace: Workspace, address: str) -> None:
    """Asking again for a span that the server has forgotten leaves what was collected of it."""
    workspace.collect(address, *span(0, 60))
    before = workspace.usage()
    answer = workspace.collect(address, *span(-600, -300), exit_code=1)
    assert answer["months"] == []
    assert workspace.usage() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--exporter", "nvidia"], "known are vllm"),
        (["--label", "colour=x"], "a column is one of"),
        (["--step", "7m"], "divide a day"),
        (["--from", "2026-01-02", "--to", "2026-01-01"], "before --from"),
        (["--token-env", "A", "--token-file", "b"], "one of them"),
        (["--token-env", "NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE is not set"),
        (["more.csv"], "once for each"),
    ],
)
def test_wrong_words_are_refused(workspace: Workspace, address: str, words: list[str], said: str) -> None:
    """What cannot be meant is refused with what can, and nothing is collected."""
    assert said in workspace.collect(address, *words, exit_code=2)["error"]
    assert not (workspace.state / "ledger" / "usage").exists()
