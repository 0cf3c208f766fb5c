"""The demo's language model: a recurrent network whose readout is learnt on the spot from a page of Moby-Dick.

An echo state network (Jaeger 2001, GMD report 148): the recurrent weights are random and fixed, so that only a linear
readout is learnt, by one ridge regression. It is tiny and talks like its one page, but every token is read and written
by real multiplications of matrices, whose CPU time the meter then finds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LanguageModel", "load", "sentence", "train"]

_Matrix = NDArray[np.float32]

UNITS = 1536
"""Width of the recurrent state: a few tenths of a millisecond of one core per token."""

_RADIUS = 0.9
_RIDGE = 0.05
_SHARPNESS = 14.0
_SEED = 1851
_TOKEN = re.compile(r"\w+(?:['-]\w+)*|[^\w\s]")
_TIGHT = re.compile(r" ([.,;:!?])")


def _pieces(text: str, known: frozenset[str]) -> Iterator[str]:
    """Words and marks; a word that the model never saw is spelt out, one token per character."""
    for piece in _TOKEN.findall(text):
        if piece in known:
            yield piece
        else:
            yield from piece


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Vocabulary (v signs) and weights: `inward` is v x units, `within` units x units, `outward` units x v."""

    vocabulary: tuple[str, ...]
    inward: _Matrix
    within: _Matrix
    outward: _Matrix

    def tokens(self, text: str) -> list[int]:
        """Ids of the tokens of `text`; what the model has no sign for counts as one token, the first."""
        places = {piece: place for place, piece in enumerate(self.vocabulary)}
        return [places.get(piece, 0) for piece in _pieces(text, frozenset(places))]

    def write(self, prompt: Sequence[int], count: int, seed: int) -> Iterator[str]:
        """Read the prompt, then write `count` tokens one by one; the same seed writes the same."""
        chance = np.random.default_rng(seed)
        state = np.zeros(UNITS, np.float32)
        for token in prompt:
            state = self.after(state, token)
        for _ in range(count):
            token = self._choose(state, chance)
            state = self.after(state, token)
            yield self.vocabulary[token]

    def after(self, state: _Matrix, token: int) -> _Matrix:
        """The recurrent state once `token` was read."""
        following: _Matrix = np.tanh(state @ self.within + self.inward[token])
        return following

    def _choose(self, state: _Matrix, chance: np.random.Generator) -> int:
        scores = (state @ self.outward).astype(np.float64) * _SHARPNESS
        odds = np.exp(scores - scores.max())
        return int(chance.choice(len(odds), p=odds / odds.sum()))


def sentence(pieces: Sequence[str]) -> str:
    """Tokens as people read them: no space before a mark."""
    return _TIGHT.sub(r"\1", " ".join(pieces))


def _fixed(vocabulary: int, seed: int) -> tuple[_Matrix, _Matrix]:
    """The random weights, drawn again from their seed: they need not be kept in the artifact."""
    chance = np.random.default_rng(seed)
    inward = chance.standard_normal((vocabulary, UNITS), np.float32)
    within = chance.standard_normal((UNITS, UNITS), np.float32) * np.float32(_RADIUS / np.sqrt(UNITS))
    return inward, within


def train(folder: Path) -> int:
    """Learn the page and write the artifact to `folder`; answers the number of tokens learnt from."""
    text = (files(__package__) / "files" / "loomings.txt").read_text(encoding="utf-8")
    words = _TOKEN.findall(text)
    vocabulary = tuple(dict.fromkeys(["\N{REPLACEMENT CHARACTER}", *sorted({*words, *"".join(words)})]))
    inward, within = _fixed(len(vocabulary), _SEED)
    untrained = LanguageModel(vocabulary, inward, within, np.zeros((UNITS, len(vocabulary)), np.float32))
    ids = untrained.tokens(text)
    states = [np.zeros(UNITS, np.float32)]
    for token in ids[:-1]:
        states.append(untrained.after(states[-1], token))
    seen = np.stack(states)
    wanted = np.eye(len(vocabulary), dtype=np.float32)[ids]
    outward = np.linalg.solve(seen.T @ seen + _RIDGE * np.eye(UNITS, dtype=np.float32), seen.T @ wanted)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "readout.npy", outward.astype(np.float16))
    about: dict[str, Any] = {"seed": _SEED, "vocabulary": vocabulary}
    (folder / "model.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(ids)


def load(folder: Path) -> LanguageModel:
    """The model that `train` wrote."""
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    inward, within = _fixed(len(about["vocabulary"]), about["seed"])
    outward = np.load(folder / "readout.npy", allow_pickle=False).astype(np.float32)
    return LanguageModel(tuple(about["vocabulary"]), inward, within, outward)
