"""Usage records and cost lines: what was used, and what it is charged as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from fairlead.kernel.windows import Window

__all__ = ["BUCKETS_MS", "BillLine", "CorePrice", "CostLine", "LineKind", "MachineSession", "UsageRecord"]

BUCKETS_MS = (
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    30_000,
    60_000,
)
"""Upper bounds of the latency histogram, in milliseconds; one more bucket holds what is slower."""


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """What one customer used of one release in one window.

    `release` is the digest; a request that no release answered has an empty one and the name `unrouted`. `inferences`
    are the requests that are paid for: a POST that the model answered with 2xx. `latency`
    counts per bucket of BUCKETS_MS and one above; tokens are sums over the answers that stated them and
    `tokens_unknown` counts the answers of a token protocol that did not; `service_us` is upstream service time;
    `cpu_us` the share of the release's measured CPU; `unmetered` counts requests that servers saw and the gateway's
    log lost.
    """

    window: Window
    environment: str
    model: str
    release: str
    name: str
    customer: str
    requests: int
    inferences: int
    errors: int
    latency: tuple[int, ...]
    input_tokens: int
    output_tokens: int
    tokens_unknown: int
    service_us: int
    cpu_us: int
    bytes_in: int
    bytes_out: int
    unmetered: int = 0


@dataclass(frozen=True, slots=True)
class MachineSession:
    """A span in which the machine is paid for: from the first `up` until a drained stop (None: it still runs).

    It survives the death of the control process. `cores` is what is paid for, used or not.
    """

    start: datetime
    end: datetime | None
    cores: int


@dataclass(frozen=True, slots=True)
class CorePrice:
    """Price of one core for one hour. `row` names the price row: its source and its date."""

    per_core_hour: Decimal
    currency: str
    row: str


@dataclass(frozen=True, slots=True)
class BillLine:
    """What the machine's time of a window costs: all cost lines of that window sum to it exactly.

    `capacity_us` is cores times paid microseconds of the window.
    """

    window: Window
    capacity_us: int
    amount: Decimal
    currency: str
    price: str


class LineKind(StrEnum):
    """What a cost line pays for."""

    RELEASE = "release"
    PLATFORM = "platform"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class CostLine:
    """An exact amount charged for a window. For platform and idle, the release's fields are empty.

    `amount` has at most 12 digits after the point; `quantity_us` is CPU microseconds; `method` names how the amount
    was split; `price` names the price row and its date.
    """

    window: Window
    kind: LineKind
    environment: str
    model: str
    release: str
    name: str
    customer: str
    quantity_us: int
    amount: Decimal
    currency: str
    method: str
    price: str
