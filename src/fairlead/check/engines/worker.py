"""The child process that holds the embedded engine: `python -m fairlead.check.engines.worker CPU MEMORY`.

It reads frames from its input and answers each on its output: `L` compiles a program, `D` takes the data, `A` asks
questions of documents. It imports as little as it can, for it is started anew whenever a policy has ended it. Its
limits are the system's own: a timer that counts its processor time and ends it, and a bound on its address space.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from typing import Any, BinaryIO

from regorus import Engine  # type: ignore[import-untyped]

from fairlead.check.engines.go_format import go_format

LARGEST = 4 << 20
"""Bytes of a module; the parent has refused longer ones in words of its own."""

DATA_TIMES = 20
"""How much longer than an evaluation the data, which is not a policy's but the workspace's own, may take to read."""

UNDEFINED = '"<undefined>"'


class Worker:
    """Compiled modules by key, and the data that they see."""

    def __init__(self, cpu_seconds: float) -> None:
        self._cpu = cpu_seconds
        self._loaded: dict[int, list[list[str]]] = {}
        self._engines: dict[int, Engine] = {}
        self._ground = _engine("{}")
        self._seen: dict[int, str] = {}

    def load(self, payload: bytes) -> bytes:
        """Compile modules; '' or what is wrong with them."""
        key, modules = json.loads(payload)
        signal.setitimer(signal.ITIMER_PROF, self._cpu)
        try:
            engine = _compiled(self._ground, modules)
            engine.eval_query("true")  # the engine looks for unsafe variables before its first evaluation
        except RuntimeError as error:
            return _told(error).encode()
        self._loaded[key] = modules
        self._engines[key] = engine
        return b""

    def data(self, payload: bytes) -> bytes:
        """Take other data; modules see them from their next evaluation on."""
        signal.setitimer(signal.ITIMER_PROF, DATA_TIMES * self._cpu)
        self._ground = _engine(payload.decode())
        self._engines.clear()
        self._seen.clear()
        return b""

    def ask(self, payload: bytes, out: BinaryIO) -> None:
        """Answer one frame per case: a JSON array with, for each question, `[value]`, `[]` or `[null, fault]`."""
        head, *cases = payload.split(b"\n")
        questions: list[list[Any]] = json.loads(head)
        for case in cases:
            asked, _, document = case.partition(b"\t")
            text = document.decode()
            answers = [self._answer(questions[int(at)], text) for at in asked.split(b",") if at]
            write_frame(out, f"[{','.join(answers)}]".encode())
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _answer(self, question: list[Any], document: str) -> str:
        key, rule, exact, around = question
        text = document if around is None else f'{{"parameters":{around},"review":{document}}}'
        signal.setitimer(signal.ITIMER_PROF, self._cpu)
        try:
            engine = self._engines.get(key) or self._revived(key)
            if self._seen.get(key) != text:
                # Rules of the same modules over the same input share what they have worked out.
                engine.set_input_json(text)
                self._seen[key] = text
            if exact:
                value = engine.eval_rule_as_json(rule)
                return "[]" if value == UNDEFINED else f"[{value}]"
            found = json.loads(engine.eval_query_as_json(rule))["result"]
            return json.dumps([found[0]["expressions"][0]["value"]] if found else [])
        except RuntimeError as error:
            self._seen.pop(key, None)
            return json.dumps([None, _told(error)])

    def _revived(self, key: int) -> Engine:
        self._engines[key] = engine = _compiled(self._ground, self._loaded[key])
        return engine


def _engine(data: str) -> Engine:
    engine = Engine()
    engine.set_gather_prints(True)
    engine.set_policy_length_config(max_col=LARGEST, max_file_bytes=LARGEST, max_lines=LARGEST)
    engine.add_extension("fairlead.format", 2, go_format)
    engine.add_data_json(data)
    return engine


def _compiled(ground: Engine, modules: list[list[str]]) -> Engine:
    """Modules over the ground's data, which all share."""
    engine = ground.clone()
    for name, text in modules:
        engine.add_policy(name, text)
    return engine


def _told(error: RuntimeError) -> str:
    return str(error).partition("\nStack backtrace")[0].strip()


def read_frame(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """The kind and the payload of the next frame; None where the parent has closed its end."""
    head = stream.read(5)
    if len(head) < 5:  # noqa: PLR2004 - a length of four bytes and a kind
        return None
    return head[4:], stream.read(int.from_bytes(head[:4]))


def write_frame(stream: BinaryIO, payload: bytes) -> None:
    """Send an answer at once, so that it is not lost when the next evaluation ends this process."""
    stream.write(len(payload).to_bytes(4) + payload)
    stream.flush()


def main(cpu_seconds: float, memory_bytes: int) -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not fall between the frames
    worker = Worker(cpu_seconds)
    write_frame(out, b"")
    answer: dict[bytes, Any] = {b"L": worker.load, b"D": worker.data}
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        kind, payload = frame
        if kind == b"A":
            worker.ask(payload, out)
        else:
            write_frame(out, answer[kind](payload))


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
