"""How a state looks: always an icon and a word, with a colour that only repeats what they say."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.analysis import MetricVerdict
from fairlead.domain.finding import Severity, Verdict
from fairlead.domain.policy import Enforcement, Rating
from fairlead.domain.rollout import Phase
from fairlead.flows.fleet import Health
from fairlead.flows.policy_view import WaiverState

__all__ = ["Tone", "tone_of"]


@dataclass(frozen=True, slots=True)
class Tone:
    """`name` is good, warn, bad, note or quiet; `icon` one of `icons.html`; `word` what stands beside it."""

    name: str
    icon: str
    word: str


_TONES: dict[str, Tone] = {
    Health.HEALTHY: Tone("good", "ok", "healthy"),
    Health.STARTING: Tone("note", "clock", "starting"),
    Health.DEGRADED: Tone("warn", "warn", "degraded"),
    Health.DOWN: Tone("bad", "cross", "down"),
    Health.STOPPED: Tone("quiet", "stop", "stopped"),
    Health.PENDING: Tone("note", "clock", "pending"),
    Verdict.PASS: Tone("good", "ok", "pass"),
    Verdict.FAIL: Tone("bad", "cross", "fail"),
    Verdict.INSUFFICIENT: Tone("warn", "unknown", "insufficient"),
    Severity.WARNING: Tone("warn", "warn", "warning"),
    Severity.INFO: Tone("quiet", "note", "info"),
    # A finding's error and a check's own error are the same word.
    Verdict.ERROR: Tone("bad", "warn", "error"),
    "live": Tone("good", "live", "live"),
    "ended": Tone("quiet", "stop", "ended"),
    "refused": Tone("bad", "cross", "refused"),
    "rolled-back": Tone("bad", "back", "rolled back"),
    "running": Tone("good", "live", "running"),
    "open": Tone("bad", "warn", "open"),
    "waived": Tone("quiet", "clock", "waived"),
    "closed": Tone("quiet", "ok", "closed"),
    "acknowledged": Tone("warn", "person", "acknowledged"),
    "muted": Tone("quiet", "clock", "muted"),
    "expected": Tone("quiet", "ok", "expected"),
    "over": Tone("good", "ok", "over"),
    MetricVerdict.WORSE: Tone("bad", "cross", "worse"),
    MetricVerdict.NOT_WORSE: Tone("good", "ok", "not worse"),
    Phase.COMPLETED: Tone("good", "ok", "completed"),
    Phase.ABORTED: Tone("bad", "back", "aborted"),
    Phase.SUPERSEDED: Tone("quiet", "stop", "superseded"),
    Severity.FAULT: Tone("bad", "warn", "could not be judged"),
    Enforcement.DENY: Tone("bad", "stop", "deny"),
    Enforcement.WARN: Tone("warn", "warn", "warn"),
    Enforcement.AUDIT: Tone("quiet", "note", "audit"),
    Rating.CRITICAL: Tone("bad", "warn", "critical"),
    Rating.HIGH: Tone("warn", "warn", "high"),
    Rating.MEDIUM: Tone("note", "note", "medium"),
    Rating.LOW: Tone("quiet", "note", "low"),
    WaiverState.HOLDS: Tone("good", "ok", "holds"),
    WaiverState.ENDS_SOON: Tone("warn", "clock", "ends soon"),
    WaiverState.UNPROVEN: Tone("warn", "unknown", "unproven"),
    WaiverState.EXPIRED: Tone("quiet", "stop", "expired"),
}


def tone_of(state: str) -> Tone:
    """How `state` looks. A state that another version invented is shown by its own word, and quietly."""
    return _TONES.get(state, Tone("quiet", "note", state))
