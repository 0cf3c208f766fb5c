"""The answer of a check, as every renderer is handed it: verdict, findings, costs before and after, what runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fairlead.domain.finding import Finding, Severity, Verdict, judge
from fairlead.kernel.money import Money

__all__ = ["CheckReport", "Cost", "Rules", "Running", "report_of"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one thing costs in a month, and per thousand inferences, before and after the change.

    `name` is a model, a workload or a cloud resource, `environment` empty where there is none. None: not known;
    `unpriced` names the parts without a price, `assumptions` who says how much is used.
    """

    name: str
    environment: str
    before: Money | None
    after: Money | None
    before_per_1k: Money | None = None
    after_per_1k: Money | None = None
    unpriced: tuple[str, ...] = ()
    assumptions: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """A model or an image that manifests run. `pin` is `digest`, `tag`, `moving` or `unknown`."""

    kind: str
    name: str
    what: str
    pin: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rules were judged by: the commit that they were read from (empty: the folder itself), and their digest."""

    commit: str = ""
    digest: str = ""
    packs: tuple[str, ...] = ()
    judged: int = 0
    """How many rules were asked."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found. `counts` has a number for every severity, waived findings left out; those are `waived`.

    `label` names what was checked, `base` the commit that it was compared with (empty: it was checked whole), `models`
    is the number that were looked at.
    """

    label: str
    findings: tuple[Finding, ...]
    verdict: Verdict
    counts: Mapping[Severity, int]
    models: int
    waived: int = 0
    base: str = ""
    rules: Rules = field(default_factory=Rules)
    costs: tuple[Cost, ...] = ()
    running: tuple[Running, ...] = ()


def report_of(
    label: str,
    findings: Iterable[Finding],
    models: int,
    *,
    base: str = "",
    rules: Rules | None = None,
    costs: tuple[Cost, ...] = (),
    running: tuple[Running, ...] = (),
) -> CheckReport:
    """The findings in order of place, judged and counted."""
    ordered = tuple(sorted(set(findings)))
    counted = Counter(each.severity for each in ordered if not each.waiver)
    return CheckReport(
        label=label,
        findings=ordered,
        verdict=judge(ordered),
        counts={severity: counted[severity] for severity in Severity},
        models=models,
        waived=sum(1 for each in ordered if each.waiver),
        base=base,
        rules=rules or Rules(),
        costs=costs,
        running=running,
    )
