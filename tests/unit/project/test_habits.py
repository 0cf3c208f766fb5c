"""The size, the names and the shape of the code, as CONTRIBUTING.md states them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.unit.project.sources import PACKAGE, Source, sources

MAX_CODE_LINES = 250
MAX_LINES = 300
# Files that may be longer. It is empty, and stays so: a longer file is two files.
LONGER_FILES: frozenset[str] = frozenset()

MAX_FUNCTION = 80
P95_FUNCTION = 65

VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "misc"}
VAGUE_MODULES = VAGUE | {"common"}


def words(name: str) -> set[str]:
    """`HTTPClient_pool` -> http, client, pool."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the last of the body."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def is_real(folder: Path) -> bool:
    """Whether a folder holds anything but an `__init__.py` that only says what would be there."""
    for path in folder.rglob("*"):
        if path.is_dir() or "__pycache__" in path.parts or not path.stat().st_size:
            continue
        if path.name != "__init__.py" or Source(path).code_lines:
            return True
    return False


def test_a_file_is_short() -> None:
    """No file is longer than a reader keeps in mind; the list of exceptions is empty."""
    assert not LONGER_FILES
    long = {
        source.name: f"{source.code_lines} lines of code, {source.text.count(chr(10))} in all"
        for source in sources()
        if source.code_lines > MAX_CODE_LINES or source.text.count("\n") > MAX_LINES
    }
    assert long == {}, f"at most {MAX_CODE_LINES} lines of code and {MAX_LINES} in all"


def test_a_query_or_template_is_short() -> None:
    """SQL and pages keep the same bound as code; built bundles are not read by anybody."""
    texts = [path for kind in ("*.sql", "*.html", "*.css") for path in PACKAGE.rglob(kind)]
    long = [path.name for path in texts if path.read_text(encoding="utf-8").count("\n") > MAX_LINES]
    assert long == []


def test_a_function_is_short() -> None:
    """No function is longer than a screen, and nearly all are far shorter."""
    lengths = {f"{s.name}:{f.lineno} {f.name}": length(f) for s in sources() for f in s.functions()}
    assert {place: lines for place, lines in lengths.items() if lines > MAX_FUNCTION} == {}
    longest_5_percent = sorted(lengths, key=lambda place: -lengths[place])[: len(lengths) // 20 + 1]
    p95 = min((lengths[place] for place in longest_5_percent), default=0)
    assert p95 <= P95_FUNCTION, longest_5_percent


def test_names_say_what_a_thing_is() -> None:
    """Nothing is called util, helper, manager or misc."""
    vague = [f"{s.name}: {name}" for s in sources() for name in sorted(s.defined_names()) if words(name) & VAGUE]
    folders = {part for s in sources() for part in (*s.path.parent.relative_to(PACKAGE).parts, s.path.stem)}
    assert vague == []
    assert sorted(folder for folder in folders if words(folder) & VAGUE_MODULES) == []


def test_a_module_says_where_it_stands() -> None:
    """Every module begins with a docstring."""
    assert [s.name for s in sources() if not ast.get_docstring(s.tree)] == []


def test_no_empty_rooms() -> None:
    """A folder appears when it has something real in it."""
    folders = {path.parent for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert sorted(folder.name for folder in folders if not is_real(folder)) == []


def test_the_tour_is_a_guest() -> None:
    """No module but the command line's table mentions the demo, so taking it away breaks nothing."""
    own = "src/fairlead/show/cli/demo/"
    mentions = [s.name for s in sources() if re.search(r"show[./]cli[./]demo\b", s.text) and not s.name.startswith(own)]
    assert mentions == ["src/fairlead/show/cli/table.py"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("load_helper", {"load", "helper"}), ("TaskManager", {"task", "manager"}), ("contextmanager", {"contextmanager"})],
)
def test_words_of_a_name(name: str, expected: set[str]) -> None:
    """A name is read word by word, so that `contextmanager` is no manager."""
    assert words(name) == expected


def test_code_lines_leave_out_words_for_the_reader(tmp_path: Path) -> None:
    """Comments, blank lines and docstrings do not count; every line of a long string does."""
    path = tmp_path / "sample.py"
    path.write_text(
        '"""Docs."""\n\n# why\nx = """one\ntwo"""\n\n\ndef f():\n    """Docs.\n\n    More.\n    """\n    return x\n'
    )
    assert Source(path).code_lines == 4
