"""The gateway, a real Envoy: what it routes where, what it says otherwise, and how it changes under load."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from fairlead.domain.serving import Listener, Route, ServerState, WeightedBackend
from fairlead.kernel.errors import BrokenWorldError, ConflictError
from fairlead.serve.launch import free_port
from fairlead.serve.records import read_server
from tests.contract.serve.conftest import Place, infer_body, route, wait_until
from tests.contract.serve.load import Load

INFER = "/v2/models/m/infer"


def envoy_pid(place: Place) -> int:
    """Pid of the running Envoy."""
    identity = place.gateway.server_id()
    assert identity is not None
    record = read_server(place.root / "servers" / identity)
    assert record is not None
    return record.pid


def test_it_serves_what_it_was_told(place: Place, client: httpx2.Client) -> None:
    """`ensure` returns when requests are answered; `serving` tells the same value; a second time changes nothing."""
    assert place.gateway.serving() is None
    assert place.gateway.server_id() is None
    config = place.config(route(place.model_server()))
    place.gateway.ensure(config)
    answer = client.post(INFER, json={**infer_body(1, 2, 3, 4), "id": "abc"})
    assert answer.json()["outputs"][0]["data"] == [2, 4, 6, 8]
    assert answer.json()["id"] == "abc"
    assert place.gateway.serving() == config
    before = envoy_pid(place)
    place.gateway.ensure(config)
    assert envoy_pid(place) == before


def test_other_paths_of_the_protocol_reach_the_model(place: Place, client: httpx2.Client) -> None:
    """Metadata and readiness of a model are the server's own; the gateway itself says that it lives."""
    place.gateway.ensure(place.config(route(place.model_server())))
    assert client.get("/v2/models/m").json()["inputs"][0]["shape"] == [-1, 4]
    assert client.get("/v2/models/m/ready").json() == {"name": "m", "ready": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}


def test_an_unknown_model_names_the_known_form(place: Place, client: httpx2.Client) -> None:
    """404 in JSON, in the form of each protocol, with the names that are known."""
    place.gateway.ensure(place.config(route(), route(model="chat", protocol="openai")))
    oip = client.post("/v2/models/mm/infer", json=infer_body())
    assert oip.status_code == 404
    assert "/v2/models/<name>/infer" in oip.json()["error"]
    assert oip.json()["error"].endswith("under /v2/models: m")
    openai = client.post("/openai/v1/chat/completions", json={"model": "chatty"})
    assert openai.status_code == 404
    assert openai.json()["error"]["code"] == "model_not_found"
    assert "known: chat" in openai.json()["error"]["message"]
    assert client.get("/openai/v1/models").json()["data"][0]["id"] == "chat"


def test_no_backend_is_said_with_its_reason(place: Place, client: httpx2.Client) -> None:
    """503 in JSON for a model without a release, and for one whose servers all died."""
    server = place.model_server()
    place.gateway.ensure(place.config(route(), route(server, model="n"), route(model="chat", protocol="openai")))
    empty = client.post(INFER, json=infer_body())
    assert (empty.status_code, "no release that is ready in prod" in empty.json()["error"]) == (503, True)
    chat = client.post("/openai/v1/chat/completions", json={"model": "chat"})
    assert (chat.status_code, chat.json()["error"]["code"]) == (503, "model_not_ready")
    os.kill(server.pid, signal.SIGKILL)
    place.exited(server.id)
    dead = client.post("/v2/models/n/infer", json=infer_body())
    assert (dead.status_code, "did not answer" in dead.json()["error"]) == (503, True)


def test_environments_have_listeners_of_their_own(place: Place) -> None:
    """The same model name leads to another release on another environment's port; a removed one closes its port."""
    first, second = place.model_server(2), place.model_server(3)
    listeners = (Listener("prod", "127.0.0.1", place.port), Listener("dev", "127.0.0.1", free_port((place.port,))))
    dev = replace(route(second), environment="dev")
    both = place.config(route(first), dev, listeners=listeners)
    place.gateway.ensure(both)
    data = [
        httpx2.post(f"http://127.0.0.1:{one.port}{INFER}", json=infer_body(1, 1, 1, 1)).json()["outputs"][0]["data"]
        for one in listeners
    ]
    assert data == [[2] * 4, [3] * 4]
    assert [line["environment"] for line in place.lines(2)] == ["prod", "dev"]
    place.gateway.ensure(replace(both, listeners=listeners[:1], routes=(route(first),)))
    wait_until(lambda: not is_open(listeners[1].port))
    assert httpx2.get(f"{place.url}/v2/models/m/ready").status_code == 200


