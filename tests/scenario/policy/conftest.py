"""A machine with a workspace whose gate has rules, and real programs to compare with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.scenario.cli.program import Program, free_port

DATA = Path(__file__).parents[2] / "data" / "gatekeeper"
TOOLS = Path(__file__).parents[3] / ".tools" / "go"

WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: acme
environments:
  - name: dev
    target: {{kind: local, port: {dev}}}
  - name: prod
    target: {{kind: local, port: {prod}}}
    policies:
      baseline: {{enforcement: deny}}
policies:
  packs:
    baseline:
      enforcement: warn
      rules:
        licence: {{parameters: {{licences: [mit]}}}}
        owner: {{enforcement: "off"}}
  sources:
    - {{path: policies}}
"""
RULES = """\
package house
import rego.v1

# METADATA
# title: A name is short
# description: Dashboards cut long names.
# custom: {severity: low, mend: Choose a shorter name.}
deny contains "too long" if count(input.metadata.name) > 20
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A workspace with a pack that its environments tune, and a rule of its own."""
    made = Program(tmp_path / "acme", tmp_path / "home")
    (made.workspace / "policies").mkdir(parents=True)
    made.home.mkdir()
    (made.workspace / "fairlead.yaml").write_text(WORKSPACE.format(dev=free_port(), prod=free_port()))
    (made.workspace / "policies" / "house.rego").write_text(RULES)
    made.git("init", "--quiet", "--initial-branch", "main")
    return made


def found(name: str) -> str:
    """A program on the PATH, or where the project's tools are kept."""
    path = shutil.which(name) or shutil.which(name, path=str(TOOLS))
    if path is None:
        pytest.skip(f"needs {name} on the PATH")
    return path


@pytest.fixture
def opa(monkeypatch: pytest.MonkeyPatch) -> str:
    """A real opa, on the PATH of what the test starts."""
    path = found("opa")
    monkeypatch.setenv("PATH", str(Path(path).parent), prepend=":")
    return path


@pytest.fixture
def gator() -> str:
    """A real gator."""
    return found("gator")
