"""Bad input through the real control plane: each is refused with its place and mend, and the release serves on.

One control plane for all of them, as in life: a bad commit follows another, and none may leave a trace.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.spine.machine import Machine, Running, until
from tests.scenario.cli.program import PROGRAM

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Running, str]]:
    """A machine with a live release, its control plane, and the release's name."""
    made = Machine.at(tmp_path_factory.mktemp("bad"))
    try:
        made.declare_workspace()
        made.declare_onnx()
        made.commit("Begin")
        running = made.start()
        yield made, running, made.live()["rows"][0]["release"]
    finally:
        made.end_all()


def model_file(machine: Machine) -> Path:
    """The example's declaration."""
    return machine.workspace / "models" / "example" / "model.yaml"


def broken_yaml(machine: Machine) -> None:
    """A bracket is never closed."""
    path = model_file(machine)
    path.write_text(path.read_text().replace("environments: { prod: {} }", "environments: { prod: {"))


def unknown_field(machine: Machine) -> None:
    """A typing error."""
    path = model_file(machine)
    path.write_text(path.read_text().replace("serving:", "servng:"))


def duplicate_model(machine: Machine) -> None:
    """Two folders whose names differ in case only."""
    shutil.copytree(model_file(machine).parent, machine.workspace / "models" / "Example")


def missing_artifact(machine: Machine) -> None:
    """The file is gone, the pointer is not."""
    machine.declare_onnx(memory="301Mi")
    (machine.workspace / "models" / "example" / "model.onnx").unlink()


def digest_mismatch(machine: Machine) -> None:
    """Other bytes than those locked, as long as they were."""
    machine.declare_onnx(memory="302Mi")
    path = machine.workspace / "models" / "example" / "model.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")


def truncated_onnx(machine: Machine) -> None:
    """Half of a model, locked as it is."""
    machine.declare_onnx(memory="303Mi")
    path = machine.workspace / "models" / "example" / "model.onnx"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    machine.run("lock", "example")


def symlink_out(machine: Machine) -> None:
    """An artifact that is a link to a file of the machine."""
    machine.declare_onnx(memory="304Mi")
    path = machine.workspace / "models" / "example" / "model.onnx"
    path.unlink()
    path.symlink_to("/etc/passwd")


def linked_folder(machine: Machine) -> None:
    """A model's folder that is a link out of the workspace."""
    outside = machine.root / "outside"
    shutil.copytree(model_file(machine).parent, outside, dirs_exist_ok=True)
    (machine.workspace / "models" / "outside").symlink_to(outside)


def broken_workspace(machine: Machine) -> None:
    """`fairlead.yaml` itself cannot be read."""
    path = machine.workspace / "fairlead.yaml"
    path.write_text(path.read_text().replace("kind: Workspace", "kind: [Workspace"))


BAD: dict[Callable[[Machine], None], tuple[str, ...]] = {
    broken_yaml: ("models/example/model.yaml:",),
    unknown_field: ("models/example/model.yaml:5", "servng", "serving"),
    duplicate_model: ("models/", "Example"),
    missing_artifact: ("models/example/model.yaml:4", "artifact.uri", "commit the file"),
    digest_mismatch: ("models/example/model.lock:", "model.onnx"),
    truncated_onnx: ("models/example/model.lock:7", "ONNX", "bytes are missing"),
    symlink_out: ("models/example/model.yaml:", "link"),
    linked_folder: ("models/outside", "link"),
    broken_workspace: ("fairlead.yaml:",),
}


def revert(machine: Machine, running: Running) -> None:
    """The commit that mends all, and its effect."""
    machine.git("reset", "--hard", "--quiet")
    machine.git("revert", "--no-edit", "HEAD")
    running.sync()
    machine.live()
    until(lambda: not running.incidents(), "the incident is closed")


@pytest.mark.parametrize("spoil", BAD)
def test_a_bad_commit_is_refused(place: tuple[Machine, Running, str], spoil: Callable[[Machine], None]) -> None:
    """An incident names file, line and mend; `check` finds the same; the release serves on; a revert closes it."""
    machine, running, release = place
    spoil(machine)
    machine.commit(f"Spoil: {spoil.__name__}")
    try:
        running.sync()
        incident = until(running.incidents, "an incident")[0]
        told = f"{incident['message']} {incident['mend']}"
        assert all(word in told for word in BAD[spoil]), told
        assert incident["mend"]
        assert "Traceback" not in told
        check = machine.run("check", exit_code=1)
        assert all(word in check.stdout for word in BAD[spoil]), check.stdout
        assert "mend:" in check.stdout
        row = next(each for each in running.api("/api/v1/fleet").json()["rows"] if each["model"] == "example")
        assert (row["release"], row["health"]) == (release, "healthy")
        assert machine.infer() == 200
    finally:
        revert(machine, running)
    assert "Traceback" not in running.log.read_text()


