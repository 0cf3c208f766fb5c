"""What policies see of a model in an environment: one document with its facts, in the form `policy_input.schema.json`.

It is a Kubernetes-like object, so that the same rule runs here, in OPA and in Gatekeeper. A fact that is not known is
null and never a zero: a rule answers `insufficient` for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fairlead.check.licences import licence_terms
from fairlead.domain.approval import Approval
from fairlead.domain.evidence import Evidence, Standing
from fairlead.domain.lock import Lock
from fairlead.domain.model import ModelSpec
from fairlead.domain.plan import CostComponent, total
from fairlead.domain.release import Commit, Release
from fairlead.domain.workspace import Environment
from fairlead.kernel.money import Money, plain

__all__ = ["CommitFacts", "ModelFacts", "Priced", "SignatureFact", "model_document", "per_thousand"]


@dataclass(frozen=True, slots=True)
class Priced:
    """What a model costs in a month before and after, and per thousand inferences where their number is known."""

    before: tuple[CostComponent, ...]
    after: tuple[CostComponent, ...]
    requests: Decimal | None = None
    """Inferences in a month."""
    source: str = ""
    """Who says how many inferences: the ledger, or a file."""


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """The commit that brought the release: who wrote it, who signed it, what it changed."""

    commit: Commit
    signer: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureFact:
    """What is known of the artifact's signature."""

    present: bool
    valid: bool
    signer: str = ""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """All that is known about one model in one environment when it is judged.

    `vulnerabilities` have id, package, version, severity and fixed; None: nobody looked.
    """

    name: str
    spec: ModelSpec
    environment: Environment
    lock: Lock | None = None
    release: Release | None = None
    price: Priced | None = None
    evidence: Evidence | None = None
    standing: Standing | None = None
    vulnerabilities: Sequence[Mapping[str, Any]] | None = None
    signature: SignatureFact | None = None
    change: CommitFacts | None = None
    required: int = 0
    approvals: tuple[Approval, ...] = ()
    stale: tuple[Approval, ...] = ()
    uncovered: tuple[str, ...] = ()


def model_document(facts: ModelFacts) -> dict[str, Any]:
    """The document that policies judge."""
    spec = facts.spec.model_dump(mode="json", by_alias=True, exclude={"api_version", "kind"})
    return {
        "apiVersion": facts.spec.api_version,
        "kind": "Model",
        "metadata": {"name": facts.name},
        "spec": spec,
        "environment": _environment(facts),
        "release": {"name": facts.release.name, "digest": facts.release.digest} if facts.release else None,
        "lock": _lock(facts.lock),
        "licence": _licence(facts.spec.provenance.licence),
        "plan": _plan(facts.price),
        "evidence": _evidence(facts.evidence, facts.standing),
        "scan": _scan(facts),
        "commit": _commit(facts.change),
        "approvals": {
            "required": facts.required,
            "given": [_approval(each, stale=False) for each in facts.approvals]
            + [_approval(each, stale=True) for each in facts.stale],
            "uncoveredPaths": list(facts.uncovered),
        },
    }


def _environment(facts: ModelFacts) -> dict[str, Any]:
    environment = facts.environment
    return {
        "name": environment.name,
        "region": environment.region,
        "target": environment.target.model_dump(mode="json", by_alias=True),
        "budget": {"monthly": plain(environment.budget.monthly)} if environment.budget else None,
        "approvals": facts.required,
    }


def _lock(lock: Lock | None) -> dict[str, Any] | None:
    if lock is None:
        return None
    files = [{"path": each.path, "sha256": each.sha256, "size": each.size} for each in lock.files]
    return {"uri": lock.uri, "revision": lock.revision, "tree": lock.tree, "size": lock.size, "files": files}


def _licence(expression: str) -> dict[str, Any]:
    terms = licence_terms(expression)
    return {
        "expression": expression,
        "valid": terms.valid,
        "ids": list(terms.ids),
        "alternatives": [list(each) for each in terms.alternatives],
        "unknown": list(terms.unknown),
    }


def _plan(price: Priced | None) -> dict[str, Any] | None:
    if price is None:
        return None
    before, after = total(price.before), total(price.after)
    known = after or before
    return {
        "currency": known.currency if known else None,
        "monthly": {
            "before": plain(before.amount) if before else None,
            "after": plain(after.amount) if after else None,
        },
        "unpriced": [each.name for each in price.after if each.monthly is None],
        "per1kInferences": per_thousand(price, before, after),
        "assumptions": price.source,
        "components": [_component(each) for each in price.after],
    }


def per_thousand(price: Priced, before: Money | None, after: Money | None) -> dict[str, str | None] | None:
    """Month's price over month's inferences, times a thousand; None where their number is not known.

    Plain decimals in the plan's currency, rounded to nine places.
    """
    if not price.requests:
        return None
    requests = price.requests

    def unit(money: Money | None) -> str | None:
        return plain((money.amount * 1000 / requests).quantize(_NINE).normalize()) if money else None

    return {"before": unit(before), "after": unit(after)}


_NINE = Decimal("1e-9")


def _component(part: CostComponent) -> dict[str, Any]:
    return {
        "name": part.name,
        "quantity": plain(part.quantity),
        "unit": part.unit,
        "unitPrice": None if part.unit_price is None else plain(part.unit_price),
        "monthly": None if part.monthly is None else plain(part.monthly.amount),
        "source": part.source,
    }


def _evidence(evidence: Evidence | None, standing: Standing | None) -> dict[str, Any] | None:
    if evidence is None:
        return None
    return {
        "standing": (standing or Standing.STALE).value,
        "lock": evidence.lock,
        "when": evidence.when.isoformat(),
        "signedBy": evidence.signed_by,
        "measures": [
            {
                "name": each.name,
                "value": float(each.value),
                "samples": each.samples,
                "data": each.data,
                "unit": each.unit,
            }
            for each in evidence.measures
        ],
        "groups": [
            {
                "name": each.name,
                "attribute": each.attribute,
                "group": each.group,
                "value": float(each.value),
                "samples": each.samples,
                "data": each.data,
            }
            for each in evidence.groups
        ],
        "checks": dict(evidence.checks),
    }


def _scan(facts: ModelFacts) -> dict[str, Any]:
    known, signature = facts.vulnerabilities, facts.signature
    return {
        "vulnerabilities": None if known is None else [dict(each) for each in known],
        "signature": None
        if signature is None
        else {"present": signature.present, "valid": signature.valid, "signer": signature.signer},
    }


def _commit(change: CommitFacts | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        "id": change.commit.id,
        "author": change.commit.author,
        "email": change.commit.email,
        "signed": bool(change.signer),
        "signer": change.signer,
        "subject": change.commit.subject,
        "changedPaths": list(change.paths),
    }


def _approval(approval: Approval, *, stale: bool) -> dict[str, Any]:
    return {
        "approver": approval.approver,
        "proof": approval.proof.value,
        "when": approval.when.isoformat(),
        "stale": stale,
    }
