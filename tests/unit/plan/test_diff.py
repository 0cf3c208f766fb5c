"""Steps of one model: what is asked for, in which order, and that repeating them always arrives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.lock import Lock
from fairlead.domain.model import Artifact, ModelSpec, Placement
from fairlead.domain.plan import Action, Desired, Observed, Step
from fairlead.domain.release import Release
from fairlead.domain.rollout import Traffic
from fairlead.domain.serving import RunningServer, ServerState
from fairlead.plan.diff import ORDERED, model_steps

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SPEC = ModelSpec(
    api_version="fairlead.dev/v1alpha1",
    kind="Model",
    owner="team",
    artifact=Artifact(uri="file:model.onnx"),
    environments={"prod": Placement()},
)


def _desired(digest: str = "new", replicas: int = 1) -> Desired:
    lock = Lock("file:model.onnx", "r", (), "tree")
    return Desired("prod", Release("digits", digest, "c" * 40, _SPEC, lock), replicas)


def _server(name: str, digest: str = "new", state: ServerState = ServerState.READY) -> RunningServer:
    labels = {"environment": "prod", "model": "digits", "release": digest, "name": f"digits@{digest}"}
    return RunningServer(name, labels, 1, 1, state, _NOW)


def _observed(*servers: RunningServer, routed: str = "") -> Observed:
    return Observed("prod", "digits", servers, Traffic(((routed, 100),)) if routed else None)


def _actions(steps: tuple[Step, ...]) -> list[str]:
    return [step.action.value for step in steps]


def test_nothing_running_is_fetched_started_and_switched_to() -> None:
    """A first release is brought up before it gets traffic."""
    assert _actions(model_steps(_desired(replicas=2), None)) == ["fetch", "start", "switch"]
    assert model_steps(_desired(replicas=2), None)[1].count == 2


def test_what_is_as_it_should_be_needs_no_step() -> None:
    """Level-triggered: a settled model gives an empty list."""
    assert model_steps(_desired(), _observed(_server("a"), routed="new")) == ()


def test_the_old_release_is_stopped_only_after_the_switch() -> None:
    """The live release serves until the new one has the traffic."""
    steps = model_steps(_desired(), _observed(_server("a", "old"), routed="old"))
    assert _actions(steps) == ["fetch", "start", "switch", "stop"]
    assert steps[-1].servers == ("a",)


def test_a_dead_server_of_the_live_release_is_replaced_while_the_new_one_fails() -> None:
    """Until the switch the standing release is kept whole."""
    dead = _server("a", "old", ServerState.EXITED)
    steps = model_steps(_desired(), _observed(dead, routed="old"), _desired("old"))
    assert [(step.action.value, step.release) for step in steps[:2]] == [("fetch", "old"), ("start", "old")]


def test_an_unhealthy_server_is_stopped_before_its_replacement_starts() -> None:
    """A server that hangs gives its place up first."""
    steps = model_steps(_desired(), _observed(_server("a", state=ServerState.UNHEALTHY), routed="new"))
    assert _actions(steps) == ["stop", "fetch", "start"]


@pytest.mark.parametrize("desired", [None, _desired(replicas=0)])
def test_a_model_that_goes_leaves_traffic_before_it_stops(desired: Desired | None) -> None:
    """A model that Git no longer wants is drained first."""
    assert _actions(model_steps(desired, _observed(_server("a"), routed="new"))) == ["withdraw", "stop"]


def test_surplus_servers_go_and_ready_ones_stay() -> None:
    """Scaling down stops what is not ready yet."""
    ready, starting = _server("b"), _server("a", state=ServerState.STARTING)
    steps = model_steps(_desired(), _observed(starting, ready, routed="new"))
    assert [step.servers for step in steps] == [("a",)]


_NUMBERS = count()
_STATES = st.sampled_from(
    [ServerState.STARTING, ServerState.READY, ServerState.SILENT, ServerState.UNHEALTHY, ServerState.EXITED]
)
_SERVERS = st.lists(st.tuples(st.sampled_from(["new", "old", "older"]), _STATES), max_size=6)


@given(servers=_SERVERS, routed=st.sampled_from(["", "new", "old"]), replicas=st.integers(1, 3))
def test_looking_again_and_again_arrives(servers: list[tuple[str, ServerState]], routed: str, replicas: int) -> None:
    """From any state of the machine the steps settle, and no ready server of the routed release stops before."""
    found = _observed(*(_server(f"s{at}", *each) for at, each in enumerate(servers)), routed=routed)
    desired = _desired(replicas=replicas)
    for _ in range(6):
        found = _after(found, model_steps(desired, found, _standing(found)))
    assert model_steps(desired, found) == ()
    assert found.routed == (("new", 100),)


def _standing(found: Observed) -> Desired | None:
    return _desired(found.routed[0][0]) if found.routed else None


def _after(found: Observed, steps: tuple[Step, ...]) -> Observed:
    """The machine after one look: what starts is ready at the next look, and a switch waits for readiness."""
    servers = {server.id: server for server in found.servers if server.state is not ServerState.EXITED}
    started: dict[str, RunningServer] = {}
    for step in steps:
        if step.action is Action.START:
            names = (
                f"{step.release}{len(servers) + len(started) + at}x{len(found.servers)}" for at in range(step.count)
            )
            started.update({name: _server(name, step.release, ServerState.STARTING) for name in names})
        elif step.action is Action.SWITCH:
            ready = [each for each in servers.values() if _is(each, step.release, ServerState.READY)]
            if len(ready) < step.count:
                break
            found = replace(found, traffic=step.traffic)
        elif step.action is Action.STOP:
            routed = dict(found.routed)
            stopped = [servers.pop(name) for name in step.servers]
            superseded = [each for each in stopped if step.reason == "superseded"]
            assert not any(each.labels["release"] in routed for each in superseded)
    grown = {name: replace(each, state=_grow(each.state)) for name, each in servers.items()}
    return replace(found, servers=tuple({**grown, **started}.values()))


def _is(server: RunningServer, release: str, state: ServerState) -> bool:
    return server.labels["release"] == release and server.state is state


def _grow(state: ServerState) -> ServerState:
    """What starts becomes ready, and what was busy answers again."""
    return ServerState.READY if state in {ServerState.STARTING, ServerState.SILENT} else state


def test_a_scaled_model_without_servers_stays_live() -> None:
    """At zero replicas its servers go, its route stays, and a start is by the scaler's order: no drift."""
    asleep = replace(_desired(replicas=0), fewest=0)
    (stop,) = model_steps(asleep, _observed(_server("a"), routed="new"))
    assert (stop.action, stop.servers, stop.reason) == (Action.STOP, ("a",), ORDERED)
    assert model_steps(asleep, _observed(routed="new")) == ()
    _, start = model_steps(replace(asleep, replicas=1), _observed(routed="new"))
    assert (start.action, start.count, start.reason) == (Action.START, 1, ORDERED)


def test_a_scaled_server_that_died_is_started_anew() -> None:
    """A death is a death, whoever ordered the number."""
    one = replace(_desired(replicas=2), fewest=1)
    dead = _server("b", state=ServerState.EXITED)
    _, start = model_steps(one, _observed(_server("a"), dead, routed="new"))
    assert (start.count, start.reason) == (1, "a server died")
    _, start = model_steps(one, _observed(_server("a"), routed="new"))
    assert (start.count, start.reason) == (1, ORDERED)
