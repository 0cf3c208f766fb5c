"""Delivery: seconds from a commit to the first request that the new release answers, through the real program.

Run: python benchmarks/delivery/measure.py [REPETITIONS]. A workspace by `fairlead init`, `fairlead up` beside it, and
one commit after the other, each of which makes a release. A client asks the gateway of `prod` all the time. Which
release answered which request stands in the gateway's access log; the parts in between stand in the journal.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from fairlead.domain.access import AccessLine, parse_access_line
from fairlead.kernel.windows import parse_iso
from fairlead.serve.launch import free_port

BODY = {"inputs": [{"name": "home", "shape": [1, 2], "datatype": "FP32", "data": [80, 3]}]}
PATIENCE = 60.0
PAUSE = 0.005
"""Seconds between two requests of the client: how fine the last moment is known."""

PARTS = {
    "noticed": "the branch is looked at every 2 s",
    "checked": "declaration, lock and bytes",
    "server started": "fetched, verified, its keeper runs",
    "answered": "the server is ready, Envoy has switched",
}
"""Each part with what happens in it. The switch itself is written down only once it is done, so it has no part."""


@dataclass(frozen=True)
class Machine:
    """A home and a workspace in it, with nothing of the person's who runs this."""

    root: Path

    @property
    def workspace(self) -> Path:
        """The folder with `fairlead.yaml`."""
        return self.root / "bench"

    @property
    def environ(self) -> Mapping[str, str]:
        """What the program finds around it."""
        names = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return {"PATH": path, "HOME": str(self.root), **dict.fromkeys(names, "bench@example.com")}

    def run(self, *command: str, place: Path | None = None) -> None:
        """Run a command; its failure ends the measurement."""
        subprocess.run(command, cwd=place or self.workspace, env=self.environ, check=True, capture_output=True)

    def commit(self, subject: str) -> float:
        """Commit everything; answers when Git had it, in epoch seconds."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "-q", "-m", subject)
        return time.time()

    def access_lines(self) -> Iterator[AccessLine]:
        """All that the gateway has written down."""
        for path in self.root.glob(".local/state/fairlead/*/gateway/access*.log"):
            yield from (
                parse_access_line(line) for line in path.read_bytes().splitlines(keepends=True) if line[-1:] == b"\n"
            )


@dataclass(frozen=True)
class Page:
    """The API of the control plane that runs."""

    address: str
    token: str

    def records(self, kind: str, commit: str) -> list[dict[str, Any]]:
        """Records of the journal about a commit, oldest first."""
        asked = {"kind": kind, "limit": "200"}
        answer = httpx2.get(
            f"{self.address}/api/v1/journal", params=asked, headers={"authorization": f"Bearer {self.token}"}
        )
        found = [each for each in answer.raise_for_status().json()["records"] if each["draft"]["commit"] == commit]
        return found[::-1]


def main(repetitions: int) -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as name:
        machine = Machine(Path(name))
        port = prepare(machine)
        with control_plane(machine) as page, client(port):
            runs = [deliver(machine, page, number) for number in range(repetitions + 1)][1:]
    print(f"| commit to first answer, {repetitions} commits, seconds | median | least | most |\n|---|---|---|---|")
    print(row("**commit to first answer by the new release**", [sum(run) for run in runs], bold="**"))
    for place, (part, what) in enumerate(PARTS.items()):
        print(row(f"... until {part}: {what}", [run[place] for run in runs]))


def row(name: str, seconds: Sequence[float], bold: str = "") -> str:
    """A line of the table."""
    return f"| {name} | {bold}{median(seconds):.2f}{bold} | {min(seconds):.2f} | {max(seconds):.2f} |"


def prepare(machine: Machine) -> int:
    """What `fairlead init` makes, in one environment on a free port; answers the port."""
    machine.run("fairlead", "init", "bench", place=machine.root)
    port = free_port(())
    workspace, model = machine.workspace / "fairlead.yaml", machine.workspace / "models/example/model.yaml"
    text = re.sub(r"(?s)  - name: dev.*?(?=  - name: prod)", "", workspace.read_text())
    workspace.write_text(re.sub(r"port: \d+", f"port: {port}", text))
    model.write_text(model.read_text().replace("  dev: {}\n", ""))
    machine.commit("Start")
    return port


@contextmanager
def control_plane(machine: Machine) -> Iterator[Page]:
    """`fairlead up`, live with the first commit; stopped, with all that serves, at the end."""
    told = machine.root / "up.log"
    with told.open("w") as log:
        process = subprocess.Popen(
            ["fairlead", "up", "--port", "0"], cwd=machine.workspace, env=machine.environ, stdout=log, stderr=log
        )
    try:
        machine.run("fairlead", "status", "--wait", "--timeout", "60s")
        page = urlsplit(re.findall(r"page: (\S+)", told.read_text())[0])
        yield Page(f"{page.scheme}://{page.netloc}", parse_qs(page.query)["token"][0])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


@contextmanager
def client(port: int) -> Iterator[None]:
    """Asks the model again and again, one request after the other; a request that fails ends the measurement."""
    stop, failed = Event(), list[str]()

    def ask() -> None:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
            while not stop.wait(PAUSE):
                answer = http.post("/v2/models/example/infer", json=BODY)
                if answer.status_code != httpx2.codes.OK:
                    failed.append(answer.text)

    thread = Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failed:
        sys.exit(f"{len(failed)} requests failed, the first: {failed[0]}")


def deliver(machine: Machine, page: Page, number: int) -> list[float]:
    """Seconds of each part, for one commit that makes a new release."""
    model = machine.workspace / "models/example/model.yaml"
    model.write_text(re.sub(r"memory: \d+Mi", f"memory: {257 + number}Mi", model.read_text()))
    begun = machine.commit(f"Ask for {257 + number}Mi")
    words = ("git", "rev-parse", "HEAD")
    head = subprocess.run(words, cwd=machine.workspace, env=machine.environ, check=True, capture_output=True, text=True)
    commit = head.stdout.strip()
    live = wait_live(page, commit)
    answered = wait_answered(machine, live["draft"]["release"])
    kinds = ("commit.followed", "release.checked", "step.taken")
    moments = [begun, *(moment(page.records(kind, commit)[0]) for kind in kinds), answered]
    return [end - start for start, end in pairwise(moments)]


def moment(record: Mapping[str, Any]) -> float:
    """When a record was written, in epoch seconds."""
    return parse_iso(record["at"]).timestamp()


def wait_live(page: Page, commit: str) -> dict[str, Any]:
    """The record that says that the commit's release is live."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = page.records("deployment.live", commit)
        if found:
            return found[0]
        time.sleep(0.2)
    sys.exit("the commit did not go live")


def wait_answered(machine: Machine, digest: str) -> float:
    """When the first request that the release answered had ended, in epoch seconds."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        ends = [line.end.timestamp() for line in machine.access_lines() if line.release == digest]
        if ends:
            return min(ends)
        time.sleep(0.2)
    sys.exit("no request reached the new release")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
