"""Cost events as plain JSON and back: how they are stored, saved with a watch's state, and answered."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fairlead.domain.anomaly import CostCause, CostEvent, CostKind, Deployed, Ending
from fairlead.kernel.money import Money, plain
from fairlead.kernel.windows import iso, parse_iso

__all__ = ["event_json", "read_event"]


def event_json(event: CostEvent) -> dict[str, Any]:
    """An event without floats: amounts are text, moments RFC 3339."""
    return {
        "id": event.id,
        "environment": event.environment,
        "model": event.model,
        "kind": event.kind.value,
        "began": iso(event.began),
        "found": iso(event.found),
        "currency": event.actual.currency,
        "actual_per_hour": plain(event.actual.amount),
        "expected_per_hour": plain(event.expected.amount),
        "stake_per_hour": plain(event.stake.amount),
        "stake_per_month": plain(event.stake_per_month.amount),
        "cause": _cause(event.cause),
        "origin": _origin(event.origin),
        "series": list(event.series),
        "sentence": event.sentence,
        "ended": iso(event.ended) if event.ended else None,
        "ending": event.ending.value if event.ending else None,
    }


def read_event(raw: Mapping[str, Any]) -> CostEvent:
    """The event that `event_json` wrote; KeyError, ValueError or TypeError for anything else."""
    cause, origin, currency = raw["cause"], raw["origin"], raw["currency"]
    return CostEvent(
        id=raw["id"],
        environment=raw["environment"],
        model=raw["model"],
        kind=CostKind(raw["kind"]),
        began=parse_iso(raw["began"]),
        found=parse_iso(raw["found"]),
        actual=Money(Decimal(raw["actual_per_hour"]), currency),
        expected=Money(Decimal(raw["expected_per_hour"]), currency),
        cause=CostCause(cause["dimension"], tuple(cause["values"]), Decimal(cause["share"])) if cause else None,
        origin=_read_origin(origin) if origin else None,
        series=tuple(raw["series"]),
        sentence=raw["sentence"],
        ended=parse_iso(raw["ended"]) if raw["ended"] else None,
        ending=Ending(raw["ending"]) if raw["ending"] else None,
    )


def _cause(cause: CostCause | None) -> dict[str, Any] | None:
    if cause is None:
        return None
    return {"dimension": cause.dimension, "values": list(cause.values), "share": plain(cause.share)}


def _origin(origin: Deployed | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {
        "at": iso(origin.at),
        "environment": origin.environment,
        "model": origin.model,
        "release": origin.release,
        "commit": origin.commit,
        "author": origin.author,
        "subject": origin.subject,
        "cost_factor": plain(origin.cost_factor) if origin.cost_factor is not None else None,
        "stage": origin.stage,
    }


def _read_origin(raw: Mapping[str, Any]) -> Deployed:
    return Deployed(
        at=parse_iso(raw["at"]),
        environment=raw["environment"],
        model=raw["model"],
        release=raw["release"],
        commit=raw["commit"],
        author=raw["author"],
        subject=raw["subject"],
        cost_factor=Decimal(raw["cost_factor"]) if raw["cost_factor"] is not None else None,
        stage=raw["stage"],
    )
