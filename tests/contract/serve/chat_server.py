"""A server of the OpenAI protocol whose answers a test chooses by the request; run as a process of its own.

`reply` in the request's body names the answer; with `pause` it waits that many seconds between streamed pieces.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"prompt_tokens": 11, "completion_tokens": 22, "prompt_tokens_details": {"cached_tokens": 3}}
ANSWERS = {
    "whole": {"choices": [{"message": {"content": 'the "usage": {"prompt_tokens": 999} of it'}}], "usage": USAGE},
    "new-names": {"usage": {"input_tokens": 7, "output_tokens": 8}},
    "absent": {"choices": []},
    "early": {"usage": USAGE, "choices": [{"message": {"content": "x" * 300_000}}]},
}


class Chat(BaseHTTPRequestHandler):
    """Answers as the request wishes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Ready."""
        self.send_whole(b"{}")

    def do_POST(self) -> None:
        """Read the wish and grant it."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        reply = body.get("reply", "whole")
        if reply == "echo":
            self.send_whole(json.dumps({"path": self.path, "headers": dict(self.headers)}).encode())
        elif reply in ANSWERS:
            self.send_whole(json.dumps(ANSWERS[reply]).encode())
        else:
            self.send_stream(reply, float(body.get("pause", 0)))

    def send_whole(self, body: bytes) -> None:
        """One piece, compressed for whoever takes that."""
        self.send_response(200)
        if "gzip" in self.headers.get("accept-encoding", ""):
            body = gzip.compress(body)
            self.send_header("content-encoding", "gzip")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_stream(self, reply: str, pause: float) -> None:
        """Server-sent events, byte by byte where there is no pause."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        events = [b'data: {"choices":[{"delta":{"content":"a"}}],"usage":null}\n\n'] * 10
        if reply == "stream":
            events.append(b'data: {"choices":[],"usage":' + json.dumps(USAGE).encode() + b"}\n\n")
        stream = b"".join([*events, b"data: [DONE]\n\n"])
        size = 1 if reply == "stream" and not pause else len(events[0])
        for at in range(0, len(stream), size):
            piece = stream[at : at + size]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
            time.sleep(pause)
        self.wfile.write(b"0\r\n\r\n")


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Chat).serve_forever()
