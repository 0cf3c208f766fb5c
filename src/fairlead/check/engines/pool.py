"""Questions spread over workers: each case is answered once, in order, whatever happens to a worker meanwhile."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fairlead.check.engines.base import Case, Limits
from fairlead.check.engines.encoding import as_json
from fairlead.check.engines.endings import Endings
from fairlead.check.engines.process import DeadWorkerError, WorkerProcess
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["Asked", "Load", "Pool", "Raw"]

_BATCH_CASES = 64
_BATCH_BYTES = 1 << 20

Raw = list[Any]
"""`[value]`, `[]` for undefined, or `[null, message]` for a fault."""


@dataclass(frozen=True, slots=True)
class Load:
    """Modules as workers compile them: a key of their own, and the frame that holds them."""

    key: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule of loaded modules, and the parameters, as JSON, that it is asked with.

    Without parameters (None) it sees the document alone. `exact` says that one rule stands at the path `rule`, rather
    than several below it.
    """

    load: Load
    rule: str
    exact: bool
    parameters: str | None = None
    refusal: str = ""
    """Why it is not to be asked at all; '' where it is."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A case on its way: the positions that are asked, and the document as JSON."""

    asked: tuple[int, ...]
    document: bytes

    def line(self) -> bytes:
        return ",".join(map(str, self.asked)).encode() + b"\t" + self.document


class Pool:
    """As many workers as there are processors, started when they are needed."""

    def __init__(self, limits: Limits, size: int = 0) -> None:
        self._limits = limits
        self._size = size or _processors()
        self._threads = ThreadPoolExecutor(self._size, thread_name_prefix="policies")
        self._idle: list[WorkerProcess] = []
        self._guard = threading.Lock()
        self._data, self._version = b"{}", 0

    def compile(self, load: Load) -> str:
        """Compile modules in one worker; '' or the engine's complaint, also where compiling ended the worker."""
        worker = self.borrow()
        try:
            complaint = worker.request(b"L", load.frame).decode()
        except DeadWorkerError as death:
            worker.end()
            return f"error: {death}"
        if not complaint:
            worker.loaded.add(load.key)
        self.give_back(worker)
        return complaint

    def ask(self, questions: Sequence[Asked], cases: Iterable[Case], data: Mapping[str, Any]) -> Iterator[list[Raw]]:
        """For each case, in order, what each asked question answers."""
        run = _Run(self, questions, *self._known(as_json(data)))
        waiting: deque[Future[list[list[Raw]]]] = deque()
        try:
            for batch in _batches(cases):
                waiting.append(self._threads.submit(run.answer, batch))
                if len(waiting) > 2 * self._size:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """End all workers."""
        self._threads.shutdown(cancel_futures=True)
        with self._guard:
            while self._idle:
                self._idle.pop().end()

    def _known(self, data: bytes) -> tuple[bytes, int]:
        """The data with a number that workers remember it by."""
        with self._guard:
            if data != self._data:
                self._data, self._version = data, self._version + 1
            return self._data, self._version

    def borrow(self) -> WorkerProcess:
        """A worker that nobody else uses until it is given back."""
        with self._guard:
            if self._idle:
                return self._idle.pop()
        return WorkerProcess(self._limits)

    def give_back(self, worker: WorkerProcess) -> None:
        """Let others have it."""
        with self._guard:
            self._idle.append(worker)


class _Run:
    """One call of `ask`: its questions and its data, and which programs have ended workers in it."""

    def __init__(self, pool: Pool, questions: Sequence[Asked], data: bytes, version: int) -> None:
        self._pool, self._questions, self._data, self._version = pool, questions, data, version
        self._head = as_json([[each.load.key, each.rule, each.exact, each.parameters] for each in questions])
        self._endings = Endings()

    def answer(self, batch: Sequence[_Sent]) -> list[list[Raw]]:
        """Answers for a batch; a worker that dies of a case is replaced, and only that question's answer is a fault."""
        answers: list[list[Raw]] = []
        while len(answers) < len(batch):
            rest = batch[len(answers) :]
            try:
                self._exchange(rest, answers)
            except DeadWorkerError:
                answers.append(self._one_by_one(batch[len(answers)]))
        return answers

    def _one_by_one(self, sent: _Sent) -> list[Raw]:
        """Each question of a case by itself, so that the one that ends workers is known."""
        found: list[list[Raw]] = []
        for position in sent.asked:
            try:
                self._exchange([_Sent((position,), sent.document)], found)
            except DeadWorkerError as death:
                self._endings.add(position, str(death))
                found.append([[None, str(death)]])
        return [raw for raws in found for raw in raws]

    def _exchange(self, batch: Sequence[_Sent], answers: list[list[Raw]]) -> None:
        """Ask a worker; answers are appended as they come, so that a death loses none that were given.

        Questions that have ended too many workers are answered here.
        """
        spent = {at: why for each in batch for at in each.asked if (why := self._spent(at))}
        opened = [_Sent(tuple(at for at in each.asked if at not in spent), each.document) for each in batch]
        worker = self._pool.borrow()
        try:
            self._prepare(worker, opened)
            worker.send(b"A", b"\n".join([self._head, *(each.line() for each in opened)]))
            for each in batch:
                told = iter(json.loads(worker.receive()))
                answers.append([[None, spent[at]] if at in spent else next(told) for at in each.asked])
        except BaseException:
            worker.end()
            raise
        self._pool.give_back(worker)

    def _spent(self, position: int) -> str:
        return self._questions[position].refusal or self._endings.spent(position)

    def _prepare(self, worker: WorkerProcess, batch: Sequence[_Sent]) -> None:
        if worker.data != self._version:
            worker.request(b"D", self._data)
            worker.data = self._version
        for position in {position for each in batch for position in each.asked}:
            load = self._questions[position].load
            if load.key not in worker.loaded:
                if complaint := worker.request(b"L", load.frame).decode():
                    raise BrokenWorldError(f"a worker refused a program that another had compiled: {complaint}")
                worker.loaded.add(load.key)


def _processors() -> int:
    """Those that this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(cases: Iterable[Case]) -> Iterator[list[_Sent]]:
    batch: list[_Sent] = []
    size = 0
    for case in cases:
        sent = _Sent(tuple(case.asked), as_json(case.document))
        batch.append(sent)
        size += len(sent.document)
        if len(batch) >= _BATCH_CASES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
