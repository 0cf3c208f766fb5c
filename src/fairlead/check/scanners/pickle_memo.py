"""The memo of the symbolic pickle machine: as much of it as names may need, within a bound."""

from __future__ import annotations

from fairlead.check.scanners.pickle_ops import LONG_TEXT, BrokenPickleError
from fairlead.check.scanners.pickle_values import OPAQUE, Array, Dtype, Entries

__all__ = ["Memo", "MemoLimitError"]

_MAX_SLOTS = 16_000_000
_MAX_FAR = 100_000
_MAX_KEPT = 1_000_000
_MAX_TEXT = 32 << 20


class MemoLimitError(Exception):
    """The memo grows beyond what is followed."""


class Memo:
    """Values by index. Indices in a row cost eight bytes each; texts, tuples and dictionaries are kept up to a bound.

    Beyond the bound, a value counts as unknown, which no name can come from: what is not followed is not let through.
    """

    def __init__(self) -> None:
        self._row: list[object] = []
        self._far: dict[int, object] = {}
        self._kept = 0
        self._text = 0

    def __len__(self) -> int:
        return len(self._row) + len(self._far)

    def copy(self) -> Memo:
        """The same, to go on for itself."""
        other = Memo()
        other._row, other._far = [*self._row], {**self._far}
        other._kept, other._text = self._kept, self._text
        return other

    def put(self, index: int, value: object) -> None:
        """Keep a value, in place of the one that was there."""
        value = self._worth_keeping(value)
        if 0 <= index < len(self._row):
            self._row[index] = value
        elif index == len(self._row) < _MAX_SLOTS:
            self._row.append(value)
            self._far.pop(index, None)
        elif index < 0:
            raise BrokenPickleError(f"its memo has no place {index}")
        elif len(self._far) < _MAX_FAR:
            self._far[index] = value
        else:
            raise MemoLimitError("its memo grows beyond what a model needs")

    def get(self, index: object) -> object:
        """The value at an index. BrokenPickleError where there is none."""
        if isinstance(index, int):
            if 0 <= index < len(self._row):
                return self._row[index]
            if index in self._far:
                return self._far[index]
        raise BrokenPickleError(f"its memo has nothing at {index}")

    def _worth_keeping(self, value: object) -> object:
        if isinstance(value, str):
            self._text += len(value) + 64
            return value if self._text <= _MAX_TEXT else LONG_TEXT
        if isinstance(value, bytes):
            self._text += 64
            return value if self._text <= _MAX_TEXT else OPAQUE
        if not isinstance(value, (tuple, Entries, Dtype, Array)) or value == ():
            return value
        self._kept += 1
        if self._kept <= _MAX_KEPT:
            return value
        if isinstance(value, (Dtype, Array)):
            raise MemoLimitError(f"it keeps more than {_MAX_KEPT} arrays")
        if isinstance(value, Entries):
            # Somebody may fill it through the memo, which is then no longer seen.
            value.whole = False
        return OPAQUE
