"""The OpenAI protocol: the model from the body, the tokens from the answer's own usage, and clients that leave."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest

from fairlead.serve.gateway.listeners import BUFFER_BYTES
from tests.contract.serve.conftest import Place, route

CHAT = "/openai/v1/chat/completions"


@pytest.fixture
def chat(place: Place) -> Place:
    """A gateway with the model `chat`, and a model of the other protocol beside it."""
    place.gateway.ensure(place.config(route(place.chat_server(), model="chat", protocol="openai"), route()))
    return place


def ask(place: Place, path: str = CHAT, **body: Any) -> httpx2.Response:  # noqa: ANN401 - fields of any kind
    """One request to the model `chat`."""
    return httpx2.post(f"{place.url}{path}", json={"model": "chat", **body}, timeout=20)


def tokens(line: dict[str, Any]) -> tuple[Any, Any]:
    """What the line says of tokens."""
    return line["input_tokens"], line["output_tokens"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("whole", (11, 22)),
        ("new-names", (7, 8)),
        ("early", (11, 22)),
        ("stream", (11, 22)),
        ("absent", (None, None)),
        ("stream-without", (None, None)),
    ],
)
def test_tokens_are_the_answers_own(chat: Place, reply: str, expected: tuple[Any, Any]) -> None:
    """Streamed byte by byte, whole, first or last in the answer: never guessed, and absent is null, not zero."""
    assert ask(chat, reply=reply).status_code == 200
    line = chat.lines(1)[0]
    assert tokens(line) == expected
    assert (line["model"], line["protocol"], line["path"]) == ("chat", "openai", CHAT)


def test_tokens_are_read_through_compression(chat: Place) -> None:
    """The server is not told that the client would take gzip."""
    answer = httpx2.post(f"{chat.url}{CHAT}", json={"model": "chat"}, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert tokens(chat.lines(1)[0]) == (11, 22)


def test_the_path_becomes_the_servers(chat: Place) -> None:
    """`/openai/v1/...` arrives as `/v1/...`, for every path and content type."""
    assert ask(chat, "/openai/v1/embeddings", reply="echo").json()["path"] == "/v1/embeddings"
    raw = b'{"messages": [{"model": "m"}], "model": "chat", "reply": "echo"}'
    answer = httpx2.post(f"{chat.url}/openai/v1/completions?x=1", content=raw)
    assert answer.json()["path"] == "/v1/completions?x=1"


@pytest.mark.parametrize("body", [b"not json", b"", b'{"model": 7}', b'{"model": "m"}', b"[]"])
def test_a_body_without_a_known_model(chat: Place, body: bytes) -> None:
    """404 in the protocol's form; a model of the other protocol is not served here."""
    answer = httpx2.post(f"{chat.url}{CHAT}", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


def test_a_body_is_bounded(chat: Place) -> None:
    """A request of some megabytes passes; one beyond the bound is refused, and the gateway lives on."""
    assert ask(chat, reply="absent", messages="x" * 4_000_000).status_code == 200
    assert ask(chat, messages="x" * (BUFFER_BYTES + 1)).status_code in {404, 413}
    assert ask(chat).status_code == 200


def test_a_stream_is_not_held_back(chat: Place) -> None:
    """The first piece arrives while the server still writes the others."""
    body = {"model": "chat", "reply": "stream", "pause": 0.1}
    with httpx2.stream("POST", f"{chat.url}{CHAT}", json=body) as answer:
        begun = time.monotonic()
        pieces = answer.iter_bytes()
        next(pieces)
        first = time.monotonic() - begun
        assert list(pieces)
        assert first < 0.5 < time.monotonic() - begun


def test_a_client_that_leaves_is_metered(chat: Place) -> None:
    """Its line says DC, how long it took and how long the server worked for it."""
    body = {"model": "chat", "reply": "stream-without", "pause": 0.1}
    with httpx2.stream("POST", f"{chat.url}{CHAT}", json=body) as answer:
        pieces = answer.iter_bytes()
        next(pieces)
        time.sleep(0.3)
    line = chat.lines(1)[0]
    assert (line["flags"], line["code"]) == ("DC", 200)
    assert 250_000 < int(line["duration_us"]) < 2_000_000
    assert 250_000 < int(line["service_us"]) <= int(line["duration_us"])
    assert tokens(line) == (None, None)
