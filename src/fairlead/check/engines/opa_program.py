"""The `opa` binary: where it is, which version it has, what it may do, and whether modules compile with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairlead.check.engines.base import Limits
from fairlead.check.engines.opa_bundles import Text
from fairlead.check.engines.opa_server import LIMITED, Complaint, complaint, environment, write_bundle
from fairlead.check.engines.rego.builtins import REFUSED
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["OpaProgram"]

_INSTALL = "install opa 1.0 or newer (https://www.openpolicyagent.org/docs), or choose the engine `regorus`"


class OpaProgram:
    """A binary of opa 1.0 or newer. BrokenWorldError where there is none."""

    def __init__(self, path: str, limits: Limits) -> None:
        found = shutil.which(path or "opa")
        if found is None:
            raise BrokenWorldError("the program `opa` is not found", where=path, mend=_INSTALL)
        self.path = str(Path(found).resolve())
        self._limits = limits
        version = self._run("version").stdout.partition("Version: ")[2].split("\n")[0]
        if not version or version.startswith("0."):
            raise BrokenWorldError(f"opa {version or 'of no version'} is too old", where=self.path, mend=_INSTALL)
        self._capabilities: dict[str, Any] = json.loads(self._run("capabilities", "--current").stdout)
        allowed = [each for each in self._capabilities["builtins"] if each["name"] not in REFUSED]
        self._capabilities |= {"builtins": allowed, "allow_net": []}
        self.known = frozenset(each["name"] for each in allowed) | {"set"}
        """Builtins that policies may call."""

    def complaints(self, texts: Sequence[Text]) -> list[Complaint]:
        """What is wrong with the modules. Empty where they compile."""
        with tempfile.TemporaryDirectory(prefix="fairlead-opa-") as place:
            folder = Path(place)
            write_bundle(folder / "bundle", texts, b"{}")
            allowed = folder / "capabilities.json"
            allowed.write_text(json.dumps(self._capabilities), encoding="utf-8")
            words = ("check", "--bundle", str(folder / "bundle"), "--format", "json", "--capabilities", str(allowed))
            try:
                done = self._run(*words)
            except subprocess.TimeoutExpired:
                return [Complaint(f"opa did not compile it within {self._limits.wall_seconds:g} s", None, 0)]
        return [] if done.returncode == 0 else _read(done, texts)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*LIMITED, str(self._limits.memory_bytes >> 10), self.path, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=self._limits.wall_seconds,
            env=environment(),
            check=False,
        )


def _read(done: subprocess.CompletedProcess[str], texts: Sequence[Text]) -> list[Complaint]:
    try:
        errors = json.loads(done.stderr or done.stdout)["errors"]
    except (ValueError, KeyError, TypeError):
        lines = (done.stderr or done.stdout).strip().splitlines()
        return [Complaint(lines[0][:200] if lines else f"opa ended with {done.returncode}", None, 0)]
    return [complaint(texts, each) for each in errors]
