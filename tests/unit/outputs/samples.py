"""Reports of checks to be shown: one of each kind of finding, and text that nobody should trust."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from fairlead.domain.finding import Finding, Severity
from fairlead.domain.report import CheckReport, Cost, Rules, Running, report_of
from fairlead.kernel.money import Money

__all__ = ["HOSTILE", "cost", "finding", "hostile_report", "report", "usd"]

HOSTILE = (
    "owned a|b <script>x</script> @ada `c` **d** [e](http://evil.example) #7"
    "\n::error::f\r\x1b[2J\u202eg\x00\ufffe]]>&amp;"
)
"""What a manifest may hold in the hope that a reader's tool obeys it."""


def usd(amount: str) -> Money:
    """Dollars."""
    return Money(Decimal(amount), "USD")


def finding(**different: Any) -> Finding:  # noqa: ANN401 - any field may differ
    """An image without a digest."""
    made = Finding(
        path="models/digits/model.yaml",
        line=7,
        column=12,
        rule="baseline/image-digest",
        message="the image is not pinned",
        mend="name it by digest",
        model="digits",
        environment="prod",
        rating="high",
        reference="SLSA v1.0, provenance",
    )
    return replace(made, **different)


def cost(**different: Any) -> Cost:  # noqa: ANN401 - any field may differ
    """A model that becomes dearer."""
    made = Cost("digits", "prod", usd("120.5"), usd("180.75"), usd("0.0412"), usd("0.0618"), (), "ledger, 30 days")
    return replace(made, **different)


def report(**different: Any) -> CheckReport:  # noqa: ANN401 - any field may differ
    """A check that failed, with a finding of every severity and a waived one."""
    made = report_of(
        "main",
        [
            finding(),
            finding(rule="baseline/owner", line=0, column=0, waiver="waivers/owner.yaml"),
            finding(rule="fairness/sample-size", severity=Severity.INSUFFICIENT, environment="", rating="", line=9),
            finding(rule="finops/price-known", severity=Severity.WARNING, model="chat", rating="medium"),
            finding(rule="policy/fault", severity=Severity.FAULT, path="policies/a.rego", model="", environment=""),
            finding(rule="foreign/helm", severity=Severity.INFO, path="", line=0, column=0, model="", rating=""),
        ],
        2,
        base="0123456789abcdef0123456789abcdef01234567",
        rules=Rules("fedcba9876543210fedcba9876543210fedcba98", "sha256:0011223344", ("baseline", "finops"), 12),
        costs=(cost(), cost(name="chat", before=usd("0"), after=usd("40"), before_per_1k=None, after_per_1k=None)),
    )
    return replace(made, **different)


def hostile_report() -> CheckReport:
    """The same, with hostile text in every place."""
    bad = finding(path=HOSTILE, message=HOSTILE, mend=HOSTILE, rule=HOSTILE, model=HOSTILE, reference=HOSTILE)
    waived = replace(bad, waiver=HOSTILE)
    running = Running(HOSTILE, HOSTILE, HOSTILE, "moving", HOSTILE, 3)
    costs = (cost(name=HOSTILE, environment=HOSTILE, unpriced=(HOSTILE,), assumptions=HOSTILE),)
    rules = Rules(HOSTILE, HOSTILE, (HOSTILE,), 1)
    return report_of(HOSTILE, [bad, waived], 1, rules=rules, costs=costs, running=(running,))
