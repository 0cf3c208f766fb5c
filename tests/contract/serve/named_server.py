"""A server that says who it is and what reached it; slow, failing or hanging where a test wants that.

`named_server.py PORT NAME [SECONDS] [CODE]`: it answers every POST after SECONDS with CODE, and counts under /count.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = sys.argv[2]
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
CODE = int(sys.argv[4]) if len(sys.argv) > 4 else 200


class Named(BaseHTTPRequestHandler):
    """Tells its name, the path, the headers and the size of the body."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    count = 0
    last: dict[str, Any] = {}  # noqa: RUF012 - what the whole process saw last

    def do_GET(self) -> None:
        """How many requests came, and what the last one was; ready at once."""
        self.say(200, {"count": Named.count, "last": Named.last})

    def do_POST(self) -> None:
        """Answer after a while."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        Named.count += 1
        Named.last = {"path": self.path, "headers": headers, "size": len(body)}
        time.sleep(SECONDS)
        size = int(headers.get("x-size", 0))
        self.say(CODE, {"name": NAME, **({"padding": "x" * size} if size else {})})

    def say(self, code: int, value: dict[str, Any]) -> None:
        """One JSON answer."""
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Named).serve_forever()
