"""Files that the real picklers write, arrays in unusual places; written without having seen the scanner.

The attacks' objects reduce to the command `true`; they are only dumped, never loaded.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import subprocess
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import joblib
import numpy as np

from tests.corpus.case import Case
from tests.corpus.pack import zipped

_Maker = Callable[[], Any]


class _Trap:
    """An object whose pickle runs `true`."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def _dumped(value: object, compress: int | tuple[str, int] = 0) -> bytes:
    """What joblib writes."""
    buffer = io.BytesIO()
    joblib.dump(value, buffer, compress)
    return buffer.getvalue()


def _saved(*arrays: np.ndarray[Any, Any]) -> bytes:
    """Arrays in the form of .npy, one behind the other."""
    buffer = io.BytesIO()
    for array in arrays:
        np.save(buffer, array)
    return buffer.getvalue()


def _with(extra: _Maker) -> dict[str, object]:
    """A model's parts: an array, then `extra`, then one more array."""
    return {"a": np.arange(4.0), "extra": extra(), "b": np.ones((2, 3), order="F")}


def _pair(name: str, path: str, made: Callable[[_Maker], bytes]) -> Case:
    """A case whose files differ in one object that is pickled."""
    return Case(f"blind pickler: {name}", path, lambda: made(_Trap), lambda: made(OrderedDict))


def _regression() -> object:
    """A fitted regression."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression().fit(np.array([[0.0, 1.0], [1.0, 0.0]]), [0, 1])


def _chain(function: object) -> bytes:
    """A pipeline with a function of one's own in front."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    return _dumped(make_pipeline(FunctionTransformer(function), StandardScaler(), _regression()))


def _forest(extra: _Maker) -> bytes:
    """A random forest, whose trees are an extension's objects."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(n_estimators=2, random_state=0).fit(np.eye(4), [0, 1, 0, 1])
    forest.notes_ = extra()
    return pickle.dumps(forest)


def _boosted(extra: _Maker) -> bytes:
    """Boosted trees, whose loss is an extension's object."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(max_iter=2).fit(np.arange(80.0).reshape(40, 2), [0, 1] * 20)
    model.notes_ = extra()
    return _dumped(model, compress=3)


def _text_model(extra: _Maker) -> bytes:
    """Words to numbers to neighbours, in columns."""
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline

    columns = ColumnTransformer([("words", TfidfVectorizer(), 0)], remainder="drop")
    model = make_pipeline(columns, KNeighborsClassifier(1, algorithm="brute"))
    model.fit(np.array([["a cat", "x"], ["a dog", "y"]], dtype=object), ["cat", "dog"])
    model.notes_ = extra()
    return pickle.dumps(model, protocol=4)


def _searched(extra: _Maker) -> bytes:
    """A random search with its distributions and scorer."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import RandomizedSearchCV

    search = RandomizedSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, n_iter=2, cv=2, random_state=0)
    search.fit(np.arange(12.0).reshape(6, 2), np.arange(6.0)).notes_ = extra()
    return _dumped(search)


def _split(extra: _Maker) -> bytes:
    """A pickle over two members of one gzip file."""
    data = pickle.dumps({"model": extra()})
    return gzip.compress(data[:12]) + gzip.compress(data[12:])


def _records(kind: object, value: object) -> bytes:
    """An array of records whose second field is of a kind and holds a value."""
    array = np.zeros(3, dtype=[("x", "<f8"), ("y", kind)])
    array[0] = (1.0, value)
    return _saved(array)


def _header(head: bytes) -> bytes:
    """An array file of version 3 with a header of one's own, of four numbers."""
    padded = head.ljust(116) + b"\n"
    return b"\x93NUMPY\x03\x00" + len(padded).to_bytes(4, "little") + padded + b"\x00" * 32


def _function() -> float:
    """What the attack's cloudpickle carries along."""
    return 1.0


_HEAD = b"{'descr': %s, 'fortran_order': False, 'shape': (4,), }"

