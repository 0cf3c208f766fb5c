"""Documents of other people hold anything anywhere: a rule answers about them, and never breaks on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.check.engines.base import Engine
from tests.unit.check.packs.asking import Answers, Asking, ask_engine, ask_opa
from tests.unit.check.packs.cases import passing
from tests.unit.check.packs.facts import Path as Place
from tests.unit.check.packs.facts import changed
from tests.unit.check.packs.sample import data

WRONG: tuple[object, ...] = (None, 3, "x", ["x"], {"x": None})
"""One value of each type, to stand where another type belongs."""


def _places(value: object, path: Place = ()) -> Iterator[Place]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from _places(each, (*path, key))


def _malformed(kind: str, document: dict[str, Any]) -> Iterator[Asking]:
    for path in _places(document):
        if path[0] not in {"apiVersion", "kind"}:
            for wrong in WRONG:
                yield Asking(f"{kind} {path} {wrong}", changed(document, path, wrong), data(), {})


def _askings() -> list[Asking]:
    # Manifests come as others wrote them. Models are read by fairlead, which refuses what is not of the form.
    return [
        asking
        for kind in ("CronJob", "RayJob", "InferenceService", "LLMInferenceService", "ApplicationSet")
        for asking in _malformed(kind, passing()[kind])
    ]


@pytest.fixture(scope="module")
def answers(engine: Engine) -> Answers:
    """What is said of them; a fault of a rule ends the tests here."""
    return ask_engine(engine, _askings())


def test_malformed_manifests_break_no_rule(answers: Answers) -> None:
    """Any value in any place is judged without an error, and what takes the image's pin away is told."""
    assert "baseline/image-digest" in answers["LLMInferenceService ('spec', 'template', 'containers', 0, 'image') x"]


@pytest.mark.opa
def test_opa_says_the_same_of_malformed_manifests(opa: str, answers: Answers, tmp_path: Path) -> None:
    """Also where types are wrong, in which engines differ most."""
    assert ask_opa(opa, _askings(), tmp_path) == answers
