"""What is kept of a rollout is all of it, and what another version kept is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fairlead.deliver.rollout.commands import pause
from fairlead.deliver.rollout.record import from_json, to_json
from fairlead.domain.rollout import Exposure, Phase
from fairlead.kernel.errors import BrokenWorldError
from tests.unit.deliver.rollout.samples import ANN, BLUE_GREEN, CANARY, SHADOW, START, at, begun, looked, stepping

FULL: dict[str, Any] = CANARY | {
    "sticky": "header:x-user",
    "maxExposure": {"customers": 7},
    "tolerance": "0.000000000000000000000000000001",
    "smoke": True,
    "load": {"requests": 10, "latencyP99": "250ms"},
    "rollbackWindow": "36h",
}


@pytest.mark.parametrize(
    "rollout",
    [
        begun(FULL),
        stepping(FULL),
        begun(SHADOW, healthy_before=True),
        pause(stepping(CANARY), ANN, "„why“ \U0001f600\n", START + timedelta(microseconds=1)).rollout,
        looked(stepping(CANARY), at(2.000001, exposure=Exposure(2**40, 3), verdict="worse", metric="m", told="t")),
        looked(stepping(BLUE_GREEN), at(700)),
    ],
    ids=["begun", "checking", "returning", "paused", "aborted", "completed"],
)
def test_a_kept_rollout_comes_back_whole(rollout: Any) -> None:  # noqa: ANN401 - any of them
    """Every field, to the microsecond and to the last digit."""
    text = to_json(rollout)
    assert from_json(text) == rollout
    assert to_json(from_json(text)) == text


def test_a_kept_rollout_holds_no_floats() -> None:
    """A float would not survive another program."""
    json.loads(to_json(stepping(FULL)), parse_float=lambda text: pytest.fail(f"a float: {text}"))


def change(**fields: Any) -> Callable[[dict[str, Any]], object]:  # noqa: ANN401 - any JSON
    """Set fields of the kept rollout."""
    return lambda kept: kept["rollout"].update(fields)


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: kept.update(version=2),
        lambda kept: kept.pop("version"),
        lambda kept: kept.update(more=1),
        lambda kept: kept.pop("rollout"),
        lambda kept: kept["rollout"].pop("id"),
        lambda kept: kept["rollout"]["strategy"].update(newer=1),
        change(newer=1),
        change(phase="paused"),
        change(step="first"),
        change(since="yesterday"),
    ],
    ids=[
        "newer",
        "no version",
        "more",
        "no rollout",
        "no id",
        "strategy",
        "field",
        "phase",
        "step",
        "since",
    ],
)
def test_what_another_version_kept_is_refused(damage: Callable[[dict[str, Any]], object]) -> None:
    """A field that is not known could change what the state means: it is never left out in silence."""
    kept = json.loads(to_json(stepping(CANARY)))
    damage(kept)
    with pytest.raises(BrokenWorldError, match="another version of fairlead") as refused:
        from_json(json.dumps(kept))
    assert refused.value.mend


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '"x"', "\x00", '{"version": 1, "rollout": null}'])
def test_any_other_text_is_refused(text: str) -> None:
    """A damaged text is a broken world, told as such."""
    with pytest.raises(BrokenWorldError):
        from_json(text)


def test_what_an_older_version_kept_is_read() -> None:
    """Fields that came later have a value for what was kept before them."""
    kept = json.loads(to_json(stepping(CANARY)))
    for later in ("returns", "ready"):
        kept["rollout"].pop(later)
    assert from_json(json.dumps(kept)) == replace(stepping(CANARY), ready=False)
    assert from_json(json.dumps(kept)).phase is Phase.STEPPING
