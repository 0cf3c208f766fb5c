"""A server that works on one request at a time, for a twentieth of a second: 20 requests a second, and no more."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORK_S = 0.05
ONE_AT_A_TIME = threading.Lock()


class Slow(BaseHTTPRequestHandler):
    """Answers a POST when its turn has come, a GET at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Ready."""
        self.say()

    def do_POST(self) -> None:
        """Work."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        with ONE_AT_A_TIME:
            time.sleep(WORK_S)
        self.say()

    def say(self) -> None:
        """One JSON answer."""
        body = json.dumps({"port": int(sys.argv[1])}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A backlog for all that wait."""

    request_queue_size = 256
    daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Slow).serve_forever()
