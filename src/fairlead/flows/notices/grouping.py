"""Notices of one model within a span are one message; the message's id is made of what it tells. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from fairlead.domain.notification import Notice
from fairlead.kernel.digests import sha256_hex

__all__ = ["Grouped", "group", "message_id", "together"]

_DIGITS = 32

_STORM = 10
"""More messages than this for one channel at once are one: a commit that breaks a thousand models is one thing."""


class Grouped(NamedTuple):
    """Groups that are complete, oldest first, and the notices of those that are not yet."""

    whole: tuple[tuple[Notice, ...], ...]
    rest: tuple[Notice, ...]


def group(notices: Iterable[Notice], now: datetime, span: timedelta) -> Grouped:
    """A group begins with a model's first notice, and is whole once `span` has passed since.

    A notice of a moment to come (a clock that was set back) waits no longer than `span` from now.
    """
    groups: list[list[Notice]] = []
    newest: dict[str, list[Notice]] = {}
    for each in sorted(notices, key=lambda notice: notice.sequence):
        open_one = newest.get(each.model)
        if open_one is None or each.at - open_one[0].at >= max(span, timedelta(milliseconds=1)):
            open_one = newest[each.model] = []
            groups.append(open_one)
        open_one.append(each)
    whole = [each for each in groups if now - each[0].at >= span or each[0].at - now > span]
    return Grouped(
        tuple(tuple(each) for each in whole),
        tuple(notice for each in groups if each not in whole for notice in each),
    )


def together(groups: Sequence[tuple[Notice, ...]]) -> tuple[tuple[Notice, ...], ...]:
    """What one channel is told at one time: each group by itself, or in a storm all of them as one, in their order."""
    if len(groups) <= _STORM:
        return tuple(groups)
    return (tuple(sorted((each for one in groups for each in one), key=lambda notice: notice.sequence)),)


def message_id(notices: Sequence[Notice]) -> str:
    """The same for the same records of the same journal, and for no others; letters that every receiver takes."""
    text = "\n".join(each.record for each in notices)
    return f"msg_{sha256_hex(text.encode())[:_DIGITS]}"
