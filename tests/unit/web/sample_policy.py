"""Rules of every enforcement, a refused weakening, violations, and waivers in each state."""

from __future__ import annotations

from datetime import timedelta

from fairlead.domain.finding import Finding
from fairlead.domain.policy import Enforcement, Rating
from fairlead.flows.policy_view import HeldRelease, PolicyView, RuleShown, WaiverShown, WaiverState
from fairlead.kernel.digests import sha256_hex
from tests.unit.web.sample import ADA, HOSTILE, NOW

__all__ = ["policy"]


def rule(
    name: str, title: str, enforcement: Enforcement, severity: Rating, found: int = 0, **differs: object
) -> RuleShown:
    """A rule of the pack that its name says."""
    values: dict[str, object] = {
        "id": name, "title": title, "enforcement": enforcement, "severity": severity, "environments": (),
        "source": name.partition("/")[0], "reference": "", "found": found, "waived": 0,
    }  # fmt: skip
    return RuleShown(**{**values, **differs})  # type: ignore[arg-type]


def waiver(name: str, state: WaiverState, days: int, **differs: object) -> WaiverShown:
    """A waiver of the licence rule for the assistant."""
    values: dict[str, object] = {
        "path": f"waivers/{name}.yaml", "rule": "baseline/licence", "models": ("assistant",), "environments": ("prod",),
        "paths": (), "reason": "The vendor's licence is being negotiated until the end of the month.",
        "expires": (NOW + timedelta(days=days)).date(), "days_left": days, "approved_by": "grace@example.org",
        "requested_by": "ada@example.org", "state": state,
    }  # fmt: skip
    return WaiverShown(**{**values, **differs})  # type: ignore[arg-type]


def policy() -> PolicyView:
    """As `policy_view` answers."""
    deny, warn, audit = Enforcement.DENY, Enforcement.WARN, Enforcement.AUDIT
    return PolicyView(
        judged=NOW - timedelta(minutes=2),
        commit=ADA,
        digest=sha256_hex(b"rules"),
        rules=(
            rule("baseline/licence", "The licence is one that is allowed", deny, Rating.HIGH, 2, waived=1,
                 reference="OpenChain ISO/IEC 5230 3.1.5"),
            rule("baseline/owner", "Somebody answers for the model", deny, Rating.HIGH,
                 environments=("staging", "prod")),
            rule("privacy-gdpr/residency", "Personal data stays in its region", deny, Rating.CRITICAL, 1,
                 environments=("prod",), reference="GDPR Art. 44"),
            rule("finops/price-known", "What it costs is known", warn, Rating.MEDIUM, 3),
            rule("lineage/training-data", "Where the training data came from is said", audit, Rating.LOW, 5,
                 reference="EU AI Act Annex IV 2(d)"),
        ),
        refused=(
            Finding("fairlead.yaml", 31, 5, "protection/pack-off", "the pack `privacy-gdpr` is switched off",
                    "an owner of the policies runs `fairlead approve policies`, or take the change back"),
        ),
        troubles=(
            Finding("waivers/notes.txt", 0, 0, "waiver/not-read", HOSTILE, "keep each waiver in a file of its own"),
        ),
        violations=(
            HeldRelease("prod", "assistant", "language-team", "privacy-gdpr/residency",
                        "the data may stay in eu, and prod is in us-east-1", "serve it in a region of `eu`",
                        NOW - timedelta(days=3)),
            HeldRelease("prod", "embedder", "", "baseline/licence", "the licence llama3.1 is not allowed",
                        "choose a model whose licence is allowed, or ask for a waiver", None),
        ),
        violating=2,
        waivers=(
            waiver("old", WaiverState.EXPIRED, -4),
            waiver("soon", WaiverState.ENDS_SOON, 9),
            waiver("new", WaiverState.UNPROVEN, 28, why="that grace@example.org agreed is not proven",
                   mend="they run: `fairlead approve waiver:waivers/new.yaml`"),
            waiver("far", WaiverState.HOLDS, 60, models=(), environments=(), paths=("manifests/**",)),
        ),
        waiting=(
            HeldRelease("prod", "digits", "vision-team", "approval/missing", "1 of 2 approvals is proven",
                        "an approver who had no hand in it runs: `fairlead approve digits`", NOW - timedelta(hours=2)),
        ),
    )  # fmt: skip
