"""The program around the commands: help, suggestions, exit codes, and errors for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner, Result

from fairlead.kernel.errors import NotFoundError
from fairlead.show.cli import main
from fairlead.show.cli.group import Entry, LazyGroup
from fairlead.show.cli.table import COMMANDS


def refuse() -> int:
    """A negative answer."""
    return 1


def vanish() -> None:
    """A world that is broken."""
    raise NotFoundError("there is no model 'digit'", where="prod", mend="one of: digits")


def overflow() -> None:
    """A disk that is full."""
    raise OSError(28, "No space left on device", "state.db")


def miss() -> None:
    """A part of an extra that was left out."""
    raise ModuleNotFoundError(name="duckdb")


def stumble() -> None:
    """A defect."""
    message = "a defect"
    raise ZeroDivisionError(message)


def interrupt() -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


def run(callback: Callable[[], int | None], *words: str) -> Result:
    """The result of a program with one command."""
    return CliRunner().invoke(OneCommand("fairlead", callback), ["do", *words])


class OneCommand(LazyGroup):
    """A program with one command, that is not imported."""

    def __init__(self, name: str, run: Callable[[], int | None]) -> None:
        super().__init__(name, table={"do": Entry("", "Do it.", "Act")})
        self._run_it = run

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The one."""
        return click.Command(cmd_name, callback=self._run_it)


@pytest.mark.parametrize(
    ("callback", "code", "told"),
    [
        (refuse, 1, ""),
        (vanish, 2, "error: prod: there is no model 'digit'\n  mend: one of: digits\n"),
        (overflow, 2, "error: state.db: No space left on device\n"),
        (miss, 2, "error: duckdb is not installed\n  mend: pip install 'fairlead[local]'\n"),
        (interrupt, 130, "\n"),
    ],
)
def test_exit_codes(callback: Callable[[], int | None], code: int, told: str) -> None:
    """1 is a negative answer, 2 a broken world that is told without a traceback, 130 Ctrl-C."""
    result = run(callback)
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", told)


def test_a_defect_keeps_its_traceback() -> None:
    """It is not mistaken for a verdict (exit 1), and nothing that explains it is hidden."""
    result = run(stumble)
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
    assert "a defect" in result.stderr


@pytest.mark.parametrize("words", [("status", "--wat"), ("stats",), ("history",)])
def test_wrong_use_is_told_to_programs_too(words: tuple[str, ...]) -> None:
    """With --format json an error is JSON on stderr, also where the words cannot be parsed; stdout stays empty."""
    result = CliRunner().invoke(main, [*words, "--format", "json"])
    told = json.loads(result.stderr)
    assert (result.exit_code, result.stdout, told["schema_version"], told["exit_code"]) == (2, "", 1, 2)
    assert told["error"]["what"]


@pytest.mark.parametrize(
    ("words", "suggestion"), [(["stats"], "'status'"), (["status", "--environmnt", "prod"], "'--environment'")]
)
def test_the_nearest_name_is_suggested(words: list[str], suggestion: str) -> None:
    """A slip of the finger costs one look."""
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert f"Did you mean {suggestion}?" in result.stderr


def test_options_of_the_program_are_not_commands() -> None:
    """An unknown option in front of the command is told as such."""
    result = CliRunner().invoke(main, ["--wat", "status"])
    assert result.exit_code == 2
    assert "No such option" in result.stderr


def test_help_lists_every_command_by_section() -> None:
    """The list comes from the table alone."""
    text = CliRunner().invoke(main, ["--help"]).stdout
    for name, entry in COMMANDS.items():
        assert f"  {name} " in text
        assert entry.help in " ".join(text.split())
        assert f"{entry.section}:" in text
