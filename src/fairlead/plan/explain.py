"""A plan's steps in words: the same list that delivery walks."""

from __future__ import annotations

from fairlead.domain.plan import Action, Step

__all__ = ["describe"]

_ALL = 100


def describe(step: Step) -> str:
    """One line that says what the step does and why."""
    what = {
        Action.FETCH: f"fetch and verify the artifact of {step.name}",
        Action.START: f"start {_servers(step.count)} of {step.name}",
        Action.SWITCH: _shared(step),
        Action.STOP: f"drain and stop {_servers(len(step.servers))} of {step.model}",
        Action.WITHDRAW: f"take {step.name or step.model} out of traffic",
    }[step.action]
    return f"{step.environment}: {what} ({step.reason})" if step.reason else f"{step.environment}: {what}"


def _shared(step: Step) -> str:
    """All to one release, or what the step's release gets of it."""
    shares = dict(step.traffic.shares) if step.traffic else {}
    weight = shares.get(step.release, 0 if shares else _ALL)
    if step.traffic is not None and step.traffic.mirror:
        return f"copy {step.traffic.mirrored} % of the requests of {step.model} to {step.name}"
    if weight == _ALL:
        return f"send all traffic of {step.model} to {step.name}"
    return f"send {weight} % of the traffic of {step.model} to {step.name}"


def _servers(count: int) -> str:
    return "1 server" if count == 1 else f"{count} servers"
