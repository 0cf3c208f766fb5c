"""What a look found, as scalers need it: who is scaled, whose requests wait, what runs, what the gateway counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from fairlead.declare.reader import Declared
from fairlead.domain.model import ModelSpec
from fairlead.domain.plan import Desired, Key, Observed
from fairlead.domain.price_book import PriceBook
from fairlead.domain.release import Deployment
from fairlead.domain.replica_price import replica_hour
from fairlead.domain.scaling import Scaling
from fairlead.domain.serving import Hold, ModelLoad, RunningServer, ServerState
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["Around", "Loads", "Subject", "holds_of", "scaling_in"]


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
            hold = _hold(scaling) if scaling is not None else None
            if hold is not None:
                found[environment, model.name] = hold
    return found


def _hold(scaling: Scaling) -> Hold | None:
    if not scaling.orders or scaling.min:
        return None
    return Hold(scaling.cold_start.requests, scaling.cold_start.wait // timedelta(milliseconds=1))


@dataclass(frozen=True, slots=True)
class Around:
    """What Git declares, what runs, what is live; `moving` have a rollout; `most` servers are what the gate allows."""

    declared: Declared
    found: Mapping[Key, Observed]
    live: Mapping[Key, Deployment]
    moving: frozenset[Key]
    most: Mapping[Key, int]
    commit: str

    def subject(self, key: Key, desired: Desired, *, changes: bool) -> Subject | None:
        """The model as a scaler sees it; None where it is not scaled.

        Where nobody can read what is declared now, the bounds are those that came with the release.
        """
        model, workspace, observed = self.declared.models.get(key[1]), self.declared.workspace, self.found.get(key)
        spec = model.spec if model is not None and model.spec is not None else desired.release.spec
        scaling = scaling_in(spec, key[0])
        if scaling is None or desired.ends:
            return None
        return Subject(
            key=key,
            desired=desired,
            scaling=scaling,
            servers=tuple(each for each in observed.servers if not each.ended) if observed else (),
            book=workspace.price_book if workspace is not None else None,
            most=self.most.get(key),
            still=changes or key in self.moving or key not in self.live,
            commit=self.commit,
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """One scaled model at a look: `servers` have not ended, of whatever release; `most` the gate allows.

    `still`: it begins, or one release replaces another, so that its order stands.
    """

    key: Key
    desired: Desired
    scaling: Scaling
    servers: tuple[RunningServer, ...]
    book: PriceBook | None
    most: int | None
    still: bool
    commit: str

    @property
    def hour(self) -> Decimal | None:
        """What an hour of one replica costs; None where nobody can tell."""
        return replica_hour(self.desired.release.spec.serving.resources, self.book)

    @property
    def answers(self) -> bool:
        """Whether a server is ready."""
        return any(each.state is ServerState.READY for each in self.servers)

    @property
    def hold(self) -> Hold | None:
        """Which of its requests wait while no server is ready."""
        return _hold(self.scaling)

    def ordered(self, order: int) -> Desired:
        """What is wanted, with as many servers as were ordered, where the scaler orders any."""
        if not self.scaling.orders:
            return self.desired
        count = max(order, 1) if self.still else order
        fewest = min(count, max(self.scaling.min, 1 if self.still else 0))
        return replace(self.desired, replicas=count, fewest=fewest)


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
