"""Run as a program: what real unpicklers ask for, pickle by pickle. It imports nothing for them, and has little memory.

Reads a JSON object {"machine": "C" | "Python", "pickles": [hex, ...]} and writes a list of lists of
[module, name, whether it was called].
"""

from __future__ import annotations

import io
import json
import pickle
import resource
import sys
from contextlib import suppress

_MEMORY = 1 << 30


class Stub:
    """Stands for whatever was imported, and takes part in anything."""

    called = False

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        """Any arguments."""
        type(self).called = True

    def __setstate__(self, _state: object) -> None:
        """Any state."""

    def append(self, _item: object) -> None:
        """Any item."""

    def __setitem__(self, _key: object, _value: object) -> None:
        """Any entry."""


def asked_for(machine: str, data: bytes) -> list[tuple[str, str, bool]]:
    """Names that the unpickler asks for until it ends or breaks."""
    asked: list[tuple[str, str, type[Stub]]] = []

    class Watched(pickle.Unpickler if machine == "C" else pickle._Unpickler):  # type: ignore[misc] # noqa: SLF001 - the Python twin
        def find_class(self, module: str, name: str) -> type:
            stub = type("Named", (Stub,), {})
            asked.append((str(module), str(name), stub))
            return stub

    with suppress(Exception):
        Watched(io.BytesIO(data)).load()
    return [(module, name, stub.called) for module, name, stub in asked]


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    task = json.load(sys.stdin)
    json.dump([asked_for(task["machine"], bytes.fromhex(each)) for each in task["pickles"]], sys.stdout)
