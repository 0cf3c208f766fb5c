"""Evidence: numbers that fairlead measured on a locked artifact, bound to the digests of what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

__all__ = ["EVIDENCE_NAMESPACE", "Evidence", "GroupMeasure", "Measure", "Standing"]

EVIDENCE_NAMESPACE = "fairlead-evidence"
"""Namespace of SSH signatures of evidence: one made for another purpose does not hold here."""


class Standing(StrEnum):
    """How far a number can be relied on.

    `measured`: by fairlead on these very digests; `claimed`: typed in; `stale`: measured on other digests.
    """

    MEASURED = "measured"
    CLAIMED = "claimed"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number. `samples` is how many rows or requests it rests on; `data` the name of the data set."""

    name: str
    value: Decimal
    samples: int
    data: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class GroupMeasure:
    """A number for one group of one attribute, for example the selection rate of `sex` = `female`.

    `group` '' compares all groups of the attribute: a ratio or a difference. `samples` is then that of the group that
    has the fewest.
    """

    name: str
    attribute: str
    group: str
    value: Decimal
    samples: int
    data: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a test of a model found. `lock` is the tree digest of the artifact, `data` digests by data set's name.

    `trial` is the digest of what was tried: the declared tests, their files, and how the model is served. `checks` are
    named outcomes (golden requests, schema, bounds): True is passed. `signed_by` is proven, or empty.
    """

    model: str
    lock: str
    trial: str
    data: Mapping[str, str]
    measures: tuple[Measure, ...]
    groups: tuple[GroupMeasure, ...]
    checks: Mapping[str, bool]
    when: datetime
    tool: str
    signed_by: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
