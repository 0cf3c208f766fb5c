"""A fleet with everything that a page must tell apart: healthy, refused, silent, suspended, failing, dear, hostile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fairlead.domain.finding import Finding, Severity, Verdict
from fairlead.domain.incident import Incident
from fairlead.domain.journal import GENESIS, Actor, Draft, Record, chain
from fairlead.domain.lock import LockedFile
from fairlead.domain.plan import CostComponent
from fairlead.domain.release import Commit
from fairlead.flows.audit_report import AuditReport
from fairlead.flows.fleet import Fleet, FleetRow, Freshness, Health
from fairlead.flows.history import ReleaseView, TimelineEntry
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.money import Money

__all__ = ["HOSTILE", "NOW", "audit", "entries", "fleet", "incidents", "records", "release", "row", "usd"]

NOW = datetime(2026, 11, 23, 12, 40, 7, tzinfo=UTC)

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' \u202e{{ 7*7 }}"
"""What somebody might call a commit, a model or a log line."""

ADA = Commit(
    sha256_hex(b"ada")[:40],
    "Ada Lovelace",
    "ada@example.org",
    NOW - timedelta(hours=3, minutes=10),
    "Quantise the digits model to int8",
    ("Grace Hopper",),
)
ALAN = Commit(
    sha256_hex(b"alan")[:40], "Alan Turing", "alan@example.org", NOW - timedelta(minutes=52), "Use the larger tokenizer"
)
REVERT = Commit(
    sha256_hex(b"revert")[:40],
    "Grace Hopper",
    "grace@example.org",
    NOW - timedelta(minutes=31),
    'Revert "Use the larger tokenizer"',
    ("Ada Lovelace",),
)
BROKEN = Commit(
    sha256_hex(b"broken")[:40],
    "Linus",
    "linus@example.org",
    NOW - timedelta(minutes=12),
    "Retrain on the November data",
)


def usd(amount: str) -> Money:
    """An amount in US dollars."""
    return Money(Decimal(amount), "USD")


def row(model: str = "digits", environment: str = "prod", **differs: object) -> FleetRow:
    """A healthy row; a test states only what differs."""
    values: dict[str, object] = {
        "environment": environment,
        "model": model,
        "owner": "vision-team",
        "release": f"{model}@{ADA.id[:12]}",
        "digest": sha256_hex(model.encode()),
        "wanted": sha256_hex(model.encode()),
        "commit": ADA,
        "approved_by": ADA.approved_by,
        "since": NOW - timedelta(hours=3, minutes=8),
        "health": Health.HEALTHY,
        "ready": 2,
        "replicas": 2,
        "verdict": Verdict.PASS,
        "expected": usd("31.0250"),
        "month": usd("18.402113507128"),
        "requests": 1_284_512,
        "errors": 0,
        "p99_ms": 4.213,
        "per_1k": usd("0.000143261102"),
        "trend": tuple(Decimal(n) / 10**6 for n in (151, 149, 148, 150, 147, 145, 146, 143, 144, 141, 143, 142)),
        "endpoint": f"http://127.0.0.1:8710/v2/models/{model}/infer",
        "suspended_until": None,
        "incident": None,
    }
    return FleetRow(**{**values, **differs})  # type: ignore[arg-type]


def incidents() -> tuple[Incident, ...]:
    """Two open ones, most money first, and a closed one."""
    return (
        Incident(
            "prod/assistant/git-not-live",
            "git-not-live",
            "prod",
            "assistant",
            BROKEN.id,
            "models/assistant/model.lock:7: the bytes of weights.bin do not match their digest",
            "pin the artifact again with `fairlead lock assistant`, or revert the commit",
            NOW - timedelta(minutes=12),
        ),
        Incident(
            "staging/ranker/unhealthy",
            "unhealthy",
            "staging",
            "ranker",
            ALAN.id,
            "one of two servers exited with code 137 four times in a minute",
            "read `fairlead logs ranker --environment staging`",
            NOW - timedelta(minutes=4),
        ),
        Incident(
            "repository-unreachable",
            "repository-unreachable",
            "",
            "",
            "",
            "the repository could not be reached: connection refused",
            "",
            NOW - timedelta(hours=5),
            NOW - timedelta(hours=4, minutes=48),
        ),
    )


def fleet(**differs: object) -> Fleet:
    """Seven rows of five models."""
    refused, unhealthy, _ = incidents()
    rows = (
        row(),
        row("digits", "staging", requests=8_120, month=usd("2.1403"), expected=usd("15.5125"), ready=1, replicas=1),
        row(
            "assistant",
            owner="language-team",
            commit=REVERT,
            release=f"assistant@{ADA.id[:12]}",
            wanted="",
            verdict=Verdict.FAIL,
            expected=usd("204.40"),
            month=usd("127.98"),
            requests=96_310,
            errors=17,
            p99_ms=1240.0,
            per_1k=usd("1.32884"),
            trend=tuple(Decimal(n) / 100 for n in (130, 131, 129, 133, 208, 211, 209, 212, 134, 133, 132, 133)),
            incident=refused,
        ),
        row("assistant", "staging", owner="language-team", suspended_until=NOW + timedelta(hours=20), requests=0,
            errors=0, p99_ms=None, per_1k=None, trend=(), month=usd("0"), expected=usd("51.10"), ready=1, replicas=1),
        row("ranker", "staging", owner="search-team", commit=ALAN, approved_by=(), health=Health.DEGRADED, ready=1,
            incident=unhealthy, errors=214, verdict=Verdict.INSUFFICIENT, per_1k=usd("0.0482"), month=usd("9.36")),
        row("embedder", owner="", health=Health.STARTING, ready=0, replicas=1, requests=None, errors=None, p99_ms=None,
            per_1k=None, trend=(None, None), month=None, expected=None),
        row("summariser", "dev", owner="language-team", release="", digest="", wanted="", commit=None, approved_by=(),
            since=None, health=Health.PENDING, ready=0, replicas=1, verdict=Verdict.ERROR, requests=None, errors=None,
            p99_ms=None, per_1k=None, trend=(), month=None, expected=usd("73.00"), endpoint=""),
    )  # fmt: skip
    fresh = Freshness(
        "running", "pid 4711 on harbour", NOW - timedelta(seconds=2), NOW - timedelta(minutes=5, seconds=7)
    )
    values: dict[str, object] = {
        "workspace": "harbour",
        "branch": "main",
        "head": BROKEN,
        "synced": False,
        "rows": rows,
        "attention": (refused, unhealthy),
        "freshness": fresh,
    }
    return Fleet(**{**values, **differs})  # type: ignore[arg-type]


def entries() -> tuple[TimelineEntry, ...]:
    """Refused, came back by a revert, dearer, and the first, newest first."""

    def entry(commit: Commit, state: str, **differs: object) -> TimelineEntry:
        values: dict[str, object] = {
            "environment": "prod", "release": f"assistant@{commit.id[:12]}", "digest": sha256_hex(commit.id.encode()),
            "commit": commit, "state": state, "verdict": Verdict.PASS, "since": commit.when + timedelta(seconds=4),
            "until": None, "returned": False, "recovery_s": None, "expected": usd("204.40"), "cost": usd("0.7712"),
            "requests": 41_200, "per_1k": usd("1.32884"), "change": None, "message": "",
        }  # fmt: skip
        return TimelineEntry(**{**values, **differs})  # type: ignore[arg-type]

    return (
        entry(BROKEN, "refused", verdict=Verdict.FAIL, since=None, cost=None, requests=None, per_1k=None,
              message="models/assistant/model.lock:7: the bytes of weights.bin do not match their digest"),
        entry(REVERT, "live", release=f"assistant@{ADA.id[:12]}", returned=True, recovery_s=1264.0, change=-0.37),
        entry(ALAN, "ended", until=REVERT.when + timedelta(seconds=4), per_1k=usd("2.1094"), change=0.587),
        entry(ADA, "ended", until=ALAN.when + timedelta(seconds=4), change=0.0, expected=None),
    )  # fmt: skip


def release() -> ReleaseView:
    """A release with findings of every weight, a difference, files and a price with a gap."""
    findings = (
        Finding("models/assistant/model.lock", 7, 3, "resolve/digest-mismatch",
                "the bytes of weights.bin do not match their digest",
                "pin the artifact again with `fairlead lock assistant`"),
        Finding("models/assistant/model.yaml", 31, 5, "check/claimed-metric", "accuracy 0.97 is claimed, not measured",
                "add an evidence file with `fairlead test assistant`", Severity.INSUFFICIENT),
        Finding("models/assistant/model.yaml", 12, 1, "check/no-budget", "no budget is stated", "add budget.monthly",
                Severity.WARNING),
        Finding("models/assistant/model.yaml", 14, 3, "baseline/licence", "the licence `llama3.1` is not allowed",
                "choose another", model="assistant", environment="prod", rating="high", reference="GOVERN 6.1",
                waiver="waivers/far.yaml"),
    )  # fmt: skip
    difference = (
        "diff --git a/models/assistant/model.yaml b/models/assistant/model.yaml\nindex 1..2 100644\n"
        "--- a/models/assistant/model.yaml\n+++ b/models/assistant/model.yaml\n"
        "@@ -8,4 +8,4 @@ serving:\n   runtime: command\n"
        "-  replicas: 2\n+  replicas: 3\n+  # " + HOSTILE + "\n   protocol: openai\n"
    )
    files = (
        LockedFile("config.json", sha256_hex(b"config"), 1_204),
        LockedFile("weights.bin", sha256_hex(b"weights"), 5_368_709_120),
    )
    cpu = CostComponent("cpu", Decimal(2), "cores", Decimal("0.0425"), usd("62.05"), "t3.medium eu-west-1, 2026-11-01")
    gpu = CostComponent("gpu", Decimal("0.5"), "GPUs", None, None, "")
    deployed = entries()
    return ReleaseView(
        "assistant", f"assistant@{ADA.id[:12]}", deployed[0].digest, ADA, "kind: Model\nowner: language-team\n",
        difference, files, sha256_hex(b"revision")[:40], "hf://harbour/assistant@main", Verdict.FAIL, findings,
        (cpu, gpu), deployed[1:2],
    )  # fmt: skip


def audit() -> AuditReport:
    """A chain with a record that does not match its digest."""
    newest = records()[0]
    altered = Finding(
        "journal#12", 0, 0, "audit/altered-record", "record 12 is not what was written", "restore a backup"
    )
    began = NOW - timedelta(hours=7)
    return AuditReport(
        Verdict.FAIL, (altered,), 60, newest.digest, began, newest, 3, 57, NOW - timedelta(minutes=2), "ab" * 32
    )


def records(number: int = 60) -> tuple[Record, ...]:
    """A chain, newest first."""
    kinds = ("control.started", "request.look", "deployment.live", "incident.opened", "incident.closed")
    made: list[Record] = []
    for place in range(1, number + 1):
        kind = kinds[place % len(kinds)]
        about = (
            ("prod", "assistant", f"assistant@{ADA.id[:12]}", ADA.id) if place % len(kinds) > 1 else ("", "", "", "")
        )
        body = {"message": HOSTILE if place == number else "why it is so", "place": place}
        draft = Draft(kind, Actor("Grace Hopper", claimed=place % 2 == 0), *about, body=body)
        at = NOW - timedelta(minutes=7 * (number - place))
        made.append(chain(place, at, draft, made[-1].digest if made else GENESIS))
    return tuple(reversed(made))
