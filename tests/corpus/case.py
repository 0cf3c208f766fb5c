"""A case of the attack corpus: a file that must be found, and a twin of it that must not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

__all__ = ["Case", "load_cases"]


@dataclass(frozen=True, slots=True)
class Case:
    """One shape of attack. Both files are made when they are asked for, and are harmless when they are loaded.

    `path` is the file's name within the artifact, `twin_path` the twin's where the name is what is wrong. `files`
    are the other files of the artifact. `rule` is the finding that is expected, or empty where any will do.
    """

    name: str
    path: str
    attack: Callable[[], bytes]
    benign: Callable[[], bytes]
    rule: str = ""
    twin_path: str = ""
    files: frozenset[str] = frozenset()


def load_cases(folder: Path) -> list[Case]:
    """The `CASES` of every module in a folder, in order of the modules' names."""
    cases: list[Case] = []
    for path in sorted(folder.glob("*.py")):
        spec = spec_from_file_location(f"attacks_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        cases += module.CASES
    return cases
