"""What a scaler did, as records of the journal: whole numbers and texts alone."""

from __future__ import annotations

from decimal import Decimal

from fairlead.domain.journal import Draft
from fairlead.domain.plan import Key
from fairlead.domain.scaling import Scaling
from fairlead.flows.incidents import CONTROL
from fairlead.flows.scaling.around import Subject
from fairlead.flows.scaling.kept import Kept
from fairlead.flows.scaling.money import spent_on
from fairlead.kernel.money import plain

__all__ = ["INSUFFICIENT", "cold_started", "decided", "foretold"]

INSUFFICIENT = "scaling-insufficient"
"""Kind of the incident that says that a model's demand is not known."""

_CENT = Decimal("0.0001")


def decided(key: Key, scaling: Scaling, before: Kept, after: Kept, basis: str, commit: str) -> Draft:
    """Another order: `scaling.ordered`, or `scaling.decided` in a shadow, which has no effect."""
    kind = "scaling.ordered" if scaling.orders else "scaling.decided"
    body = {
        **after.decided,
        "mode": scaling.mode,
        "order": after.order,
        "before": before.order,
        "basis": basis,
        "doubt": after.blind,
    }
    return Draft(kind, CONTROL, *key, commit=commit, body=body)


def foretold(subject: Subject, known: Kept) -> Draft:
    """What would have been ordered for the last hour, and what that would have cost against what ran."""
    told = known.foretold
    if told is None:
        message = "nothing was foretold"
        raise ValueError(message)
    body: dict[str, str | int] = {
        **known.decided,
        "mode": subject.scaling.mode,
        "since": told.since.isoformat(),
        "order": known.order,
        "ordered_replica_seconds": told.ordered_ms // 1000,
        "ran_replica_seconds": told.ran_ms // 1000,
        "requests": told.requests,
        "late": told.late,
    }
    hour, book = subject.hour, subject.book
    if hour is not None and book is not None:
        body["ordered_cost"] = plain(spent_on(told.ordered_ms, hour).quantize(_CENT))
        body["ran_cost"] = plain(spent_on(told.ran_ms, hour).quantize(_CENT))
        body["currency"] = book.currency
    return Draft("scaling.foretold", CONTROL, *subject.key, commit=subject.commit, body=body)


def cold_started(key: Key, scaling: Scaling, took_ms: int, commit: str) -> Draft:
    """The first server answers again; requests waited for so long."""
    body = {"mode": scaling.mode, "milliseconds": took_ms}
    return Draft("scaling.cold-start", CONTROL, *key, commit=commit, body=body)
