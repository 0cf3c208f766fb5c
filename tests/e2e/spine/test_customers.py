"""Who is charged: by API key, by a header that a trusted proxy set, else nobody is believed; and a bounded number."""

from __future__ import annotations

import hashlib

import pytest

from tests.e2e.spine.machine import Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

KEY = "key-of-acme-4b7f0d"
CUSTOMERS = f"""\
customers:
  - name: acme
    apiKeys: [{{ sha256: {hashlib.sha256(KEY.encode()).hexdigest()} }}]
  - name: brook
gateway: {{ trustedProxies: [PEER], maxCustomers: 2 }}
"""


def declare(machine: Machine, peer: str) -> None:
    """A workspace that believes the header of one peer."""
    machine.declare_workspace(more=CUSTOMERS.replace("PEER", peer))
    machine.commit("Name the customers")


def counted(machine: Machine, expected: dict[str, int]) -> None:
    """Wait until usage is exactly that."""
    until(lambda: machine.metered() == sum(expected.values()), f"{expected} metered")
    assert {name: row["requests"] for name, row in machine.usage("customer").items()} == expected


def test_a_key_and_a_trusted_proxys_header(machine: Machine) -> None:
    """A key names its customer whatever the header says; more than maxCustomers strangers are one `other`."""
    declare(machine, "127.0.0.1/32")
    machine.start()
    machine.live()
    assert machine.infer(authorization=f"Bearer {KEY}", **{"x-customer": "brook"}) == 200
    assert machine.infer(**{"x-api-key": KEY, "x-customer": ""}) == 200
    assert machine.infer(**{"x-customer": "brook"}) == 200
    assert machine.infer(**{"x-customer": "", "authorization": "Bearer wrong"}) == 200
    for number in range(6):
        assert machine.infer(**{"x-customer": f"stranger-{number}"}) == 200
    counted(machine, {"acme": 2, "brook": 1, "unknown": 1, "stranger-0": 1, "stranger-1": 1, "other": 4})


def test_a_header_from_a_peer_that_nobody_trusts(machine: Machine) -> None:
    """It is not believed: the customer is unknown; a key still counts, and neither is in the gateway's log."""
    declare(machine, "192.0.2.7/32")
    machine.start()
    machine.live()
    assert machine.infer(**{"x-customer": "brook"}) == 200
    assert machine.infer(**{"x-customer": "brook", "x-forwarded-for": "192.0.2.7"}) == 200
    assert machine.infer(**{"x-customer": "brook", "x-api-key": KEY}) == 200
    counted(machine, {"unknown": 2, "acme": 1})
    logs = b"".join(path.read_bytes() for path in (machine.state / "gateway").glob("access*.log"))
    assert KEY.encode() not in logs
