"""What stands ready around the examples of a document, and is no part of what it tells: free ports, and who serves.

Run: python stage.py ports   in a workspace: choose ports that nobody listens on
     python stage.py serve   in a committed workspace: run `fairlead up` beside the examples until Git is live, and send
                             twenty requests of the customer `acme` to the only or last model in its last environment
     python stage.py load    beside the examples: a hundred requests a second, for homes of one to five rooms
     python stage.py begun   wait until the newest commit's rollout has begun
"""

from __future__ import annotations

import itertools
import json
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx2

NOTHING = subprocess.DEVNULL
HOME = {"inputs": [{"name": "home", "shape": [1, 2], "datatype": "FP32", "data": [80, 3]}]}


def choose_ports() -> None:
    """Replace every port of the workspace."""
    place = Path("fairlead.yaml")
    text = place.read_text()
    held = [socket.create_server(("127.0.0.1", 0)) for _ in re.findall(r"port: \d+", text)]
    ports = iter([each.getsockname()[1] for each in held])
    place.write_text(re.sub(r"port: \d+", lambda _: f"port: {next(ports)}", text))


def serve() -> None:
    """Start the control plane, wait for it, and be a customer."""
    with Path("../up.log").open("w") as log:
        subprocess.Popen(["fairlead", "up", "--port", "0"], stdout=log, stderr=log, start_new_session=True)
    status: dict[str, Any] = json.loads(
        subprocess.check_output(["fairlead", "status", "--wait", "--timeout", "50s", "--format", "json"])
    )
    address = status["rows"][-1]["endpoint"]
    headers = {"x-customer": "acme", "x-request-id": "5f0c6f7e"}
    for _ in range(20):
        answer = httpx2.post(address, json=HOME, headers=headers)
        answer.raise_for_status()


def load() -> None:
    """Begin the tutorial's load; it goes on until the tests end it, and holds no stream of theirs."""
    again = [sys.executable, __file__, "ask"]
    subprocess.Popen(again, stdin=NOTHING, stdout=NOTHING, stderr=NOTHING, start_new_session=True)


def ask() -> None:
    """Four callers, a hundred requests a second between them."""
    status = json.loads(subprocess.check_output(["fairlead", "status", "--format", "json"]))
    for _ in range(4):
        threading.Thread(target=_ask, args=[status["rows"][0]["endpoint"]]).start()


def _ask(address: str) -> None:
    with httpx2.Client() as client:
        for rooms in itertools.cycle([1, 2, 3, 4, 5]):
            home = {"name": "home", "shape": [1, 2], "datatype": "FP32", "data": [60, rooms]}
            client.post(address, json={"inputs": [home]}, headers={"x-customer": "acme"})
            time.sleep(0.04)


def begun() -> None:
    """Until the newest commit has a rollout, at most a minute."""
    newest = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
    until = time.monotonic() + 50
    while newest not in subprocess.check_output(["fairlead", "rollout", "show", "--format", "json"], text=True):
        if time.monotonic() > until:
            sys.exit(f"{newest} has no rollout")
        time.sleep(0.2)


if __name__ == "__main__":
    {"ports": choose_ports, "serve": serve, "load": load, "ask": ask, "begun": begun}[sys.argv[1]]()
