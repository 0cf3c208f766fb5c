"""Delivery figures for Prometheus: by hand, and in text that Prometheus' own tool reads."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from fairlead.show.api.probes import probes_router
from tests.scenario.metrics.test_delivery import Past

_LINE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

_FAMILIES = {
    "fairlead_delivery_lead_time_seconds",
    "fairlead_delivery_deployments_per_day",
    "fairlead_delivery_change_failure_ratio",
    "fairlead_delivery_recovery_seconds",
}


class Exposition:
    """The text format 0.0.4, read as its specification says: families with help and type, and their samples."""

    def __init__(self, text: str) -> None:
        self.help: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        assert text.endswith("\n")
        family = ""
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family, _, told = line.removeprefix("# HELP ").partition(" ")
                assert family not in self.help, "a family comes once"
                self.help[family] = told
            elif line.startswith("# TYPE "):
                name, kind = line.removeprefix("# TYPE ").split(" ")
                assert name == family
                self.types[name] = kind
            else:
                self._sample(line, family)

    def _sample(self, line: str, family: str) -> None:
        found = _LINE.fullmatch(line)
        assert found, line
        assert found["name"] == family, "samples stand below their family"
        labels = frozenset(_LABEL.findall(found["labels"] or ""))
        assert (family, labels) not in self.samples, "a sample comes once"
        self.samples[family, labels] = float(found["value"])

    def of(self, metric: str, **labels: str) -> float | None:
        """The value of a sample; None where there is none."""
        return self.samples.get((f"fairlead_delivery_{metric}", frozenset(labels.items())))


@pytest.fixture
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Past:
    """Nothing has happened yet."""
    return Past(tmp_path, monkeypatch)


def scraped(past: Past) -> str:
    """What a scrape gets."""
    app = FastAPI()
    app.include_router(probes_router(past.scene.world))
    answer = TestClient(app).get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return answer.text


def a_revert_and_ten_deployments(past: Past) -> None:
    """In production: ten releases, a day each and two hours after their commit; the last one is taken back."""
    for content in "abcdefghij":
        past.commit(content)
        past.wait(hours=2)
        past.live(content, "dev" if content == "a" else "prod")
        past.wait(hours=22)
    past.live("i")
    past.wait(minutes=1)


def test_the_figures_of_each_environment_are_gauges(past: Past) -> None:
    """By hand: nine releases in production in ten days, one of which was taken back after 22 hours."""
    past.wait(seconds=1)
    a_revert_and_ten_deployments(past)
    found = Exposition(scraped(past))
    assert found.help.keys() >= _FAMILIES
    assert {found.types[each] for each in _FAMILIES} == {"gauge"}
    at = {"environment": "prod", "model": "digits"}
    assert found.of("lead_time_seconds", **at, statistic="median") == 2 * 3600
    assert found.of("lead_time_seconds", **at, statistic="p90") is None, "of nine values the 90th percentile is a guess"
    assert found.of("deployments_per_day", **at) == pytest.approx(0.9, rel=1e-3)
    assert found.of("change_failure_ratio", **at) == pytest.approx(1 / 9)
    assert found.of("recovery_seconds", **at, statistic="median") == 22 * 3600
    assert found.of("recovery_seconds", environment="dev", model="digits", statistic="median") is None
    assert found.of("change_failure_ratio", environment="dev", model="digits") == 0


def test_what_is_not_known_is_a_gap(past: Past) -> None:
    """Families are there, and no zero is made up."""
    found = Exposition(scraped(past))
    assert found.help.keys() >= _FAMILIES
    assert not [name for name, _ in found.samples if name in _FAMILIES]


def test_prometheus_own_tool_finds_nothing_wrong(past: Past) -> None:
    """`promtool check metrics` reads the text and has nothing to say of the names."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    a_revert_and_ten_deployments(past)
    command = ["promtool", "check", "metrics"]
    told = subprocess.run(command, input=scraped(past), capture_output=True, text=True, check=False)
    assert [line for line in (told.stdout + told.stderr).splitlines() if "fairlead_delivery" in line] == []
    assert told.returncode in {0, 3}, told.stderr
