"""A stand-in for GitHub's REST API over real HTTP: the calls that are used, as its documentation tells them.

https://docs.github.com/en/rest (version 2022-11-28): "List pull requests associated with a commit", "List reviews for a
pull request", "Create a commit status", "List pull requests", "Create a pull request".
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

__all__ = ["HEAD", "MERGE", "GitHubServer", "serve"]

HEAD, MERGE = "a" * 40, "b" * 40
TOKEN = "sample-token"


@dataclass
class GitHubServer:
    """The repository `org/shop` with pull request 7, whose head is `head` and whose merge is `merge`."""

    reviews: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    page: int = 100
    """Items on a page, whatever is asked for: fewer show that pages are followed."""
    fault: str = ""
    """rate, secondary, slow, html, elsewhere, moved, shape, down: what is wrong with it."""
    address: str = ""
    commits: set[str] = field(default_factory=lambda: {HEAD, MERGE})
    """The commits that it has."""
    head: str = HEAD
    merge: str = MERGE
    branches: dict[str, str] = field(default_factory=dict)
    """Heads of the branches that a pull request may be opened for."""
    pulls: list[dict[str, Any]] = field(default_factory=list)
    """Pull requests that were opened."""

    def review(self, login: str | None, state: str, commit: str = "", day: int = 1) -> None:
        """Somebody reviews."""
        number = len(self.reviews) + 1
        self.reviews.append(
            {
                "id": number,
                "node_id": f"PRR_{number}",
                "user": None if login is None else {"login": login, "id": number, "type": "User"},
                "body": "",
                "state": state,
                "html_url": f"https://github.example/org/shop/pull/7#pullrequestreview-{number}",
                "pull_request_url": f"{self.address}/repos/org/shop/pulls/7",
                "submitted_at": f"2026-11-{day:02}T10:00:00Z",
                "commit_id": commit or self.head,
                "author_association": "MEMBER",
            }
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    github: GitHubServer

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
        """Quiet."""

    def do_GET(self) -> None:
        """Answer as GitHub does."""
        path, _, query = self.path.partition("?")
        self.github.requests.append((path, self.headers.get("Authorization", "")))
        assert self.headers["X-GitHub-Api-Version"] == "2022-11-28"
        if self._faulty():
            return
        head, merge = self.github.head, self.github.merge
        pull = {"number": 7, "state": "open", "head": {"sha": head}, "base": {"ref": "main"}, "merge_commit_sha": merge}
        if match := re.fullmatch(r"/repos/org/shop/commits/([0-9a-f]{40})/pulls", path):
            other = {**pull, "number": 8, "head": {"sha": "c" * 40}, "merge_commit_sha": None}
            self._items([pull, other] if match[1] in {head, merge} else [], path, query)
        elif path == "/repos/org/shop/pulls/7/reviews":
            self._items(self.github.reviews, path, query)
        elif path == "/repos/org/shop/pulls":
            asked = parse_qs(query)
            self._items(
                [each for each in self.github.pulls if f"org:{each['head']['ref']}" in asked["head"]], path, query
            )
        else:
            self._error(404, "Not Found")

    def do_POST(self) -> None:
        """Take a status."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.github.requests.append((self.path, self.headers.get("Authorization", "")))
        if self._faulty():
            return
        match = re.fullmatch(r"/repos/org/shop/statuses/([0-9a-f]{40})", self.path)
        if self.path == "/repos/org/shop/pulls":
            self._open(body)
        elif match is None:
            self._error(404, "Not Found")
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._error(403, "Resource not accessible by personal access token")
        elif match[1] not in self.github.commits:
            self._error(422, f"No commit found for SHA: {match[1]}")
        elif len(body["description"]) > 140 or body["state"] not in {"error", "failure", "pending", "success"}:
            self._error(422, "Validation Failed")
        else:
            self.github.statuses.append({**body, "sha": match[1]})
            self._send(201, json.dumps({**body, "id": len(self.github.statuses)}).encode())

    def _open(self, body: dict[str, Any]) -> None:
        """Open a pull request, one per branch."""
        branch = body["head"]
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._error(403, "Resource not accessible by personal access token")
        elif branch not in self.github.branches:
            self._error(422, "Validation Failed")
        elif any(each["head"]["ref"] == branch and each["state"] == "open" for each in self.github.pulls):
            self._error(422, f"A pull request already exists for org:{branch}.")
        else:
            number = 20 + len(self.github.pulls)
            pull = {
                **body,
                "number": number,
                "state": "open",
                "html_url": f"https://github.example/org/shop/pull/{number}",
                "head": {"ref": branch, "sha": self.github.branches[branch]},
                "base": {"ref": body["base"]},
            }
            self.github.pulls.append(pull)
            self._send(201, json.dumps(pull).encode())

    def _faulty(self) -> bool:
        fault = self.github.fault
        if fault == "rate":
            self._error(
                403, "API rate limit exceeded", **{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795000000"}
            )
        elif fault == "secondary":
            self._error(429, "You have exceeded a secondary rate limit", **{"Retry-After": "60"})
        elif fault == "slow":
            self._drip()
        elif fault == "html":
            self._send(200, b"<html>a proxy's page</html>")
        elif fault == "shape":
            self._send(200, b'[{"number": 7}]')
        elif fault == "moved":
            self._send(301, b'{"message": "Moved Permanently"}', Location=f"{self.github.address}/repositories/1")
        elif fault == "down":
            self._error(502, "Server Error")
        elif fault == "elsewhere":
            self._send(200, b"[]", Link='<http://127.0.0.1:9/steal>; rel="next"')
        return bool(fault)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b" ")
                time.sleep(0.02)
        except OSError:
            self.close_connection = True

    def _items(self, items: list[dict[str, Any]], path: str, query: str) -> None:
        asked = parse_qs(query)
        size = min(int(asked.get("per_page", ["30"])[0]), self.github.page)
        number = int(asked.get("page", ["1"])[0])
        part = items[(number - 1) * size : number * size]
        more = {}
        if number * size < len(items):
            base = f"{self.github.address}{path}?per_page={size}&page="
            more["Link"] = f'<{base}{number + 1}>; rel="next", <{base}{-(-len(items) // size)}>; rel="last"'
        self._send(200, json.dumps(part).encode(), **more)

    def _error(self, code: int, message: str, **headers: str) -> None:
        body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(code)}
        self._send(code, json.dumps(body).encode(), **headers)

    def _send(self, code: int, body: bytes, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve() -> Iterator[GitHubServer]:
    """The stand-in, on a port of its own."""
    github = GitHubServer()
    handler = type("Handler", (_Handler,), {"github": github})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    github.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
