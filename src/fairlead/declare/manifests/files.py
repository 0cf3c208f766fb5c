"""The files of a tree that may hold manifests, and their text, within bounds: the first step of a foreign check."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead.domain.finding import Finding, Severity
from fairlead.domain.tree import TreeEntry
from fairlead.ports import Tree

__all__ = ["KUSTOMIZATION_NAMES", "MAX_FILE", "MAX_FILES", "may_hold_manifests", "text_of", "walk"]

MAX_FILE = 8 << 20
"""Bytes of one file that are read."""

MAX_FILES = 200_000
"""Names in a tree that are looked at."""

KUSTOMIZATION_NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})

_SKIPPED = frozenset({".git", ".terraform", ".venv", "node_modules", "site-packages", "venv"})
_MAX_LEVELS = 64
_API_VERSION = re.compile(r"""["']?apiVersion["']?\s*:""")
_KIND = re.compile(r"""["']?kind["']?\s*:""")


def walk(tree: Tree) -> Iterator[TreeEntry]:
    """All YAML and JSON files and kustomizations, in order of path, without what package managers put there.

    Stops after `MAX_FILES` names. Links are not followed.
    """
    seen = 0
    waiting = [""]
    while waiting:
        folders = []
        for entry in tree.entries(waiting.pop()):
            seen += 1
            if seen > MAX_FILES:
                return
            name = entry.path.rpartition("/")[2]
            if entry.kind == "tree" and name not in _SKIPPED and entry.path.count("/") < _MAX_LEVELS:
                folders.append(entry.path)
            elif entry.kind == "blob" and (name.endswith((".yaml", ".yml", ".json")) or name in KUSTOMIZATION_NAMES):
                yield entry
        waiting += reversed(folders)


def may_hold_manifests(text: str) -> bool:
    """Whether `text` names an API version and a kind anywhere: what does not is no manifest and is not parsed."""
    return _KIND.search(text) is not None and _API_VERSION.search(text) is not None


def text_of(tree: Tree, entry: TreeEntry) -> tuple[str | None, Finding | None]:
    """The text of a file, or None, with a finding where it looks like a manifest and cannot be read as a whole."""
    with tree.open(entry) as stream:
        content = stream.read(MAX_FILE + 1)
    text = content.decode("utf-8-sig", errors="replace")
    if len(content) > MAX_FILE:
        message = f"the file has more than the {MAX_FILE} bytes that are read, and looks like a manifest"
        return None, _unread(entry, "foreign/too-large", message, "split it") if may_hold_manifests(text) else None
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        message = f"the file looks like a manifest and is not UTF-8 (byte {error.start})"
        line = content.count(b"\n", 0, error.start) + 1
        mend = "save it as UTF-8"
        return None, _unread(entry, "foreign/not-utf-8", message, mend, line) if may_hold_manifests(text) else None


def _unread(entry: TreeEntry, rule: str, message: str, mend: str, line: int = 1) -> Finding:
    return Finding(entry.path, line, 1, rule, message, mend, Severity.INSUFFICIENT)
