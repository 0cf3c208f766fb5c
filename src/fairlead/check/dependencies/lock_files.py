"""Lock files of a serving environment -> packages with their versions, each with its line.

Read are requirements files with pinned versions, uv.lock, poetry.lock, pylock.toml (PEP 751), and package-lock.json.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fairlead.check.dependencies.versions import order_of
from fairlead.domain.dependency import Dependency, normal_name
from fairlead.domain.finding import Finding, Severity

__all__ = ["read_dependencies"]

_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[^\]]*\])?\s*===?\s*(?P<version>[^\s;#\\,]+)"
)
_OPTION = re.compile(r"-|#|$")
_MODULES = "node_modules/"


def read_dependencies(text: bytes, path: str, model: str = "") -> tuple[tuple[Dependency, ...], tuple[Finding, ...]]:
    """The packages of a lock file, whose name tells its form. What is not pinned cannot be looked up: a finding."""
    name = path.rpartition("/")[2]
    read = next((reader for ending, reader in _READERS.items() if name.endswith(ending)), _requirements)
    try:
        found = list(read(text.decode(), path))
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        reason = (
            str(error).partition("\n")[0] if isinstance(error, ValueError) else "it is not of the form that is expected"
        )
        message = f"the packages cannot be read: {reason}"
        return (), (_told(path, 1, "scan/unread-dependencies", message, "lock the environment again", model),)
    dependencies = sorted({each for each in found if isinstance(each, Dependency)})
    findings = [each for each in found if isinstance(each, Finding)]
    kept = [each for each in dependencies if _is_version(each)]
    findings += [_no_version(each, model) for each in dependencies if not _is_version(each)]
    return tuple(kept), tuple(
        Finding(f.path, f.line, 1, f.rule, f.message, f.mend, f.severity, model) for f in findings
    )


def _is_version(dependency: Dependency) -> bool:
    try:
        order_of(dependency.ecosystem)(dependency.version)
    except ValueError:
        return False
    return True


def _no_version(dependency: Dependency, model: str) -> Finding:
    message = f"`{dependency.name}` is at `{dependency.version[:40]}`, which is no version that can be looked up"
    mend = "install it from a package index, at a released version"
    return _told(dependency.path, dependency.line, "scan/unpinned-dependency", message, mend, model)


def _told(path: str, line: int, rule: str, message: str, mend: str, model: str = "") -> Finding:
    return Finding(path, line, 1, rule, message, mend, Severity.INSUFFICIENT, model)


def _requirements(text: str, path: str) -> Iterator[Dependency | Finding]:
    """`name==version`, with markers and hashes; a line that ends in a backslash goes on below."""
    lines = text.replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines):
        first, joined = at + 1, lines[at]
        while joined.endswith("\\") and at + 1 < len(lines):
            at += 1
            joined = joined[:-1] + " " + lines[at].strip()
        at += 1
        wanted = joined.strip()
        if _OPTION.match(wanted) and not wanted.startswith(("-r", "-e", "-c", "--requirement", "--editable")):
            continue
        match = _PINNED.match(wanted)
        if match is None or "*" in match["version"]:
            message = f"`{wanted[:60]}` is not pinned to one version"
            mend = "write a lock file, for example: uv pip compile --generate-hashes requirements.in"
            yield _told(path, first, "scan/unpinned-dependency", message, mend)
            continue
        hashes = tuple(re.findall(r"--hash=(sha256:[0-9a-f]{64})", wanted))
        yield Dependency("PyPI", normal_name("PyPI", match["name"]), match["version"], path, first, hashes)


def _toml(key: str) -> Callable[[str, str], Iterator[Dependency | Finding]]:
    def read(text: str, path: str) -> Iterator[Dependency | Finding]:
        for package in tomllib.loads(text).get(key, []):
            name, source = str(package.get("name", "")), package.get("source")
            local = isinstance(source, dict) and bool(set(source) & {"virtual", "editable"})
            if not name or local:
                continue
            line = _line(text, f'name = "{name}"')
            yield Dependency("PyPI", normal_name("PyPI", name), str(package.get("version", "")), path, line)

    return read


def _package_lock(text: str, path: str) -> Iterator[Dependency | Finding]:
    """Versions 2 and 3 list `packages` by path, version 1 nests `dependencies`."""
    raw = json.loads(text)
    if "packages" in raw:
        for place, package in raw["packages"].items():
            name = package.get("name") or place.rpartition(_MODULES)[2]
            if _MODULES in place and not package.get("link"):
                yield _npm(text, path, name, package, f'"{place}"')
        return
    waiting: list[Mapping[str, Any]] = [raw.get("dependencies", {})]
    while waiting:
        for name, package in waiting.pop().items():
            yield _npm(text, path, name, package, f'"{name}"')
            waiting.append(package.get("dependencies", {}))


def _npm(text: str, path: str, name: str, package: Mapping[str, Any], written: str) -> Dependency:
    return Dependency("npm", str(name), str(package.get("version", "")), path, _line(text, written))


def _line(text: str, written: str) -> int:
    return text.count("\n", 0, max(text.find(written), 0)) + 1


_READERS: Mapping[str, Callable[[str, str], Iterator[Dependency | Finding]]] = {
    "uv.lock": _toml("package"),
    "poetry.lock": _toml("package"),
    "pylock.toml": _toml("packages"),
    "package-lock.json": _package_lock,
}
"""By the end of a file's name; anything else is a requirements file."""
