"""The gateway holds requests of a model without a ready server: bounded in number and time, and none is lost."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx2

from fairlead.domain.serving import Hold, Route, RunningServer, WeightedBackend
from tests.contract.serve.conftest import Place, infer_body, wait_until

PATH = "/v2/models/m/infer"
RELEASE = "a" * 64


def holding(*servers: RunningServer, requests: int = 50, seconds: float = 20) -> Route:
    """A route that holds while it has no server."""
    backend = WeightedBackend(RELEASE, "m@1", tuple(each.port for each in servers), 100)
    return Route("prod", "m", "oip", (backend,), hold=Hold(requests, int(seconds * 1000)))


def ask(place: Place) -> httpx2.Response:
    """One request."""
    with httpx2.Client(base_url=place.url, timeout=60) as client:
        return client.post(PATH, json=infer_body())


def waiting(place: Place) -> int:
    """Requests that the gateway holds."""
    loads = place.gateway.model_loads()
    return loads["prod", "m"].held if loads else -1


def test_held_requests_are_answered_by_the_server_that_starts(place: Place) -> None:
    """All that waited are sent on once and in full; lines of the log say that they waited, and for whom."""
    place.gateway.ensure(place.config(holding()))
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(ask, place) for _ in range(20)]
        wait_until(lambda: waiting(place) == 20)
        server = place.named_server("first", seconds=0.5)
        place.gateway.ensure(place.config(holding(server)))
        answers = [each.result() for each in asked]
    assert Counter(each.status_code for each in answers) == {200: 20}
    lines = place.lines(20)
    assert {(line["held"], line["release"], line["code"]) for line in lines} == {(True, RELEASE, 200)}
    assert all(line["duration_us"] - line["service_us"] > 100_000 for line in lines)
    assert httpx2.get(f"http://127.0.0.1:{server.port}/count").json()["count"] == 20


def test_more_servers_break_no_request_that_was_held(place: Place) -> None:
    """A second server changes the ports while the first still answers what was held."""
    place.gateway.ensure(place.config(holding()))
    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(ask, place) for _ in range(10)]
        wait_until(lambda: waiting(place) == 10)
        first = place.named_server("first", seconds=2)
        place.gateway.ensure(place.config(holding(first)))
        second = place.named_server("second")
        place.gateway.ensure(place.config(holding(first, second)))
        place.gateway.ensure(place.config(holding(second)))
        answers = [each.result() for each in asked]
    assert Counter(each.status_code for each in answers) == {200: 10}


def test_more_than_may_wait_are_told_when_to_try_again(place: Place) -> None:
    """The bound in number: who finds it reached gets 503 with Retry-After at once, the others wait on."""
    place.gateway.ensure(place.config(holding(requests=3)))
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, place) for _ in range(8)]
        wait_until(lambda: sum(each.done() for each in asked) == 5)
        refused = [each.result() for each in asked if each.done()]
        server = place.named_server("first")
        place.gateway.ensure(place.config(holding(server, requests=3)))
        answers = [each.result() for each in asked]
    assert Counter(each.status_code for each in answers) == {200: 3, 503: 5}
    assert {each.headers["retry-after"] for each in refused} == {"5"}
    assert all("error" in each.json() for each in refused)


def test_nobody_waits_longer_than_the_bound(place: Place) -> None:
    """The bound in time: without a server each gets 503 with Retry-After, about then."""
    place.gateway.ensure(place.config(holding(seconds=3)))
    begun = time.monotonic()
    answer = ask(place)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert 1.5 < time.monotonic() - begun < 6


def test_new_requests_pass_as_usual_once_a_server_is_there(place: Place) -> None:
    """With a server the route is an ordinary one: nothing is held, and testers meet their release."""
    server = place.named_server("first")
    place.gateway.ensure(place.config(holding(server)))
    assert ask(place).json()["name"] == "first"
    assert place.lines(1)[0]["held"] is None
    loads = place.gateway.model_loads()
    assert loads is not None
    assert (loads["prod", "m"].held, sum(loads["prod", "m"].begun.values())) == (0, 1)


def test_a_request_larger_than_what_is_held_is_told_at_once(place: Place) -> None:
    """What fits into the gateway's memory waits whole; what does not gets 503, and waits for nobody."""
    place.gateway.ensure(place.config(holding()))
    with ThreadPoolExecutor(2) as pool, httpx2.Client(base_url=place.url, timeout=60) as client:
        fits = pool.submit(client.post, PATH, content=b"x" * (4 << 20))
        wait_until(lambda: waiting(place) == 1)
        large = httpx2.post(f"{place.url}{PATH}", content=b"x" * (12 << 20), timeout=60)
        server = place.named_server("first")
        place.gateway.ensure(place.config(holding(server)))
        answer = fits.result()
    assert large.status_code in {503, 507}, "which of the two depends on when the body outgrows what is held"
    assert answer.status_code == 200
    assert httpx2.get(f"http://127.0.0.1:{server.port}/count").json()["last"]["size"] == 4 << 20
