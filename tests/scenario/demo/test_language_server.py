"""The tour's language model speaks the OpenAI protocol, and states what it really read and wrote."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.show.cli.demo.http_connection import Answer, Connection
from fairlead.show.cli.demo.language import LanguageModel, load, train

QUESTION = "What do you see, xyzzy?"
CHAT = {"model": "narrator", "messages": [{"role": "user", "content": QUESTION}], "max_tokens": 12}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained artifact."""
    folder = tmp_path_factory.mktemp("narrator")
    assert train(folder) > 500
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> LanguageModel:
    """The model in it."""
    return load(folder)


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    """A server of it, as the workspace starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = ["--model-dir", str(folder), "--name", "narrator", "--port", str(port)]
    server = subprocess.Popen([sys.executable, "-m", "fairlead.show.cli.demo.language_server", *words])
    until = time.monotonic() + 30
    while socket.socket().connect_ex(("127.0.0.1", port)):
        assert time.monotonic() < until, "the server did not start"
        assert server.poll() is None
        time.sleep(0.05)
    yield port
    server.terminate()
    server.wait(10)


def ask(port: int, **more: object) -> Answer:
    """The answer to the question."""
    body = json.dumps({**CHAT, **more}).encode()
    return asyncio.run(Connection("127.0.0.1", port).post("/v1/chat/completions", body, {}))


def test_words_that_it_never_saw_are_spelt_out(model: LanguageModel) -> None:
    """A known word or mark is one token; an unknown word is one per character."""
    assert len(model.tokens("What do you see?")) == 5
    assert len(model.tokens(QUESTION)) == 5 + len(",") + len("xyzzy")


def test_it_says_the_same_again(model: LanguageModel) -> None:
    """The same prompt and seed write the same words, so that a measurement can be repeated."""
    prompt = model.tokens("the water")
    assert list(model.write(prompt, 20, 1)) == list(model.write(prompt, 20, 1))


def test_usage_is_what_was_read_and_written(port: int, model: LanguageModel) -> None:
    """The stated tokens are those of the prompt, and as many as were asked for."""
    answer = json.loads(ask(port).body)
    read = len(model.tokens(QUESTION))
    assert answer["usage"] == {"prompt_tokens": read, "completion_tokens": 12, "total_tokens": read + 12}
    assert answer["choices"][0]["message"]["content"]


def test_a_stream_has_one_event_per_token_and_its_usage(port: int) -> None:
    """Streamed, the pieces are the unstreamed answer; usage comes last, and only where it was asked for."""
    events = ask(port, stream=True, stream_options={"include_usage": True}).body.decode().strip().split("\n\n")
    assert events.pop() == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    assert chunks.pop()["usage"]["completion_tokens"] == 12
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == json.loads(ask(port).body)["choices"][0]["message"]["content"]
    assert b'"usage"' not in ask(port, stream=True).body


@pytest.mark.parametrize("wrong", [{"messages": 3}, {"max_tokens": 0}, {"max_tokens": "many"}, {"messages": []}])
def test_a_wrong_request_is_refused(port: int, wrong: dict[str, Any]) -> None:
    """What is no request for a completion is answered with 400 and the reason."""
    answer = ask(port, **wrong)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["message"]
