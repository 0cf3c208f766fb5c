"""What runs on the local target: servers, routes, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

__all__ = [
    "CpuReading",
    "CustomerKey",
    "GatewayConfig",
    "Hold",
    "Listener",
    "ModelLoad",
    "Route",
    "RunningServer",
    "ServerSpec",
    "ServerState",
    "WeightedBackend",
]


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """One process to be started and kept.

    `id` is unique for ever (`<environment>.<model>.<release digest's first 12>.<random>`); `command` may hold
    `{port}` and `{model_dir}`; `environment` holds resolved secrets and is never written anywhere, while `labels`
    are written beside the process and are what adoption reads. `secrets` are those values of the environment that
    are taken out of what the server says.
    """

    id: str
    command: tuple[str, ...]
    labels: Mapping[str, str]
    model_dir: Path
    readiness_path: str
    startup_timeout: timedelta
    grace: timedelta
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


class ServerState(StrEnum):
    """What a server is doing."""

    STARTING = "starting"
    READY = "ready"
    SILENT = "silent"
    """Was ready and does not answer now; busy for all that is known."""
    UNHEALTHY = "unhealthy"
    """Did not become ready in time, or has been silent for so long that nobody waits any more."""
    STOPPING = "stopping"
    EXITED = "exited"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server as it is found on the machine, whoever started it.

    `labels` hold `environment`, `model`, `release` (digest), `name` (`model@commit`). `exit_code` is set when
    `state` is exited (negative: the signal).
    """

    id: str
    labels: Mapping[str, str]
    port: int
    pid: int
    state: ServerState
    started: datetime
    exit_code: int | None = None
    detail: str = ""
    asked: bool = False
    """Whether its end was asked for; an end that was not is a death."""

    @property
    def ended(self) -> bool:
        """Whether it is gone or on its way out: nothing is asked of it any more."""
        return self.state in {ServerState.STOPPING, ServerState.EXITED}


@dataclass(frozen=True, slots=True)
class CpuReading:
    """CPU time that a server and its children have used since its start, in microseconds, at a moment."""

    server: str
    at: datetime
    cpu_us: int
    final: bool = False


@dataclass(frozen=True, slots=True)
class WeightedBackend:
    """One release behind a route: its ports on loopback and its share of the traffic (0 to 100)."""

    release: str
    name: str
    ports: tuple[int, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Requests that wait where no server of a model is ready: at most so many at once, about so long, then 503."""

    requests: int
    wait_ms: int


@dataclass(frozen=True, slots=True)
class ModelLoad:
    """What the gateway does for a model now: requests at its servers, requests that wait for one to start.

    `begun` are requests so far by cluster; a cluster is a set of ports, and begins at 0.
    """

    active: int
    held: int
    begun: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Route:
    """One model in one environment. Weights of the backends sum to 100; none means 503 with a reason.

    A backend of weight 0 is met by testers alone, who name it in a header. `mirror` is the release (one of the
    backends) that gets copies of `mirrored` per cent of the requests, its answers told to nobody. `sticky` is
    `customer` or `header:NAME`: whose requests keep to one release. `answers`: short answers are kept in the log.
    With `hold` requests wait while no backend has a port.
    """

    environment: str
    model: str
    protocol: str
    backends: tuple[WeightedBackend, ...]
    mirror: str = ""
    mirrored: int = 0
    sticky: str = ""
    answers: bool = False
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """Where the gateway listens for an environment."""

    environment: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class CustomerKey:
    """A key's hex sha256 and the customer that it stands for."""

    sha256: str
    customer: str


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """All that the gateway must know; applying the same value twice changes nothing."""

    listeners: tuple[Listener, ...]
    routes: tuple[Route, ...]
    keys: tuple[CustomerKey, ...]
    customer_header: str
    trusted_proxies: tuple[str, ...]
