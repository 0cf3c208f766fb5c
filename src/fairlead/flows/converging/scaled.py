"""What is wanted, with as many servers as the scalers have ordered: replicas within their bounds are no drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fairlead.declare.reader import Declared
from fairlead.domain.plan import Key, Observed
from fairlead.domain.release import Deployment
from fairlead.domain.serving import Hold
from fairlead.flows.converging.desired import Wanted
from fairlead.flows.converging.follow import Followed
from fairlead.flows.scaling.around import Around, holds_of
from fairlead.flows.scaling.scalers import Scalers
from fairlead.flows.world import World

__all__ = ["Scaled"]


@dataclass(slots=True)
class Scaled:
    """The scalers as the loop asks them. `most` are the servers that the gate allows, as it said last."""

    world: World
    most: Mapping[Key, int] = field(default_factory=dict)
    _scalers: Scalers = field(init=False)

    def __post_init__(self) -> None:
        self._scalers = Scalers(self.world)

    def within(
        self,
        wanted: Wanted,
        followed: Followed | None,
        found: Mapping[Key, Observed],
        live: Mapping[Key, Deployment],
        moving: Mapping[Key, str],
    ) -> Wanted:
        """What is wanted at this look. `moving` have a rollout: their orders stand still."""
        if followed is None:
            return wanted
        around = Around(followed.declared, found, live, frozenset(moving), self.most, followed.commit.id)
        desired, standing = self._scalers.look(wanted.desired, wanted.standing, around)
        return replace(wanted, desired=desired, standing=standing)

    def holds(self, declared: Declared | None) -> Mapping[Key, Hold]:
        """Models whose requests wait while no server is ready; also of one whose declaration nobody can read now."""
        return {**holds_of(declared), **self._scalers.holds}

    def scales(self, key: Key) -> bool:
        """Whether a scaler looks after the model: what it tells of it is its own to take back."""
        return self._scalers.scales(key)
