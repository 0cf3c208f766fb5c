"""The Git workspace of the story: a repository that a user could have. Two models, one price, three customers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files

from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.errors import BrokenWorldError
from fairlead.kernel.money import plain
from fairlead.show.cli.demo import language
from fairlead.show.cli.demo.digits import CANDIDATES, Candidate, Trained
from fairlead.show.cli.demo.ground import Ground, Person
from fairlead.show.cli.demo.traffic import CUSTOMERS, make_keys

__all__ = ["GRACE", "LIN", "PRICE", "TOM", "Price", "make_workspace", "put_digits"]

GRACE = Person("Grace Okafor", "grace@harbour.example")
LIN = Person("Lin Wei", "lin@harbour.example")
TOM = Person("Tom Alder", "tom@harbour.example")


@dataclass(frozen=True, slots=True)
class Price:
    """A public price of an instance by the hour, and when it was read."""

    instance: str
    usd: Decimal
    vcpus: int
    day: str
    """Day of the list that it was read from."""

    @property
    def per_core(self) -> Decimal:
        """USD for one vCPU and one hour; the division is exact."""
        return self.usd / self.vcpus

    @property
    def source(self) -> str:
        """As the price book names it."""
        return f"AWS EC2 on-demand, {self.instance}, us-east-1, {self.usd} USD / {self.vcpus} vCPUs"


PRICE = Price("c7i.large", Decimal("0.08925"), 2, "2026-07-20")
"""Source: AWS price list API, Amazon EC2 on-demand, us-east-1, as of that day: 0.0892500000 USD an hour, 2 vCPUs."""


def make_workspace(ground: Ground, first: Trained) -> None:
    """Write the workspace and commit it, as several people; what goes live was approved by another than its author."""
    ground.git("init", "--quiet", "--initial-branch", "main", by=GRACE)
    _fill(ground, "fairlead.yaml", _workspace_values(ground))
    _fill(ground, "CODEOWNERS", {})
    _fill(ground, ".fairlead/allowed_signers", {"grace": GRACE.email, "key": ground.make_key()})
    ground.commit(
        "Begin the workspace", "One environment, one price with its source, three customers, rules.", by=GRACE
    )
    data = ground.workspace / "data"
    data.mkdir()
    shutil.copyfile(ground.trained / "test.csv", data / "digits-test.csv")
    put_digits(ground, first, CANDIDATES[0])
    ground.commit("Serve digits", "A linear model to begin with.", by=LIN, approved=GRACE)
    language.train(ground.workspace / "artifacts" / "narrator")
    _fill(ground, "models/narrator/model.yaml", {"python": sys.executable})
    _lock(ground, "narrator")
    ground.commit("Serve the narrator", "Its customers pay by the token or by the answer.", by=TOM, approved=GRACE)
    _approve(ground, "narrator")


def _approve(ground: Ground, model: str) -> None:
    """Grace signs that the newest release of a model may run."""
    ran = ground.fairlead("approve", model, "--key", str(ground.key), by=GRACE)
    if ran.code:
        raise BrokenWorldError(ran.text, where=f"fairlead approve {model}")


def put_digits(ground: Ground, trained: Trained, candidate: Candidate, release: str = "") -> None:
    """Replace the weights of `digits` by a candidate's, state its accuracy, and lock it. Nothing is committed.

    `release` is how it is to replace the one before, as its block in model.yaml; '' is all at once.
    """
    artifact = ground.workspace / "artifacts" / "digits"
    artifact.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(trained.model, artifact / "model.onnx")
    test = (ground.workspace / "data" / "digits-test.csv").read_bytes()
    values = {"about": candidate.about, "accuracy": plain(trained.accuracy), "test_digest": sha256_hex(test)}
    values["release"] = release
    _fill(ground, "models/digits/model.yaml", values)
    _lock(ground, "digits")


def _lock(ground: Ground, model: str) -> None:
    ran = ground.fairlead("lock", model)
    if ran.code:
        raise BrokenWorldError(ran.text, where=f"fairlead lock {model}")


def _workspace_values(ground: Ground) -> dict[str, str]:
    return {
        "gateway_port": str(ground.gateway_port),
        "next_port": str(ground.next_port),
        "inbox_port": str(ground.inbox_port),
        "instance_price": plain(PRICE.usd),
        "instance_cores": str(PRICE.vcpus),
        "core_price": plain(PRICE.per_core),
        "price_source": PRICE.source,
        "price_day": PRICE.day,
        "customers": _customers(make_keys(ground.keys)),
    }


def _customers(digests: Mapping[str, str]) -> str:
    lines: list[str] = []
    for each in CUSTOMERS:
        lines += [f"  - name: {each.name}", f"    segment: {each.segment}", "    apiKeys:"]
        lines.append(f"      - sha256: {digests[each.name]}")
    return "\n".join([*lines, ""])


def _fill(ground: Ground, path: str, values: Mapping[str, str]) -> None:
    """Write a file of the workspace from its template; `{name}` of each value stands in it."""
    # Files with a dot are kept without it, so that they do not act here.
    text = (files(__package__) / "files" / "workspace" / path.removeprefix(".")).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    place = ground.workspace / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