def is_open(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_traffic_is_split_by_weight(place: Place) -> None:
    """Of two releases at 90 and 10, each gets its share; lines name the release that was chosen."""
    old, new = place.model_server(2), place.model_server(3)
    backends = (WeightedBackend("a" * 64, "m@1", (old.port,), 90), WeightedBackend("b" * 64, "m@2", (new.port,), 10))
    place.gateway.ensure(place.config(Route("prod", "m", "oip", backends)))
    with Load(place.port, INFER, infer_body(1, 1, 1, 1)) as load:
        time.sleep(1.5)
    assert set(load.codes) == {200}
    total = sum(load.codes.values())
    share = sum(count for answer, count in load.answers.items() if "3.0" in answer) / total
    assert 0.05 < share < 0.16
    lines = place.lines(total)
    assert sum(line["release"] == "b" * 64 for line in lines) == round(share * total)


def test_a_switch_under_load_fails_no_request(place: Place) -> None:
    """Back and forth between releases, each old server stopped right after: no request fails, none gets lost."""
    with_traffic = place.model_server(2)
    place.gateway.ensure(place.config(route(with_traffic)))
    begun = time.monotonic()
    switches = 0
    with Load(place.port, INFER, infer_body(1, 1, 1, 1), pause=0.002) as load:
        while time.monotonic() - begun < 5:
            after = place.model_server(3 + switches)
            release = f"{switches:x}" * 64
            place.gateway.ensure(place.config(route(after, release=release[:64])))
            place.host.stop(with_traffic.id)
            with_traffic = after
            switches += 1
    assert dict(load.codes) == {200: sum(load.codes.values())}
    assert len(load.answers) == switches + 1 >= 3
    assert sum(load.codes.values()) > 1_000
    assert len(place.lines(sum(load.codes.values()))) == sum(load.codes.values())


def test_a_release_replaces_no_listener(place: Place, client: httpx2.Client) -> None:
    """A switch, and a new key, leave open connections and listeners as they are."""
    place.gateway.ensure(place.config(route(place.model_server(2))))
    client.post(INFER, json=infer_body())
    before = (place.root / "gateway" / "lds.json").read_text().replace(version(place), "")
    place.gateway.ensure(place.config(route(place.model_server(3)), keys=()))
    assert (place.root / "gateway" / "lds.json").read_text().replace(version(place), "") == before
    assert client.post(INFER, json=infer_body()).json()["outputs"][0]["data"] == [3, 6, 9, 12]


def version(place: Place) -> str:
    """Version of what is served."""
    return place.gateway._envoy.admin.versions().listeners  # noqa: SLF001


def test_a_killed_envoy_is_started_again(place: Place, client: httpx2.Client) -> None:
    """`ensure` with the same value starts another one, under another incarnation, within two seconds."""
    config = place.config(route(place.model_server()))
    place.gateway.ensure(config)
    client.post(INFER, json=infer_body())
    place.lines(1)
    first = place.gateway.server_id()
    os.kill(envoy_pid(place), signal.SIGKILL)
    wait_until(lambda: place.gateway.server_id() is None)
    assert place.gateway.serving() is None
    begun = time.monotonic()
    place.gateway.ensure(config)
    assert time.monotonic() - begun < 2
    assert client.post(INFER, json=infer_body()).status_code == 200
    assert [line["gateway"] for line in place.lines(2)] == [first, place.gateway.server_id()]
    dead = [one for one in place.host.find({"kind": "gateway"}) if one.state is ServerState.EXITED]
    assert [(one.id, one.exit_code) for one in dead] == [(first, -9)]
    assert place.host.readings(dead[0].id)[-1].final


def test_an_envoy_that_does_not_answer_serves_nobody_knows_what(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is not nothing: to take it for nothing would take all routes away."""
    config = place.config(route(place.model_server()))
    place.gateway.ensure(config)
    monkeypatch.setattr("fairlead.serve.gateway.admin._TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr("fairlead.serve.gateway.envoy._START", timedelta(seconds=0.2))
    pid = envoy_pid(place)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(BrokenWorldError, match="within"):
            place.gateway.serving()
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: place.gateway.serving() == config)


def test_a_port_in_use_names_its_holder(place: Place) -> None:
    """ConflictError names the port and the process that listens on it; nothing is started."""
    held = [sys.executable, "-m", "http.server", str(place.port), "--bind", "127.0.0.1"]
    with subprocess.Popen(held, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as holder:
        wait_until(lambda: is_open(place.port))
        with pytest.raises(ConflictError) as caught:
            place.gateway.ensure(place.config())
        holder.kill()
    assert str(place.port) in caught.value.what
    assert f"(pid {holder.pid})" in caught.value.what
    assert place.gateway.server_id() is None


def test_a_second_control_process_adopts_the_gateway(place: Place) -> None:
    """Another gateway object over the same folder finds what serves, and moves it on."""
    first, second = place.model_server(2), place.model_server(3)
    place.gateway.ensure(place.config(route(first)))
    adopted = Place(place.root, place.port)
    assert adopted.gateway.serving() == place.config(route(first))
    adopted.gateway.ensure(place.config(route(second)))
    assert adopted.gateway.server_id() == place.gateway.server_id()
    answer = httpx2.post(f"{place.url}{INFER}", json=infer_body(1, 1, 1, 1))
    assert answer.json()["outputs"][0]["data"] == [3] * 4


def test_a_refused_configuration_tells_envoys_reason(place: Place, client: httpx2.Client) -> None:
    """What Envoy cannot take is an error in its words; what it served before goes on."""
    good = place.config(route(place.model_server()))
    place.gateway.ensure(good)
    bad = place.config(Route("prod", "m", "oip", (WeightedBackend("c" * 64, "m@3", (70_000,), 100),)))
    with pytest.raises(BrokenWorldError, match="refused"):
        place.gateway.ensure(bad)
    assert client.post(INFER, json=infer_body()).status_code == 200
    other = place.config(route(place.model_server(3)))
    place.gateway.ensure(other)
    assert place.gateway.serving() == other
    assert client.post(INFER, json=infer_body()).json()["outputs"][0]["data"] == [3, 6, 9, 12]


def test_a_rotation_loses_no_line(place: Place) -> None:
    """Lines of a load over several rotations are all there, in files that count upwards."""
    place.gateway.ensure(place.config(route(place.model_server())))
    with Load(place.port, INFER, infer_body(), connections=4) as load:
        for _ in range(3):
            time.sleep(0.4)
            assert place.gateway.rotate() is not None
    folder = place.root / "gateway"
    files = [*(folder / f"access.{number}.log" for number in (1, 2, 3)), folder / "access.log"]
    total = sum(load.codes.values())
    wait_until(lambda: count_lines(files) == total)


def count_lines(files: list[Path]) -> int:
    """Lines in all of these files."""
    return sum(path.read_bytes().count(b"\n") for path in files if path.exists())


def test_the_end_drains(place: Place) -> None:
    """A request in flight is answered while the gateway ends; then the port is free and the process gone."""
    chat = place.chat_server()
    place.gateway.ensure(place.config(route(chat, model="chat", protocol="openai")))
    body = {"model": "chat", "reply": "stream", "pause": 0.05}
    with httpx2.stream("POST", f"{place.url}/openai/v1/chat/completions", json=body) as answer:
        pieces = answer.iter_bytes()
        next(pieces)
        place.gateway.stop()
        rest = b"".join(pieces)
    assert rest.endswith(b"data: [DONE]\n\n")
    wait_until(lambda: place.gateway.server_id() is None)
    wait_until(lambda: not is_open(place.port))


def test_the_admin_interface_is_private(place: Place) -> None:
    """It listens on a socket in a folder that only the owner may enter, on no port."""
    place.gateway.ensure(place.config())
    folder = place.root / "gateway"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "admin.sock").is_socket()
