"""Copies of requests for a shadow, and answers that are kept: what is written of them, and what nobody notices."""

from __future__ import annotations

import json
import os
import signal
import statistics
import sys
import time
from dataclasses import replace
from math import sqrt
from typing import Any

import httpx2
import pytest

from fairlead.domain.access import parse_access_line
from fairlead.domain.serving import Route, RunningServer, WeightedBackend
from tests.contract.serve.conftest import Place, wait_until
from tests.contract.serve.load import Load

INFER = "/v2/models/m/infer"
CHAT = "/openai/v1/chat/completions"
OLD, NEW = "a" * 64, "b" * 64
NAMES = ("access.log", "shadow.log")


def shadowed(live: RunningServer, shadow: RunningServer, share: int = 100, **changes: Any) -> Route:  # noqa: ANN401
    """A live release, and one that gets copies of this share of its requests."""
    backends = (WeightedBackend(OLD, "m@old", (live.port,), 100), WeightedBackend(NEW, "m@new", (shadow.port,), 0))
    route = Route("prod", "m", "oip", backends, mirror=NEW, mirrored=share)
    return replace(route, **changes)


def seen_by(server: RunningServer) -> dict[str, Any]:
    """How many requests a server got, and its last one."""
    found: dict[str, Any] = httpx2.get(f"http://127.0.0.1:{server.port}/").json()
    return found


def test_a_copy_is_answered_to_nobody_and_written_down(place: Place, client: httpx2.Client) -> None:
    """The client hears the live release; the copy has the same id and body, and a line of its own."""
    live, shadow = place.named_server("live"), place.named_server("shadow", code=500)
    place.gateway.ensure(place.config(shadowed(live, shadow)))
    headers = {"x-request-id": "mine-1", "x-session": "7", "x-api-key": "key-of-acme"}
    answer = client.post(INFER, json={"inputs": [1, 2, 3]}, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"name": "live"})
    line = parse_access_line(json.dumps(place.lines(1, "shadow.log")[0]).encode())
    assert (line.environment, line.model, line.release, line.protocol) == ("prod", "m", NEW, "oip")
    assert (line.request, line.code, line.method, line.path) == ("mine-1", 500, "POST", INFER)
    assert (line.server, line.gateway) == (f"127.0.0.1:{shadow.port}", place.gateway.server_id())
    assert 0 < line.service_us < line.duration_us < 5_000_000
    assert [one["release"] for one in place.lines(1)] == [OLD]
    asked, copied = seen_by(live)["last"], seen_by(shadow)["last"]
    assert asked["size"] == copied["size"] > 0
    assert asked["path"] == copied["path"]
    assert asked["headers"].items() <= copied["headers"].items()
    assert copied["headers"].keys() - asked["headers"].keys() <= {"x-forwarded-for", "transfer-encoding"}


def test_copies_of_openai_requests(place: Place, client: httpx2.Client) -> None:
    """They too arrive at the protocol's own path, and the tokens of their answers are known."""
    chat, shadow = place.chat_server(), place.chat_server()
    place.gateway.ensure(place.config(shadowed(chat, shadow, protocol="openai")))
    client.post(CHAT, json={"model": "m", "reply": "whole"}, headers={"x-request-id": "one"})
    live, copy = place.lines(1)[0], place.lines(1, "shadow.log")[0]
    for line in (live, copy):
        assert (line["request"], line["model"], line["protocol"], line["code"]) == ("one", "m", "openai", 200)
        assert (line["input_tokens"], line["output_tokens"], line["path"]) == (11, 22, CHAT)
    assert (live["release"], copy["release"]) == (OLD, NEW)


def test_the_share_of_copies_is_exact(place: Place) -> None:
    """Of thousands of requests as many are copied as was told, within four standard errors."""
    live, shadow = place.named_server("live"), place.named_server("shadow")
    place.gateway.ensure(place.config(shadowed(live, shadow, 20)))
    with Load(place.port, INFER, {}) as load:
        wait_until(lambda: sum(load.codes.values()) >= 3_000, 60)
    total = sum(load.codes.values())
    assert dict(load.answers) == {'{"name": "live"}': total}
    wait_until(lambda: abs(seen_by(shadow)["count"] / total - 0.2) < 4 * sqrt(0.2 * 0.8 / total))
    count = seen_by(shadow)["count"]
    assert {line["release"] for line in place.lines(count, "shadow.log")} == {NEW}
    assert len({line["request"] for line in place.lines(total)}) == total


