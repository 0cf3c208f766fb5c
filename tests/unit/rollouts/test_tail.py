"""However many rollouts look, the gateway's log is read once, and each is given all of its lines and no other's."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.flows.rollouts.tail import LogTail, Piece
from fairlead.meter.collectors.access_log import AccessLog, Batch, LogPosition

MODELS = ["churn", "digits", "fraud", "prices"]


class Counted(AccessLog):
    """The log, and how many bytes of it were read."""

    read = 0

    def batches(self, start: LogPosition) -> Iterator[Batch]:
        """As they are, counted."""
        for batch in super().batches(start):
            self.read += len(batch.data)
            yield batch


class Reader:
    """A rollout that reads its model's lines, and remembers them."""

    def __init__(self, model: str, at: LogPosition) -> None:
        self.key, self.at, self.begun = ("prod", model), at, at
        self.pieces: list[Piece] = []

    def look(self, tail: LogTail) -> None:
        """Once."""
        self.at = tail.read(self.key, self.at, self.pieces.append)

    @property
    def numbers(self) -> list[int]:
        """Of the requests that it was given."""
        lines = b"".join(each.data for each in self.pieces).splitlines()
        assert all(json.loads(each)["model"] == self.key[1] for each in lines)
        return [json.loads(each)["number"] for each in lines]


def write(folder: Path, numbers: range, chance: random.Random) -> dict[str, list[int]]:
    """Lines of all models, in no order; numbers by model."""
    told: dict[str, list[int]] = {each: [] for each in MODELS}
    with (folder / "access.log").open("a") as log:
        for number in numbers:
            model = chance.choice(MODELS)
            told[model].append(number)
            line = {"environment": "prod", "model": model, "answer": f'{{"model":"{MODELS[0]}"}}', "number": number}
            log.write(json.dumps(line, separators=(",", ":")) + "\n")
    return told


def test_the_log_is_read_once_however_many_look(tmp_path: Path) -> None:
    """Four rollouts that look one after the other cost one reading, not four."""
    chance = random.Random(1)
    write(tmp_path, range(10), chance)
    log = Counted(tmp_path)
    tail, readers = LogTail(log), [Reader(model, log.end()) for model in MODELS]
    for each in readers:
        each.look(tail)
    log.read, size = 0, (tmp_path / "access.log").stat().st_size
    told = write(tmp_path, range(10, 500), chance)
    for each in readers:
        each.look(tail)
    assert {each.key[1]: each.numbers for each in readers} == told
    assert log.read == (tmp_path / "access.log").stat().st_size - size


@pytest.mark.parametrize("seed", range(12))
def test_whoever_looks_whenever_gets_every_line_once(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With files that are turned over, rollouts that come and go, kills, and more than may wait."""
    monkeypatch.setattr("fairlead.flows.rollouts.tail._MOST", 20_000)
    chance, number, told = random.Random(seed), 0, dict[str, list[int]]((each, []) for each in MODELS)
    log = AccessLog(tmp_path)
    tail, readers = LogTail(log), {each: Reader(each, log.end()) for each in MODELS}
    for at in range(60):
        count = chance.choice([0, 3, 40, 200])
        for model, more in write(tmp_path, range(number, number + count), chance).items():
            told[model] += more
        number += count
        for each in readers.values():
            if chance.random() < 0.4:
                each.look(tail)
        match chance.randrange(8):
            case 0:
                (tmp_path / "access.log").rename(tmp_path / f"access.{at + 1}.log")
            case 1:
                tail = LogTail(log)
            case 2:
                tail.leave(("prod", chance.choice(MODELS)))
    for model, each in readers.items():
        each.look(tail)
        assert each.numbers == told[model]


def test_a_log_that_is_gone_and_lines_that_say_no_model_are_told(tmp_path: Path) -> None:
    """To everybody: nobody can tell whose requests they were."""
    write(tmp_path, range(10), random.Random(1))
    log = AccessLog(tmp_path)
    tail, readers = LogTail(log), [Reader(model, log.end()) for model in MODELS[:2]]
    for each in readers:
        each.look(tail)
    (tmp_path / "access.log").unlink()
    (tmp_path / "access.log").write_text('{"environment":"pr\n{"model":null}\n')
    for each in readers:
        each.look(tail)
        assert [piece.lost for piece in each.pieces].count(True) == 1
        assert sum(piece.unread for piece in each.pieces) == 1
