"""The gate asks where a model comes from, also where no pack is on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from fairlead.flows.check import check
from fairlead.flows.init import init
from tests.unit.dependencies.entries import affected, entry

SUPPLY_CHAIN = """
policies:
  vulnerabilities: osv
  signatures: {required: true, keys: [keys/ours.pem]}
"""
TESTS = """
tests:
  golden: [{name: one, request: request.json, response: response.json}]
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example, uncommitted."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "acme"
    init(root)
    return root


def append(place: Path, text: str) -> None:
    """Add to a file."""
    place.write_text(place.read_text() + text)


def found(root: Path) -> list[str]:
    """Rules, where they were broken, once everything is committed."""
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["add", "."], ["commit", "-qm", "Change"]):
        subprocess.run([*git, *command], check=True)
    return [f"{each.path} {each.rule} {each.severity}" for each in check(root).findings]


def test_where_a_model_comes_from_is_asked(workspace: Path) -> None:
    """A vulnerable package and a missing signature block; a broken entry of the database is told once."""
    (workspace / "osv").mkdir()
    (workspace / "osv/one.json").write_text(json.dumps(entry(affected({"introduced": "0"}))))
    (workspace / "osv/two.json").write_text("{")
    model = workspace / "models/example/model.yaml"
    model.write_text(model.read_text().replace("  runtime: onnx\n", "  runtime: onnx\n  dependencies: r.txt\n"))
    (model.parent / "r.txt").write_text("torch==2.5.1\n")
    assert found(workspace) == []
    append(workspace / "fairlead.yaml", SUPPLY_CHAIN)
    assert found(workspace) == [
        "models/example/model.yaml scan/signature error",
        "models/example/r.txt scan/vulnerable-dependency error",
        "osv scan/broken-advisory warning",
    ]
    (model.parent / "r.txt").write_text("numpy==2.1.0\n")
    assert found(workspace) == [
        "models/example/model.yaml scan/signature error",
        "osv scan/broken-advisory warning",
    ]


def test_a_database_that_is_not_there_is_no_pass(workspace: Path) -> None:
    """Nothing known is not the same as nothing to be known."""
    model = workspace / "models/example/model.yaml"
    model.write_text(model.read_text().replace("  runtime: onnx\n", "  runtime: onnx\n  dependencies: r.txt\n"))
    (model.parent / "r.txt").write_text("torch==2.5.1\n")
    append(workspace / "fairlead.yaml", "\npolicies:\n  vulnerabilities: osv\n")
    assert found(workspace) == ["models/example/model.yaml scan/no-advisories insufficient"]


def test_declared_tests_need_evidence(workspace: Path) -> None:
    """Tests that nobody ran do not pass the gate, whatever packs are on."""
    append(workspace / "models/example/model.yaml", TESTS)
    assert found(workspace) == ["models/example/model.yaml evidence/missing insufficient"]
