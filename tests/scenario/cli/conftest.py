"""A machine with a workspace for each test."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.scenario.cli.program import Program, free_port

WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: acme
environments:
  - name: prod
    target: {{kind: local, port: {port}}}
priceBook:
  currency: USD
  rows:
    - {{resource: cpu, price: 0.0425, source: "example list price, per core-hour", asOf: TODAY}}
""".replace("TODAY", datetime.now(UTC).date().isoformat())


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A workspace without models, committed, and an empty home."""
    made = Program(tmp_path / "acme", tmp_path / "home")
    made.workspace.mkdir()
    made.home.mkdir()
    (made.workspace / "fairlead.yaml").write_text(WORKSPACE.format(port=free_port()))
    made.git("init", "--quiet", "--initial-branch", "main")
    made.commit("Begin")
    return made
