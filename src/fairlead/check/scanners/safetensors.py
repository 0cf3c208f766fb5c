"""safetensors: a JSON header that must account for every byte behind it.

Source: the format's README (huggingface/safetensors), "Format", and its `tensor.rs` (validation).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from fairlead.check.scanners.base import Place, Problem, shown
from fairlead.check.scanners.feed import CutError, Feed

__all__ = ["scan"]

_MAX_HEADER = 100_000_000
_MAX_DEPTH = 4
_META = "__metadata__"
_KEYS = {"dtype", "shape", "data_offsets"}
_BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
_MAX_LENGTH = 1 << 62
_MEND = "save the model again, or find out where it came from"


class _HeaderError(Exception):
    """The header is not what the format allows."""


def scan(feed: Feed, place: Place) -> Iterable[Problem]:
    """At most one problem: the first thing that is not as the format says."""
    try:
        end = _data_end(_header(feed))
        feed.skip(end)
    except (_HeaderError, CutError) as error:
        message = f"`{place.label}` is no sound safetensors file: {error}"
        return [Problem("scan/safetensors-header", message, _MEND)]
    if feed.peek(1):
        message = f"`{place.label}` goes on behind its last tensor"
        return [Problem("scan/safetensors-header", message, _MEND)]
    return []


def _header(feed: Feed) -> dict[str, object]:
    length = int.from_bytes(feed.take(8), "little")
    if length > _MAX_HEADER:
        raise _HeaderError(f"its header would be longer than {_MAX_HEADER} bytes")
    text = feed.take(length)
    if not text.startswith(b"{"):
        raise _HeaderError("its header does not begin with `{`")
    _judge_depth(text)
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _HeaderError("its header is no JSON") from error
    if not isinstance(header, dict):
        raise _HeaderError("its header is no object")
    return header


def _judge_depth(text: bytes) -> None:
    """A parser's stack must not depend on the file. Brackets in names count too: no honest name has many."""
    depth = 0
    for each in text.translate(None, _NO_BRACKETS):
        depth += 1 if each in b"{[" else -1
        if depth > _MAX_DEPTH:
            raise _HeaderError(f"its header is nested more than {_MAX_DEPTH} deep")


_NO_BRACKETS = bytes(each for each in range(256) if each not in b"{}[]")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _HeaderError("its header names something twice")
    return found


def _refuse(constant: str) -> object:
    raise _HeaderError(f"its header has {constant}, which is no JSON")


def _data_end(header: dict[str, object]) -> int:
    """Bytes of all tensors, once they stand one behind the other without holes or overlaps."""
    meta = header.pop(_META, {})
    if not isinstance(meta, dict) or not all(isinstance(each, str) for each in meta.values()):
        raise _HeaderError("its metadata are more than texts")
    end = 0
    for begin, until, name in sorted(_span(name, told) for name, told in header.items()):
        if begin != end:
            raise _HeaderError(f"there is a hole or an overlap before `{shown(name)}`")
        end = until
    return end


def _span(name: str, told: object) -> tuple[int, int, str]:
    if not isinstance(told, dict) or set(told) != _KEYS:
        raise _HeaderError(f"`{shown(name)}` has other keys than {', '.join(sorted(_KEYS))}")
    bits = _BITS.get(told["dtype"]) if isinstance(told["dtype"], str) else None
    shape, offsets = told["shape"], told["data_offsets"]
    if bits is None:
        raise _HeaderError(f"`{shown(name)}` has a type that is not known")
    if not _are_lengths(shape) or not _are_lengths(offsets) or len(offsets) != 2:  # noqa: PLR2004 - begin, end
        raise _HeaderError(f"`{shown(name)}` has no sound shape or place")
    size = bits
    for length in shape:
        size = min(size * length, _MAX_LENGTH)
    if offsets[1] < offsets[0] or (offsets[1] - offsets[0]) * 8 != size:
        raise _HeaderError(f"`{shown(name)}` takes other room than its shape needs")
    return offsets[0], offsets[1], name


def _are_lengths(value: object) -> bool:
    return isinstance(value, list) and all(type(each) is int and 0 <= each < _MAX_LENGTH for each in value)
