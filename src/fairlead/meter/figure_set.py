"""What the meter knows of models, as views are handed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from fairlead.domain.plan import Key
from fairlead.meter.report import CostRow

__all__ = ["Figures", "ModelFigures"]

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Figures:
    """Cost and usage this calendar month (UTC), by (environment, model) and by release's digest under it."""

    gathered: datetime = NEVER
    models: Mapping[Key, CostRow] = field(default_factory=dict)
    releases: Mapping[tuple[str, str, str], CostRow] = field(default_factory=dict)
    trends: Mapping[Key, tuple[Decimal | None, ...]] = field(default_factory=dict)
    metered: datetime | None = None


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """One model since ever: rows by (environment, release's digest), and by window under each environment."""

    releases: Mapping[tuple[str, str], CostRow] = field(default_factory=dict)
    series: Mapping[str, Sequence[CostRow]] = field(default_factory=dict)
