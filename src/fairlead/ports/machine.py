"""This machine as flows see it: time, secrets, keys, processes, and the proxy in front of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from fairlead.domain.model import SecretRef
from fairlead.domain.serving import CpuReading, GatewayConfig, ModelLoad, RunningServer, ServerSpec

__all__ = ["Clock", "Gateway", "Progress", "Secrets", "ServerHost", "Signer"]


class Clock(Protocol):
    """Time, passed in so that tests own it."""

    def now(self) -> datetime:
        """Current time, aware UTC."""

    def sleep(self, span: timedelta) -> None:
        """Wait for `span`."""


class Progress(Protocol):
    """A sink for the progress of long work: a bar on a terminal, nothing in a pipe."""

    def __call__(self, done: int, total: int, label: str) -> None:
        """`done` of `total` (bytes or items; 0: unknown) of the work called `label`."""


class Secrets(Protocol):
    """Secrets by reference."""

    def resolve(self, reference: SecretRef) -> str:
        """The value, in memory only. BrokenWorldError naming the reference, never the value, where there is none."""


class Signer(Protocol):
    """The workspace's ed25519 key."""

    def sign(self, data: bytes) -> str:
        """Signature in hex."""

    def public(self) -> str:
        """Public key in hex."""


class ServerHost(Protocol):
    """Processes on this machine that outlive the control process."""

    def start(self, spec: ServerSpec) -> RunningServer:
        """Start a server under its keeper and answer at once, in state `starting`."""

    def servers(self) -> list[RunningServer]:
        """All servers found on the machine (also those that exited and were not forgotten), probed for readiness."""

    def find(self, labels: Mapping[str, str]) -> list[RunningServer]:
        """Processes that carry all of these labels, the gateway too; not probed: ready is what has been ready."""

    def answered(self, server: RunningServer) -> int | None:
        """How many inference requests it has answered by its own count; None where it keeps none."""

    def stop(self, server: str) -> None:
        """Begin a graceful stop: its grace period, then the hard end. Answers at once; twice is once."""

    def forget(self, server: str) -> None:
        """Drop the traces of an exited server, once its final reading has been metered."""

    def readings(self, server: str, since: datetime | None = None) -> list[CpuReading]:
        """CPU readings at metering boundaries and the newest one, in order of time; the last may be final.

        With `since`, those from the last one before that moment on.
        """


class Gateway(Protocol):
    """The proxy in front of all models."""

    def ensure(self, config: GatewayConfig) -> None:
        """Make sure that the gateway runs and serves exactly `config`; returns when it does. Twice is once."""

    def serving(self) -> GatewayConfig | None:
        """What it serves now, or None where it does not run. BrokenWorldError where it runs and does not answer."""

    def model_loads(self) -> Mapping[tuple[str, str], ModelLoad] | None:
        """What it does for each (environment, model) that it has a route of; None where it does not run."""

    def log_failures(self) -> int:
        """How often the running gateway could not write its log since its start; 0 where it does not run."""

    def turn_over(self, larger_than: int) -> None:
        """Begin a new access log where the present one has more bytes; the meter deletes the old one when booked."""

    def stop(self) -> None:
        """Drain and end it."""
