"""The examples in the documentation, read from Markdown and run as a reader would type them.

CONTRIBUTING.md states the convention.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Example", "MismatchError", "matches", "read_examples", "run_example"]

_RUN = {"console", "python"}
_LEFT_OUT = re.compile(r"<!--\s*not run:\s*(?P<reason>.*?)\s*-->")
_EXIT = re.compile(r"#\s*exit (?P<status>\d+)\s*$")


@dataclass(frozen=True, slots=True)
class Example:
    """One command, or one Python program, with the output that the document shows after it."""

    document: str
    line: int
    language: str
    code: str
    output: str

    @property
    def status(self) -> int:
        """The exit status that a console command's trailing `# exit N` announces, else 0."""
        announced = _EXIT.search(self.code) if self.language == "console" else None
        return int(announced["status"]) if announced else 0


class MismatchError(AssertionError):
    """An example did not do what the document shows."""

    def __init__(self, example: Example, found: str, status: int) -> None:
        """Show what was written beside what came."""
        super().__init__(
            f"{example.document}:{example.line}: {example.code}\n"
            f"--- the document shows (exit {example.status})\n{example.output}"
            f"--- it printed (exit {status})\n{found}"
        )


def read_examples(document: str, text: str) -> list[Example]:
    """Every example of a Markdown text that is to be run, in order."""
    examples: list[Example] = []
    for language, line, body in _fences(text):
        if language == "python":
            examples.append(Example(document, line, language, body, ""))
        else:
            examples.extend(_commands(document, line, body))
    return examples


def matches(shown: str, printed: str) -> bool:
    """Whether the output fits; `...` stands for anything, over lines too. Space at line ends is not seen."""
    pattern = ".*".join(re.escape(part) for part in _trim(shown).split("..."))
    return re.fullmatch(pattern, _trim(printed), re.DOTALL) is not None


def run_example(example: Example, folder: Path, environ: Mapping[str, str], limit: float = 150) -> Path:
    """Run one example in `folder`, within `limit` seconds; return the folder in which it ended (`cd` lasts)."""
    end = Path(environ["HOME"]) / ".docs-folder"
    end.write_text(str(folder))
    command = ["bash", "-c", f"trap 'pwd >\"{end}\"' EXIT\n{example.code}"]
    if example.language == "python":
        command = [sys.executable, "-c", example.code]
    run = subprocess.run(
        command,
        cwd=folder,
        env=environ,
        timeout=limit,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    shown_is_checked = example.language == "console"
    if run.returncode != example.status or (shown_is_checked and not matches(example.output, run.stdout)):
        raise MismatchError(example, run.stdout, run.returncode)
    return Path(end.read_text().rstrip("\n"))


def _fences(text: str) -> Iterator[tuple[str, int, str]]:
    """Language, first line's number and body of each fence that is to be run."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        fence = re.fullmatch(r"(?P<ticks>`{3,})(?P<language>\w*).*", lines[at])
        if fence is None:
            at += 1
            continue
        close = lines.index(fence["ticks"], at + 1)
        before = next((line for line in reversed(lines[:at]) if line.strip()), "")
        if fence["language"] in _RUN and not _LEFT_OUT.search(before):
            yield fence["language"], at + 2, "\n".join(lines[at + 1 : close])
        at = close + 1


def _commands(document: str, first: int, body: str) -> Iterator[Example]:
    """The commands of one console block: `$ ` begins one, `> ` goes on with it, the rest is its output."""
    for session in re.finditer(r"^\$ (?P<code>.*(?:\n> ?.*)*)(?P<output>(?:\n(?!\$ ).*)*)", body, re.MULTILINE):
        line = first + body[: session.start()].count("\n")
        code = re.sub(r"\n> ?", "\n", session["code"])
        yield Example(document, line, "console", code, session["output"].lstrip("\n"))


def _trim(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
