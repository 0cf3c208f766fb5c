"""When a policy changes, what runs is judged again: in violation since then, owner told, and not stopped."""

from __future__ import annotations

import json
import shutil
import subprocess

from tests.e2e.gate.shop import BAD_MODEL, Shop
from tests.e2e.gate.test_control_plane import refused
from tests.e2e.spine.machine import Machine, until
from tests.scenario.cli.program import PROGRAM

NEW_RULE = """\
package late

import rego.v1

violation contains {"msg": "too late"} if input.review.object.metadata.name == "example"
"""


def test_what_runs_is_judged_again_and_goes_on(guarded: tuple[Machine, Shop]) -> None:
    """A new rule finds what runs in violation, since when, and stops nothing; a bad new model is never served."""
    machine, shop = guarded
    machine.start()
    machine.live()
    served = machine.servers()
    assert machine.run("check", "--running").returncode == 0
    shop.write("policies/late.rego", NEW_RULE)
    shop.settle()
    until(lambda: "late" in violated(machine), "in violation", 60)
    # The command judges by itself; the moment is the control plane's to tell, which looks a little later.
    until(lambda: "since" in machine.run("check", "--running", exit_code=1).stdout, "known since when", 30)
    text = machine.run("check", "--running", exit_code=1).stdout
    assert "you@example.com" in text
    assert (machine.servers(), machine.infer()) == (served, 200)
    shutil.copytree(shop.folder / "models/example", shop.folder / "models/bad")
    shop.edit("models/bad/model.yaml", *BAD_MODEL, ("models/example/", "models/bad/"))
    assert shop.run("lock", "bad").code == 0
    head = shop.commit("A bad model")
    until(lambda: refused(machine, head), "refused", 20)
    assert machine.infer("bad") != 200
    assert machine.servers() == served


def violated(machine: Machine) -> set[str]:
    """Rules that `check --running` finds broken by the example now."""
    words = [*PROGRAM, "check", "--running", "--format", "json"]
    done = subprocess.run(words, cwd=machine.workspace, env=machine.environ, capture_output=True, check=False)
    return {each["rule"] for each in json.loads(done.stdout)["findings"] if each["model"] == "example"}
