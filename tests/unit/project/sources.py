"""The project's own files, as the tests of its habits read them."""

from __future__ import annotations

import ast
import io
import subprocess
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

__all__ = ["PACKAGE", "ROOT", "Source", "sources", "tracked_files"]

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "src" / "fairlead"

_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """One Python file of the project."""

    path: Path

    @property
    def name(self) -> str:
        """Path from the repository's root."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """What the file holds."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The file, parsed."""
        return ast.parse(self.text, str(self.path))

    @property
    def code_lines(self) -> int:
        """Lines that hold code: no blank line, comment or docstring."""
        lines: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type not in _LAYOUT:
                lines.update(range(token.start[0], token.end[0] + 1))
        return len(lines - self._docstring_lines())

    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, the inner ones too."""
        return [node for node in ast.walk(self.tree) if isinstance(node, _FUNCTION)]

    def defined_names(self) -> set[str]:
        """The module's own name and those of its functions and classes."""
        nodes = ast.walk(self.tree)
        return {self.path.stem} | {n.name for n in nodes if isinstance(n, (*_FUNCTION, ast.ClassDef))}

    def _docstring_lines(self) -> set[int]:
        owners = (ast.Module, ast.ClassDef, *_FUNCTION)
        lines: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, owners) and ast.get_docstring(node, clean=False) is not None:
                lines.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
        return lines


def sources() -> list[Source]:
    """Every Python file under `src/`."""
    return [Source(path) for path in sorted(PACKAGE.rglob("*.py"))]


def tracked_files() -> list[Path]:
    """Every file that Git tracks and that is there."""
    # A build machine may check out as one user and test as another, which Git refuses unless told.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
