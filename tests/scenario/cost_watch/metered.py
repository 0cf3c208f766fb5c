"""A model that is live in a scene, and the windows that a meter would have published of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from math import pi, sin
from pathlib import Path

from fairlead.domain.usage import BUCKETS_MS, CostLine, LineKind, UsageRecord
from fairlead.flows.cost_watch.watching import CostWatcher
from fairlead.kernel.windows import Window, window_at
from tests.scenario.loop.scene import Scene

__all__ = ["WINDOW", "Metered"]

WINDOW = timedelta(minutes=5)
_PRICE = Decimal("0.00000001")
"""Of one microsecond of a core."""


@dataclass
class Metered:
    """A scene with one model, `churn`, whose customers ask by the hour of the day."""

    scene: Scene
    draws: random.Random = field(default_factory=lambda: random.Random(20261124))
    published: int = 0

    @classmethod
    def at(cls, folder: Path, anomalies: str = "anomalies: {warmUp: 3d}\n", *, behind: bool = False) -> Metered:
        """The model is live, and nobody has asked it anything; with an environment `behind` prod, or none."""
        scene = Scene(folder)
        place = scene.repo / "fairlead.yaml"
        place.write_text(place.read_text() + ("  - {name: europe, target: {port: 18781}}\n" * behind) + anomalies)
        scene.declare("churn", "first")
        scene.commit("Serve churn")
        scene.settle()
        return cls(scene)

    @property
    def now(self) -> datetime:
        """The scene's time."""
        return self.scene.clock.now()

    def pass_time(
        self,
        span: timedelta,
        *,
        work: float = 1.0,
        demand: float = 1.0,
        dearer: Sequence[str] = (),
        models: Sequence[str] = ("churn",),
    ) -> None:
        """Windows of `span` are published of each model.

        `work` is CPU time per inference, `demand` that of one customer; `dearer` models pay twice the price.
        """
        usage: list[UsageRecord] = []
        lines: list[CostLine] = []
        first = window_at(self.now, WINDOW)
        for number in range(int(span / WINDOW)):
            start = first.start + number * WINDOW
            at = Window(start, start + WINDOW)
            for model, (customer, share) in product(models, (("acme", 300 * demand), ("bolt", 200.0))):
                one, cost = self._asked(at, customer, share, work, model)
                usage.append(one)
                lines.append(replace(cost, amount=cost.amount * (2 if model in dearer else 1)))
        self.published += 1
        self.scene.world.lake.publish(usage, lines, [], {"windows": str(self.published)})
        self.scene.clock.advance(span)

    def _asked(self, at: Window, customer: str, share: float, work: float, model: str) -> tuple[UsageRecord, CostLine]:
        live = self.scene.state.deployments(model="churn", live=True)[0]
        hour = at.start.hour + at.start.minute / 60
        count = round(share * (1 + 0.4 * sin(hour * pi / 12)) * self.draws.lognormvariate(0, 0.03))
        cpu = round(count * 2_000 * work * self.draws.lognormvariate(0, 0.02))
        names = (live.environment, model, live.digest, live.release, customer)
        used = UsageRecord(
            at,
            *names,
            requests=count,
            inferences=count,
            errors=0,
            latency=(count, *[0] * len(BUCKETS_MS)),
            input_tokens=0,
            output_tokens=0,
            tokens_unknown=0,
            service_us=cpu,
            cpu_us=cpu,
            bytes_in=0,
            bytes_out=0,
        )
        return used, CostLine(at, LineKind.RELEASE, *names, cpu, cpu * _PRICE, "USD", "cpu-time", "a list")

    def watched(self) -> CostWatcher:
        """A control plane's watch that has seen all of it."""
        watcher = CostWatcher(self.scene.world)
        self.see(watcher)
        return watcher

    def see(self, watcher: CostWatcher) -> None:
        """Let it look until it has caught up."""
        for _ in range(40):
            watcher.look()
