"""`python -m`: the chat of the demo's team, as far as the tour needs one: a webhook whose messages it writes to a file.

One line of JSON per message, as it was posted; whoever waits for a message reads that file.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

__all__ = ["read_inbox"]

_LONGEST = 1_000_000


def read_inbox(file: Path) -> list[Any]:
    """The messages so far, oldest first; none before the first."""
    if not file.exists():
        return []
    whole = file.read_text(encoding="utf-8").split("\n")[:-1]  # the last one may still be written
    return [json.loads(line) for line in whole]


class _Inbox(BaseHTTPRequestHandler):
    """Takes a message, keeps it, and says that it has it."""

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        message = json.loads(self.rfile.read(min(length, _LONGEST)))
        with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(message) + "\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        """Say nothing of each message."""


def main() -> None:
    """`PORT FILE`: listen on loopback until SIGTERM."""
    HTTPServer(("127.0.0.1", int(sys.argv[1])), _Inbox).serve_forever()


if __name__ == "__main__":
    main()
