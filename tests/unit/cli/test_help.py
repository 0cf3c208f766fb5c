"""Every command explains itself: one sentence, every option, an example."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from fairlead.show.cli import main
from fairlead.show.cli.table import COMMANDS


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with its words."""
    for word in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), word)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, word))
        else:
            yield (*path, word), command


LEAVES = dict(leaves(main))


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_help_has_a_sentence_and_an_example(words: tuple[str, ...]) -> None:
    """The first sentence says what it does; an example shows what to type."""
    text = CliRunner().invoke(main, [*words, "--help"]).stdout
    assert LEAVES[words].get_short_help_str(200).strip()
    assert "Example" in text
    assert f"  fairlead {' '.join(words)}" in text.split("Example")[1]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_is_explained(words: tuple[str, ...]) -> None:
    """No option is left to be guessed."""
    options = [each for each in LEAVES[words].params if isinstance(each, click.Option)]
    assert [each.name for each in options if not each.help] == []


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_report_exists_as_json(words: tuple[str, ...]) -> None:
    """`--format table|json` is everywhere, but for what goes on until it is ended, and what has a form of its own."""
    options = {text for each in LEAVES[words].params for text in each.opts}
    assert "--format" in options or words in {("up",), ("demo",), ("sbom",), ("audit", "export")}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_tells_what_the_command_tells(name: str) -> None:
    """The list of commands is not loaded from the commands, so it is compared with them."""
    command = COMMANDS[name].load()
    assert command.get_short_help_str(200) == COMMANDS[name].help
    assert command.name == name
