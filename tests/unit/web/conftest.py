"""A site over the sample fleet: real routes, guard and templates, with the flows' answers fixed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from fairlead.domain.journal import Record
from fairlead.domain.logs import LogLine
from fairlead.domain.model import SecretRef
from fairlead.flows.cost_watch.events import KeptEvent
from fairlead.flows.cost_watch.listing import CostEvents, EventView
from fairlead.flows.cost_watch.readiness import Watched
from fairlead.flows.fleet import Fleet
from fairlead.flows.journal import JournalPage
from fairlead.flows.policy_view import PolicyView
from fairlead.flows.rollout_commands import Spoken
from fairlead.flows.rollouts.asking import RolloutView
from fairlead.flows.world import World
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.errors import NotFoundError
from fairlead.show.api.access import Access
from fairlead.show.site.application import create_site
from tests.unit.web import sample, sample_events, sample_ledger, sample_rollouts
from tests.unit.web.sample_cost import SampleCost
from tests.unit.web.sample_policy import policy

__all__ = ["ADDRESS", "TOKEN", "Answers", "client_of", "lines", "world_of"]

TOKEN = "the-token-made-at-start"
ADDRESS = "http://127.0.0.1:8700"


@dataclass
class Answers:
    """What the flows answer, and what they were asked to do."""

    fleet: Fleet = field(default_factory=sample.fleet)
    timeline: tuple[Any, ...] = field(default_factory=sample.entries)
    incidents: tuple[Any, ...] = field(default_factory=sample.incidents)
    records: tuple[Record, ...] = field(default_factory=sample.records)
    policy: PolicyView = field(default_factory=policy)
    lines: list[LogLine] = field(default_factory=list)
    rollouts: tuple[RolloutView, ...] = field(default_factory=sample_rollouts.rollouts)
    events: tuple[EventView, ...] = field(default_factory=sample_events.views)
    watched: tuple[Watched, ...] = field(default_factory=sample_events.watched)
    spoken: Spoken = field(default_factory=lambda: Spoken("abort", "prod", "assistant", "done", "why", "aborted"))
    acts: list[tuple[Any, ...]] = field(default_factory=list)

    def of_fleet(self, world: World, *, environment: str = "", owner: str = "") -> Fleet:
        """Rows of an environment and an owner."""
        rows = [r for r in self.fleet.rows if environment in {"", r.environment} and owner in {"", r.owner}]
        return replace(self.fleet, rows=tuple(rows))

    def of_journal(self, world: World, *, before: int = 0, limit: int = 50, **only: str) -> JournalPage:
        """Records below a place whose kind, model and text match."""
        found = [
            r
            for r in self.records
            if (not before or r.sequence < before)
            and r.draft.kind.startswith(only.get("kind", ""))
            and only.get("model", "") in {"", r.draft.model}
            and only.get("text", "") in str(r.draft)
        ]
        newest = self.records[0].sequence if self.records else 0
        return JournalPage(tuple(found[:limit]), newest, len(found) > limit)

    def of_rollouts(self, world: World, model: str = "", environment: str = "") -> tuple[RolloutView, ...]:
        """Of a model and an environment; refused where a named model has none."""
        found = [each for each in self.rollouts if model in {"", each.rollout.model}]
        found = [each for each in found if environment in {"", each.rollout.environment}]
        if model and not found:
            raise NotFoundError(f"{model} has had no rollout")
        return tuple(found)

    def of_events(
        self, world: World, *, model: str = "", environment: str = "", open_only: bool = False, days: int = 90
    ) -> CostEvents:
        """Of an environment, and those that go on."""
        found = tuple(each for each in self.events if model in {"", each.kept.event.model})
        return sample_events.cost_events_of(found, environment=environment, open_only=open_only)

    def event_of(self, world: World, name: str) -> KeptEvent:
        """The event whose id begins so."""
        for each in self.events:
            if each.kept.event.id.startswith(name):
                return each.kept
        raise NotFoundError(f"there is no cost event {name!r}")

    def event_view(self, world: World, kept: KeptEvent) -> EventView:
        """Where it stands by the sample."""
        return next(each for each in self.events if each.kept.event.id == kept.event.id)

    def judge(self, world: World, name: str, kind: str, **more: object) -> KeptEvent:
        """Remember what was said of an event."""
        self.note("judge", name, kind, more)
        return self.event_of(world, name)

    def speak(self, world: World, verb: str, model: str, **more: object) -> Spoken:
        """Remember what was said to a rollout, and answer it."""
        self.note("speak", verb, model, more)
        return self.spoken

    def note(self, *act: object) -> int:
        """Remember what was asked."""
        self.acts.append(act)
        return len(self.acts)


@dataclass
class SampleState:
    """The journal's newest records, as the stream of events reads them."""

    answers: Answers

    def newest(self, limit: int) -> list[Record]:
        """Newest first."""
        return list(self.answers.records[:limit])

    def records(self, *, after: int = 0, limit: int = 200) -> list[Record]:
        """Oldest first."""
        return [r for r in reversed(self.answers.records) if r.sequence > after][:limit]

    def fact(self, key: str) -> str | None:
        """This workspace has been metered."""
        return "{}"


class SampleClock:
    """Time stands still."""

    def now(self) -> datetime:
        """The sample's moment."""
        return sample.NOW


class SampleSecrets:
    """One secret."""

    def resolve(self, reference: SecretRef) -> str:
        """The webhook's."""
        return f"secret of {reference.from_env}"


