"""The text of `model.lock`: a contract between `resolve`, which writes it, and `declare`, which reads it.

JSON with one line per file, in the order of their paths, so that a difference of two locks reads like a list of files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from fairlead.domain.finding import Finding
from fairlead.domain.lock import Lock, LockedFile, tree_digest

__all__ = ["LOCK_VERSION", "file_line", "is_safe_path", "parse_lock", "render_lock"]

LOCK_VERSION = 1

_SHA256 = re.compile(r"[0-9a-f]{64}")
_REVISION = re.compile(r"sha256:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64}")
_FIELDS = {"version": int, "uri": str, "revision": str, "tree": str, "files": list}
_FILE_FIELDS = {"path": str, "sha256": str, "size": int}
_MEND = "run `fairlead lock` for the model; nobody edits this file"


def render_lock(lock: Lock) -> str:
    """Text of the lock; the same lock always gives the same text."""
    head = {"version": LOCK_VERSION, "uri": lock.uri, "revision": lock.revision, "tree": lock.tree}
    lines = [f"  {_json(key)}: {_json(value)}," for key, value in head.items()]
    files = [_file_text(file) for file in sorted(lock.files)]
    return "\n".join(["{", *lines, '  "files": [', ",\n".join(files), "  ]", "}", ""])


def _file_text(file: LockedFile) -> str:
    fields = {"path": file.path, "sha256": file.sha256, "size": file.size}
    return "    {" + ", ".join(f"{_json(key)}: {_json(value)}" for key, value in fields.items()) + "}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def is_safe_path(path: str) -> bool:
    """Whether a POSIX path stays below its root on any system: relative, no `..`, no backslash, all printable."""
    parts = path.split("/")
    return path.isprintable() and "\\" not in path and not any(part in {"", ".", ".."} for part in parts)


def file_line(text: bytes, path: str) -> int:
    """Line of the lock's text that names the file, from 1; 1 where none does."""
    at = text.rfind(_json(path).encode())
    return text.count(b"\n", 0, max(at, 0)) + 1


def parse_lock(text: bytes, path: str, model: str = "") -> tuple[Lock | None, tuple[Finding, ...]]:
    """The lock in `text`, or None and findings placed in `path`. Its tree digest is computed again and compared."""
    try:
        raw = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        message = f"the lock is not JSON: {error.msg}"
        return None, (Finding(path, error.lineno, error.colno, "resolve/broken-lock", message, _MEND, model=model),)
    except (ValueError, RecursionError) as error:
        message = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return None, (
            Finding(path, 1, 1, "resolve/broken-lock", f"the lock cannot be read: {message}", _MEND, model=model),
        )
    problems = list(_shape_problems(raw))
    if not problems:
        lock = _lock(raw)
        problems = list(_content_problems(lock))
        if not problems:
            return lock, ()
    found = [
        Finding(path, file_line(text, name) if name else 1, 1, rule, message, _MEND, model=model)
        for rule, name, message in problems
    ]
    return None, tuple(found)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a key is given twice")
    return names


def _shape_problems(raw: object) -> Iterator[tuple[str, str, str]]:
    """(rule, name to be found in the text, message) for everything that is not of the lock's shape."""
    rule = "resolve/broken-lock"
    if not isinstance(raw, dict) or set(raw) != set(_FIELDS):
        yield rule, "", f"the lock must hold exactly: {', '.join(_FIELDS)}"
        return
    for name, kind in _FIELDS.items():
        if type(raw[name]) is not kind:
            yield rule, name, f"`{name}` is of the wrong type"
            return
    if raw["version"] != LOCK_VERSION:
        yield rule, "version", f"the lock is of version {raw['version']}; this program reads version {LOCK_VERSION}"
    for index, file in enumerate(raw["files"]):
        if not isinstance(file, dict) or {key: type(value) for key, value in file.items()} != _FILE_FIELDS:
            yield rule, "files", f"file {index + 1} must hold exactly: {', '.join(_FILE_FIELDS)}"
            return


def _lock(raw: dict[str, Any]) -> Lock:
    files = tuple(LockedFile(each["path"], each["sha256"], each["size"]) for each in raw["files"])
    return Lock(raw["uri"], raw["revision"], files, raw["tree"])


def _content_problems(lock: Lock) -> Iterator[tuple[str, str, str]]:
    if not lock.files:
        yield "resolve/broken-lock", "files", "the lock names no file"
    if not _REVISION.fullmatch(lock.revision):
        message = "the revision is not immutable: a full commit id or digest is wanted, no branch or tag"
        yield "resolve/moving-reference", "revision", message
    yield from _file_problems(lock)
    if tree_digest(lock.files) != lock.tree:
        yield "resolve/broken-lock", "tree", "the tree digest does not match the files below it"


def _file_problems(lock: Lock) -> Iterator[tuple[str, str, str]]:
    seen: set[str] = set()
    folders = {
        "/".join(parts[:end]) for parts in (f.path.split("/") for f in lock.files) for end in range(1, len(parts))
    }
    for file in lock.files:
        if not is_safe_path(file.path):
            yield "resolve/unsafe-path", file.path, "a path leaves the artifact's folder or is not plain"
        if file.path in seen or file.path in folders:
            yield "resolve/duplicate-path", file.path, "a path is given twice, or as file and as folder"
        if not _SHA256.fullmatch(file.sha256) or file.size < 0:
            yield "resolve/broken-lock", file.path, "a digest is not 64 lower-case hex digits, or a size is negative"
        seen.add(file.path)
