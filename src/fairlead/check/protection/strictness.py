"""Whether a rule's parameters became stricter: said only where their names and values leave no doubt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["STRENGTHS", "loosened"]

STRENGTHS = ("off", "audit", "warn", "deny")
"""What follows from a violation, the weakest first."""

_FEWER = (
    "allow", "permit", "accept", "trusted", "exempt", "except", "ignore", "skip", "licences", "registries", "bases",
)  # fmt: skip
_MORE = (
    "forbid", "forbidden", "deny", "denied", "block", "blocked", "require", "required", "must", "mandatory", "classes",
    "tags", "placeholders", "severities", "identifiers",
)  # fmt: skip
_LOWER = ("max", "maximum", "most", "highest", "ceiling", "longest")
_HIGHER = ("min", "minimum", "least", "fewest", "lowest", "floor", "shortest")
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def loosened(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the parameters whose change cannot be shown to be stricter. What is not written counts as a change."""
    names = sorted({*before, *after})
    return tuple(name for name in names if not _is_as_strict(name, before.get(name), after.get(name)))


def _is_as_strict(name: str, before: object, after: object) -> bool:
    if before == after and type(before) is type(after):
        return True
    words = [word.casefold() for word in _WORDS.findall(name)]
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        bounds = _begins(words, _LOWER) or _begins(words, _HIGHER)
        return bounds and all(key in after and _is_as_strict(name, before[key], after[key]) for key in before)
    if _are_lists(before, after):
        return _lists(words, before, after)  # type: ignore[arg-type]  # both were seen to be lists
    old, new = _number(before), _number(after)
    if old is None or new is None:
        return False
    # Zero and less often mean "without limit": that is no bound that became tighter.
    if _begins(words, _LOWER):
        return 0 < new <= old
    return _begins(words, _HIGHER) and new >= old


def _lists(words: Sequence[str], before: Sequence[object], after: Sequence[object]) -> bool:
    """An empty list of what is allowed often means "anything", so it is never taken for a stricter one."""
    old, new = {repr(each) for each in before}, {repr(each) for each in after}
    if _begins(words, _FEWER):
        return bool(new) and new <= old
    return _begins(words, _MORE) and new >= old


def _begins(words: Sequence[str], kinds: Sequence[str]) -> bool:
    """Whether the name's first or last word is of a kind: `allowed_registries`, `latency_max`; `at_most` has two."""
    ends = {*words[:1], *words[-1:], *(words[1:2] if words[:1] == ["at"] else [])}
    return any(word == kind or word in {f"{kind}s", f"{kind}ed"} for word in ends for kind in kinds)


def _are_lists(before: object, after: object) -> bool:
    return isinstance(before, (list, tuple)) and isinstance(after, (list, tuple))


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
