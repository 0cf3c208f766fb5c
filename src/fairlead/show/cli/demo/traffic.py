"""Who calls the demo's models, how often, and for what: three customers with different mixes on two plans."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from fairlead.kernel.digests import sha256_hex

__all__ = ["CUSTOMERS", "Customer", "Report", "Tally", "make_keys", "read_report"]


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer: its plan's segment, requests per second to each model, and how long the answers are that it wants."""

    name: str
    segment: str
    digits_rate: float
    chat_rate: float
    chat_tokens: int
    streamed: bool


CUSTOMERS = (
    Customer("atlas", "metered", 120, 1, 40, streamed=False),
    Customer("borealis", "metered", 60, 1, 60, streamed=True),
    Customer("cormorant", "flat", 20, 1, 300, streamed=True),
)
"""Cormorant pays the same for each answer, however long, and asks for long ones."""


def make_keys(file: Path) -> dict[str, str]:
    """A new API key per customer, kept in a file that only its owner may read; answers their sha256, for Git."""
    keys = {customer.name: secrets.token_urlsafe(24) for customer in CUSTOMERS}
    file.touch(mode=0o600)
    file.write_text(json.dumps(keys), encoding="utf-8")
    return {name: sha256_hex(key.encode()) for name, key in keys.items()}


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one customer's requests to one model. `failed` counts each that did not end in a whole answer."""

    answered: int = 0
    failed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.answered + other.answered, self.failed + other.failed)

    def since(self, before: Tally) -> Tally:
        """What came after `before`."""
        return Tally(self.answered - before.answered, self.failed - before.failed)


@dataclass(frozen=True, slots=True)
class Report:
    """The load's own count up to a moment: by customer and model, the newest p99 by model, and the first failures."""

    seconds: float
    tallies: Mapping[str, Mapping[str, Tally]]
    p99_ms: Mapping[str, float]
    failures: tuple[str, ...]

    def of(self, model: str = "") -> Tally:
        """All customers' requests to a model ('' is all models)."""
        found = (tally for models in self.tallies.values() for name, tally in models.items() if model in {"", name})
        return sum(found, Tally())

    def write(self, file: Path) -> None:
        """Replace the file in one step, since others read it while it is written."""
        part = file.with_suffix(".part")
        part.write_text(json.dumps(asdict(self)), encoding="utf-8")
        part.rename(file)


def read_report(file: Path) -> Report:
    """The newest report; an empty one before the first."""
    if not file.exists():
        return Report(0, {}, {}, ())
    raw = json.loads(file.read_text(encoding="utf-8"))
    tallies = {
        name: {model: Tally(**tally) for model, tally in models.items()} for name, models in raw["tallies"].items()
    }
    return Report(raw["seconds"], tallies, raw["p99_ms"], tuple(raw["failures"]))
