"""A stand-in for the Hugging Face Hub over real HTTP: the two calls that are used, with the headers of the real one."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["COMMIT", "Hub", "serve"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """One repository, `acme/digits`. `large` files are stored with LFS and come from another host."""

    files: dict[str, bytes]
    large: set[str] = field(default_factory=set)
    gated: bool = False
    breaks: int = 0
    """How many more downloads break after half of their bytes."""
    ranges: bool = True
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """(path, Range, Authorization) of every request."""
    address: str = ""
    store: str = ""

    def siblings(self) -> list[dict[str, Any]]:
        """What `?blobs=true` answers."""
        found = []
        for name, data in self.files.items():
            entry: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": hashlib.sha1(data).hexdigest()}  # noqa: S324 - Git's own
            if name in self.large:
                entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
            found.append(entry)
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
        """Quiet."""

    def do_GET(self) -> None:
        """Answer as the hub does."""
        path, _, query = self.path.partition("?")
        hub = self.hub
        hub.requests.append((path, self.headers.get("Range", ""), self.headers.get("Authorization", "")))
        if match := re.fullmatch(r"/api/models/acme/digits/revision/(.+)", path):
            self._info(match[1], query)
        elif match := re.fullmatch(rf"/acme/digits/resolve/{COMMIT}/(.+)", path):
            self._resolve(match[1])
        elif path.startswith("/store/"):
            self._bytes(hub.files[path.removeprefix("/store/")])
        else:
            self._error(404, "RepoNotFound")

    def _info(self, revision: str, query: str) -> None:
        if self.hub.gated:
            self._error(403, "GatedRepo")
        elif revision not in {"main", "v1", COMMIT}:
            self._error(404, "RevisionNotFound")
        else:
            assert "blobs=True" in query or "blobs=true" in query
            body = {"_id": "1", "id": "acme/digits", "modelId": "acme/digits", "sha": COMMIT, "private": False}
            self._send(200, json.dumps({**body, "siblings": self.hub.siblings()}).encode())

    def _resolve(self, name: str) -> None:
        if name not in self.hub.files:
            self._error(404, "EntryNotFound")
        elif name in self.hub.large:
            self.send_response(302)
            self.send_header("Location", f"{self.hub.store}/store/{name}")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._bytes(self.hub.files[name])

    def _bytes(self, data: bytes) -> None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) if self.hub.ranges else None
        start = int(match[1]) if match else 0
        if match and start >= len(data):
            self._send(416, b"")
            return
        part = data[start:]
        breaks = self.hub.breaks > 0 and len(part) > 1  # decided before the client can be done with an empty file
        self.hub.breaks -= int(breaks)
        self.send_response(206 if match else 200)
        if match:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if breaks:
            self.wfile.write(part[: len(part) // 2])
            self.close_connection = True
        else:
            self.wfile.write(part)

    def _error(self, code: int, name: str) -> None:
        self.send_response(code)
        self.send_header("X-Error-Code", name)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Run the hub, and the store of its large files on another port, until the block ends."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    hub.address, hub.store = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
