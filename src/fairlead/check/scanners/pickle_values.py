"""What stands on the symbolic machine's stack: enough of each value to know what is imported, called and skipped."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Final

__all__ = ["OPAQUE", "Array", "Dtype", "Entries", "Made", "Name", "made"]


class _Opaque:
    """Any value that carries no name: numbers, bytes, lists, what was too much to keep."""


OPAQUE: Final = _Opaque()

_MAX_ENTRIES = 32


@dataclass(frozen=True, slots=True)
class Name:
    """An import: `module` and the attribute path within it."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Made:
    """What a call of an import returned."""

    by: Name


@cache
def made(by: Name) -> Made:
    """One object for each import: a million objects of a class take no more room than one. Only allowed names come."""
    return Made(by)


class Entries(dict[object, object]):
    """A dictionary that the pickle fills. Of a large one, only that it is large is kept."""

    whole = True

    def put(self, key: object, value: object) -> None:
        """Set an entry. Keys that are no text are not kept, nor is anything beyond a bound."""
        if not isinstance(key, str) or len(self) >= _MAX_ENTRIES:
            self.whole = False
            return
        self[key] = value


@dataclass(slots=True)
class Dtype:
    """`numpy.dtype(code, ...)`, and the states that were set on it."""

    code: object
    states: list[object] = field(default_factory=list)

    def item_size(self) -> int | None:
        """Bytes of one item; 0 where items are Python objects; None where that cannot be told for certain."""
        if not isinstance(self.code, str) or len(self.states) > 1:
            return None
        kind, digits = self.code[:1], self.code[1:]
        if kind == "O":
            return 0 if digits in {"", "8"} else None
        if not digits.isdecimal() or not digits.isascii() or len(digits) > 9:  # noqa: PLR2004 - a gigabyte's digits
            return None
        if kind in _PLAIN:
            return int(digits) or None
        if kind not in _SIZED or not self.states:
            return None
        return self._sized(int(digits) * _SIZED[kind], kind == "V")

    def _sized(self, size: int, structured: bool) -> int | None:  # noqa: FBT001 - one caller
        """The size of texts and records, whose state repeats it: both must agree, and no field may be an object."""
        state = self.states[0]
        if not isinstance(state, tuple) or len(state) < _FLAGS + 1 or state[_SIZE] != size or size == 0:
            return None
        flags, fields = state[_FLAGS], state[_FIELDS]
        if not isinstance(flags, int) or flags & _HAS_OBJECT:
            return None
        if fields is None:
            return size
        if not structured or not isinstance(fields, Entries) or not fields.whole:
            return None
        return size if all(_is_plain_field(each) for each in fields.values()) else None


_PLAIN = frozenset("biufcmM")
_SIZED = {"U": 4, "S": 1, "V": 1}
_FIELDS, _SIZE, _FLAGS = 4, 5, 7
_HAS_OBJECT = 0x01


def _is_plain_field(entry: object) -> bool:
    kind = entry[0] if isinstance(entry, tuple) and entry else None
    return isinstance(kind, Dtype) and bool(kind.item_size())


@dataclass(slots=True)
class Array:
    """joblib's `NumpyArrayWrapper`: raw numbers follow in the file as soon as its state is set."""

    state: Entries | None = None
    clear: bool = True

    def build(self, state: object) -> None:
        """Set the state. A second one, or one of another kind, leaves nothing certain."""
        self.clear = self.clear and self.state is None and isinstance(state, Entries) and state.whole
        self.state = state if isinstance(state, Entries) else None

    @property
    def item_size(self) -> int | None:
        """Bytes of one item; 0 where a nested pickle follows instead; None where that cannot be told."""
        dtype = self.state.get("dtype") if self.clear and self.state is not None else None
        return dtype.item_size() if isinstance(dtype, Dtype) else None

    def raw_size(self) -> int | None:
        """Bytes of the numbers; None where that cannot be told."""
        shape, size = self.state.get("shape") if self.state is not None else None, self.item_size
        if not isinstance(shape, tuple) or size is None:
            return None
        for length in shape:
            if type(length) is not int or length < 0:
                return None
            size *= length
        return size

    @property
    def aligned(self) -> bool:
        """Whether padding stands before the numbers, as joblib writes it since 1.2."""
        return self.state is not None and self.state.get("numpy_array_alignment_bytes") == _ALIGNMENT


_ALIGNMENT = 16
