"""One declared file's bytes, fetched from a tree within limits: a size cap, no links, UTF-8 only."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.finding import Finding
from fairlead.domain.tree import TreeEntry
from fairlead.ports import Tree

__all__ = ["MAX_DECLARATION", "MAX_LOCK", "FileText", "fetch"]

MAX_DECLARATION = 1 << 20
"""Bytes of a `fairlead.yaml` or `model.yaml`."""

MAX_LOCK = 16 << 20
"""Bytes of a `model.lock`: about 100,000 files."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FileText:
    """The file's bytes, valid UTF-8 without byte order mark, or None and the finding that says why not."""

    text: bytes | None
    finding: Finding | None = None


def fetch(tree: Tree, entry: TreeEntry, limit: int, model: str = "") -> FileText:
    """Bytes of a blob; a link, a folder, a file beyond `limit` bytes or one that is not UTF-8 gives a finding."""
    if entry.kind != "blob":
        what = "a symbolic link, which is never followed" if entry.kind == "link" else "not a file"
        return _refused(entry, 0, "declare/not-a-file", f"this is {what}", "commit the file itself", model)
    if entry.size > limit:
        message = f"the file has {entry.size} bytes, more than the {limit} that are read"
        return _refused(entry, 0, "declare/too-large", message, "declare less in this file", model)
    with tree.open(entry) as stream:
        text = stream.read(limit + 1).removeprefix(_BOM)
    try:
        text.decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8 (byte {error.start})"
        return _refused(entry, line, "declare/not-utf-8", message, "save it as UTF-8", model)
    return FileText(text)


def _refused(entry: TreeEntry, line: int, rule: str, message: str, mend: str, model: str) -> FileText:
    return FileText(None, Finding(entry.path, max(line, 1), 1, rule, message, mend, model=model))