def test_testers_are_not_copied(place: Place, client: httpx2.Client) -> None:
    """A copy is of what a customer asked."""
    live, shadow = place.named_server("live"), place.named_server("shadow")
    place.gateway.ensure(place.config(shadowed(live, shadow)))
    assert client.post(INFER, json={}, headers={"x-fairlead-release": "m@new"}).json() == {"name": "shadow"}
    client.post(INFER, json={})
    place.lines(1, "shadow.log")
    assert (seen_by(shadow)["count"], seen_by(live)["count"]) == (2, 1)


@pytest.mark.parametrize("trouble", ["slow", "dead", "hanging"])
def test_a_shadows_trouble_touches_nobody(place: Place, trouble: str) -> None:
    """Slow by half a minute, killed or stopped: clients hear the live release, as fast as without copies."""
    live, shadow = place.named_server("live"), place.named_server("shadow", 30.0 if trouble == "slow" else 0.0)
    plain = replace(shadowed(live, shadow), mirror="", mirrored=0)
    os.kill(shadow.pid, {"slow": 0, "dead": signal.SIGKILL, "hanging": signal.SIGSTOP}[trouble])
    seconds = {}
    try:
        for name, route in (("plain", plain), ("copied", shadowed(live, shadow))):
            place.gateway.ensure(place.config(route))
            with Load(place.port, INFER, {}, connections=4) as load:
                wait_until(lambda load=load: sum(load.codes.values()) >= 600, 60)  # type: ignore[misc]
            assert dict(load.answers) == {'{"name": "live"}': sum(load.codes.values())}
            assert set(load.codes) == {200}
            lines = place.lines(1)[-500:]
            seconds[name] = statistics.median(int(line["duration_us"]) for line in lines)
        assert seconds["copied"] < 3 * seconds["plain"]
        begun = time.monotonic()
        place.gateway.ensure(place.config(plain))
        assert time.monotonic() - begun < 6
    finally:
        if trouble == "hanging":
            os.kill(shadow.pid, signal.SIGCONT)


def test_a_large_body_is_copied_or_dropped_but_served(place: Place, client: httpx2.Client) -> None:
    """Five megabytes towards a shadow that reads nothing: the live release has them all."""
    live, shadow = place.named_server("live"), place.named_server("shadow")
    place.gateway.ensure(place.config(shadowed(live, shadow)))
    body = b"x" * 5_000_000
    os.kill(shadow.pid, signal.SIGSTOP)
    try:
        for _ in range(3):
            assert client.post(INFER, content=body).json() == {"name": "live"}
    finally:
        os.kill(shadow.pid, signal.SIGCONT)
    assert seen_by(live)["last"]["size"] == len(body)
    client.post(INFER, content=body)
    wait_until(lambda: seen_by(shadow)["last"].get("size") == len(body))


@pytest.mark.parametrize(("protocol", "path"), [("oip", INFER), ("openai", CHAT)])
def test_answers_are_kept_where_asked_for(place: Place, client: httpx2.Client, protocol: str, path: str) -> None:
    """Live and copy, as text, up to 2 KiB; longer ones are null, and are answered whole."""
    live, shadow = place.named_server("live"), place.named_server("shadow")
    place.gateway.ensure(place.config(shadowed(live, shadow, protocol=protocol, answers=True)))
    asked = [(0, "gzip"), (1_500, "gzip"), (2_100, "identity")]
    for size, encoding in asked:
        headers = {"x-size": str(size), "accept-encoding": encoding, "x-request-id": str(size)}
        answer = client.post(path, json={"model": "m"}, headers=headers)
        assert len(answer.json().get("padding", "")) == size
    for name, server in zip(NAMES, ("live", "shadow"), strict=True):
        kept = {line["request"]: line["answer"] for line in place.lines(3, name)}
        assert json.loads(kept["0"]) == {"name": server}
        assert len(json.loads(kept["1500"])["padding"]) == 1_500
        assert kept["2100"] is None


