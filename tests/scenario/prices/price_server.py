"""A provider's price API on loopback: answers by path and query, slowly or without end where it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["PriceServer", "price_server"]

Body = bytes | Callable[[], Iterator[bytes]]


@dataclass
class PriceServer:
    """`answers` by path with query; `asked` is every path that was asked for."""

    address: str
    answers: dict[str, Body] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def price_server() -> Iterator[PriceServer]:
    """A server of its own, ended with the test."""
    made: list[PriceServer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server = made[0]
            server.asked.append(self.path)
            if self.path in server.moved:
                self.send_response(302)
                self.send_header("Location", server.moved[self.path])
                self.end_headers()
                return
            body = server.answers.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            try:
                for piece in [body or b""] if body is None or isinstance(body, bytes) else body():
                    self.wfile.write(piece)
            except OSError:
                return  # whoever asked has had enough

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    made.append(PriceServer(f"http://127.0.0.1:{http.server_port}"))
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield made[0]
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
