"""Releases that were taken back: refused in their environment until Git wants something else there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from fairlead.domain.plan import Key
from fairlead.flows.world import World

__all__ = ["ROLLED_BACK", "TAKEN_BACK_MEND", "Quarantine", "lift", "quarantine", "quarantines"]

ROLLED_BACK = "rolled-back"
"""Kind of the incident that stays open while Git still wants what was taken back."""

TAKEN_BACK_MEND = "mend it and commit on top, or merge the revert"
"""What is to be done about it."""

_FACT = "quarantine/"


@dataclass(frozen=True, slots=True)
class Quarantine:
    """`digest` (`name`) was taken back in favour of `good`; `told` says why, `outcome` what became of the revert."""

    digest: str
    name: str
    good: str
    good_digest: str
    told: str
    metric: str
    evidence: str
    journal: str
    outcome: str = ""
    settled: bool = False
    """Whether the revert needs no further try."""
    asked: int = 0
    """Times that its pull request was asked for without success."""
    counted_by: str = ""
    """Until when (RFC 3339) its revert waits for the last count of who met it; '' where it does not."""

    @property
    def message(self) -> str:
        """What its incident says."""
        outcome = f"; {self.outcome}" if self.outcome else ""
        return f"{self.name} was taken back in favour of {self.good}: {self.told}{outcome}"


def quarantines(world: World) -> Mapping[Key, Quarantine]:
    """All that stand, by (environment, model)."""
    found: dict[Key, Quarantine] = {}
    for name, text in world.state.facts(_FACT).items():
        if text:
            environment, _, model = name.partition("/")
            found[environment, model] = Quarantine(**json.loads(text))
    return found


def quarantine(world: World, key: Key, value: Quarantine) -> None:
    """Refuse a release from now on, or note what became of its revert."""
    world.state.put_fact(f"{_FACT}{key[0]}/{key[1]}", json.dumps(asdict(value)))


def lift(world: World, key: Key) -> None:
    """Git wants something else now: the way is open."""
    world.state.put_fact(f"{_FACT}{key[0]}/{key[1]}", "")
