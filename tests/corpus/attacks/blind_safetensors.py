"""Headers of safetensors that are bent; written without having seen the scanner."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping

from tests.corpus.assemble import call, text, torch_object
from tests.corpus.case import Case
from tests.corpus.pack import patched


def _tensor(kind: str, shape: list[int], start: int, end: int) -> dict[str, object]:
    """One record of a safetensors header."""
    return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}


def _safe(header: Mapping[str, object] | bytes, size: int = 16, tail: bytes = b"", pad: bytes = b" ") -> bytes:
    """A safetensors file."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    head += pad * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + bytes(size) + tail


_A, _B = _tensor("F32", [2], 0, 8), _tensor("BF16", [2, 2], 8, 16)
_TWO = {"__metadata__": {"format": "pt"}, "a": _A, "b": _B}


def _safe_case(name: str, attack: bytes, benign: bytes = _safe(_TWO)) -> Case:
    """A case of safetensors."""
    return Case(f"blind safetensors: {name}", "model.safetensors", lambda: attack, lambda: benign)


CASES = [
    _safe_case("a hole with a pickle", _safe({"a": _A, "b": _tensor("BF16", [2, 2], 72, 80)}, size=80)),
    _safe_case("a key that is there twice", _safe(patched(json.dumps(_TWO).encode(), b'"b"', b'"a"'))),
    _safe_case(
        "a pickle behind the tensors", _safe(_TWO, tail=torch_object(extra=call("posix", "system", text("true"))))
    ),
    _safe_case("a shape that is not its bytes", _safe({"a": _tensor("F32", [3], 0, 8), "b": _B})),
    _safe_case(
        "a shape that overflows", _safe({"a": _tensor("F32", [1 << 62, 4], 0, 8), "b": _B}), _safe({"a": _A, "b": _B})
    ),
    _safe_case("a shape below nothing", _safe({"a": _tensor("F32", [-1, -2], 0, 8), "b": _B})),
    _safe_case("tensors over one another", _safe({"a": _A, "b": _tensor("BF16", [2, 2], 4, 12)}, size=12)),
    _safe_case(
        "a type that does not exist",
        _safe({"a": _tensor("OBJECT", [2], 0, 8), "b": _B}),
        _safe({"a": _tensor("F64", [1], 0, 8), "b": _B}),
    ),
    _safe_case(
        "notes that are no texts",
        _safe({**_TWO, "__metadata__": {"format": ["pt"]}}),
        _safe({**_TWO, "__metadata__": {"format": "pt", "x": "__import__('os')"}}),
    ),
    _safe_case("a header that is a list", _safe(b"[]", size=0), _safe(b"{}", size=0)),
    _safe_case(
        "a header behind white space",
        _safe(b"  " + json.dumps(_TWO).encode()),
        _safe(json.dumps(_TWO).encode() + b"    "),
    ),
    _safe_case("two values in a header", _safe(json.dumps(_TWO).encode() + b"{}")),
    _safe_case(
        "a number that is none",
        _safe({"a": _tensor("F32", [True, 2], 0, 8), "b": _B}),
        _safe({"a": _tensor("F32", [1, 2], 0, 8), "b": _B}),
    ),
    _safe_case(
        "bounds the wrong way round",
        _safe({"a": _tensor("F32", [2], 8, 0), "b": _B}),
        _safe({"a": _tensor("U8", [0], 0, 0), "b": _tensor("F16", [], 0, 2), "c": _tensor("F8_E4M3", [14], 2, 16)}),
    ),
]
