"""A person's machine for one test: a Git workspace, a home, the program as processes; nothing of it outlives the test.

What runs is found the way a person would find it, in /proc, and never by asking the program under test.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx2

from fairlead.flows.lock import lock
from fairlead.serve.launch import free_port
from tests.e2e.spine.declarations import GATEWAY, HOME, MODEL, WORKSPACE
from tests.scenario.cli.program import PROGRAM, Program, Up

__all__ = ["CHAT", "Machine", "Running", "until"]

PATIENCE = 60.0
LOAD = Path(__file__).with_name("load_client.py")
CHAT = Path(__file__).parents[2] / "contract" / "serve" / "chat_server.py"
_ONNX = Path(__file__).parents[3] / "src" / "fairlead" / "flows" / "starter" / "models" / "example" / "model.onnx"

Answer = TypeVar("Answer")


def until(condition: Callable[[], Answer], what: str, seconds: float = PATIENCE) -> Answer:
    """Wait until the condition holds; its answer."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    return answer


@dataclass(frozen=True)
class Running(Up):
    """A control plane that runs, asked through its API."""

    def api(self, path: str, method: str = "GET", **headers: str) -> httpx2.Response:
        """The answer to a request with the token, unless `headers` hold another authorization."""
        page = urlsplit(self.page())
        wanted = {"authorization": f"Bearer {parse_qs(page.query)['token'][0]}", **headers}
        body: dict[str, str] | None = {} if method == "POST" else None
        return httpx2.request(method, f"http://{page.netloc}{path}", headers=wanted, json=body, timeout=30)

    def sync(self) -> None:
        """Ask it to look at Git now, and not at its next poll."""
        assert self.api("/api/v1/sync", "POST").status_code == 202

    def journal(self, kind: str = "", **more: str) -> list[dict[str, Any]]:
        """The newest records of a kind, newest first."""
        answer = self.api("/api/v1/journal?" + "&".join([f"kind={kind}", *(f"{k}={v}" for k, v in more.items())]))
        return [{**record.pop("draft"), **record} for record in answer.json()["records"]]

    def incidents(self) -> list[dict[str, Any]]:
        """Open incidents."""
        found: list[dict[str, Any]] = self.api("/api/v1/incidents").json()["incidents"]
        return found

    def kill_when_signed(self) -> None:
        """Kill it once Git knows a signed head of its journal and it has nothing more to do."""
        until(lambda: self.api("/api/v1/fleet").json()["synced"], "Git is live")
        self.end(signal.SIGTERM)  # signs at its end

    def kill(self) -> None:
        """As the kernel would when memory runs out."""
        self.process.kill()
        self.process.wait(10)


