"""What a look found, as scalers need it: who is scaled, whose requests wait, what runs, what the gateway counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from fairlead.declare.reader import Declared
from fairlead.domain.model import ModelSpec
from fairlead.domain.plan import Key, Observed
from fairlead.domain.release import Deployment
from fairlead.domain.scaling import Scaling
from fairlead.domain.serving import Hold, ModelLoad, RunningServer
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["Around", "Loads", "holds_of", "scaling_in"]


def scaling_in(spec: ModelSpec | None, environment: str) -> Scaling | None:
    """How the model is scaled there; None where it is not, or where a person declared that none is to run."""
    if spec is None or environment not in spec.environments or not spec.replicas_in(environment):
        return None
    return spec.serving.scaling


def holds_of(declared: Declared | None) -> dict[Key, Hold]:
    """Models whose requests wait while no server is ready: those that a scaler may stop."""
    found: dict[Key, Hold] = {}
    for model in declared.models.values() if declared else ():
        for environment in model.spec.environments if model.spec else ():
            scaling = scaling_in(model.spec, environment)
            if scaling is not None and scaling.orders and scaling.min == 0:
                cold = scaling.cold_start
                found[environment, model.name] = Hold(cold.requests, cold.wait // timedelta(milliseconds=1))
    return found


@dataclass(frozen=True, slots=True)
class Around:
    """What Git declares, what runs, what is live; `moving` have a rollout; `most` servers are what the gate allows."""

    declared: Declared
    found: Mapping[Key, Observed]
    live: Mapping[Key, Deployment]
    moving: frozenset[Key]
    most: Mapping[Key, int]
    commit: str

    def servers(self, key: Key) -> tuple[RunningServer, ...]:
        """Those that have not ended, of whatever release."""
        observed = self.found.get(key)
        return tuple(each for each in observed.servers if not each.ended) if observed else ()


@dataclass(slots=True)
class Loads:
    """The gateway's counts, asked for once in a look, and only where somebody needs them."""

    world: World
    _loads: Mapping[Key, ModelLoad] | None = None
    _asked: bool = field(default=False)

    def of(self, key: Key) -> ModelLoad | None:
        """What the gateway does for a model now; None where it does not run, or does not answer."""
        if not self._asked:
            self._asked = True
            try:
                self._loads = self.world.gateway.model_loads()
            except BrokenWorldError:
                self._loads = None  # it runs, and does not answer: nobody knows what it does
        return self._loads.get(key, ModelLoad(0, 0, {})) if self._loads is not None else None
