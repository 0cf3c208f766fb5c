"""Delivery figures of a real repository with a known journal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from starlette.testclient import TestClient

from fairlead.domain.journal import Draft
from fairlead.domain.release import Deployment
from fairlead.flows.delivery_metrics import DeliveryMetrics, delivery_metrics
from fairlead.flows.incidents import CONTROL, close_incident, open_incident
from fairlead.show.api.views import views_router
from fairlead.show.cli import main
from fairlead.show.outputs.json import to_json
from tests.scenario.loop.scene import Scene

DAY = timedelta(days=1)


class Past:
    """Something that happened to digits, step by step; commits are made by the scene's clock."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A workspace with a journal that begins now."""
        self.monkeypatch = monkeypatch
        self.scene = Scene(folder)
        self.scene.state.append(Draft("control.started", CONTROL))
        self.releases: dict[str, tuple[str, str]] = {}

    def commit(self, content: str) -> str:
        """A commit that declares a release, made now by the scene's clock; its id."""
        self.scene.declare("digits", content)
        stamp = self.scene.clock.now().isoformat()
        self.monkeypatch.setenv("GIT_COMMITTER_DATE", stamp)
        commit = self.scene.commit(content)
        self.scene.world.repository.fetch()
        self.releases[content] = (f"digits@{commit[:12]}", content * 32)
        return commit

    def live(self, content: str, environment: str = "prod") -> None:
        """It gets all traffic."""
        name, digest = self.releases[content]
        now = self.scene.clock.now()
        draft = Draft("deployment.live", CONTROL, environment, "digits", digest, "", {"name": name})
        self.scene.state.go_live(Deployment(environment, "digits", name, digest, "", now), draft)

    def rollout(self, content: str, kind: str, number: str, **more: object) -> None:
        """A record of a rollout."""
        name, digest = self.releases[content]
        body = {"rollout": number, "name": name, "strategy": "canary", "phase": "stepping", "requests": 0, **more}
        self.scene.state.append(Draft(f"rollout.{kind}", CONTROL, "prod", "digits", digest, "", body))

    def wait(self, **span: float) -> None:
        """Time passes."""
        self.scene.clock.advance(timedelta(**span))

    def figures(self, environment: str = "prod", **window: object) -> DeliveryMetrics:
        """Those of an environment."""
        found = delivery_metrics(self.scene.world, "digits", **window)  # type: ignore[arg-type]
        return next(each for each in found if each.environment == environment)


@pytest.fixture
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Past:
    """Nothing has happened yet."""
    return Past(tmp_path, monkeypatch)


def test_a_past_that_is_known(past: Past) -> None:
    """Three deployments, one aborted canary, one revert by a person, one outage: every figure by hand."""
    past.commit("a1")
    past.wait(hours=1)
    past.live("a1")
    past.wait(days=1)
    past.commit("b2")
    past.rollout("b2", "started", "r1", phase="preparing")
    past.wait(minutes=10)
    past.rollout("b2", "step", "r1", step=0)
    past.wait(minutes=5)
    past.rollout("b2", "step", "r1", step=1, requests=40)
    past.wait(minutes=5)
    past.rollout("b2", "aborted", "r1", phase="aborted", requests=90)
    past.commit("c3")
    past.wait(hours=3)
    past.live("c3")
    past.wait(hours=2)
    past.live("a1")
    past.commit("d4")
    past.wait(hours=2)
    past.live("d4")
    open_incident(past.scene.world, "unhealthy", "it died", "", environment="prod", model="digits")
    past.wait(hours=1)
    close_incident(past.scene.world, "unhealthy", environment="prod", model="digits")
    past.wait(days=8)
    found = past.figures()
    figures = found.figures
    assert (figures.deployments, figures.changes, figures.failures) == (3, 4, 2)
    assert figures.failure_rate == 0.5
    assert (figures.lead_time.count, figures.lead_time.median_s) == (3, 2 * 3600)
    # 10 minutes for the aborted canary, 2 hours for the revert, 1 hour for the outage
    assert (figures.recovery.count, figures.recovery.median_s) == (3, 3600)
    assert figures.per_day == pytest.approx(3 / (figures.measured_s / 86_400))
    assert (found.insufficient, figures.unrecovered) == ((), 0)


def test_what_met_nobody_is_no_change(past: Past) -> None:
    """A rollout whose servers never got ready, and one that only copied requests, are neither change nor failure."""
    past.commit("a1")
    past.live("a1")
    past.commit("b2")
    past.rollout("b2", "started", "r1", phase="preparing")
    past.rollout("b2", "aborted", "r1", phase="aborted")
    past.rollout("b2", "step", "r2", strategy="shadow")
    past.rollout("b2", "aborted", "r2", strategy="shadow", phase="aborted", requests=500)
    past.wait(days=2)
    figures = past.figures().figures
    assert (figures.changes, figures.failures, figures.failure_rate) == (1, 0, 0.0)
    assert past.figures().insufficient == ("recovery-time",)


def test_each_environment_has_its_own(past: Past) -> None:
    """In the order of promotion; the lead time to production counts from the same commit."""
    past.commit("a1")
    past.live("a1", "dev")
    past.wait(hours=5)
    past.live("a1", "prod")
    past.wait(days=1)
    assert past.figures("dev").figures.lead_time.median_s == 0
    assert past.figures("prod").figures.lead_time.median_s == 5 * 3600
    only = delivery_metrics(past.scene.world, environment="dev")
    assert [(each.environment, each.model) for each in only] == [("dev", "digits")]


def test_a_window_that_is_over_says_what_it_lacks(past: Past) -> None:
    """Nothing happened in it: counts are zero, and all figures but the frequency are insufficient."""
    past.commit("a1")
    past.live("a1")
    past.wait(days=20)
    now = past.scene.clock.now()
    found = past.figures(since=now - 5 * DAY, until=now)
    assert (found.figures.deployments, found.figures.per_day) == (0, 0.0)
    assert found.insufficient == ("lead-time", "change-failure-rate", "recovery-time")


def test_a_model_that_was_never_live_has_none(past: Past) -> None:
    """No row at all, rather than a row of zeros."""
    assert delivery_metrics(past.scene.world) == ()


def test_api_and_command_line_tell_the_same(past: Past) -> None:
    """The same JSON, of one model or of all; a moment without a zone is UTC."""
    past.commit("a1")
    past.live("a1")
    past.wait(days=2)
    app = FastAPI()
    app.include_router(views_router(past.scene.world))
    client = TestClient(app)
    expected = to_json(delivery_metrics(past.scene.world, "digits"), key="metrics") + "\n"
    assert client.get("/metrics/delivery?model=digits").text == expected
    assert client.get("/metrics/delivery").text == expected
    assert client.get("/metrics/delivery?model=words").json()["metrics"] == []
    (early,) = client.get("/metrics/delivery?until=2026-01-01T00:00:00").json()["metrics"]
    assert early["figures"]["deployments"] == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--from", "2026-01-01"], "belong to `--metrics`"),
        (["--metrics", "--from", "2026-01-02", "--to", "2026-01-01"], "not before"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(options: list[str], told: str) -> None:
    """Before anything is opened, with what to type instead."""
    answer = CliRunner().invoke(main, ["history", "digits", *options])
    assert answer.exit_code == 2
    assert told in answer.stderr
