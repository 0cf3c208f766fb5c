"""What the commits say that fairlead makes or asks for: a subject, the reasons in plain words, and trailers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

from fairlead.drivers.git_signed import trailers

__all__ = ["ENVIRONMENT", "JOURNAL", "RELEASE", "REVERTS", "commit_message", "one_line", "trailer"]

RELEASE, REVERTS, ENVIRONMENT, JOURNAL = (
    "Fairlead-Release",
    "Fairlead-Reverts",
    "Fairlead-Environment",
    "Fairlead-Journal",
)
"""Trailers: what comes (back), what goes, where, and (of fairlead's own reverts only) the record that says why."""

_WIDTH = 100
_LONGEST = 500


def commit_message(subject: str, reasons: Sequence[str], named: Mapping[str, str]) -> str:
    """Subject, paragraphs, trailers. What is empty is left out; no text can add a line to the trailers."""
    paragraphs = [fill(one_line(each), _WIDTH) for each in reasons if each.strip()]
    last = "\n".join(f"{key}: {one_line(value)}" for key, value in named.items() if value.strip())
    return "\n\n".join([subject, *paragraphs, last]) + "\n"


def trailer(message: str, key: str) -> str:
    """The value of a trailer, '' where there is none."""
    return next(iter(trailers(message, key)), "")


def one_line(text: str) -> str:
    """Text on one line, printable, and no longer than anybody reads."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    short = " ".join(clean.split())
    return short if len(short) <= _LONGEST else f"{short[: _LONGEST - 1]}…"
