"""NumPy's and joblib's files: pickles of objects, and numbers that one reader passes over and another one runs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import zlib
from collections.abc import Callable

import joblib
import numpy as np

from tests.corpus.assemble import STOP, call, glob, integer, many, proto, text
from tests.corpus.case import Case
from tests.corpus.pack import zipped

IMPORT, BROKEN = "scan/pickle-import", "scan/pickle-broken"


class Shell:
    """Would run `true`."""

    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, ("true",)


def npy(*items: object) -> bytes:
    """An array of Python objects."""
    buffer = io.BytesIO()
    np.save(buffer, np.array(items, dtype=object), allow_pickle=True)
    return buffer.getvalue()


def numbers() -> bytes:
    """An array of numbers."""
    buffer = io.BytesIO()
    np.save(buffer, np.arange(6.0).reshape(2, 3))
    return buffer.getvalue()


def dumped(value: object) -> bytes:
    """What joblib writes."""
    buffer = io.BytesIO()
    joblib.dump(value, buffer)
    return buffer.getvalue()


def wrapper(entries: bytes, behind: bytes) -> bytes:
    """The wrapper that joblib makes of an array, with a state, and what follows it in the file."""
    made = glob("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81"
    return proto(2) + made + b"}(" + entries + b"ub" + behind + STOP


def state(*, code: str = "f8", shape: int = 1, alignment: bytes = b"K\x10") -> bytes:
    """The wrapper's state."""
    dtype = call("numpy", "dtype", text(code), b"\x89", b"\x88")
    parts = {"subclass": glob("numpy", "ndarray"), "shape": many(integer(shape)), "order": text("C"), "dtype": dtype}
    parts |= {"allow_mmap": b"\x88", "numpy_array_alignment_bytes": alignment}
    return b"".join(text(key) + value for key, value in parts.items())


PADDED = b"\x03\xff\xff\xff"
EVIL = b"cos\nsystem\n"
ONE = b"\x00" * 8


def packed(name: str, pack: Callable[[bytes], bytes]) -> Case:
    """A packed file of joblib."""
    evil, good = dumped({"model": Shell()}), dumped({"model": np.zeros(3)})
    return Case(f"joblib: packed by {name}", "m.joblib", lambda: pack(evil), lambda: pack(good), IMPORT)


CASES = [
    Case("numpy: array of objects", "a.npy", lambda: npy(Shell()), lambda: npy("a", None, 1.5), IMPORT),
    Case("numpy: pickle called .npy", "a.npy", lambda: pickle.dumps(Shell()), numbers, "scan/disguised"),
    Case("numpy: pickle behind the numbers", "a.npy", lambda: numbers() + pickle.dumps(Shell()), numbers),
    Case(
        "numpy: array of objects in .npz",
        "a.npz",
        lambda: zipped({"x.npy": numbers(), "y.npy": npy(Shell())}),
        lambda: zipped({"x.npy": numbers(), "y.npy": npy("a")}, packed=True),
        IMPORT,
    ),
    Case("numpy: header that is code", "a.npy", lambda: numbers().replace(b"'<f8'", b"id(0)"), numbers),
    Case("numpy: fewer numbers than told", "a.npy", lambda: numbers()[:-8], numbers, "scan/numpy-broken"),
    Case(
        "joblib: object beside arrays",
        "m.joblib",
        lambda: dumped([np.zeros(3), Shell()]),
        lambda: dumped([np.zeros(3), 1]),
        IMPORT,
    ),
    Case(
        "joblib: object in an array of objects",
        "m.joblib",
        lambda: dumped(np.array([Shell(), 1], dtype=object)),
        lambda: dumped(np.array(["a", 1], dtype=object)),
        IMPORT,
    ),
    Case(
        "joblib: opcodes where numbers should be",
        "m.joblib",
        lambda: wrapper(state(alignment=b"N"), EVIL),
        lambda: wrapper(state(), PADDED + ONE),
        BROKEN,
    ),
    Case(
        "joblib: padding that is opcodes",
        "m.joblib",
        lambda: wrapper(state(), b"c" + b"os\nsystem\n".ljust(0x63, b"x") + ONE),
        lambda: wrapper(state(), PADDED + ONE),
        BROKEN,
    ),
    Case(
        "joblib: array whose size cannot be told",
        "m.joblib",
        lambda: wrapper(state(code="V8"), PADDED + ONE),
        lambda: wrapper(state(code="i8"), PADDED + ONE),
        BROKEN,
    ),
    Case(
        "joblib: state that is set twice",
        "m.joblib",
        lambda: wrapper(state() + state(shape=9), PADDED + ONE),
        lambda: wrapper(state(), PADDED + ONE),
        BROKEN,
    ),
    Case(
        "joblib: array that a call hands back",
        "m.joblib",
        lambda: (
            proto(2)
            + call("sklearn.neighbors._kd_tree", "newObj", glob("joblib.numpy_pickle", "NumpyArrayWrapper"))
            + STOP
        ),
        lambda: (
            proto(2) + call("sklearn.neighbors._kd_tree", "newObj", glob("sklearn.neighbors._kd_tree", "KDTree")) + STOP
        ),
        "scan/pickle-call",
    ),
    Case(
        "joblib: names that a plain unpickler takes from another memo",
        "m.joblib",
        lambda: (
            proto(2) + text("system") + b"q\x050" + text("os") + b"q\x040" + wrapper(state(code="O8"), memo_trick())[2:]
        ),
        lambda: wrapper(state(code="O8"), memo_trick()),
        IMPORT,
    ),
    packed("zlib", zlib.compress),
    packed("gzip", gzip.compress),
    packed("bzip2", bz2.compress),
    packed("xz", lzma.compress),
    packed("lzma", lambda data: lzma.compress(data, lzma.FORMAT_ALONE)),
    Case(
        "joblib: packed where nobody can look",
        "m.joblib",
        lambda: b"\x04\x22\x4d\x18\x64\x40\xa7" + dumped(1),
        lambda: gzip.compress(dumped(1)),
        "scan/cannot-tell",
    ),
    Case(
        "joblib: second stream behind the first",
        "m.joblib",
        lambda: gzip.compress(dumped(1)) + gzip.compress(pickle.dumps(Shell())),
        lambda: gzip.compress(dumped(1)),
        IMPORT,
    ),
]


def memo_trick() -> bytes:
    """A nested pickle whose own memo says `builtins` and `set` where the outer one may say otherwise."""
    fills = b"".join(text(word) + b"\x94" + b"0" for word in ("a", "b", "c", "d", "builtins", "set"))
    return proto(4) + fills + b"h\x04h\x05\x93" + STOP
