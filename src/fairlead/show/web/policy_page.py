"""*Policy*: which rules hold and since which commit, what was refused, who is in violation, what is waived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.domain.policy import Enforcement, Rating
from fairlead.flows.policy_view import HeldRelease, PolicyView, RuleShown, policy_view
from fairlead.flows.world import World
from fairlead.show.web.frame import Frame, View, api_link, command, frame_for
from fairlead.show.web.rendering import page

__all__ = ["show_policy"]

_BADNESS = list(Rating)


def show_policy(world: World, request: Request) -> HTMLResponse:
    """What the gate said last, narrowed by environment, owner and the search text; what was refused is always shown."""
    frame = frame_for(world, request)
    text = request.query_params.get("text", "")
    whole = policy_view(world)
    view = View(
        "Policy",
        "Policy",
        command("policy", "status"),
        api_link("policy"),
        search="rules, models and waivers",
        text=text,
        narrows=("environment", "owner"),
    )
    shown = _narrowed(whole, frame, text.strip().lower())
    kinds = [(each, [rule for rule in shown.rules if rule.enforcement is each]) for each in Enforcement]
    return page("policy.html", frame, view, {"whole": whole, "shown": shown, "kinds": kinds})


def _narrowed(whole: PolicyView, frame: Frame, text: str) -> PolicyView:
    owned = {row.model for row in frame.whole.rows if frame.owner in {"", row.owner}}
    place = frame.environment
    rules = (
        each
        for each in whole.rules
        if _in(place, each.environments) and text in f"{each.id} {each.title} {each.reference}".lower()
    )
    waivers = (
        each
        for each in whole.waivers
        if _in(place, each.environments)
        and (not frame.owner or not each.models or owned & {*each.models})
        and text in f"{each.rule} {each.path} {' '.join(each.models)} {each.reason} {each.approved_by}".lower()
    )
    return replace(
        whole,
        rules=tuple(sorted(rules, key=_weight)),
        waivers=tuple(waivers),
        violations=tuple(_of(whole.violations, frame, text)),
        waiting=tuple(_of(whole.waiting, frame, text)),
    )


def _of(held: Iterable[HeldRelease], frame: Frame, text: str) -> Iterable[HeldRelease]:
    for each in held:
        fits = frame.environment in {"", each.environment} and frame.owner in {"", each.owner}
        if fits and text in f"{each.model} {each.owner} {each.rule} {each.message}".lower():
            yield each


def _in(environment: str, environments: tuple[str, ...]) -> bool:
    return not environment or not environments or environment in environments


def _weight(rule: RuleShown) -> tuple[bool, int, str]:
    """What finds something first, then by how bad it is."""
    return not rule.found, _BADNESS.index(rule.severity), rule.id
