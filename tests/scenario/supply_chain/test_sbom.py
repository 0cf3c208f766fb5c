"""The command writes a valid bill of a real workspace, the same each time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from fairlead.flows.init import init


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`fairlead sbom` in the workspace."""
    command = [sys.executable, "-m", "fairlead", "sbom", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_command(tmp_path: Path) -> None:
    """On standard output or in a file, valid and byte for byte the same."""
    root = tmp_path / "acme"
    init(root)
    first = run(root, "example")
    assert (first.returncode, first.stderr) == (0, "")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(first.stdout) is None
    written = run(root, "example", "--output", "example.cdx.json")
    assert (written.returncode, written.stdout) == (0, "")
    assert (root / "example.cdx.json").read_text() == first.stdout
    assert json.loads(first.stdout)["metadata"]["component"]["name"] == "example"


def test_what_cannot_be_named(tmp_path: Path) -> None:
    """A model that is not locked has no bill; packages that are not pinned are told beside it."""
    root = tmp_path / "acme"
    init(root)
    place = root / "models/example/model.yaml"
    place.write_text(place.read_text().replace("  runtime: onnx\n", "  runtime: onnx\n  dependencies: r.txt\n"))
    (place.parent / "r.txt").write_text("numpy\n")
    told = run(root, "example")
    assert told.returncode == 0
    assert "models/example/r.txt:1:1 insufficient scan/unpinned-dependency" in told.stderr
    (place.parent / "model.lock").unlink()
    refused = run(root, "example")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "resolve/missing-lock" in refused.stderr
