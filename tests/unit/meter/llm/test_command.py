"""`fairlead ledger price-usage`, as a person or a program calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.show.cli.ledger.price_usage import price_usage

GOOD = '{"model": "gpt-4o", "usage": {"prompt_tokens": 1000000, "completion_tokens": 0}}'


def written(folder: Path, text: str) -> str:
    """A file with that text."""
    place = folder / "bodies.jsonl"
    place.write_text(text, "utf-8")
    return str(place)


def test_one_result_per_body_in_order(tmp_path: Path) -> None:
    """Bodies that are broken or unknown stand in their place, and the exit status says that there are some."""
    file = written(tmp_path, f'{GOOD}\n{{"model": \n{{"model": "x", "usage": {{}}}}\n{GOOD}\n')
    run = CliRunner().invoke(price_usage, [file, "--format", "json"], standalone_mode=False)
    answer = json.loads(run.stdout)
    assert answer["schema_version"] == 1
    assert [each["place"] for each in answer["results"]] == [1, 2, 3, 4]
    assert [each["unknown"] is None for each in answer["results"]] == [True, False, False, True]
    assert (answer["bodies"], answer["unknown"], answer["totals"][0]["total_price"]) == (4, 2, "5")
    assert run.return_value == 1


@pytest.mark.parametrize("text", [GOOD, f"[{GOOD}, {GOOD}]", json.dumps(json.loads(GOOD), indent=1)])
def test_every_form_of_a_file(tmp_path: Path, text: str) -> None:
    """An object, an array and an object over several lines are priced alike."""
    run = CliRunner().invoke(price_usage, [written(tmp_path, text)], standalone_mode=False)
    assert "gpt-4o" in run.stdout
    assert run.return_value == 0


@pytest.mark.parametrize(
    ("text", "options", "error"),
    [
        ("", [], UsageError),
        ("none of this is JSON\n" * 3, [], UsageError),
        (GOOD, ["--provider", "nobody"], NotFoundError),
    ],
)
def test_a_file_that_holds_no_bodies_is_refused(
    tmp_path: Path, text: str, options: list[str], error: type[Exception]
) -> None:
    """Nothing is written to stdout before it is clear that there is something to price."""
    arguments = [written(tmp_path, text), *options, "--format", "json"]
    run = CliRunner().invoke(price_usage, arguments, standalone_mode=False)
    assert isinstance(run.exception, error)
    assert run.stdout == ""