CASES = [
    _pair("joblib, behind an array's numbers", "model.joblib", lambda extra: _dumped(_with(extra))),
    _pair("joblib with gzip", "model.joblib.gz", lambda extra: _dumped(_with(extra), compress=("gzip", 3))),
    _pair("joblib with zlib", "model.pkl.z", lambda extra: _dumped(_with(extra), compress=("zlib", 9))),
    _pair("joblib with bzip2", "model.pkl", lambda extra: _dumped(_with(extra), compress=("bz2", 3))),
    _pair("joblib with xz", "model.sav", lambda extra: _dumped(_with(extra), compress=("xz", 1))),
    _pair("joblib with lzma", "model.joblib", lambda extra: _dumped(_with(extra), compress=("lzma", 1))),
    _pair(
        "joblib, an array of objects",
        "model.joblib",
        lambda extra: _dumped({"a": np.array([extra(), "x"], dtype=object)}),
    ),
    _pair("two members of a gzip file", "model.pkl.gz", _split),
    _pair("xz within gzip", "model.pkl.xz.gz", lambda extra: gzip.compress(lzma.compress(pickle.dumps([extra()])))),
    _pair("bzip2 within zlib", "model.pkl", lambda extra: zlib.compress(bz2.compress(pickle.dumps([extra()])))),
    _pair("a forest", "forest.pkl", _forest),
    _pair("boosted trees", "boosted.joblib", _boosted),
    _pair("words and neighbours", "text.pickle", _text_model),
    _pair("a random search", "search.joblib", _searched),
    _pair("out of band buffers", "model.pkl", lambda extra: pickle.dumps([np.arange(3), extra()], protocol=5)),
    _pair("protocol 0 with arrays", "model.pkl", lambda extra: pickle.dumps([np.arange(3), extra()], protocol=0)),
    _pair("protocol 2 with a scalar", "model.pkl", lambda extra: pickle.dumps([np.float32(1), extra()], protocol=2)),
    _pair(
        "a masked array", "model.pkl", lambda extra: pickle.dumps([np.ma.masked_array([1, 2], [False, True]), extra()])
    ),
    _pair(
        "a generator of random numbers", "model.pkl", lambda extra: pickle.dumps([np.random.RandomState(1), extra()])
    ),
    Case(
        "blind pickler: a pipeline's function runs at the first prediction",
        "pipeline.joblib",
        lambda: _chain(subprocess.getoutput),
        lambda: _chain(np.log1p),
    ),
    Case(
        "blind pickler: cloudpickle with code",
        "model.pkl",
        lambda: cloudpickle.dumps({"predict": lambda: _function, "rate": 1.0}),
        lambda: cloudpickle.dumps({"predict": "mean", "rate": 1.0}),
    ),
    Case(
        "blind array: the second of two",
        "pair.npy",
        lambda: _saved(np.ones(2), np.array([_Trap()], dtype=object)),
        lambda: _saved(np.ones(2), np.zeros(3)),
    ),
    Case(
        "blind array: records with objects", "records.npy", lambda: _records("O", _Trap()), lambda: _records("<i4", 7)
    ),
    Case(
        "blind array: objects in a record in a record",
        "records.npy",
        lambda: _records([("z", "O")], (_Trap(),)),
        lambda: _records([("z", "<U4")], ("cat",)),
    ),
    Case(
        "blind array: a header that is code",
        "array.npy",
        lambda: _header(_HEAD % b"__import__('posix').system('true') or '<f8'"),
        lambda: _header(_HEAD % b"'<f8'"),
    ),
    Case("blind array: a bare pickle", "array.npy", lambda: pickle.dumps(_Trap()), lambda: _saved(np.ones(2))),
    Case(
        "blind array: a member without an ending",
        "arrays.npz",
        lambda: zipped({"a.npy": _saved(np.ones(2)), "b": _saved(np.array([_Trap()], dtype=object))}),
        lambda: zipped({"a.npy": _saved(np.ones(2)), "b": _saved(np.ones(3))}),
    ),
    Case(
        "blind array: a member that is no array",
        "arrays.npz",
        lambda: zipped({"a.npy": pickle.dumps(_Trap())}, packed=True),
        lambda: zipped({"a.npy": _saved(np.ones(2))}, packed=True),
    ),
    Case(
        "blind array: texts as objects",
        "classes.npy",
        lambda: _saved(np.array(["cat", _Trap()], dtype=object)),
        lambda: _saved(np.array(["cat", "dog"])),
    ),
]
