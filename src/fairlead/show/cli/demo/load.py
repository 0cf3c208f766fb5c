"""`python -m`: the load of the demo's customers, over real HTTP, in a process of its own; it counts every failure.

Each worker has one connection and sends one request after the other, at its pace, with no second try: what is not
answered whole and with status 200 has failed. It ends by itself after the time or the number of requests it was given.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.show.cli.demo.http_connection import BrokenAnswerError, Connection
from fairlead.show.cli.demo.traffic import CUSTOMERS, Customer, Report, Tally

__all__ = ["main"]

_PER_WORKER = 40.0
"""Requests per second that one connection is asked for at most."""
_MEMORY = 4000
_KEPT_FAILURES = 20
_REPORT_EVERY = 0.25
_NINETY_NINTH = 0.99
_QUESTIONS = (
    "What do you see when you look at the sea?",
    "Tell me why men go to the water.",
    "Describe the city and its streets on a Sabbath afternoon.",
    "Is there magic in a pool in the stream?",
)


@dataclass(slots=True)
class _Count:
    """Running counts of one process."""

    begun: float = field(default_factory=time.monotonic)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    spans: dict[str, deque[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    sent: int = 0

    def note(self, customer: str, model: str, seconds: float, failure: str) -> None:
        key = (customer, model)
        self.tallies[key] = self.tallies.get(key, Tally()) + (Tally(failed=1) if failure else Tally(answered=1))
        self.spans.setdefault(model, deque(maxlen=_MEMORY)).append(seconds)
        if failure and len(self.failures) < _KEPT_FAILURES:
            self.failures.append(f"{customer} {model}: {failure}")

    def report(self) -> Report:
        tallies: dict[str, dict[str, Tally]] = {}
        for (customer, model), tally in self.tallies.items():
            tallies.setdefault(customer, {})[model] = tally
        p99 = {model: sorted(spans)[int(len(spans) * _NINETY_NINTH)] * 1000 for model, spans in self.spans.items()}
        return Report(time.monotonic() - self.begun, tallies, p99, tuple(self.failures))


@dataclass(frozen=True, slots=True)
class _Caller:
    """One customer's use of one model: where it is sent, and what, and how a whole answer ends."""

    customer: str
    key: str
    model: str
    path: str
    rate: float
    bodies: Callable[[], Iterator[bytes]]
    ending: bytes


def _digits_bodies(file: Path) -> Callable[[], Iterator[bytes]]:
    """Requests of the Open Inference Protocol, one test digit each."""
    rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    bodies = [
        json.dumps(
            {
                "inputs": [
                    {
                        "name": "X",
                        "shape": [1, len(row) - 1],
                        "datatype": "FP32",
                        "data": [int(pixel) / 16 for pixel in row[:-1]],
                    }
                ]
            }
        ).encode()
        for row in rows
    ]
    return lambda: itertools.cycle(bodies)


def _chat_bodies(customer: Customer) -> Callable[[], Iterator[bytes]]:
    def body(question: str) -> bytes:
        request: dict[str, object] = {
            "model": "narrator",
            "messages": [{"role": "user", "content": question}],
            "max_tokens": customer.chat_tokens,
        }
        if customer.streamed:
            request |= {"stream": True, "stream_options": {"include_usage": True}}
        return json.dumps(request).encode()

    return lambda: itertools.cycle([body(question) for question in _QUESTIONS])


def _callers(keys: dict[str, str], digits: Path) -> list[_Caller]:
    shown = _digits_bodies(digits)
    infer, chat = "/v2/models/digits/infer", "/openai/v1/chat/completions"
    callers: list[_Caller] = []
    for each in CUSTOMERS:
        key, end = keys[each.name], b"data: [DONE]\n\n" if each.streamed else b"}"
        callers.append(_Caller(each.name, key, "digits", infer, each.digits_rate, shown, b"}"))
        callers.append(_Caller(each.name, key, "narrator", chat, each.chat_rate, _chat_bodies(each), end))
    return callers


async def _work(caller: _Caller, pace: float, port: int, count: _Count, most: int) -> None:
    connection = Connection("127.0.0.1", port)
    due = time.monotonic() + random.random() * pace  # noqa: S311 - spreads the beginnings, no secret
    for body in caller.bodies():
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if count.sent >= most:
            return
        count.sent += 1
        begun, failure = time.monotonic(), ""
        try:
            answer = await connection.post(caller.path, body, {"authorization": f"Bearer {caller.key}"})
            if answer.status != 200 or not answer.body.endswith(caller.ending):  # noqa: PLR2004 - HTTP's own word
                failure = f"status {answer.status}: {answer.body[:120].decode(errors='replace')}"
        except (OSError, EOFError, BrokenAnswerError) as error:
            failure = f"{type(error).__name__}: {error}"
            connection.close()
        count.note(caller.customer, caller.model, time.monotonic() - begun, failure)
        due = max(due + pace, time.monotonic() - pace)


async def _run(callers: list[_Caller], port: int, report: Path, seconds: float, most: int) -> None:
    count = _Count()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    workers = []
    for caller in callers:
        connections = max(1, round(caller.rate / _PER_WORKER))
        pace = connections / caller.rate
        workers += [asyncio.create_task(_work(caller, pace, port, count, most)) for _ in range(connections)]
    until = time.monotonic() + seconds
    while not over.is_set() and time.monotonic() < until and not all(worker.done() for worker in workers):
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), _REPORT_EVERY)
        count.report().write(report)
    for worker in workers:
        worker.cancel()
    for ended in await asyncio.gather(*workers, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
    count.report().write(report)


def main() -> None:
    """Send until the time is over, the number is reached, or a signal comes."""
    parser = argparse.ArgumentParser(description="The load of the demo's customers.")
    parser.add_argument("--port", type=int, required=True, help="the gateway's port on loopback")
    parser.add_argument(
        "--keys", type=Path, required=True, help="file with the customers' keys: no command line's word"
    )
    parser.add_argument("--digits", type=Path, required=True, help="test digits: 64 pixels and the answer per line")
    parser.add_argument("--report", type=Path, required=True, help="file that is replaced with the newest counts")
    parser.add_argument("--seconds", type=float, default=600, help="longest time")
    parser.add_argument("--requests", type=int, default=200_000, help="most requests")
    given = parser.parse_args()
    keys = json.loads(given.keys.read_text(encoding="utf-8"))
    asyncio.run(_run(_callers(keys, given.digits), given.port, given.report, given.seconds, given.requests))


if __name__ == "__main__":
    main()
