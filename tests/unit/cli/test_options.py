"""Which control plane is meant, and the values of options."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from fairlead.kernel.errors import UsageError
from fairlead.show.cli.options import DURATION, MOMENT, Where


def test_the_nearest_parent_is_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command works from any folder of a workspace."""
    (tmp_path / "fairlead.yaml").touch()
    inner = tmp_path / "models" / "digits"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert Where().folder() == tmp_path


def test_no_workspace_is_told_with_its_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stands outside of a workspace is told how to make one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as error:
        Where().folder()
    assert "fairlead init" in error.value.mend
    with pytest.raises(UsageError) as error:
        Where(workspace=tmp_path).folder()
    assert error.value.mend == f"fairlead init {tmp_path}"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (DURATION, "5m", timedelta(minutes=5)),
        (MOMENT, "2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        (MOMENT, "2026-11-23T13:00:00+01:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
    ],
)
def test_values(kind: click.ParamType[Any], text: str, value: object) -> None:
    """Durations are written as in the declarations, moments in RFC 3339."""
    assert kind.convert(text, None, None) == value


@pytest.mark.parametrize(("kind", "text"), [(DURATION, "5 minutes"), (MOMENT, "yesterday")])
def test_a_wrong_value_shows_a_right_one(kind: click.ParamType[Any], text: str) -> None:
    """The refusal holds an example."""
    with pytest.raises(click.BadParameter, match=r"5m|2026-11-23"):
        kind.convert(text, None, None)
