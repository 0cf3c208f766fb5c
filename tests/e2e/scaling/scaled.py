"""A machine whose model `slow` is scaled: 20 requests a second and replica, and steps of a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.e2e.spine.declarations import HOME
from tests.e2e.spine.machine import Machine

__all__ = ["Scaled"]

SERVER = Path(__file__).with_name("slow_server.py")


@dataclass(frozen=True)
class Scaled(Machine):
    """A person's machine, and what they ask of the scaler."""

    def declare_scaled(self, **fields: str) -> None:
        """Write the model; `fields` of `serving.scaling` as YAML."""
        given = {
            "mode": "active",
            "min": "1",
            "max": "3",
            "step": "1s",
            "timeToReady": "2s",
            "holdDown": "5s",
            "policy": "{ kind: keda }",
            "slo": "{ wait: 1s }",
            **fields,
        }
        text = ", ".join(f"{name}: {value}" for name, value in given.items())
        self.declare_command("slow", SERVER, f", scaling: {{ {text} }}")

    def replicas(self) -> int:
        """Servers of the model that live."""
        return len(self.pids("server.py"))

    def orders(self) -> list[dict[str, Any]]:
        """Bodies of the scaler's orders, oldest first."""
        running = self.up_now
        assert running is not None
        return [each["body"] for each in reversed(running.journal("scaling.ordered"))]

    def trickle(self, over: Callable[[], object], seconds: float = 60) -> list[int]:
        """Ask one request after the other, some in a second, until it is over; their status codes."""
        codes, end = list[int](), time.monotonic() + seconds
        while not over():
            assert time.monotonic() < end, f"not over within {seconds} s"
            codes.append(self.ask().status_code)
            time.sleep(0.2)
        return codes

    def ask(self, seconds: float = 60) -> httpx2.Response:
        """One request through the gateway."""
        address = f"http://127.0.0.1:{self.port}/v2/models/slow/infer"
        return httpx2.post(address, json=HOME, headers={"x-customer": "acme"}, timeout=seconds)
