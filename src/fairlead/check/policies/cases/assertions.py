"""What a case of a Gatekeeper suite asserts about the violations that it gets.

https://open-policy-agent.github.io/gatekeeper/website/docs/gator#assertions
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Assertion", "AssertionFaultError", "read_assertions"]

_FIELDS = ("message", "violations")


class AssertionFaultError(Exception):
    """An assertion that nobody understands; says what and how it is written."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """Between `least` and `most` violations (None: any number) whose message matches `message`."""

    least: int
    most: int | None
    message: re.Pattern[str] | None = None

    def holds(self, messages: Sequence[str]) -> bool:
        """Whether so many of the messages match."""
        count = sum(1 for each in messages if self.message is None or self.message.search(each))
        return self.least <= count and (self.most is None or count <= self.most)

    def __str__(self) -> str:
        matching = f" matching /{self.message.pattern}/" if self.message else ""
        if self.most == 0:
            return f"no violations{matching}"
        if self.most is None:
            return f"at least {_counted(self.least)}{matching}"
        return (f"exactly {_counted(self.most)}" if self.least == self.most else self._between()) + matching

    def _between(self) -> str:
        return f"{self.least} to {self.most} violations"


def read_assertions(value: object) -> tuple[Assertion, ...]:
    """The assertions of a case; one at least."""
    if not isinstance(value, list) or not value:
        raise AssertionFaultError("the case asserts nothing: write `assertions: [{violations: yes}]`")
    return tuple(_assertions(value))


def _assertions(values: Sequence[object]) -> Iterator[Assertion]:
    for value in values:
        if not isinstance(value, Mapping) or not set(value) <= set(_FIELDS):
            raise AssertionFaultError(f"an assertion holds {' and '.join(_FIELDS)} only")
        least, most = _bounds(value.get("violations", "yes"))
        pattern = value.get("message")
        try:
            message = None if pattern is None else re.compile(str(pattern))
        except re.error as error:
            raise AssertionFaultError(f"`message` is no regular expression: {error}") from error
        yield Assertion(least, most, message)


def _bounds(wanted: object) -> tuple[int, int | None]:
    if isinstance(wanted, bool) or wanted in ("yes", "no"):
        return (1, None) if wanted in (True, "yes") else (0, 0)
    if isinstance(wanted, int) and wanted >= 0:
        return wanted, wanted
    if isinstance(wanted, Mapping) and wanted and set(wanted) <= {"min", "max"}:
        least, most = wanted.get("min", 0), wanted.get("max")
        if isinstance(least, int) and (most is None or isinstance(most, int)):
            return least, most
    raise AssertionFaultError("`violations` is yes, no, a whole number, or {min: .., max: ..}")


def _counted(number: int) -> str:
    return "1 violation" if number == 1 else f"{number} violations"
