"""Lock files are read as their tools write them, and what is not pinned is said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fairlead.check.dependencies.lock_files import read_dependencies

REQUIREMENTS = """\
# made by a tool
--index-url https://pypi.example/simple
Flask_Login==0.6.3 \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
    # via -r requirements.in
numpy[extra] == 2.1.0 ; python_version >= "3.11"
torch==2.5.1+cu118
""".format(a="a" * 64, b="b" * 64)


def read(text: str, path: str) -> tuple[list[tuple[str, str, str, int]], list[tuple[str, int]]]:
    """Packages, and rules with their lines."""
    dependencies, findings = read_dependencies(text.encode(), path)
    return [(d.ecosystem, d.name, d.version, d.line) for d in dependencies], [(f.rule, f.line) for f in findings]


def test_requirements() -> None:
    """Names in normal form, with markers, extras, hashes and local versions; options are no packages."""
    found, findings = read(REQUIREMENTS, "requirements.txt")
    assert found == [
        ("PyPI", "flask-login", "0.6.3", 3),
        ("PyPI", "numpy", "2.1.0", 7),
        ("PyPI", "torch", "2.5.1+cu118", 8),
    ]
    assert findings == []
    assert read_dependencies(REQUIREMENTS.encode(), "r.txt")[0][0].hashes == (
        f"sha256:{'a' * 64}",
        f"sha256:{'b' * 64}",
    )


@pytest.mark.parametrize(
    "line", ["numpy", "numpy>=2", "numpy==2.*", "-r other.txt", "-e .", "x @ https://example.com/x.whl", "x==latest"]
)
def test_what_is_not_pinned_cannot_be_looked_up(line: str) -> None:
    """It is insufficient, with its line, and never passed over."""
    assert read(f"\n{line}\n", "requirements.txt") == ([], [("scan/unpinned-dependency", 2)])


def test_the_lock_of_this_project() -> None:
    """A real lock of a hundred packages, made by uv, is read whole."""
    path = Path(__file__).parents[3] / "requirements.lock"
    text = path.read_text(encoding="utf-8")
    found, findings = read(text, "requirements.lock")
    assert len(found) == len(re.findall(r"^[a-z]\S*==", text, re.MULTILINE))
    assert findings == []


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock"])
def test_toml_locks(name: str) -> None:
    """The project itself is no package of its own environment."""
    text = """\
version = 1

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }

[[package]]
name = "Jinja2"
version = "3.1.0"
source = { registry = "https://packages.example/simple" }
"""
    assert read(text, f"models/m/{name}") == ([("PyPI", "jinja2", "3.1.0", 9)], [])


def test_pylock() -> None:
    """PEP 751; a package without a version comes from a directory or an address, and cannot be looked up."""
    text = '[[packages]]\nname = "a"\nversion = "1.0"\n[[packages]]\nname = "b"\n'
    assert read(text, "pylock.toml") == ([("PyPI", "a", "1.0", 2)], [("scan/unpinned-dependency", 5)])


def test_package_lock() -> None:
    """Nested and scoped packages of npm, in both forms that are in use."""
    packages = {
        "": {"name": "app", "version": "1.0.0"},
        "node_modules/@scope/a": {"version": "1.2.3"},
        "node_modules/@scope/a/node_modules/b": {"version": "2.0.0-rc.1"},
        "node_modules/linked": {"link": True},
    }
    expected = {("npm", "@scope/a", "1.2.3"), ("npm", "b", "2.0.0-rc.1")}
    found, findings = read(json.dumps({"lockfileVersion": 3, "packages": packages}), "package-lock.json")
    assert ({each[:3] for each in found}, findings) == (expected, [])
    old = {"@scope/a": {"version": "1.2.3", "dependencies": {"b": {"version": "2.0.0-rc.1"}}}}
    found, findings = read(json.dumps({"lockfileVersion": 1, "dependencies": old}), "package-lock.json")
    assert ({each[:3] for each in found}, findings) == (expected, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", "[["),
        ("uv.lock", "package = 3"),
        ("uv.lock", "package = ['x']"),
        ("package-lock.json", "{"),
        ("package-lock.json", "[]"),
        ("package-lock.json", '{"packages": []}'),
        ("package-lock.json", '{"packages": {"node_modules/a": 3}}'),
        ("package-lock.json", '{"dependencies": {"a": 3}}'),
        ("package-lock.json", "[" * 100_000),
    ],
)
def test_a_broken_lock_is_told(name: str, text: str) -> None:
    """Whatever is in the file, a finding comes out and no error."""
    found, findings = read(text, name)
    assert (found, [rule for rule, _ in findings]) == ([], ["scan/unread-dependencies"])
