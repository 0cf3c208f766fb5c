"""Model files as people have them are let through; memory stays flat; nothing that a file names is imported."""

from __future__ import annotations

import _compat_pickle
import io
import json
import pickle
import struct
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlead.check.scanners.allowed import is_allowed
from fairlead.check.scanners.base import Place, Problem
from fairlead.check.scanners.scan import scan_file
from fairlead.check.scanners.second_opinion import second_opinion
from tests.corpus.assemble import call, proto, text

MEGABYTE = 1 << 20
CHUNK = bytes(1 << 18)
X = np.random.default_rng(0).random((40, 3))
Y = np.array(["a", "b"] * 20, dtype=object)
MODELS = {
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y),
    "forest": RandomForestClassifier(3).fit(X, Y),
    "boosting": HistGradientBoostingClassifier(max_iter=2).fit(X, Y),
    "neighbours": KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
    "categories": OneHotEncoder().fit(Y.reshape(-1, 1)),
    "texts": TfidfVectorizer().fit(["one text", "another text"]),
}


def found(data: bytes, path: str) -> list[Problem]:
    """What the scanner says."""
    return scan_file(io.BytesIO(data), path, len(data))


class Long(io.RawIOBase):
    """A file that is made while it is read, and cannot be searched."""

    def __init__(self, head: bytes, zeros: int, end: bytes = b"") -> None:
        super().__init__()
        self.size = len(head) + zeros + len(end)
        self._parts = self._made(head, zeros, end)

    def read(self, _count: int = -1) -> bytes:
        """The next part."""
        return next(self._parts, b"")

    @staticmethod
    def _made(head: bytes, zeros: int, end: bytes) -> Iterator[bytes]:
        yield head
        while zeros:
            part = CHUNK[:zeros]
            zeros -= len(part)
            yield part
        yield end


@pytest.mark.parametrize("name", MODELS)
def test_models_of_scikit_learn_are_let_through(name: str) -> None:
    """Pickled in any protocol, or by joblib, packed or not."""
    for protocol in range(2, 6):
        assert found(pickle.dumps(MODELS[name], protocol), "model.pkl") == []
    for compress in (0, ("zlib", 3), ("xz", 1)):
        buffer = io.BytesIO()
        joblib.dump(MODELS[name], buffer, compress=compress)
        assert found(buffer.getvalue(), "model.joblib") == []


def long_safetensors(size: int) -> Long:
    """One tensor of so many bytes."""
    header = json.dumps({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return Long(struct.pack("<Q", len(header)) + header, size)


def long_pickle(size: int) -> Long:
    """One object of so many bytes."""
    return Long(b"\x80\x05\x8e" + struct.pack("<Q", size), size, b".")


@pytest.mark.parametrize("name", ["a" * length for length in range(1, 60)])
def test_no_length_of_a_header_looks_like_a_pickle(name: str) -> None:
    """Whatever opcode its first byte is, with numbers behind that are all zero."""
    header = json.dumps({name: {"dtype": "U8", "shape": [100_000], "data_offsets": [0, 100_000]}}).encode()
    assert found(struct.pack("<Q", len(header)) + header + bytes(100_000), "m.safetensors") == []


@pytest.mark.parametrize(
    ("path", "make", "bound"),
    [("m.safetensors", long_safetensors, 96), ("m.pkl", long_pickle, 64), ("m.bin", lambda size: Long(b"", size), 8)],
)
def test_memory_does_not_grow_with_the_file(path: str, make: Callable[[int], Long], bound: int) -> None:
    """A file of 300 MB takes a part of that, most a few. It is read forward only."""
    stream = make(300 * MEGABYTE)
    tracemalloc.start()
    problems = scan_file(stream, path, stream.size)  # type: ignore[arg-type] # it has what is asked of it
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert problems == []
    assert peak < bound * MEGABYTE


def test_nothing_that_a_file_names_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that would leave a trace leaves none."""
    trace = tmp_path / "trace"
    (tmp_path / "unsafe_module.py").write_text(f"open({str(trace)!r}, 'w').close()\nclass Model: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    rules = {problem.rule for problem in found(proto(2) + call("unsafe_module", "Model") + b".", "m.pkl")}
    assert rules == {"scan/pickle-import"}
    assert "unsafe_module" not in sys.modules
    assert not trace.exists()


def test_a_file_with_a_thousand_problems_is_told_in_a_few_lines() -> None:
    """Whatever the file's author wanted the reader to overlook."""
    calls = b"".join(call(f"module_{number}", "run") + b"0" for number in range(1_000))
    assert 0 < len(found(proto(2) + calls + b"N.", "m.pkl")) <= 20


def test_what_a_message_shows_of_a_file_cannot_steer_a_terminal() -> None:
    """Names come from strangers."""
    (problem,) = found(proto(2) + call("\x1b[2Jmodule", "x" * 500) + b".", "m.pkl")
    assert problem.message.isprintable()
    assert len(problem.message) < 200


def test_both_other_scanners_are_asked() -> None:
    """Each of them alone sees an import that is not allowed, and neither objects to one that is."""
    evil, good = (proto(2) + call(module, "set", text("")) + b"." for module in ("somewhere", "builtins"))
    said = [problem.message for problem in second_opinion(evil, 5, Place("m.pkl", len(evil)))]
    assert len(said) == 2
    assert "picklescan objects: somewhere.set" in said[0]
    assert "fickling objects: somewhere.set" in said[1]
    assert list(second_opinion(good, 5, Place("m.pkl", len(good)))) == []


def test_a_name_of_python_2_is_as_harmless_under_its_new_name() -> None:
    """An unpickler translates names of old pickles before it imports them."""
    renamed = [(old, new) for old, new in _compat_pickle.NAME_MAPPING.items() if is_allowed(*old)]
    assert [each for each in renamed if not is_allowed(*each[1])] == []
    moved = _compat_pickle.IMPORT_MAPPING
    for module, name in (("__builtin__", "set"), ("copy_reg", "_reconstructor")):
        assert is_allowed(module, name)
        assert is_allowed(moved[module], name)
