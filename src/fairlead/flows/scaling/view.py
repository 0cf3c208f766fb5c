"""How a model is scaled, for whoever looks: what is ordered, within which bounds, on what grounds, at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fairlead.declare.reader import DeclaredModel
from fairlead.domain.plan import Key
from fairlead.domain.price_book import PriceBook
from fairlead.domain.replica_price import replica_hour
from fairlead.flows.scaling.around import scaling_in
from fairlead.flows.scaling.kept import Kept
from fairlead.flows.scaling.money import spent_on
from fairlead.kernel.money import Money, from_pico, round_to_pico

__all__ = ["ScalingView", "scaling_view"]


@dataclass(frozen=True, slots=True)
class ScalingView:
    """`ordered` replicas within `least` and `most`; of another mode than active, what would be ordered (None: not yet).

    `grounds` are those of the last decision, `blind` why the demand is not known ('': it is). `ordered_cost` and
    `ran_cost` are money of the replicas ordered, and of those that ran, since `since`. Cold starts took `start_ms` in
    all; of `held` requests, which waited `held_ms` in all, `refused` waited in vain.
    """

    mode: str
    policy: str
    ordered: int | None
    least: int
    most: int
    grounds: Mapping[str, str]
    blind: str
    since: datetime | None
    ordered_cost: Money | None
    ran_cost: Money | None
    cold_starts: int
    start_ms: int
    held: int
    held_ms: int
    refused: int

    @property
    def text(self) -> str:
        """`3 in 1-8`, what is ordered within its bounds; of another mode than active, with the mode."""
        bounds = f"in {self.least}-{self.most}"
        if self.ordered is None:
            return bounds
        told = f"{self.ordered} {bounds}"
        return told if self.mode == "active" else f"{self.mode} {told}"

    @property
    def runs(self) -> int | None:
        """Replicas that are to run by its order; None where it gives none."""
        return self.ordered if self.mode == "active" else None


def scaling_view(
    key: Key, model: DeclaredModel | None, book: PriceBook | None, known: Kept | None
) -> ScalingView | None:
    """The view of one model; None where no scaler is declared for it."""
    spec = model.spec if model is not None else None
    scaling = scaling_in(spec, key[0])
    if scaling is None or spec is None:
        return None
    told = known.foretold if known else None
    hour = replica_hour(spec.serving.resources, book)

    def cost(replica_ms: int) -> Money | None:
        return _money(replica_ms, hour, book.currency) if book is not None and hour is not None else None

    return ScalingView(
        mode=scaling.mode,
        policy=scaling.policy.kind,
        ordered=known.order if known else None,
        least=scaling.min,
        most=scaling.max,
        grounds=dict(known.decided) if known else {},
        blind=known.blind if known else "",
        since=told.since if told else None,
        ordered_cost=cost(told.ordered_ms) if told else None,
        ran_cost=cost(told.ran_ms) if told else None,
        cold_starts=known.cold.starts if known else 0,
        start_ms=known.cold.start_ms if known else 0,
        held=known.cold.held if known else 0,
        held_ms=known.cold.held_ms if known else 0,
        refused=known.cold.refused if known else 0,
    )


def _money(replica_ms: int, hour: Decimal, currency: str) -> Money:
    return Money(from_pico(round_to_pico(spent_on(replica_ms, hour))), currency)
