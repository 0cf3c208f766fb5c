"""A receiver of webhooks over real HTTP: it keeps what came, and answers as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Received", "Receiver", "receive"]


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """What the receiver knows the message by."""
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """`answers` are given one after the other, the last one for ever: a status, `hang`, `drip`, `flood`, `redirect`."""

    answers: list[str] = field(default_factory=lambda: ["200"])
    requests: list[Received] = field(default_factory=list)
    address: str = ""
    done: threading.Event = field(default_factory=threading.Event)

    def next(self) -> str:
        """The answer for the request that has just come."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def ids(self) -> list[str]:
        """The messages that came, each as often as it came."""
        return [each.id for each in self.requests]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
        """Quiet."""

    def do_GET(self) -> None:
        """A redirect that was followed would come as this."""
        self.receiver.requests.append(Received(self.path, {}, b""))
        self._plain(200)

    def do_POST(self) -> None:
        """Keep it, then answer."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.receiver.requests.append(Received(self.path, headers, body))
        answer = self.receiver.next()
        if answer == "hang":
            self.receiver.done.wait(30)
            self.close_connection = True
        elif answer == "redirect":
            self.send_response(302)
            self.send_header("location", f"{self.receiver.address}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
        elif answer in {"drip", "flood"}:
            self._stream(answer)
        else:
            self._plain(int(answer))

    def _plain(self, code: int) -> None:
        self.send_response(code)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def _stream(self, how: str) -> None:
        self.send_response(200)
        self.send_header("content-length", str(1 << 30))
        self.end_headers()
        self.close_connection = True
        try:
            while not self.receiver.done.is_set():
                self.wfile.write(b"x" if how == "drip" else b"x" * 65536)
                self.wfile.flush()
                time.sleep(0.2 if how == "drip" else 0)
        except OSError:
            return  # the sender has had enough


@contextmanager
def receive(*answers: str) -> Iterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver(list(answers) or ["200"])
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        receiver.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.done.set()
            server.shutdown()
