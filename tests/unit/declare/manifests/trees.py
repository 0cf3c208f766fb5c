"""Small trees of manifests on disk; a test states what is in them."""

from __future__ import annotations

from pathlib import Path

from fairlead.declare.manifests.reader import read_manifests
from fairlead.domain.infrastructure import KustomizeError, Manifests
from fairlead.drivers.folder import FolderTree

__all__ = ["DATA", "DEPLOYMENT", "FLEET", "broken", "read", "rules", "write"]

DATA = Path(__file__).parents[3] / "data"
FLEET = DATA / "manifests" / "fleet"

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - {name: web, image: 'registry.example/web:1.0'}
"""


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write these files below `root`."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def read(root: Path, files: dict[str, str | bytes] | None = None) -> Manifests:
    """What is read from a folder where no kustomize is found."""
    return read_manifests(FolderTree(write(root, files or {})), kustomize=None)


def rules(manifests: Manifests) -> list[tuple[str, int, str, str]]:
    """Path, line, rule and severity of every finding."""
    return [(each.path, each.line, each.rule, each.severity.value) for each in manifests.findings]


def broken(folder: str) -> str:
    """A kustomize that can render nothing."""
    raise KustomizeError(f"no luck in {folder}")