@dataclass(frozen=True)
class Machine(Program):
    """`root` holds all; `port` is the gateway's."""

    root: Path = Path()
    port: int = field(default_factory=lambda: free_port(()))
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    ups: list[Running] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, root: Path) -> Machine:
        """An empty home and an empty Git repository."""
        made = cls(root / "acme", root / "home", root=root)
        made.workspace.mkdir(parents=True)
        made.home.mkdir()
        made.git("init", "--quiet", "--initial-branch", "main")
        return made

    @property
    def environ(self) -> dict[str, str]:
        """What the program finds around it."""
        return {**super().environ, "XDG_STATE_HOME": str(self.home / "state"), **self.extra}

    @property
    def state(self) -> Path:
        """The one state folder of this home."""
        (found,) = (self.home / "state" / "fairlead").iterdir()
        return found

    def declare_workspace(self, *, sync: str = "automatic", window: str = "5m", more: str = GATEWAY) -> None:
        """Write `fairlead.yaml`."""
        text = WORKSPACE.format(port=self.port, sync=sync, window=window) + more
        (self.workspace / "fairlead.yaml").write_text(text)

    def declare_onnx(self, name: str = "example", memory: str = "256Mi") -> None:
        """A model of the built-in runtime; another `memory` is another release."""
        folder = self.workspace / "models" / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_ONNX, folder / "model.onnx")
        serving = f"{{ resources: {{ cpu: 0.5, memory: {memory} }} }}"
        (folder / "model.yaml").write_text(MODEL.format(name=name, file="model.onnx", serving=serving))
        if not (folder / "model.lock").exists():
            lock(self.workspace, [name])

    def declare_command(self, name: str, program: Path, serving: str = "", more: str = "") -> None:
        """A model served by a Python program of the test's own."""
        folder = self.workspace / "models" / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(program, folder / "server.py")
        command = json.dumps([sys.executable, "server.py", "{port}"])
        text = f"{{ runtime: command, command: {command}, readiness: {{ path: / }}, grace: 2s{serving} }}"
        (folder / "model.yaml").write_text(MODEL.format(name=name, file="server.py", serving=text) + more)
        lock(self.workspace, [name])

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> Running:
        """`fairlead up` on a free port; returns when it has told its page's address."""
        told = self.home / f"up-{len(self.started)}.log"
        with told.open("w") as log:
            process = subprocess.Popen(
                [*PROGRAM, "up", "--port", "0", *words],
                cwd=self.workspace, env={**self.environ, **(env or {})}, stdout=log, stderr=log,
            )  # fmt: skip
        self.started.append(process)
        running = Running(process, told)
        self.ups.append(running)
        running.page()
        return running

    @property
    def up_now(self) -> Running | None:
        """The newest control plane, where it runs."""
        return next((each for each in self.ups[-1:] if each.process.poll() is None), None)

    def live(self) -> dict[str, Any]:
        """Wait until the newest commit is live; the fleet."""
        running, head = self.up_now, self.git("rev-parse", "HEAD")
        assert running is not None

        def fleet() -> dict[str, Any] | None:
            found: dict[str, Any] = running.api("/api/v1/fleet").json()
            return found if found["synced"] and found["head"]["id"] == head else None

        return until(fleet, f"{head} live") or {}

    def infer(self, model: str = "example", **headers: str) -> int:
        """Status of one request through the gateway; 0 where nobody answers."""
        address = f"http://127.0.0.1:{self.port}/v2/models/{model}/infer"
        try:
            return httpx2.post(address, json=HOME, headers={"x-customer": "acme", **headers}, timeout=10).status_code
        except httpx2.TransportError:
            return 0

    @contextmanager
    def load(self, rate: int = 500, seconds: float = 60, model: str = "example") -> Iterator[dict[str, Any]]:
        """A load from a process of its own while the block lasts, at most `seconds`; then filled with its counts."""
        counts: dict[str, Any] = {}
        command = [sys.executable, str(LOAD), str(self.port), f"/v2/models/{model}/infer", str(rate), str(seconds)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.started.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(HOME).encode())
        process.stdin.close()
        assert process.stdout.readline() == b"begun\n"
        try:
            yield counts
        finally:
            process.terminate()
            counts.update(json.loads(process.stdout.read()))
            process.wait(10)

    def cost(self, by: str = "release") -> dict[str, Any]:
        """What `cost --by` answers, from the control plane's API where one runs."""
        running = self.up_now
        found = running.api(f"/api/v1/cost?by={by}").json() if running else self.json("cost", "--by", by)
        cost: dict[str, Any] = found["cost"]
        return cost

    def usage(self, by: str = "release") -> dict[str, dict[str, Any]]:
        """Rows of `cost --by`, by the value of their key."""
        return {row["key"].get("name", row["key"].get(by)): row for row in self.cost(by)["rows"]}

    def metered(self) -> int:
        """Requests that are booked, published or not."""
        return sum(row["requests"] for row in self.usage().values())

    def pids(self, part: str) -> set[int]:
        """Processes of this machine whose command line has `part`, keepers and control planes aside."""
        return {pid for pid, line in self.processes().items() if part in line and "keeper.py" not in line}

    def servers(self) -> set[int]:
        """Model servers of the built-in runtime."""
        return self.pids("fairlead.serve.oip")

    def processes(self) -> dict[int, str]:
        """Everything alive that works under this machine's folder: pid and command line."""
        found = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                stat, cwd = (place / "stat").read_text(), str((place / "cwd").readlink())
                line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if cwd.startswith(str(self.root)) and stat.rpartition(")")[2].split()[0] not in {"Z", "X"}:
                found[int(place.name)] = line
        return found

    def end_all(self) -> None:
        """End every process of this test, by its pid."""
        for process in self.started:
            process.kill()
            process.wait(10)
        end = time.monotonic() + 20
        while (left := self.processes()) and time.monotonic() < end:
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.05)
        assert not left, left
