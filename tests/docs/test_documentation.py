"""The documentation is true: its examples run, its links lead somewhere, and it leaves no command out."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from tests.docs.examples import read_examples, run_example

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference.md"
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.exists()]
HAS_COMMAND_LINE = importlib.util.find_spec("fairlead.show") is not None


def name(document: Path) -> str:
    """Path from the repository's root."""
    return document.relative_to(ROOT).as_posix()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of somebody who has just installed fairlead: an empty home, and a name for commits.

    What an example left running, because one after it failed, is ended.
    """
    home = tmp_path / "home"
    home.mkdir()
    yield {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "COLUMNS": "120",
        "STAGE": str(Path(__file__).with_name("stage.py")),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "init.defaultBranch",
        "GIT_CONFIG_VALUE_0": "main",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
    }
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


@pytest.mark.e2e
@pytest.mark.timeout(600)
@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_examples_run(document: Path, tmp_path: Path, reader: dict[str, str]) -> None:
    """Every example of a document does what the document shows, typed one after the other in an empty folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for example in read_examples(name(document), document.read_text(encoding="utf-8")):
        folder = run_example(example, folder, reader)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    """A link to a file of the repository leads to a file that is there."""
    targets = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.skipif(
    not (HAS_COMMAND_LINE and REFERENCE.exists()), reason="there is no command line or no reference yet"
)
def test_every_command_is_documented() -> None:
    """docs/reference.md has a heading for each command, and names each of its options below it."""
    group = importlib.import_module("fairlead.show.cli").main
    sections = reference_sections(REFERENCE.read_text(encoding="utf-8"))
    missing = [path for path, _ in commands(group, "fairlead") if path not in sections]
    unnamed = [
        f"{path} {option}"
        for path, command in commands(group, "fairlead")
        for option in long_options(command)
        if option not in sections.get(path, option)
    ]
    assert (missing, unnamed) == ([], [])


def reference_sections(text: str) -> dict[str, str]:
    """The text below each heading that names a command, by that command: `### fairlead ledger import`, ticks or not."""
    parts = re.split(r"^#+ +`?(fairlead(?: [a-z-]+)*)[^\n]*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every visible command below `command`, with the words that a person types."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command, info_name=path)
    for word in command.list_commands(context):
        inner = command.get_command(context, word)
        if inner is not None and not inner.hidden:
            yield from commands(inner, f"{path} {word}")


def long_options(command: click.Command) -> list[str]:
    """The long names of a command's visible options, but for `--help`."""
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    return [text for option in options for text in option.opts if text.startswith("--") and text != "--help"]


def test_sections_of_a_reference() -> None:
    """A command's section begins at its heading and ends at the next command's."""
    text = "# Reference\n\n## `fairlead plan`\n\n`--format`\n\n### fairlead rollout show MODEL\n\nShows.\n"
    assert reference_sections(text) == {"fairlead plan": "\n\n`--format`\n\n", "fairlead rollout show": "\n\nShows.\n"}


def test_commands_of_a_tree() -> None:
    """Commands are found at any depth with their options; hidden ones are not asked for."""
    option = click.Option(["--to"])
    inner = click.Group("rollout", commands=[click.Command("show", params=[option]), click.Command("x", hidden=True)])
    found = list(commands(click.Group("fairlead", commands=[inner, click.Command("plan")]), "fairlead"))
    assert [(path, long_options(command)) for path, command in found] == [
        ("fairlead plan", []),
        ("fairlead rollout show", ["--to"]),
    ]
