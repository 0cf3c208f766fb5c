"""Where a workspace may be: a bare repository by address, a branch of it, a folder in a repository."""

from __future__ import annotations

import pytest

from tests.e2e.spine.machine import Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_a_branch_of_a_bare_repository(machine: Machine) -> None:
    """`--repo file://... --branch staging` follows that branch alone; signed heads are pushed, `audit` finds them."""
    bare = machine.root / "bare.git"
    machine.git("init", "--quiet", "--bare", "--initial-branch", "main", str(bare))
    machine.git("remote", "add", "origin", str(bare))
    machine.git("push", "--quiet", "origin", "main", "main:staging")
    words = ["--repo", f"file://{bare}", "--branch", "staging"]
    running = machine.start(*words)
    machine.live()
    assert machine.infer() == 200
    machine.commit("Only on main")
    machine.git("push", "--quiet", "origin", "main")
    machine.git("checkout", "--quiet", "-b", "staging", "HEAD~1")
    machine.declare_onnx(memory="300Mi")
    commit = machine.commit("On staging")
    machine.git("push", "--quiet", "origin", "staging")
    assert machine.live()["rows"][0]["release"] == f"example@{commit[:12]}"
    assert running.api("/api/v1/fleet").json()["branch"] == "staging"
    until(lambda: "refs/notes/fairlead/heads" in machine.git("ls-remote", "origin"), "the journal's head is pushed")
    assert machine.json("audit", "verify", *words)["verdict"] == "pass"


def test_a_workspace_in_a_folder_of_a_repository(bare: Machine) -> None:
    """Only what is in the folder counts: commits elsewhere make no release; the rest of the repository is not read."""
    inner = Machine(bare.workspace / "ml" / "serving", bare.home, root=bare.root, started=bare.started, ups=bare.ups)
    inner.workspace.mkdir(parents=True)
    inner.declare_workspace()
    inner.declare_onnx()
    (bare.workspace / "models").mkdir()
    (bare.workspace / "models" / "model.yaml").write_text("{ broken")
    commit = bare.commit("A workspace in a folder")
    inner.start()
    assert inner.live()["rows"][0]["release"] == f"example@{commit[:12]}"
    assert inner.infer() == 200
    (bare.workspace / "README.md").write_text("Nothing to do with it\n")
    bare.commit("Elsewhere")
    (row,) = inner.live()["rows"]
    assert row["release"] == f"example@{commit[:12]}"
    inner.declare_onnx(memory="300Mi")
    second = bare.commit("Ask for more")
    assert inner.live()["rows"][0]["release"] == f"example@{second[:12]}"
