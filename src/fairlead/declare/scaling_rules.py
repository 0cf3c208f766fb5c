"""What a scaler must keep to besides its shape: fields of its own policy, times that fit, a budget that has a price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fairlead.domain.model import ModelSpec
from fairlead.domain.replica_price import LONGEST_MONTH_HOURS, replica_hour
from fairlead.domain.scaling import Scaling
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.kernel.money import plain

__all__ = ["scaling_budget_findings", "scaling_findings"]

_Found = tuple[tuple[str | int, ...], str, str, str]
"""Location, rule, message, mend."""

_AT, _RULE = ("serving", "scaling"), "declare/scaling"

_FIELDS = {
    "predictive": frozenset[str](),
    "hpa": frozenset({"target"}),
    "keda": frozenset({"target", "windows", "paused_at"}),
    "scheduled": frozenset({"headroom"}),
}
_WRITTEN = {"paused_at": "pausedAt"}

_MOST_STEPS = 240
"""What is kept of each step, for each safety that is tried, is written down at each step."""

_SPANS = {
    "step": (timedelta(seconds=1), timedelta(minutes=10)),
    "timeToReady": (timedelta(seconds=1), timedelta(hours=1)),
    "holdDown": (timedelta(seconds=1), timedelta(days=1)),
}


def scaling_findings(spec: ModelSpec) -> Iterator[_Found]:
    """What a model's scaling breaks by itself."""
    scaling = spec.serving.scaling
    if scaling is None:
        return
    if scaling.min > scaling.max:
        yield (*_AT, "min"), "declare/serving", "`min` is more than `max`", "make `min` at most `max`"
    yield from _policy(scaling)
    yield from _spans(scaling)
    budget = scaling.budget
    if budget is not None and (budget.hourly is None) == (budget.monthly is None):
        yield (*_AT, "budget"), _RULE, "`budget` takes exactly one of `hourly`, `monthly`", "give exactly one of them"


def _policy(scaling: Scaling) -> Iterator[_Found]:
    policy, at = scaling.policy, (*_AT, "policy")
    allowed = _FIELDS[policy.kind]
    for field in sorted(policy.model_fields_set - {"kind"} - allowed):
        name = _WRITTEN.get(field, field)
        known = ", ".join(_WRITTEN.get(each, each) for each in sorted(allowed)) or "none"
        yield (*at, name), _RULE, f"policy `{policy.kind}` has no field `{name}`", f"its fields: {known}"
    for index, window in enumerate(policy.windows):
        if window.replicas > scaling.max:
            message = f"a window of {window.replicas} replicas, and `max` is {scaling.max}"
            yield (*at, "windows", index, "replicas"), _RULE, message, "lower it, or raise `max`"
    if policy.paused_at is not None and not scaling.min <= policy.paused_at <= scaling.max:
        message = f"`pausedAt` {policy.paused_at} is outside of {scaling.min} to {scaling.max}"
        yield (*at, "pausedAt"), _RULE, message, "keep it within `min` and `max`"


def _spans(scaling: Scaling) -> Iterator[_Found]:
    given = {"step": scaling.step, "timeToReady": scaling.time_to_ready, "holdDown": scaling.hold_down}
    for name, span in given.items():
        least, most = _SPANS[name]
        if not least <= span <= most:
            message = f"`{name}` is {least.total_seconds():g} s to {most.total_seconds():g} s"
            yield (*_AT, name), _RULE, message, "choose a time between them"
    for name, span in {**given, "slo.wait": scaling.slo.wait}.items():
        if span > _MOST_STEPS * scaling.step:
            message = f"`{name}` is more than {_MOST_STEPS} steps of {scaling.step.total_seconds():g} s"
            yield (*_AT, *name.split(".")), _RULE, message, "shorten it, or make `step` longer"
    if not timedelta(seconds=1) <= scaling.slo.wait <= timedelta(hours=1):
        yield (*_AT, "slo", "wait"), _RULE, "`slo.wait` is 1 s to 1 h", "choose a time between them"
    if not timedelta(seconds=1) <= scaling.cold_start.wait <= timedelta(minutes=10):
        yield (*_AT, "coldStart", "wait"), _RULE, "`coldStart.wait` is 1 s to 10 min", "choose a time between them"


def scaling_budget_findings(spec: ModelSpec, workspace: WorkspaceSpec) -> Iterator[_Found]:
    """A ceiling of money that nobody can count, or that does not even pay for the fewest replicas."""
    scaling = spec.serving.scaling
    if scaling is None or scaling.budget is None:
        return
    at, hour = (*_AT, "budget"), replica_hour(spec.serving.resources, workspace.price_book)
    if hour is None:
        message = "the budget cannot be counted: not every resource of a replica has a price"
        yield at, _RULE, message, "add rows to `priceBook`, or remove `budget`"
        return
    fewest = max(scaling.min, 1)
    budget = scaling.budget
    for name, amount, hours in (("hourly", budget.hourly, 1), ("monthly", budget.monthly, LONGEST_MONTH_HOURS)):
        least = fewest * hour * hours
        if amount is not None and amount < least:
            paid = f"{fewest} replica{'s' if fewest > 1 else ''} all the time"
            message = f"`{name}` {plain(amount)} does not pay for {paid}: {plain(least)}"
            yield (*at, name), _RULE, message, "raise it, or ask for less in `resources`"
