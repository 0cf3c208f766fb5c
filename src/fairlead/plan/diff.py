"""Steps that bring one model from what is observed to what is desired. Level-triggered: nothing is remembered."""

from __future__ import annotations

from fairlead.domain.plan import Action, Desired, Observed, Step
from fairlead.domain.rollout import Traffic
from fairlead.domain.serving import RunningServer, ServerState

__all__ = ["ORDERED", "model_steps"]

ORDERED = "ordered by the scaler"
"""Why servers come or go within the bounds of a scaler: no drift."""

_ALIVE = frozenset({ServerState.STARTING, ServerState.READY, ServerState.SILENT})


def model_steps(
    desired: Desired | None,
    observed: Observed | None,
    standing: Desired | None = None,
    traffic: Traffic | None = None,
) -> tuple[Step, ...]:
    """Steps for one model in one environment; empty when what is observed is what is desired.

    `standing` is the other release that is kept: the live one where it is not the desired one, whole until the switch,
    and as long as `traffic` names it. Without `traffic` all of it goes to the desired release.
    """
    servers = observed.servers if observed else ()
    if desired is None or desired.ends:
        return _removal(observed, "no longer declared" if desired is None else "replicas is 0") if observed else ()
    wanted = traffic or Traffic(((desired.release.digest, 100),))
    superseded = standing is not None and standing.release.digest != desired.release.digest
    kept = _bring_up(standing, servers) if standing is not None and superseded else []
    switch = _switch(desired, observed, wanted)
    # Who is met already is met otherwise at once: a release that is taken back waits for no server and no artifact.
    first, last = (switch, []) if _answers(desired, observed) else ([], switch)
    return (
        *first,
        *_bury(desired, servers),
        *kept,
        *_bring_up(desired, servers),
        *last,
        *_retire(desired, servers, wanted),
    )


def _answers(desired: Desired, observed: Observed | None) -> bool:
    """Whether a release has part of the traffic, and a server that answers."""
    digest = desired.release.digest
    if observed is None or digest not in dict(observed.routed):
        return False
    return any(_release(each) == digest and each.state is ServerState.READY for each in observed.servers)


def _bury(desired: Desired, servers: tuple[RunningServer, ...]) -> list[Step]:
    sick = tuple(server.id for server in servers if server.state is ServerState.UNHEALTHY)
    return [_step(Action.STOP, desired, servers=sick, reason="unhealthy")] if sick else []


def _bring_up(desired: Desired, servers: tuple[RunningServer, ...]) -> list[Step]:
    ours = [server for server in servers if _release(server) == desired.release.digest]
    missing = desired.replicas - sum(server.state in _ALIVE for server in ours)
    if missing <= 0:
        return []
    died = any(server.state in {ServerState.EXITED, ServerState.UNHEALTHY} and not server.asked for server in ours)
    ordered = desired.fewest is not None and (desired.replicas > missing or desired.fewest == 0)
    reason = "a server died" if died else ORDERED if ordered else "not running"
    fetch = _step(Action.FETCH, desired, reason="artifact must be here and verified")
    return [fetch, _step(Action.START, desired, count=missing, reason=reason)]


def _switch(desired: Desired, observed: Observed | None, wanted: Traffic) -> list[Step]:
    if observed is not None and observed.traffic == wanted:
        return []
    routed = observed.routed if observed else ()
    if all(digest == desired.release.digest for digest, _ in wanted.shares):
        reason = "another release gets the traffic" if routed else "no release gets traffic"
    else:
        reason = "its share of the traffic changes"
    # Who is not to be met yet may still be on its way: the others do not wait for it.
    met = any(digest == desired.release.digest for digest, _ in wanted.shares)
    count = (1 if _answers(desired, observed) else desired.replicas) if met else 0
    return [_step(Action.SWITCH, desired, count=count, reason=reason, traffic=wanted)]


def _retire(desired: Desired, servers: tuple[RunningServer, ...], wanted: Traffic) -> list[Step]:
    kept = {desired.release.digest, *(digest for digest, _ in wanted.shares)}
    old = [server for server in servers if _release(server) not in kept and server.state in _ALIVE]
    alive = [server for server in servers if _release(server) == desired.release.digest and server.state in _ALIVE]
    ready_first = sorted(alive, key=lambda server: (server.state is not ServerState.READY, server.started, server.id))
    surplus = ready_first[desired.replicas :]
    groups = ((old, "superseded"), (surplus, "more than declared" if desired.fewest is None else ORDERED))
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


def _step(
    action: Action,
    desired: Desired,
    *,
    count: int = 0,
    servers: tuple[str, ...] = (),
    reason: str,
    traffic: Traffic | None = None,
) -> Step:
    release = desired.release
    place = (desired.environment, release.model, release.digest, release.name)
    return Step(action, *place, count, servers, reason, traffic)


def _release(server: RunningServer) -> str:
    return server.labels.get("release", "")
