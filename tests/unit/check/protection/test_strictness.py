"""A parameter counts as stricter only where its name and its values leave no doubt."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fairlead.check.protection.strictness import loosened


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("allowed", ["a", "b"], ["b"]),
        ("allowedRegistries", ["a", "b"], ["a", "b"]),
        ("licences", ["mit", "isc"], ["isc"]),
        ("required", ["a"], ["a", "b"]),
        ("personalTags", ["a"], ["b", "a"]),
        ("most", 0.1, Decimal("0.05")),
        ("most", {"high": 0.1}, {"high": Decimal("0.1"), "limited": Decimal("0.2")}),
        ("least", {"high": 0.8}, {"high": Decimal("0.9")}),
        ("longestDays", 90, 30),
        ("maxReplicas", "10", "9"),
        ("min_samples", 30, 100),
        ("anything", {"a": 1}, {"a": 1}),
    ],
)
def test_what_is_plainly_stricter(name: str, before: Any, after: Any) -> None:  # noqa: ANN401 - values of any kind
    """Fewer that are allowed, more that are required, lower and higher bounds, each key of a mapping."""
    assert loosened({name: before}, {name: after}) == ()


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("allowed", ["a"], ["a", "b"]),
        ("allowed", ["a"], []),
        ("required", ["a"], ["b"]),
        ("required", ["a"], []),
        ("most", 10, 11),
        ("most", 10, 0),
        ("most", 10, -1),
        ("most", 0, 5),
        ("most", "10", ""),
        ("most", 10, "NaN"),
        ("most", 10, None),
        ("most", True, False),
        ("most", {"high": 0.1}, {}),
        ("most", {"high": 0.1}, {"high": 0.2}),
        ("least", 3, 2),
        ("samples", {"high": 100}, {"high": 200}),
        ("enabled", True, False),
        ("pattern", "^a$", "^b$"),
        ("allowed", ["a"], "a"),
        ("1", 1, True),
    ],
)
def test_all_else_counts_as_weaker(name: str, before: Any, after: Any) -> None:  # noqa: ANN401 - values of any kind
    """Zero, nothing and empty lists often mean that there is no bound at all."""
    assert loosened({name: before}, {name: after}) == (name,)


def test_a_parameter_that_comes_or_goes_counts() -> None:
    """Nobody knows what holds without it."""
    assert loosened({}, {"most": 1}) == ("most",)
    assert loosened({"most": 1}, {}) == ("most",)
