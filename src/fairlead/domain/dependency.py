"""A package that a server runs with, as a lock file names it."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ECOSYSTEMS", "Dependency", "normal_name"]

ECOSYSTEMS = ("PyPI", "npm")
"""Where packages come from, in the words of the OSV format."""


@dataclass(frozen=True, slots=True, order=True)
class Dependency:
    """A package at a version, and the line of the lock file that names it. `name` is in the ecosystem's normal form.

    `hashes` are `sha256:<hex>` of the files that may be installed, where the lock file pins them.
    """

    ecosystem: str
    name: str
    version: str
    path: str
    line: int = 1
    hashes: tuple[str, ...] = ()


def normal_name(ecosystem: str, name: str) -> str:
    """A package's one name: PEP 503 for PyPI, as it is written for npm."""
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name