def test_no_answer_is_kept_unasked(place: Place, client: httpx2.Client) -> None:
    """Neither of another model in the same environment, nor of a copy."""
    live, shadow = place.named_server("live"), place.named_server("shadow")
    kept = shadowed(live, shadow, protocol="openai", answers=True)
    other = replace(kept, model="n", answers=False)
    place.gateway.ensure(place.config(kept, other))
    for model in ("m", "n"):
        client.post(CHAT, json={"model": model})
        place.lines(1 if model == "m" else 2, "shadow.log")
    for name in NAMES:
        kept_of = {line["model"]: line["answer"] is not None for line in place.lines(2, name)}
        assert kept_of == {"m": True, "n": False}


@pytest.mark.parametrize("reply", ["stream", "early", "absent"])
def test_streams_and_long_answers_pass_unkept(place: Place, client: httpx2.Client, reply: str) -> None:
    """Only short JSON is kept, and tokens are counted beside it."""
    chat = place.chat_server()
    backends = (WeightedBackend(OLD, "m@old", (chat.port,), 100),)
    place.gateway.ensure(place.config(Route("prod", "m", "openai", backends, answers=True)))
    answer = client.post(CHAT, json={"model": "m", "reply": reply})
    line = place.lines(1)[0]
    assert line["bytes_out"] == len(answer.content)
    assert line["answer"] == (answer.text if reply == "absent" else None)
    assert line["input_tokens"] == (None if reply == "absent" else 11)


ODD = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
ANSWERS = {"a": b'{"x": "\\0"}', "b": b'{"x": "\\xff"}', "c": '{"x": "\u2028"}'.encode(), "d": b""}

class Odd(BaseHTTPRequestHandler):
    def do_GET(self):
        body = ANSWERS.get(self.path[-1], b"{}")
        self.send_response(200)
        self.send_header("content-type", "application/vnd.odd+json; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

HTTPServer(("127.0.0.1", int(sys.argv[1])), Odd).serve_forever()
"""


def test_odd_answers_leave_the_log_whole(place: Place, client: httpx2.Client) -> None:
    """What is no text, and what ends lines elsewhere, cannot damage a line; nothing is kept of what cannot be JSON."""
    command = (sys.executable, "-c", ODD, "{port}")
    server = place.ready(place.host.start(place.spec(*command, readiness_path="/")).id)
    backends = (WeightedBackend(OLD, "m@old", (server.port,), 100),)
    place.gateway.ensure(place.config(Route("prod", "m", "oip", backends, answers=True)))
    for which in "abcd":
        assert client.get(f"/v2/models/m/{which}").status_code == 200
    kept = {line["path"][-1]: line["answer"] for line in place.lines(4)}
    assert kept == {"a": None, "b": '{"x": "\xff"}', "c": '{"x": "\u2028"}', "d": None}


def test_the_log_of_copies_is_bounded(place: Place, client: httpx2.Client) -> None:
    """It is turned over like the access log; of what was set aside the newest file is kept."""
    live, shadow = place.named_server("live"), place.named_server("shadow")
    place.gateway.ensure(place.config(shadowed(live, shadow)))
    folder = place.root / "gateway"
    for turn in range(3):
        client.post(INFER, json={}, headers={"x-request-id": f"turn-{turn}"})
        place.lines(1, "shadow.log")
        place.lines(1)
        place.gateway.turn_over(100)
    assert [path.name for path in folder.glob("shadow.*.log")] == ["shadow.3.log"]
    assert json.loads((folder / "shadow.3.log").read_text())["request"] == "turn-2"
    assert len(list(folder.glob("access.*.log"))) == 3
    place.gateway.turn_over(100_000)
    assert len(list(folder.glob("access.*.log"))) == 3
