"""Several releases behind one route: shares, testers, whose requests keep to a release, and moves between shares."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from math import sqrt

import httpx2
import pytest

from fairlead.domain.serving import CustomerKey, Route, RunningServer, WeightedBackend
from tests.contract.serve.conftest import Place, wait_until
from tests.contract.serve.load import Load
from tests.contract.serve.test_gateway import envoy_pid

INFER = "/v2/models/m/infer"
CHAT = "/openai/v1/chat/completions"
OLD, NEW = "0123456789abcdef" * 4, "fedcba9876543210" * 4


def between(old: RunningServer, new: RunningServer, weight: int, sticky: str = "", protocol: str = "oip") -> Route:
    """Two releases; the new one has this weight."""
    backends = (
        WeightedBackend(OLD, "m@old", (old.port,), 100 - weight),
        WeightedBackend(NEW, "m@new", (new.port,), weight),
    )
    return Route("prod", "m", protocol, backends, sticky=sticky)


def pair(place: Place) -> tuple[RunningServer, RunningServer]:
    """Servers named old and new."""
    return place.named_server("old"), place.named_server("new")


@pytest.mark.parametrize("weight", [1, 10, 50])
def test_shares_are_exact(place: Place, weight: int) -> None:
    """Over thousands of requests the share of the new release is its weight, within four standard errors."""
    place.gateway.ensure(place.config(between(*pair(place), weight)))
    with Load(place.port, INFER, {}) as load:
        wait_until(lambda: sum(load.codes.values()) >= 4_000, 60)
    total = sum(load.codes.values())
    assert set(load.codes) == {200}
    share = load.answers['{"name": "new"}'] / total
    expected = weight / 100
    assert abs(share - expected) < 4 * sqrt(expected * (1 - expected) / total)
    assert Counter(line["release"] for line in place.lines(total))[NEW] == round(share * total)


@pytest.mark.parametrize("named", ["m@new", NEW[:12], NEW[:13], NEW[:38], NEW[:39], NEW[:63], NEW])
@pytest.mark.parametrize("weight", [0, 50])
def test_a_tester_meets_the_named_release(place: Place, client: httpx2.Client, named: str, weight: int) -> None:
    """By name or by twelve digits of its digest or more; also one that nobody else meets. The line says so."""
    place.gateway.ensure(place.config(between(*pair(place), weight)))
    for _ in range(5):
        answer = client.post(INFER, json={}, headers={"x-fairlead-release": named})
        assert answer.json() == {"name": "new"}
    assert client.post(INFER, json={}, headers={"x-fairlead-release": OLD[:12]}).json() == {"name": "old"}
    lines = place.lines(6)
    assert [line["pinned"] for line in lines] == [True] * 6
    assert [line["release"] for line in lines] == [NEW] * 5 + [OLD]


def test_only_testers_meet_a_release_without_weight(place: Place, client: httpx2.Client) -> None:
    """Nobody else does, and their lines say nothing; the header goes on to the server, as any other."""
    old, new = pair(place)
    place.gateway.ensure(place.config(between(old, new, 0)))
    assert {client.post(INFER, json={}).json()["name"] for _ in range(50)} == {"old"}
    client.post(INFER, json={}, headers={"x-fairlead-release": "m@new"})
    assert [line["pinned"] for line in place.lines(51)] == [None] * 50 + [True]
    seen = httpx2.get(f"http://127.0.0.1:{new.port}/").json()["last"]["headers"]
    assert seen["x-fairlead-release"] == "m@new"


@pytest.mark.parametrize("named", ["m", "m@other", NEW[:11], NEW[:12] + "f", NEW + "0", NEW[:12].upper(), ""])
def test_an_unknown_release_is_refused(place: Place, client: httpx2.Client, named: str) -> None:
    """404 with the known ones, never a silent way to another."""
    place.gateway.ensure(place.config(between(*pair(place), 10)))
    answer = client.post(INFER, json={}, headers={"x-fairlead-release": named})
    assert answer.status_code == 404
    assert f"m@old ({OLD[:12]}), m@new ({NEW[:12]})" in answer.json()["error"]


def test_testers_of_openai_models_too(place: Place, client: httpx2.Client) -> None:
    """The model is named in the body, the release in the header; a refusal has the protocol's form."""
    place.gateway.ensure(place.config(between(*pair(place), 0, protocol="openai")))
    asked = {"model": "m"}
    assert client.post(CHAT, json=asked).json() == {"name": "old"}
    named = client.post(CHAT, json=asked, headers={"x-fairlead-release": NEW[:12]})
    assert named.json() == {"name": "new"}
    refused = client.post(CHAT, json=asked, headers={"x-fairlead-release": "m@other"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "release_not_found")
    assert "m@new" in refused.json()["error"]["message"]
    assert [line["pinned"] for line in place.lines(3)] == [None, True, True]


def test_a_tester_is_told_when_a_release_is_down(place: Place, client: httpx2.Client) -> None:
    """A release whose servers are gone is known, and does not answer: 503, not the other one."""
    old, new = pair(place)
    both = between(old, new, 0)
    gone = replace(both, backends=(both.backends[0], replace(both.backends[1], ports=())))
    place.gateway.ensure(place.config(gone))
    answer = client.post(INFER, json={}, headers={"x-fairlead-release": "m@new"})
    assert (answer.status_code, "did not answer" in answer.json()["error"]) == (503, True)
    assert client.post(INFER, json={}).json() == {"name": "old"}


KEYS = {f"key-{number}": f"customer-{number}" for number in range(120)}


def met(client: httpx2.Client, sticky: str, path: str) -> dict[str, str]:
    """Which release every key meets."""
    header = "x-api-key" if sticky == "customer" else sticky.removeprefix("header:")
    return {key: client.post(path, json={"model": "m"}, headers={header: key}).json()["name"] for key in KEYS}


@pytest.mark.parametrize("protocol", ["oip", "openai"])
@pytest.mark.parametrize("sticky", ["customer", "header:x-session"])
def test_the_same_key_meets_the_same_release(place: Place, client: httpx2.Client, sticky: str, protocol: str) -> None:
    """At every weight, over a restart of Envoy, and as the weight grows nobody goes back to the old release."""
    keys = tuple(CustomerKey(sha256(key.encode()).hexdigest(), name) for key, name in KEYS.items())
    old, new = pair(place)
    path = INFER if protocol == "oip" else CHAT
    found = []
    for weight in (5, 25, 50, 90):
        config = place.config(between(old, new, weight, sticky, protocol), keys=keys)
        place.gateway.ensure(config)
        found.append(met(client, sticky, path))
        assert met(client, sticky, path) == found[-1]
        share = Counter(found[-1].values())["new"] / len(KEYS)
        assert abs(share - weight / 100) < 4 * sqrt(weight / 100 * (1 - weight / 100) / len(KEYS))
    for before, after in pairwise(found):
        assert {key for key, name in before.items() if name == "new"} <= {k for k, n in after.items() if n == "new"}
    os.kill(envoy_pid(place), signal.SIGKILL)
    wait_until(lambda: place.gateway.server_id() is None)
    place.gateway.ensure(config)
    assert met(client, sticky, path) == found[-1]


@pytest.mark.parametrize("sticky", ["customer", "header:x-session"])
def test_without_a_key_the_weight_decides(place: Place, client: httpx2.Client, sticky: str) -> None:
    """Request by request; and what the client claims of the internal header neither counts nor goes on."""
    old, new = pair(place)
    place.gateway.ensure(place.config(between(old, new, 50, sticky)))
    claimed = {"x-fairlead-customer": "acme"}
    names = Counter(client.post(INFER, json={}, headers=claimed).json()["name"] for _ in range(200))
    assert 60 < names["new"] < 140
    client.post(INFER, json={}, headers={"x-api-key": "key-of-acme", "x-session": "1"})
    for server in (old, new):
        last = httpx2.get(f"http://127.0.0.1:{server.port}/").json()["last"]
        assert "x-fairlead-customer" not in last["headers"]


def test_other_customers_are_first_with_other_releases(place: Place, client: httpx2.Client) -> None:
    """Who meets one release early has no other chance of it than anybody else with the next."""
    old, new = pair(place)
    first = between(old, new, 30, "header:x-session")
    place.gateway.ensure(place.config(first))
    before = met(client, first.sticky, INFER)
    newer = replace(first.backends[1], release="ab" * 32)
    place.gateway.ensure(place.config(replace(first, backends=(first.backends[0], newer))))
    after = met(client, first.sticky, INFER)
    both = sum(before[key] == after[key] == "new" for key in KEYS)
    assert both < 0.6 * Counter(before.values())["new"]


def test_weights_move_under_load_without_a_failure(place: Place) -> None:
    """5, 25, 50, 100 and back to 0, with requests in flight that take a while: none fails, every line is there."""
    old, new = place.named_server("old", 0.02), place.named_server("new", 0.02)
    place.gateway.ensure(place.config(between(old, new, 0)))
    moved = []
    with Load(place.port, INFER, {}, connections=16) as load:
        for weight in (5, 25, 50, 100, 0) * 2:
            begun = time.monotonic()
            place.gateway.ensure(place.config(between(old, new, weight)))
            moved.append(time.monotonic() - begun)
            time.sleep(0.2)
    total = sum(load.codes.values())
    assert dict(load.codes) == {200: total}
    assert total > 300
    assert len(load.answers) == 2
    assert len(place.lines(total)) == total
    assert max(moved) < 5


def test_an_envoy_killed_during_a_shift_returns_with_its_weights(place: Place, client: httpx2.Client) -> None:
    """What it was told last is served after a kill, by a gateway object that knows nothing of before."""
    old, new = pair(place)
    place.gateway.ensure(place.config(between(old, new, 0)))
    told = place.config(between(old, new, 100, "customer"))
    place.gateway.ensure(told)
    os.kill(envoy_pid(place), signal.SIGKILL)
    wait_until(lambda: place.gateway.server_id() is None)
    after = Place(place.root, place.port)
    after.gateway.ensure(told)
    assert after.gateway.serving() == told
    assert {client.post(INFER, json={}).json()["name"] for _ in range(20)} == {"new"}
