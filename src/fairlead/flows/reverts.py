"""What every revert of a release has in common, whoever makes it: which paths are the model's own, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from urllib.parse import unquote

from fairlead.declare.reader import MODELS, Declared
from fairlead.domain.model import ModelSpec
from fairlead.drivers.git_signed import trailers
from fairlead.flows.world import World

__all__ = ["JOURNAL", "RELEASE", "REVERTS", "Paths", "own_paths", "revert_message", "trailer"]

RELEASE, REVERTS, JOURNAL = "Fairlead-Release", "Fairlead-Reverts", "Fairlead-Journal"
"""Trailers: what comes back, what goes, and (of fairlead's own reverts only) the record that says why."""

_WIDTH = 100
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Paths:
    """Places in the workspace that a model's declaration leads to: `own` ones, and those that others lead to as well.

    `own` begins with the model's folder.
    """

    own: tuple[str, ...]
    shared: tuple[str, ...]


def own_paths(world: World, model: str, head: str, source: str) -> Paths:
    """Where the model leads at `head` and at `source`, seen beside what all other models declare at `head`."""
    trees = [world.repository.tree(each) for each in (head, source)]
    read = (world.reader.model(each, model) for each in trees)
    specs = [each.spec for each in read if each is not None and each.spec is not None]
    return _divided(model, specs, world.reader.read(trees[0]))


def _divided(model: str, specs: Sequence[ModelSpec], declared: Declared) -> Paths:
    folder = f"{MODELS}/{model}"
    others = [f"{MODELS}/{each.name}" for each in declared.models.values() if each.name != model]
    for each in declared.models.values():
        if each.name != model and each.spec is not None:
            others += _named(each.spec)
    named = sorted({path for spec in specs for path in _named(spec) if not _within(path, folder)})
    shared = tuple(path for path in named if path == MODELS or any(_overlap(path, other) for other in others))
    return Paths((folder, *(path for path in named if path not in shared)), shared)


def revert_message(subject: str, reasons: Sequence[str], named: Mapping[str, str]) -> str:
    """The message of the commit that reverts the one of `subject`: paragraphs of reasons, then trailers.

    What is empty is left out; no text can add a line to the trailers.
    """
    paragraphs = [fill(_line(each), _WIDTH) for each in reasons if each.strip()]
    last = "\n".join(f"{key}: {_line(value)}" for key, value in named.items() if value.strip())
    return "\n\n".join([f'Revert "{_line(subject)}"', *paragraphs, last]) + "\n"


def trailer(message: str, key: str) -> str:
    """The value of a trailer, '' where there is none."""
    return next(iter(trailers(message, key)), "")


def _named(spec: ModelSpec) -> Iterator[str]:
    """Paths in the workspace that a model's declaration leads to, outside of what is declared itself."""
    uris = [spec.artifact.uri, *(each.uri for each in spec.data)]
    texts = [unquote(each.removeprefix("file:").removeprefix("//")) for each in uris if each.startswith("file:")]
    texts += [each.evidence for each in spec.metrics if each.evidence]
    for text in texts:
        parts = [part for part in text.split("/") if part not in {"", "."}]
        if parts and ".." not in parts and not text.startswith("/"):
            yield "/".join(parts)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _overlap(path: str, other: str) -> bool:
    return _within(path, other) or _within(other, path)


def _line(text: str) -> str:
    """Text on one line, printable, and no longer than anybody reads."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    short = " ".join(clean.split())
    return short if len(short) <= _LONGEST else f"{short[: _LONGEST - 1]}…"
