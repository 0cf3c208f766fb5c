"""The way in which examples are read and run: it finds what it must, and it fails when a document is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.examples import Example, MismatchError, matches, read_examples, run_example

DOCUMENT = """\
# Title

```console
$ echo one \\
>   two
one two
$ false  # exit 1
```

<!-- not run: it never ends -->

```console
$ sleep infinity
```

```sh
rm -rf everything
```

````console
$ echo '```'
```
````

```python
print("seen")
```
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with a home of its own."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}


def console(code: str, output: str = "") -> Example:
    """A console example on line 1 of a document."""
    return Example("sample.md", 1, "console", code, output)


def test_examples_are_found_with_their_lines() -> None:
    """Console commands and Python programs are run; other languages and what says why it is not run are left out."""
    found = [(e.line, e.language, e.code, e.output, e.status) for e in read_examples("sample.md", DOCUMENT)]
    assert found == [
        (4, "console", "echo one \\\n  two", "one two", 0),
        (7, "console", "false  # exit 1", "", 1),
        (21, "console", "echo '```'", "```", 0),
        (26, "python", 'print("seen")', "", 0),
    ]


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        ("took ... s", "took 3.2 s", True),
        ("a\n...\nz", "a\nb\nc\nz", True),
        ("a  ", "a\n", True),
        ("", "", True),
        ("a", "a\nb", False),
        ("", "a warning", False),
        ("a.c", "abc", False),
    ],
)
def test_output_is_compared(shown: str, printed: str, *, fits: bool) -> None:
    """Output must be the same but for `...`; output that the document leaves out does not fit."""
    assert matches(shown, printed) is fits


def test_an_example_runs_and_cd_lasts(tmp_path: Path, environ: dict[str, str]) -> None:
    """A document reads as one session: the next example begins in the folder where the last one ended."""
    folder = run_example(console("mkdir inner && cd inner"), tmp_path, environ)
    assert folder == tmp_path / "inner"
    assert run_example(console("basename $PWD", "inner"), folder, environ) == folder


@pytest.mark.parametrize("code", ["echo two", "echo one; exit 1", "echo one  # exit 1"])
def test_a_wrong_example_fails(code: str, tmp_path: Path, environ: dict[str, str]) -> None:
    """Another output or another exit status fails, and says where."""
    with pytest.raises(MismatchError, match=r"sample\.md:1"):
        run_example(console(code, "one"), tmp_path, environ)


def test_a_wrong_program_fails(tmp_path: Path, environ: dict[str, str]) -> None:
    """A Python example that raises fails."""
    with pytest.raises(MismatchError, match="ZeroDivisionError"):
        run_example(Example("sample.md", 1, "python", "1 / 0", ""), tmp_path, environ)
