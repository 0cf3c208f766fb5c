"""Verdicts that were given, as small facts of the state: of a release anywhere, and of one in an environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairlead.domain.finding import Finding, Verdict, judge
from fairlead.domain.journal import Draft
from fairlead.domain.release import Release
from fairlead.flows.incidents import CONTROL
from fairlead.ports import StateStore

__all__ = ["VERDICTS", "known_verdict", "tell_verdict", "verdict_fact"]

VERDICTS = "verdict/"
"""How the keys of all verdicts begin."""

_TOLD = 20
"""Findings that a journal record holds; the check tells them all."""


def verdict_fact(model: str, digest: str, environment: str = "") -> str:
    """Key of the fact that holds a release's verdict, as a whole or in one environment."""
    return "/".join((f"{VERDICTS}{model}", digest, *([environment] if environment else [])))


def known_verdict(facts: Mapping[str, str], model: str, digest: str, environment: str = "") -> Verdict:
    """The verdict in an environment, else of the release as a whole; `insufficient` while nobody has judged it.

    `facts` are those below `VERDICTS`.
    """
    whole = facts.get(f"{model}/{digest}")
    here = facts.get(f"{model}/{digest}/{environment}")
    known = here if here is not None and whole in {None, Verdict.PASS.value} else whole
    return Verdict(known) if known else Verdict.INSUFFICIENT


def tell_verdict(
    state: StateStore, release: Release, environment: str, findings: Iterable[Finding], commit: str, rules: str = ""
) -> None:
    """Write a verdict down with the rules' digest, once; nothing is written where the same is known.

    A pass stays where only bytes speak against it: bytes that its lock does not pin are another's.
    """
    found = sorted(findings)
    verdict = judge(found)
    key = verdict_fact(release.model, release.digest, environment)
    known = state.fact(key)
    if known == verdict.value:
        return
    lines = [f"{each.place} {each.severity} {each.rule}: {each.message}" for each in found[:_TOLD]]
    body = {"verdict": verdict.value, "findings": lines, **({"rules": rules} if rules else {})}
    draft = Draft("release.checked", CONTROL, environment, release.model, release.digest, commit, body)
    stays = known == Verdict.PASS and not any(each.rating for each in found if each.blocks)
    state.put_fact(key, Verdict.PASS.value if stays else verdict.value, draft)
