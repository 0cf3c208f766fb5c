"""Valid reports of cost, artifacts, journal and logs, for tests of how they look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from fairlead.domain.finding import Severity, Verdict
from fairlead.domain.lock import Lock, LockedFile
from fairlead.domain.logs import LogLine
from fairlead.flows.audit_report import AuditReport
from fairlead.flows.init import InitResult
from fairlead.flows.lock import Locked, LockResult
from fairlead.flows.verify import VerifiedFile, VerifyResult
from fairlead.meter.margin import Margin
from fairlead.meter.report import CostReport, CostRow, CostTotals, Unrouted
from fairlead.meter.unit_costs import LatencyBound
from fairlead.show.cli.cost import CostAnswer
from tests.unit.cli.values import NOON, finding

__all__ = ["audit_report", "cost_answer", "cost_row", "init_result", "lock_result", "log_line", "verify_result"]

_FOREVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


def cost_row(**different: Any) -> CostRow:  # noqa: ANN401 - any field may differ
    """A customer of a model without tokens."""
    made = CostRow(
        key={"customer": "acme"},
        amount=Decimal("0.004212345678"),
        currency="USD",
        requests=12_345,
        inferences=12_345,
        errors=2,
        unmetered=0,
        input_tokens=0,
        output_tokens=0,
        tokens_unknown=0,
        cpu_us=61_500_000,
        per_1k=Decimal("0.000341219561"),
        per_1m_output=None,
        p50=LatencyBound(5),
        p99=LatencyBound(20),
    )
    return replace(made, **different)


def cost_answer(**different: Any) -> CostAnswer:  # noqa: ANN401 - any field of the report may differ
    """Two customers, one of which has tokens and no price; a machine's bill that closes."""
    tokens: dict[str, Any] = {"input_tokens": 50_000, "output_tokens": 9_000, "tokens_unknown": 1}
    unpriced = cost_row(
        key={"customer": "globex"}, amount=None, per_1k=None, p99=LatencyBound(60_000, above=True), **tokens
    )
    totals = CostTotals(
        "USD",
        billed=Decimal("0.085"),
        releases=Decimal("0.004212345678"),
        platform=Decimal("0.001"),
        idle=Decimal("0.079787654322"),
        residual=Decimal(0),
    )
    report = CostReport(
        ("customer",), *_FOREVER, (cost_row(), unpriced), (totals,), (Unrouted("prod", "chat", 7, 7),), NOON
    )
    loses = Margin("acme", "free", 12_345, Decimal("0.001"), Decimal("0.0042"), Decimal("-0.0032"), "USD", "")
    unknown = Margin("globex", "", 12_345, None, None, None, "USD", "the customer has no segment")
    return CostAnswer(replace(report, **different), (loses, unknown))


def lock_result(**different: Any) -> LockResult:  # noqa: ANN401 - any field may differ
    """One model pinned, one that could not be."""
    lock = Lock(
        "file:models/digits", "sha256:0123456789abcdef", (LockedFile("model.onnx", "a" * 64, 1_500_000),), "b" * 64
    )
    made = LockResult((Locked("digits", "models/digits/model.lock", lock, changed=True),), (finding(),), Verdict.FAIL)
    return replace(made, **different)


def verify_result(**different: Any) -> VerifyResult:  # noqa: ANN401 - any field may differ
    """A file that is whole, one that is not, and one that could not be read."""
    files = [
        VerifiedFile("digits", name, "a" * 64, 1_500_000, "source", whole=whole)
        for name, whole in (("model.onnx", True), ("labels.txt", False), ("tokenizer.json", None))
    ]
    made = VerifyResult(tuple(files), (finding(rule="resolve/digest-mismatch"),), Verdict.FAIL)
    return replace(made, **different)


def audit_report(**different: Any) -> AuditReport:  # noqa: ANN401 - any field may differ
    """A journal with an altered record."""
    made = AuditReport(
        verdict=Verdict.FAIL,
        findings=(finding(path="journal#7", line=0, column=0, rule="audit/altered-record", severity=Severity.ERROR),),
        records=1_234,
        chain="c" * 64,
        began=NOON,
        newest=None,
        heads=3,
        signed=1_230,
        signed_at=NOON,
        public_key="e" * 64,
    )
    return replace(made, **different)


def log_line(**different: Any) -> LogLine:  # noqa: ANN401 - any field may differ
    """A request as the gateway saw it."""
    text = "POST /v2/models/digits/infer 200 in 3.2 ms for acme"
    made = LogLine(NOON, "gateway", "prod", "digits", "d" * 64, "5f0c6f7e", "info", text)
    return replace(made, **different)


def init_result(**different: Any) -> InitResult:  # noqa: ANN401 - any field may differ
    """A workspace made in a folder that had a README."""
    made = InitResult(
        Path("/home/ada/acme"),
        written=("fairlead.yaml", "models/example/model.yaml"),
        kept=("README.md",),
        made_repository=True,
        next_commands=("fairlead check", "fairlead up"),
    )
    return replace(made, **different)
