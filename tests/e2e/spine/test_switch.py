"""A switch to another release under load: nobody notices, and every request is booked once."""

from __future__ import annotations

import time

import pytest

from tests.e2e.spine.machine import Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_a_switch_under_500_requests_a_second_loses_none(machine: Machine) -> None:
    """0 failed requests while a release replaces another; usage is what the client sent, split over both releases."""
    machine.start()
    before = machine.live()["rows"][0]["release"]
    with machine.load(rate=560, seconds=25) as load:
        time.sleep(1.5)
        machine.declare_onnx(memory="300Mi")
        after = f"example@{machine.commit('Ask for more')[:12]}"
        machine.live()
        time.sleep(1.5)
    assert load["failed"] == {}
    assert load["answered"] == load["sent"]
    assert load["sent"] / load["seconds"] >= 500, "the load itself was too slow for the promise"
    until(lambda: machine.metered() == load["sent"], f"all of {load} metered")
    usage = machine.usage()
    assert set(usage) == {before, after}
    assert min(row["requests"] for row in usage.values()) > 500
    assert sum(row["errors"] + row["unmetered"] for row in usage.values()) == 0
    until(lambda: len(machine.servers()) == 1, "the earlier server ends")
