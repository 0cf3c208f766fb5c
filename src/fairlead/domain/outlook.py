"""What is to be expected of a rollout before it begins: how long its traffic takes to a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

__all__ = ["Outlook"]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of the error rate, at the first judged weight of a rollout of `model` in `environment`.

    `rate` is requests per minute to both releases together, `weight` the new release's share of them in per cent
    (copies, for a shadow); `baseline` the error rate of what runs, `assumed` where none was measured yet.
    `stop_minutes` is until half of the releases are stopped that fail twice as often, or by `margin` more where that is
    more; `pass_minutes` until half, and `pass_minutes_p90` until nine of ten, of those that are as good as the old one
    pass. None: longer than can be told.
    """

    environment: str
    model: str
    strategy: str
    rate: float
    weight: int
    baseline: float
    assumed: bool
    margin: float
    stop_minutes: float | None
    pass_minutes: float | None
    pass_minutes_p90: float | None
    longest: timedelta

    @property
    def too_long(self) -> bool:
        """Whether more than one of ten good releases has no verdict when the rollout is aborted for lack of one."""
        return self.pass_minutes_p90 is None or self.pass_minutes_p90 > self.longest / timedelta(minutes=1)
