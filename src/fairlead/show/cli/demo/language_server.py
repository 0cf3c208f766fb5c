"""`python -m`: the demo's language model behind an OpenAI-compatible endpoint, for `runtime: command`.

Chat completions, streamed and not. The usage that it states is counted with the model's own tokens.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from fairlead.show.cli.demo.language import LanguageModel, load, sentence

__all__ = ["build_app"]

_MOST_TOKENS = 400
_USUAL_TOKENS = 40
_LONGEST_PROMPT = 2000


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request for a completion that makes sense."""

    model: str
    prompt: list[int]
    count: int
    stream: bool
    with_usage: bool

    @property
    def seed(self) -> int:
        return zlib.crc32(repr(self.prompt).encode())

    def usage(self, written: int) -> dict[str, int]:
        return {
            "prompt_tokens": len(self.prompt),
            "completion_tokens": written,
            "total_tokens": len(self.prompt) + written,
        }

    def answer(self, kind: str, choice: dict[str, Any], **more: Any) -> dict[str, Any]:
        identity = f"chatcmpl-{self.seed:08x}"
        return {
            "id": identity,
            "object": kind,
            "created": 0,
            "model": self.model,
            "choices": [{"index": 0, **choice}],
            **more,
        }


def _asked(raw: Any, model: LanguageModel) -> _Asked:
    """ValueError, in words for the caller, where the body is no request for a completion."""
    messages = raw.get("messages") if isinstance(raw, dict) else None
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        raise ValueError("`messages` must be a list of objects")
    prompt = model.tokens("\n".join(str(each.get("content", "")) for each in messages))
    count = raw.get("max_completion_tokens", raw.get("max_tokens", _USUAL_TOKENS))
    if type(count) is not int or not 1 <= count <= _MOST_TOKENS:
        raise ValueError(f"`max_tokens` must be 1 to {_MOST_TOKENS}")
    if not 1 <= len(prompt) <= _LONGEST_PROMPT:
        raise ValueError(f"a prompt has 1 to {_LONGEST_PROMPT} tokens, not {len(prompt)}")
    options = raw.get("stream_options")
    with_usage = bool(options.get("include_usage")) if isinstance(options, dict) else False
    return _Asked(str(raw.get("model", "")), prompt, count, bool(raw.get("stream")), with_usage)


async def _events(asked: _Asked, pieces: Iterator[str]) -> AsyncIterator[str]:
    """Server-sent events, one per token; other requests have their turn in between, and a client may leave."""
    kind = "chat.completion.chunk"
    before: list[str] = []
    for piece in pieces:
        text = sentence([*before, piece])[len(sentence(before)) :]
        before = [*before, piece][-2:]
        yield _event(asked.answer(kind, {"delta": {"content": text}, "finish_reason": None}))
        await anyio.lowlevel.checkpoint()
    yield _event(asked.answer(kind, {"delta": {}, "finish_reason": "length"}))
    if asked.with_usage:
        yield _event({**asked.answer(kind, {}), "choices": [], "usage": asked.usage(asked.count)})
    yield "data: [DONE]\n\n"


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n"


def _refused(message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error"}}, 400)


def build_app(name: str, model: LanguageModel) -> Starlette:
    """The endpoint that serves `model` as `name`."""

    async def complete(request: Request) -> Response:
        try:
            asked = _asked(await request.json(), model)
        except ValueError as error:
            return _refused(str(error))
        pieces = model.write(asked.prompt, asked.count, asked.seed)
        if asked.stream:
            return StreamingResponse(_events(asked, pieces), media_type="text/event-stream")
        text = sentence(await run_in_threadpool(list, pieces))
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "length"}
        return JSONResponse(asked.answer("chat.completion", choice, usage=asked.usage(asked.count)))

    async def models(_: Request) -> Response:
        about = {"id": name, "object": "model", "created": 0, "owned_by": "demo"}
        return JSONResponse({"object": "list", "data": [about]})

    async def ready(_: Request) -> Response:
        return JSONResponse({"ready": True})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/models", models),
            Route("/ready", ready),
        ]
    )


def main() -> None:
    """Load the model, then serve it until SIGTERM."""
    parser = argparse.ArgumentParser(description="Serve the demo's language model.")
    parser.add_argument("--model-dir", type=Path, required=True, help="folder that the demo's training wrote")
    parser.add_argument("--name", required=True, help="the model's name in requests")
    parser.add_argument("--port", type=int, required=True, help="port on loopback")
    arguments = parser.parse_args()
    app = build_app(arguments.name, load(arguments.model_dir))
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    main()