@dataclass
class SampleSettings:
    """Where logs would be."""

    state: Path = Path("state")


@dataclass
class SampleWorld:
    """What API and pages take from a world by themselves; all else goes through the flows."""

    state: SampleState
    clock: SampleClock = field(default_factory=SampleClock)
    secrets: SampleSecrets = field(default_factory=SampleSecrets)
    settings: SampleSettings = field(default_factory=SampleSettings)
    repository: object = None


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Fixed answers in the place of the flows, wherever API and pages call them."""
    fixed = Answers()
    _replace(monkeypatch, "fleet", fixed.of_fleet)
    _replace(monkeypatch, "history", lambda *_, **__: fixed.timeline)
    _replace(monkeypatch, "release_view", lambda *_: sample.release())
    _replace(monkeypatch, "search", fixed.of_journal)
    _replace(
        monkeypatch,
        "incidents",
        lambda _, open_only: tuple(i for i in fixed.incidents if not (open_only and i.closed)),
    )
    _replace(monkeypatch, "policy_view", lambda _: fixed.policy)
    _replace(monkeypatch, "verify", lambda *_: sample.audit())
    _replace(monkeypatch, "search_logs", lambda *_: fixed.lines)
    _replace(monkeypatch, "cost_flow", lambda _: SampleCost())
    _replace(monkeypatch, "cost_overview", lambda _, month, basis: sample_ledger.overview(month or "2026-10", basis))
    _replace(monkeypatch, "budgets_now", lambda _: sample_ledger.budgets())
    _replace(monkeypatch, "months_ahead", lambda _, report: sample_ledger.ahead(report))
    _replace(monkeypatch, "cost_lines", lambda *_, **__: sample_ledger.lines())
    _replace(monkeypatch, "request_sync", lambda _, models, actor: fixed.note("sync", tuple(models), actor))
    _replace(monkeypatch, "request_look", lambda _, actor: fixed.note("look", actor))
    _replace(monkeypatch, "suspend", lambda _, model, **more: fixed.note("suspend", model, more))
    _replace(monkeypatch, "rollout_views", fixed.of_rollouts)
    _replace(monkeypatch, "speak", fixed.speak)
    _replace(monkeypatch, "cost_events", fixed.of_events)
    _replace(monkeypatch, "event_of", fixed.event_of)
    _replace(monkeypatch, "event_view", fixed.event_view)
    _replace(monkeypatch, "judge_event", fixed.judge)
    _replace(monkeypatch, "watched", lambda _: fixed.watched)
    _replace(monkeypatch, "outlook_of", lambda *_: None)
    _replace(monkeypatch, "standing_between", lambda *_: sample_rollouts.stations())
    _replace(monkeypatch, "delivery_metrics", lambda *_, **__: sample_rollouts.delivery())
    _replace(monkeypatch, "resume", lambda _, model, actor: fixed.note("resume", model, actor) > 0)
    return fixed


def _replace(monkeypatch: pytest.MonkeyPatch, name: str, answer: Callable[..., Any]) -> None:
    """Put `answer` wherever a module of API or pages has imported the flow `name`."""
    places = [
        module
        for path, module in list(sys.modules.items())
        if path.startswith(("fairlead.show.api", "fairlead.show.web"))
        and getattr(getattr(module, name, None), "__module__", "").startswith("fairlead.flows")
    ]
    assert places, f"nothing calls {name}"
    for module in places:
        monkeypatch.setattr(module, name, answer)


@pytest.fixture(scope="session")
def access() -> Access:
    """Operator on loopback, with a webhook."""
    return Access(sha256_hex(TOKEN.encode()), hook=SecretRef(from_env="HOOK"))


@pytest.fixture(scope="session")
def sample_world() -> SampleWorld:
    """One world for all tests; each puts its own answers into it."""
    return SampleWorld(SampleState(Answers()))


@pytest.fixture(scope="session")
def made_once(sample_world: SampleWorld, access: Access) -> FastAPI:
    """The application; making its routes takes longer than a test."""
    return create_site(cast("World", sample_world), access)


@pytest.fixture
def site(made_once: FastAPI, sample_world: SampleWorld, answers: Answers) -> FastAPI:
    """The application over this test's answers."""
    sample_world.state.answers = answers
    return made_once


@pytest.fixture
def client(site: FastAPI) -> Iterator[TestClient]:
    """A program that holds the token as a bearer."""
    with client_of(site, {"authorization": f"Bearer {TOKEN}"}) as found:
        yield found


@pytest.fixture
def browser(site: FastAPI) -> Iterator[TestClient]:
    """A browser that has opened the address with the token, and keeps its cookie."""
    with client_of(site, {"accept": "text/html"}) as found:
        assert found.get("/", params={"token": TOKEN}).status_code == 303
        yield found


def world_of(answers: Answers) -> World:
    """The sample world."""
    return cast("World", SampleWorld(SampleState(answers)))


def client_of(app: FastAPI, headers: dict[str, str] | None = None) -> TestClient:
    """A client on the loopback address that follows no redirect."""
    return TestClient(app, base_url=ADDRESS, headers=headers, follow_redirects=False)


def lines() -> list[LogLine]:
    """One line of each weight, one of them hostile."""
    texts = (("info", "POST /v2/models/assistant/infer 200"), ("warning", sample.HOSTILE), ("error", "first\nsecond"))
    return [
        LogLine(sample.NOW - timedelta(seconds=place), "gateway", "prod", "assistant", "", "5f0c6f7e8a9b", level, text)
        for place, (level, text) in enumerate(texts)
    ]
