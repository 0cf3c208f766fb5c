"""Steps that bring one model from what is observed to what is desired. Level-triggered: nothing is remembered."""

from __future__ import annotations

from fairlead.domain.plan import Action, Desired, Observed, Step
from fairlead.domain.serving import RunningServer, ServerState

__all__ = ["model_steps"]

_ALIVE = frozenset({ServerState.STARTING, ServerState.READY, ServerState.SILENT})


def model_steps(
    desired: Desired | None, observed: Observed | None, standing: Desired | None = None
) -> tuple[Step, ...]:
    """Steps for one model in one environment; empty when what is observed is what is desired.

    `standing` is the live release where it is not the desired one: it is kept whole until the switch.
    """
    servers = observed.servers if observed else ()
    if desired is None or desired.replicas == 0:
        return _removal(observed, "no longer declared" if desired is None else "replicas is 0") if observed else ()
    superseded = standing is not None and standing.release.digest != desired.release.digest
    kept = _bring_up(standing, servers) if standing is not None and superseded else []
    return (
        *_bury(desired, servers),
        *kept,
        *_bring_up(desired, servers),
        *_switch(desired, observed),
        *_retire(desired, servers),
    )


def _bury(desired: Desired, servers: tuple[RunningServer, ...]) -> list[Step]:
    sick = tuple(server.id for server in servers if server.state is ServerState.UNHEALTHY)
    return [_step(Action.STOP, desired, servers=sick, reason="unhealthy")] if sick else []


def _bring_up(desired: Desired, servers: tuple[RunningServer, ...]) -> list[Step]:
    ours = [server for server in servers if _release(server) == desired.release.digest]
    missing = desired.replicas - sum(server.state in _ALIVE for server in ours)
    if missing <= 0:
        return []
    died = any(server.state in {ServerState.EXITED, ServerState.UNHEALTHY} and not server.asked for server in ours)
    reason = "a server died" if died else "not running"
    fetch = _step(Action.FETCH, desired, reason="artifact must be here and verified")
    return [fetch, _step(Action.START, desired, count=missing, reason=reason)]


def _switch(desired: Desired, observed: Observed | None) -> list[Step]:
    routed = observed.routed if observed else ()
    if routed == ((desired.release.digest, 100),):
        return []
    reason = "another release gets the traffic" if routed else "no release gets traffic"
    return [_step(Action.SWITCH, desired, count=desired.replicas, reason=reason)]


def _retire(desired: Desired, servers: tuple[RunningServer, ...]) -> list[Step]:
    old = [server for server in servers if _release(server) != desired.release.digest and server.state in _ALIVE]
    alive = [server for server in servers if _release(server) == desired.release.digest and server.state in _ALIVE]
    ready_first = sorted(alive, key=lambda server: (server.state is not ServerState.READY, server.started, server.id))
    surplus = ready_first[desired.replicas :]
    groups = ((old, "superseded"), (surplus, "more than declared"))
    return [
        _step(Action.STOP, desired, servers=tuple(server.id for server in group), reason=reason)
        for group, reason in groups
        if group
    ]


def _removal(observed: Observed, reason: str) -> tuple[Step, ...]:
    running = tuple(server for server in observed.servers if not server.ended)
    digest = observed.routed[0][0] if observed.routed else (_release(running[0]) if running else "")
    name = next((server.labels.get("name", "") for server in observed.servers if _release(server) == digest), "")
    place = (observed.environment, observed.model, digest, name)
    steps: list[Step] = []
    if observed.routed:
        steps.append(Step(Action.WITHDRAW, *place, reason=reason))
    if running:
        ids = tuple(server.id for server in running)
        steps.append(Step(Action.STOP, *place, servers=ids, reason=reason))
    return tuple(steps)


def _step(action: Action, desired: Desired, *, count: int = 0, servers: tuple[str, ...] = (), reason: str) -> Step:
    release = desired.release
    return Step(action, desired.environment, release.model, release.digest, release.name, count, servers, reason)


def _release(server: RunningServer) -> str:
    return server.labels.get("release", "")
