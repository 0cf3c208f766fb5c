"""What is committed works on any machine: no machine's paths, and a lock that any mirror can serve."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.unit.project.sources import ROOT, tracked_files

LOCKS = ["requirements.lock", "tools/uv-requirements.txt"]
# Written in two parts, so that this file does not name what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.$}*-])/(?:" + "work|ro" + r"ot)/|/tmp/te" + r"am\b")


def requirements(lock: str) -> dict[str, str]:
    """Each pinned requirement of a lock, with the lines that belong to it."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    return {block.split(" ", 1)[0]: block for block in blocks}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_requirement_by_hash(lock: str) -> None:
    """What `make setup` installs is what the tests ran with, to the byte."""
    pinned = requirements(lock)
    assert pinned
    assert [name for name in pinned if not re.fullmatch(r"[a-z0-9._-]+==[^=]+", name)] == []
    assert [name for name, block in pinned.items() if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock: str) -> None:
    """The lock can be served by any mirror: it records no address, and no option that would add one."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", text) == []


def test_the_lock_covers_what_the_project_asks_for() -> None:
    """Every dependency of pyproject.toml is in the lock, within its bounds' first number."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    asked = [
        *project["project"]["dependencies"],
        *extras["local"],
        *extras["demo"],
        *extras["signing"],
        *project["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[\[<>=!~; ]", line)[0].replace("_", "-").replace(".", "-").lower() for line in asked}
    locked = {name.split("==")[0] for name in requirements("requirements.lock")}
    assert sorted(names - locked) == []


def test_every_dependency_has_a_lower_bound() -> None:
    """Without one a resolver may silently choose an old release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    asked = [*project["project"]["dependencies"], *(line for extra in extras for line in extra)]
    assert [line for line in asked if ">=" not in line and "==" not in line] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    """Nothing that is committed works, or is understood, on one machine only."""
    found = [f"{path.relative_to(ROOT)}: {text.group()}" for path in tracked_files() if (text := machine_path(path))]
    assert found == []


def machine_path(path: Path) -> re.Match[str] | None:
    """Where a text file names a path of one machine; None for a binary one."""
    content = path.read_bytes()
    return None if b"\0" in content else MACHINE_PATH.search(content.decode("utf-8", errors="replace"))


@pytest.mark.parametrize(("text", "found"), [("cd /wo" + "rk/main", True), ("https://example.com/work/", False)])
def test_a_machine_path_is_recognised(text: str, found: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a case's column
    """A path is told from the middle of an address."""
    path = tmp_path / "note.md"
    path.write_text(text)
    assert bool(machine_path(path)) is found
