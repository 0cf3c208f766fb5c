"""What a rule says, in any of the shapes that people write, as violations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairlead.check.engines.base import Answer, Fault, Violation
from fairlead.domain.policy import Dialect

__all__ = ["ABSENT", "read_answer"]

ABSENT = object()
"""Stands for a rule that is undefined."""

_BAD = ("deny", "violation", "violations", "warn", "fail", "error")
"""Names, or their first words, of rules that hold where something is wrong. Others hold where all is well."""


def read_answer(value: object, entrypoint: str, dialect: Dialect) -> Answer:
    """The answer that a rule's value means.

    A set, array or object of messages means one violation each; a message is text, or an object with `msg` (or
    `message`). A truth value is read by the rule's name: `deny`, `violation`, `warn`, `fail` and `error` (also as the
    beginning, `deny_root`) hold where something is wrong; any other, such as `allow`, must be true to pass, and for it
    undefined is a violation too. A value of another shape is a fault: what it means cannot be told.
    """
    name = entrypoint.rpartition(".")[2]
    wrong = dialect is not Dialect.BUNDLE or name.split("_")[0] in _BAD
    if value is ABSENT:
        return Answer() if wrong else Answer((Violation(f"`{name}` is undefined"),))
    if isinstance(value, bool):
        said = f"`{name}` is {str(value).lower()}"
        return Answer((Violation(said),)) if value is wrong else Answer()
    if isinstance(value, str):
        return Answer((Violation(value),)) if value else Answer()
    try:
        return Answer(tuple(_violations(value)))
    except ValueError as error:
        return Answer(fault=Fault(f"`data.{entrypoint}`: {error}"))


def _violations(value: object) -> Iterator[Violation]:
    if isinstance(value, Mapping):
        if "msg" in value:
            yield _violation(value)
        else:
            # A rule such as `deny[id] := msg` answers messages by key.
            yield from (_violation(each) for each in value.values())
    elif isinstance(value, Sequence):
        yield from (_violation(each) for each in value)
    else:
        raise ValueError(f"the answer {json.dumps(value)[:80]} is neither messages nor a truth value")


def _violation(each: object) -> Violation:
    if isinstance(each, str):
        return Violation(each)
    if not isinstance(each, Mapping):
        raise ValueError(f"{json.dumps(each)[:80]} is neither text nor an object with `msg`")
    message = each.get("msg", each.get("message"))
    if not isinstance(message, str):
        raise ValueError(f"an answer has no text in `msg`: {json.dumps(each)[:80]}")
    return Violation(message, _details(each))


def _details(each: Mapping[str, Any]) -> Mapping[str, Any]:
    """Gatekeeper's `details` as they are; else all that stands beside the message."""
    details = each.get("details")
    rest = {key: value for key, value in each.items() if key not in ("msg", "message", "details")}
    return {**(details if isinstance(details, Mapping) else {"details": details} if details else {}), **rest}