def test_a_server_that_crashes_at_start(place: tuple[Machine, Running, str], tmp_path: Path) -> None:
    """It is tried again and named with its last words; no traffic reaches it; other models are not touched."""
    machine, running, _ = place
    crash = tmp_path / "crash.py"
    crash.write_text("import sys\nprint('the licence has expired', file=sys.stderr)\nsys.exit(3)\n")
    machine.declare_command("crash", crash)
    machine.commit("Add a model that crashes")
    try:
        (incident,) = until(running.incidents, "an incident")
        assert (incident["model"], incident["kind"]) == ("crash", "git-not-live")
        assert "exited with 3" in incident["message"]
        assert "the licence has expired" in incident["message"]
        assert incident["mend"] == "fairlead logs crash"
        assert "the licence has expired" in machine.run("logs", "crash").stdout
        assert machine.infer("crash") in {404, 503}
        assert machine.infer() == 200
    finally:
        revert(machine, running)  # one of two models goes: that needs no confirmation


def test_the_repository_vanishes_and_returns(place: tuple[Machine, Running, str]) -> None:
    """An incident says so; what serves goes on; when it is back, the next commit is followed."""
    machine, running, release = place
    away = machine.root / "away"
    (machine.workspace / ".git").rename(away)
    try:
        (incident,) = until(running.incidents, "an incident")
        assert incident["kind"] == "repository-unreachable"
        assert machine.infer() == 200
    finally:
        away.rename(machine.workspace / ".git")
    until(lambda: not running.incidents(), "the incident is closed")
    machine.commit("Back again")
    assert machine.live()["rows"][0]["release"] == release


def test_the_branch_is_rewritten(place: tuple[Machine, Running, str]) -> None:
    """A force-pushed branch is followed, and the journal says that history was rewritten."""
    machine, running, release = place
    machine.commit("To be forgotten")
    machine.live()
    machine.git("commit", "--amend", "--allow-empty", "--quiet", "--message", "Never happened otherwise")
    machine.live()
    (record,) = running.journal("repository.rewritten")
    assert record["commit"] == machine.git("rev-parse", "HEAD")
    assert running.api("/api/v1/fleet").json()["rows"][0]["release"] == release
    assert machine.infer() == 200


def bomb(path: Path, size: int = 50 * 1024 * 1024) -> None:
    """A YAML file of 50 MB: aliases of aliases that would be 9^12 items, and padding that is no comment."""
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 13)]
    head = "\n".join(["apiVersion: fairlead.dev/v1alpha1", "kind: Model", "a0: &a0 lol", *levels, "pad:\n"])
    with path.open("w") as file:
        file.write(head)
        line = "  - [*a12, *a12, *a12, *a12, *a12, *a12, *a12, *a12]\n"
        file.writelines([line] * ((size - len(head)) // len(line)))


def rss(pid: int) -> int:
    """MiB that a process has ever held since it became its program; 0 for one that has ended."""
    held = Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()
    return int(held[0]) // 1024 if held else 0


def watched(process: subprocess.Popen[bytes]) -> int:
    """MiB that a process held at most. What `wait4` tells would include the size of the tests that forked it."""
    held = 0
    while process.poll() is None:
        held = max(held, rss(process.pid))
        time.sleep(0.01)
    return held


def test_a_yaml_bomb_of_50_megabytes(place: tuple[Machine, Running, str]) -> None:
    """Refused within seconds and without its weight in memory, by `check` and by the control plane."""
    machine, running, _ = place
    before = rss(running.process.pid)
    bomb(model_file(machine))
    with (machine.root / "check.txt").open("w+") as told:
        begun = time.monotonic()
        check = subprocess.Popen([*PROGRAM, "check"], cwd=machine.workspace, env=machine.environ, stdout=told)
        machine.started.append(check)
        held = watched(check)
        spent = time.monotonic() - begun
        told.seek(0)
        assert "models/example/model.yaml:" in told.read()
    assert check.returncode == 1
    assert spent < 20
    assert 0 < held < 400, f"check held {held} MiB"
    machine.commit("A bomb")
    try:
        (incident,) = until(running.incidents, "an incident")
        assert "models/example/model.yaml" in incident["message"]
        assert rss(running.process.pid) - before < 300
        assert machine.infer() == 200
    finally:
        revert(machine, running)
