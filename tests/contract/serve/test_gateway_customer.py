"""Who calls, as the gateway finds it out; and what of it reaches nobody else."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

import httpx2
import pytest

from fairlead.domain.access import parse_access_line
from fairlead.domain.serving import CustomerKey
from tests.contract.serve.conftest import Place, infer_body, route

INFER = "/v2/models/m/infer"


def customer_of(place: Place, headers: dict[str, str], **changes: Any) -> str:  # noqa: ANN401 - fields of any kind
    """The customer that one request with these headers is logged for; no model is needed for it."""
    place.gateway.ensure(place.config(route(), **changes))
    httpx2.post(f"{place.url}{INFER}", json=infer_body(), headers=headers)
    return str(place.lines(1)[-1]["customer"])


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer key-of-acme"},
        {"authorization": "bearer key-of-acme"},
        {"x-api-key": "key-of-acme"},
        {"x-api-key": "key-of-acme", "x-customer": "globex"},
    ],
)
def test_a_key_stands_for_its_customer(place: Place, headers: dict[str, str]) -> None:
    """In either header, and against whatever the client claims."""
    assert customer_of(place, headers) == "acme"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "key-of-nobody"},
        {"authorization": "Basic a2V5LW9mLWFjbWU="},
        {"x-customer": "acme"},
        {"x-fairlead-customer": "acme"},
        {"x-api-key": "k" * 600},
    ],
)
def test_everybody_else_is_unknown(place: Place, headers: dict[str, str]) -> None:
    """A claimed name from an address that is not trusted counts for nothing."""
    assert customer_of(place, headers) == "unknown"


@pytest.mark.parametrize(
    ("proxies", "expected"),
    [
        (("127.0.0.0/8",), "globex"),
        (("10.0.0.0/8", "127.0.0.1/32"), "globex"),
        (("127.0.0.2/32",), "unknown"),
        (("::1/128",), "unknown"),
        (("0.0.0.0/0",), "globex"),
    ],
)
def test_a_trusted_proxy_may_name_the_customer(place: Place, proxies: tuple[str, ...], expected: str) -> None:
    """Only from the peer's own address, whatever it says of forwarding."""
    headers = {"x-customer": "globex", "x-forwarded-for": "127.0.0.2"}
    assert customer_of(place, headers, trusted_proxies=proxies) == expected


def test_digests_are_the_standards(place: Place) -> None:
    """Keys of every length around the block size, and with any printable character, are found by their sha256."""
    choose = random.Random(7)
    letters = [chr(code) for code in range(33, 127)]
    keys = ["".join(choose.choices(letters, k=length)) for length in (1, 3, 54, 55, 56, 63, 64, 65, 119, 120, 128, 511)]
    table = tuple(CustomerKey(hashlib.sha256(key.encode()).hexdigest(), f"c{len(key)}") for key in keys)
    place.gateway.ensure(place.config(route(), keys=table))
    for key in keys:
        httpx2.post(f"{place.url}{INFER}", json={}, headers={"x-api-key": key})
    assert [line["customer"] for line in place.lines(len(keys))] == [f"c{len(key)}" for key in keys]


def test_many_keys_change_at_once(place: Place) -> None:
    """20,000 keys are taken over while it runs; a withdrawn key counts no more; odd names come back whole."""
    many = tuple(CustomerKey(hashlib.sha256(b"k%d" % n).hexdigest(), f'customer {n} "é\\') for n in range(20_000))
    assert customer_of(place, {"x-api-key": "key-of-acme"}) == "acme"
    place.gateway.ensure(place.config(route(), keys=many))
    httpx2.post(f"{place.url}{INFER}", json={}, headers={"x-api-key": "k19999"})
    httpx2.post(f"{place.url}{INFER}", json={}, headers={"x-api-key": "key-of-acme"})
    assert [line["customer"] for line in place.lines(3)] == ["acme", 'customer 19999 "é\\', "unknown"]


def test_a_key_goes_no_further(place: Place) -> None:
    """Keys, known or not, reach neither the model's server nor any file; nor do claimed and internal headers."""
    chat = place.chat_server()
    place.gateway.ensure(place.config(route(chat, model="chat", protocol="openai"), trusted_proxies=("127.0.0.1/32",)))
    for key in ("key-of-acme", "canary-key-9"):
        sent = {
            "authorization": f"Bearer {key}",
            "x-customer": "canary-customer",
            "x-envoy-original-path": "/canary-path",
            "x-envoy-upstream-rq-timeout-ms": "1",
        }
        answer = httpx2.post(
            f"{place.url}/openai/v1/chat/completions", json={"model": "chat", "reply": "echo"}, headers=sent
        )
        received = {name.lower(): value for name, value in answer.json()["headers"].items()}
        assert not {"authorization", "x-api-key", "x-customer", "x-envoy-upstream-rq-timeout-ms"} & received.keys()
        assert "canary" not in json.dumps(received)
        assert received["x-request-id"] == answer.headers["x-request-id"]
    assert [line["path"] for line in place.lines(2)] == ["/openai/v1/chat/completions"] * 2
    written = b"".join(path.read_bytes() for path in place.root.rglob("*") if path.is_file())
    assert b"canary-key-9" not in written
    assert b"key-of-acme" not in written


def test_a_request_id_is_kept_or_made(place: Place) -> None:
    """The client's own comes back and is logged; an odd or over-long one is cut to what a log can bear."""
    place.gateway.ensure(place.config(route(place.model_server())))
    asked = ["mine-1.a:b", 'bad "id"', "x" * 500, None]
    answered = []
    for one in asked:
        headers = {"x-request-id": one} if one else {}
        answered.append(httpx2.get(f"{place.url}/v2/models/m/ready", headers=headers).headers["x-request-id"])
    assert answered[:3] == ["mine-1.a:b", "bad__id_", "x" * 128]
    assert len(answered[3]) == 36
    assert [line["request"] for line in place.lines(4)] == answered


def test_a_line_is_what_the_meter_reads(place: Place) -> None:
    """Every field of the contract is there, of the right kind, and tells of this request."""
    server = place.model_server()
    place.gateway.ensure(place.config(route(server)))
    before = place.clock.now()
    answer = httpx2.post(f"{place.url}{INFER}?secret=1", json=infer_body(), headers={"x-api-key": "key-of-acme"})
    raw = json.dumps(place.lines(1)[0]).encode()
    line = parse_access_line(raw)
    assert before <= line.start <= line.end <= place.clock.now()
    assert 0 < line.service_us < line.duration_us < 5_000_000
    assert (line.environment, line.model, line.release, line.protocol) == ("prod", "m", "a" * 64, "oip")
    assert (line.method, line.path, line.code, line.flags) == ("POST", INFER, 200, "-")
    assert (line.customer, line.request) == ("acme", answer.headers["x-request-id"])
    assert (line.server, line.gateway) == (f"127.0.0.1:{server.port}", place.gateway.server_id())
    assert (line.bytes_in, line.bytes_out) == (int(answer.request.headers["content-length"]), len(answer.content))
    assert (line.input_tokens, line.output_tokens, line.failed) == (None, None, False)
