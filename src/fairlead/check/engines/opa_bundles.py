"""Which modules one server may hold together: a process for each program would cost 40 MB each."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Text", "bundles"]

Text = tuple[str, bool, tuple[str, ...]]
"""A module's text, whether it is of version 0, and its package."""


def bundles(programs: Iterable[tuple[Text, ...]]) -> list[tuple[Text, ...]]:
    """The modules of all programs, put together where no program can see rules that are not its own.

    Two programs stay apart where one defines a package that the other defines differently (each Gatekeeper template
    brings its own `lib`), or where the package of one lies within a package of the other.
    """
    made: list[dict[Text, None]] = []
    for texts in programs:
        fitting = (each for each in made if _fit(texts, each))
        bundle = next(fitting, None)
        if bundle is None:
            made.append(bundle := {})
        bundle.update(dict.fromkeys(texts))
    return [tuple(each) for each in made]


def _fit(texts: tuple[Text, ...], bundle: Iterable[Text]) -> bool:
    ours, theirs = _by_package(texts), _by_package(bundle)
    return all(
        mine == yours if here == there else here[: len(there)] != there and there[: len(here)] != here
        for here, mine in ours.items()
        for there, yours in theirs.items()
    )


def _by_package(texts: Iterable[Text]) -> dict[tuple[str, ...], set[str]]:
    found: dict[tuple[str, ...], set[str]] = {}
    for text, _, package in texts:
        found.setdefault(package, set()).add(text)
    return found
