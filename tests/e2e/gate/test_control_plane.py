"""What fails never gets traffic: a control plane over the shop, to which bypasses are committed one by one."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from tests.e2e.gate.shop import BAD_MODEL, MODEL, Shop
from tests.e2e.gate.test_bypasses import BYPASSES
from tests.e2e.spine.machine import Machine, until

TRIED = (
    "the pack is off",
    "an environment overrides",
    "a bound is widened",
    "the policies' folder is renamed",
    "a policy is always content",
    "a waiver by the author",
    "a policy owner more",
    "a new environment without packs",
    "fairlead.yaml has another ending",
)


def refused(machine: Machine, head: str) -> dict[str, Any] | None:
    """What the control plane says of a head that it has judged and refused; None before."""
    running = machine.up_now
    assert running is not None
    fleet: dict[str, Any] = running.api("/api/v1/fleet").json()
    return fleet if fleet["head"]["id"] == head and not fleet["synced"] and running.incidents() else None


def test_no_bypass_gets_traffic(guarded: tuple[Machine, Shop]) -> None:
    """After each, no server is new, callers are answered by those of before, and an open incident says why."""
    machine, shop = guarded
    machine.start()
    machine.live()
    served = machine.servers()
    for name in TRIED:
        before = shop.git("rev-parse", "HEAD")
        shop.edit(MODEL, *BAD_MODEL, ("memory: 256Mi", "memory: 300Mi"))
        (BYPASSES[name])(shop)
        head = shop.commit(name)
        fleet = until(partial(refused, machine, head), f"{name}: refused", 20)
        assert machine.servers() <= served, f"{name}: {json.dumps(fleet)}"
        assert "new environment" in name or machine.infer() == 200, name
        shop.git("reset", "--quiet", "--hard", before)
        machine.live()
        served = machine.servers()
    rewrite(shop)
    head = shop.git("rev-parse", "HEAD")
    until(lambda: refused(machine, head), "a rewritten history: refused", 20)
    assert (machine.servers() <= served, machine.infer()) == (True, 200)


def rewrite(shop: Shop) -> None:
    """Main begins anew, as if there had never been rules."""
    shop.edit(MODEL, *BAD_MODEL, ("memory: 256Mi", "memory: 300Mi"))
    BYPASSES["all policies are gone"](shop)
    shop.git("add", "--all")
    root = shop.git("commit-tree", shop.git("write-tree"), "-m", "A history without rules")
    shop.git("reset", "--quiet", "--hard", root)
