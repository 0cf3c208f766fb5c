"""Secrets by reference: the server gets them, and they are in no output, file, table or process list."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.e2e.spine.machine import Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

CANARIES = {
    "BY_ENV": "canary-env-5c1b9e77d2",
    "BY_FILE": "canary-file-88aa04c3e1",
    "BY_COMMAND": "canary-cmd-f3d2916b0a",
}
LITERAL = "sk-proj-9aK2mQ7xW4vB1nR8tY5uI3oP6sD0fG"
SERVER = """
import hashlib, json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
names = ("BY_ENV", "BY_FILE", "BY_COMMAND")
print("starting with", [os.environ[name] for name in names], flush=True)
print("error: wrong key", os.environ["BY_FILE"], file=sys.stderr, flush=True)
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        seen = {name: hashlib.sha256(os.environ[name].encode()).hexdigest() for name in names}
        body = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def declare(machine: Machine) -> None:
    """A model whose server gets the three secrets, and says them as a careless server would."""
    server, kept, printer = (machine.root / name for name in ("server.py", "kept.txt", "printer.sh"))
    server.write_text(SERVER)
    kept.write_text(CANARIES["BY_FILE"] + "\n")
    kept.chmod(0o600)
    printer.write_text(f"#!/bin/sh\necho {CANARIES['BY_COMMAND']}\n")
    printer.chmod(0o700)
    machine.extra["OPERATORS_SECRET"] = CANARIES["BY_ENV"]
    references = f"BY_ENV: {{ fromEnv: OPERATORS_SECRET }}, BY_FILE: {{ fromFile: {kept} }}"
    references += f", BY_COMMAND: {{ fromCommand: [{printer}] }}"
    machine.declare_command("careful", server, serving=f", env: {{ {references} }}")


def leaks(text: bytes) -> list[str]:
    """Names of the canaries in it."""
    return [name for name, value in CANARIES.items() if value.encode() in text]


def test_no_canary_gets_out(machine: Machine) -> None:
    """Three references, a server that prints them all, every command and page: only its environment holds them."""
    declare(machine)
    machine.commit("Add a model with secrets")
    running = machine.start()
    machine.live()
    (pid,) = machine.pids("server.py")
    environ = Path(f"/proc/{pid}/environ").read_bytes()
    assert leaks(environ) == list(CANARIES), "the server has them"
    assert b"OPERATORS_SECRET" not in environ, "and nothing else of the operator's"
    command_lines = b"".join(place.read_bytes() for place in Path("/proc").glob("[0-9]*/cmdline") if place.exists())
    assert leaks(command_lines) == []
    until(lambda: "starting with" in running.api("/api/v1/logs?model=careful").text, "its words are in its log")
    told = [running.log.read_text()]
    commands = ("status", "logs careful", "logs --format json", "plan", "check", "history careful", "audit verify")
    for command in (*commands, f"backup {machine.root / 'backup.tar'}"):
        run = machine.run(*command.split())
        told += [run.stdout, run.stderr]
    for path in ("fleet", "plan", "incidents?all=true", "journal?limit=500", "logs", "cost", "models/careful/history"):
        told.append(running.api(f"/api/v1/{path}").text)
    for path in ("/", "/models/careful", "/journal", "/metrics"):
        told.append(running.api(path).text)
    assert [name for text in told for name in leaks(text.encode())] == []
    for file in [*machine.state.rglob("*"), machine.root / "backup.tar", *machine.workspace.rglob("*")]:
        if file.is_file():
            assert leaks(file.read_bytes()) == [], file
    for keeper in (pid for pid, line in machine.processes().items() if "keeper.py" in line):
        assert leaks(Path(f"/proc/{keeper}/environ").read_bytes()) == []


def test_a_missing_secret_is_an_incident_that_names_the_reference(machine: Machine) -> None:
    """A variable that is not set, a file that is not there: said with its name; other models serve."""
    declare(machine)
    del machine.extra["OPERATORS_SECRET"]
    machine.commit("Add a model with secrets")
    running = machine.start()
    (incident,) = until(running.incidents, "an incident")
    assert incident["model"] == "careful"
    assert "OPERATORS_SECRET" in incident["message"]
    until(lambda: machine.infer() == 200, "the other model serves")


def test_a_literal_secret_is_a_finding_that_never_prints_it(machine: Machine) -> None:
    """`check` and the control plane refuse it with its place; its value is in no output and no file of the state."""
    path = machine.workspace / "models" / "example" / "model.yaml"
    path.write_text(path.read_text().replace("serving: {", f"serving: {{ env: {{ API_KEY: {LITERAL} }},"))
    machine.commit("Add a key")
    told = machine.run("check", exit_code=1)
    assert "models/example/model.yaml:5" in told.stdout
    running = machine.start()
    (incident,) = until(running.incidents, "an incident")
    assert "models/example/model.yaml:5" in incident["message"]
    assert machine.pids("fairlead.serve.oip") == set(), "it is not started"
    outputs = [
        told,
        machine.run("check", "--format", "json", exit_code=1),
        machine.run("status"),
        machine.run("plan", exit_code=1),
    ]
    told_all = [text for run in outputs for text in (run.stdout, run.stderr)]
    told_all += [running.log.read_text(), running.api("/").text, running.api("/api/v1/journal").text, str(incident)]
    assert not [text for text in told_all if LITERAL in text]
    files = [each for each in machine.state.rglob("*") if each.is_file() and "mirror.git" not in each.parts]
    assert not [each for each in files if LITERAL.encode() in each.read_bytes()]
    answer = httpx2.get(f"http://127.0.0.1:{machine.port}/v2/models/example", timeout=5)
    assert answer.status_code in {404, 503}
