"""No bytes break the scanner, whatever they are called, and it misses no import that a real unpickler would try."""

from __future__ import annotations

import io
import json
import pickle
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.check.scanners.allowed import is_allowed
from fairlead.check.scanners.scan import scan_file
from tests.corpus.case import Case, load_cases

CASES = load_cases(Path(__file__).parents[3] / "corpus/attacks")
PICKLES = [case for case in CASES if case.name.startswith("pickle:") and len(case.attack()) < 100_000]
NAMES = [
    "m.pkl",
    "m.safetensors",
    "m.gguf",
    "m.onnx",
    "m.npy",
    "m.h5",
    "m.json",
    "saved_model.pb",
    "m.tar",
    "m.zip",
    "m",
]
HEADS = [
    b"",
    b"PK\x03\x04",
    b"\x93NUMPY\x01\x00",
    b"GGUF\x03\x00\x00\x00",
    b"\x89HDF\r\n\x1a\n",
    b"\x1f\x8b\x08",
    b"\x80\x04",
]
IMPORTABLE = re.compile(r"[\w.]+")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4) | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


def rules(data: bytes, path: str) -> list[str]:
    """What is found."""
    return [problem.rule for problem in scan_file(io.BytesIO(data), path, len(data))]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(HEADS), st.binary(max_size=300))
def test_no_bytes_break_the_scanner(path: str, head: bytes, rest: bytes) -> None:
    """Any bytes under any name give problems, not exceptions."""
    rules(head + rest, path)


@settings(max_examples=200, deadline=None)
@given(values, st.integers(0, 5))
def test_a_pickle_of_plain_values_is_clean(value: object, protocol: int) -> None:
    """Whatever they are, in every protocol."""
    assert rules(pickle.dumps(value, protocol), "m.pkl") == []


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A few bytes changed, dropped, doubled or moved."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at, to = rng.randrange(len(out) + 1), rng.randrange(len(out) + 1)
        match rng.randrange(4):
            case 0 if at < len(out):
                out[at] = rng.choice(b"(.012NQRabdelost]})chijqpru\x80\x81\x85\x86\x8c\x93\x94\x95")
            case 1:
                del out[at : at + rng.randint(1, 5)]
            case 2:
                out[at:at] = out[to : to + rng.randint(1, 30)]
            case _:
                out[at:at] = rng.randbytes(rng.randint(1, 3))
    return bytes(out)


def asked_for(machine: str, pickles: list[bytes]) -> list[list[tuple[str, str, bool]]]:
    """What a real unpickler imports and calls, in a process of its own, where nothing is imported for it."""
    task = json.dumps({"machine": machine, "pickles": [data.hex() for data in pickles]})
    command = [sys.executable, str(Path(__file__).with_name("unpickling.py"))]
    told = subprocess.run(command, input=task, capture_output=True, text=True, check=True, timeout=100)
    asked: list[list[tuple[str, str, bool]]] = json.loads(told.stdout)
    return asked


@pytest.mark.parametrize("machine", ["C", "Python"])
def test_nothing_that_a_real_unpickler_does_is_missed(machine: str) -> None:
    """On thousands of bent pickles: no forbidden import in a pickle, no forbidden call in a file of any name."""
    rng = random.Random(7)
    chosen = [rng.choice(PICKLES) for _ in range(3_000)]
    bent = [mutated(case.attack() if rng.random() < 0.6 else case.benign(), rng) for case in chosen]
    imports, calls = [], []
    for data, asked in zip(bent, asked_for(machine, bent), strict=True):
        forbidden = [(f"{module}.{name}", called) for module, name, called in asked if not is_allowed(module, name)]
        imports += [data] if forbidden else []
        calls += [data] if any(called and IMPORTABLE.fullmatch(name) for name, called in forbidden) else []
    assert min(len(imports), len(calls)) > 300
    assert [data for data in imports if not rules(data, "m.pkl")] == []
    assert [data for data in calls if not rules(data, "notes")] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bent_files_break_nothing(case: Case) -> None:
    """Every benign file of the corpus, bent in a few ways, gives problems or none, soon."""
    rng, data = random.Random(case.name), case.benign()
    started = time.process_time()
    for _ in range(8 if len(data) < 100_000 else 1):
        rules(mutated(data, rng), case.twin_path or case.path)
    assert time.process_time() - started < 10
