"""The least that an HTTP server in Python can do: reads the request, answers the same bytes; the measure for ours."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn

ANSWER = b'{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1,4],"data":[2.0,4.0,6.0,9.0]}]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def app(_: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own types are these
    """Answer."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        date_header=False,
        log_level="warning",
    )
