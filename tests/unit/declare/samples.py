"""A small valid workspace on disk; a test states only what differs."""

from __future__ import annotations

from pathlib import Path

from fairlead.declare.reader import Declared, Reader
from fairlead.domain.finding import Finding
from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.domain.lock_text import render_lock
from fairlead.drivers.folder import FolderTree

__all__ = ["LOCK", "MODEL", "WORKSPACE", "rules", "single", "write_workspace"]

WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: acme
environments:
  - name: dev
    target: {kind: local, port: 8801}
  - name: prod
    target: {kind: local, port: 8802}
customers:
  - {name: brook, segment: startup}
"""

MODEL = """\
apiVersion: fairlead.dev/v1alpha1
kind: Model
owner: team@example.com
artifact:
  uri: hf://acme/digits@main
environments:
  dev: {}
"""

_FILES = (LockedFile("model.onnx", "a" * 64, 3),)
LOCK = Lock("hf://acme/digits@main", "b" * 40, _FILES, tree_digest(_FILES))


def write_workspace(
    root: Path, model: str | bytes = MODEL, *, workspace: str | bytes = WORKSPACE, lock: str | None = None
) -> FolderTree:
    """Write fairlead.yaml and the model `digits`, and answer the folder as a tree."""
    folder = root / "models" / "digits"
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in ((root / "fairlead.yaml", workspace), (folder / "model.yaml", model)):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "model.lock").write_text(render_lock(LOCK) if lock is None else lock)
    return FolderTree(root)


def rules(declared: Declared) -> list[str]:
    """The rules of all findings, in order of place."""
    return [finding.rule for finding in declared.findings]


def single(tree: FolderTree) -> Finding:
    """The only finding of a tree."""
    findings = Reader().read(tree).findings
    assert len(findings) == 1, findings
    return findings[0]
