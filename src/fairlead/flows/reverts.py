"""What every revert of a release has in common, whoever makes it: which paths are the model's own, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from fairlead.declare.reader import MODELS, Declared
from fairlead.domain.model import ModelSpec
from fairlead.flows.commit_text import commit_message, one_line
from fairlead.flows.world import World

__all__ = ["Paths", "is_revert", "own_paths", "revert_message"]

_REVERT = 'Revert "'


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
    """The message of the commit that reverts the one of `subject`."""
    return commit_message(f'{_REVERT}{one_line(subject)}"', reasons, named)


def is_revert(subject: str) -> bool:
    """Whether a commit of that subject reverts another, as `revert_message` and Git itself say it."""
    return subject.startswith(_REVERT)


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
