"""What stands ready around the examples of a document, and is no part of what it tells: free ports, and who serves.

Run: python stage.py ports   in a workspace: choose ports that nobody listens on
     python stage.py serve   in a committed workspace: run `fairlead up` beside the examples until Git is live, and send
                             twenty requests of the customer `acme` to the example model in its last environment
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2

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


if __name__ == "__main__":
    {"ports": choose_ports, "serve": serve}[sys.argv[1]]()
