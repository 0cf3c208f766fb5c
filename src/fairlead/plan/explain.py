"""A plan's steps in words: the same list that delivery walks."""

from __future__ import annotations

from fairlead.domain.plan import Action, Step

__all__ = ["describe"]


def describe(step: Step) -> str:
    """One line that says what the step does and why."""
    what = {
        Action.FETCH: f"fetch and verify the artifact of {step.name}",
        Action.START: f"start {_servers(step.count)} of {step.name}",
        Action.SWITCH: f"send all traffic of {step.model} to {step.name}",
        Action.STOP: f"drain and stop {_servers(len(step.servers))} of {step.model}",
        Action.WITHDRAW: f"take {step.name or step.model} out of traffic",
    }[step.action]
    return f"{step.environment}: {what} ({step.reason})" if step.reason else f"{step.environment}: {what}"


def _servers(count: int) -> str:
    return "1 server" if count == 1 else f"{count} servers"
