"""NumPy's .npy files: a header, and then numbers, or a pickle where the items are Python objects.

Source: NumPy's NEP 1, "A simple file format for NumPy arrays", and `numpy/lib/_format_impl.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from math import prod

from fairlead.check.scanners import pickles
from fairlead.check.scanners.base import Place, Problem
from fairlead.check.scanners.feed import CutError, Feed

__all__ = ["scan"]

_MEND = "save the array again with numpy.save(..., allow_pickle=False)"
_MAX_HEADER = 1 << 16
_LENGTHS = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}
_KEYS = {"descr", "fortran_order", "shape"}
_CODES = {"b": 1, "i": 1, "u": 1, "f": 1, "c": 1, "m": 1, "M": 1, "S": 1, "a": 1, "V": 1, "U": 4}
_OBJECT = 0
_MAX_FIELDS_DEPTH = 8


class _HeaderError(Exception):
    """The header is not what NumPy writes."""


def scan(feed: Feed, place: Place) -> Iterator[Problem]:
    """Every array in the file, as numpy.save may be called more than once; each must be what its header announces."""
    while True:
        try:
            item, count = _header(feed)
            if item != _OBJECT:
                feed.skip(item * count)
        except (_HeaderError, CutError) as error:
            yield Problem("scan/numpy-broken", f"`{place.label}` is no whole NumPy file: {error}", _MEND)
            return
        if item == _OBJECT:
            yield from pickles.scan(feed, place)
            return
        if not feed.peek(1):
            return


def _header(feed: Feed) -> tuple[int, int]:
    """Bytes of an item (0: Python objects) and number of items."""
    if feed.take(6) != b"\x93NUMPY":
        raise _HeaderError("it does not begin as one")
    width = _LENGTHS.get(feed.take(2))
    if width is None:
        raise _HeaderError("its version is not known")
    length = int.from_bytes(feed.take(width), "little")
    if length > _MAX_HEADER:
        raise _HeaderError(f"its header is longer than {_MAX_HEADER} bytes")
    told = _literal(feed.take(length))
    if not isinstance(told, dict) or set(told) != _KEYS:
        raise _HeaderError("its header has other keys")
    shape = told["shape"]
    if not isinstance(shape, tuple) or not all(type(each) is int and each >= 0 for each in shape):
        raise _HeaderError("its shape is none")
    return _item_size(told["descr"], 0), prod(shape)


def _literal(text: bytes) -> object:
    try:
        return ast.literal_eval(text.decode("utf-8").strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as error:
        raise _HeaderError("its header is no plain dictionary") from error


def _item_size(descr: object, depth: int) -> int:
    """Bytes of one item by its description; _OBJECT where any part of it is a Python object."""
    if isinstance(descr, str):
        return _simple_size(descr)
    if depth < _MAX_FIELDS_DEPTH and isinstance(descr, tuple) and len(descr) == 2:  # noqa: PLR2004 - (type, shape)
        return _item_size(descr[0], depth + 1) * _count(descr[1])
    if depth < _MAX_FIELDS_DEPTH and isinstance(descr, list) and descr:
        sizes = [_field_size(field, depth) for field in descr]
        return _OBJECT if _OBJECT in sizes else sum(sizes)
    raise _HeaderError("its type of items is not known")


def _field_size(field: object, depth: int) -> int:
    if not isinstance(field, tuple) or len(field) not in {2, 3}:
        raise _HeaderError("its type of items is not known")
    return _item_size(field[1], depth + 1) * (_count(field[2]) if len(field) == 3 else 1)  # noqa: PLR2004 - with shape


def _count(shape: object) -> int:
    lengths = shape if isinstance(shape, tuple) else (shape,)
    if not all(type(each) is int and each > 0 for each in lengths):
        raise _HeaderError("a field's shape is none")
    return prod(lengths)


def _simple_size(code: str) -> int:
    plain = code.lstrip("<>|=")
    kind, digits = plain[:1], plain[1:].partition("[")[0]
    if kind == "O":
        return _OBJECT
    if kind not in _CODES or not digits.isdecimal() or not digits.isascii() or len(digits) > 9:  # noqa: PLR2004
        raise _HeaderError("its type of items is not known")
    size = _CODES[kind] * int(digits)
    if not size:
        raise _HeaderError("its items have no size")
    return size
