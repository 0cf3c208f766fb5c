"""Pickles written opcode by opcode, as no pickler would write them; nothing here is ever loaded."""

from __future__ import annotations

import struct

__all__ = ["STOP", "call", "glob", "integer", "many", "proto", "raw", "stack_glob", "text", "torch_object"]

STOP = b"."
_STORAGE_ITEMS = 4


def proto(number: int) -> bytes:
    """PROTO."""
    return b"\x80" + bytes([number])


def glob(module: str, name: str) -> bytes:
    """GLOBAL, with both names in text."""
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def text(value: str) -> bytes:
    """BINUNICODE."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def stack_glob(module: str, name: str) -> bytes:
    """STACK_GLOBAL behind its two names."""
    return text(module) + text(name) + b"\x93"


def integer(value: int) -> bytes:
    """BININT."""
    return b"J" + struct.pack("<i", value)


def raw(data: bytes) -> bytes:
    """BINBYTES."""
    return b"B" + struct.pack("<I", len(data)) + data


def many(*items: bytes) -> bytes:
    """A tuple of any length."""
    return b"(" + b"".join(items) + b"t"


def call(module: str, name: str, *arguments: bytes) -> bytes:
    """REDUCE of an import with arguments."""
    return glob(module, name) + many(*arguments) + b"R"


def torch_object(*, storage: str = "FloatStorage", items: int = _STORAGE_ITEMS, extra: bytes = b"") -> bytes:
    """A state dictionary with one tensor, as torch.save pickles it, with `extra` in front."""
    identity = many(text("storage"), glob("torch", storage), text("0"), text("cpu"), integer(items))
    rebuilt = call(
        "torch._utils",
        "_rebuild_tensor_v2",
        identity + b"Q",
        integer(0),
        many(integer(items)),
        many(integer(1)),
        b"\x89",
        call("collections", "OrderedDict"),
    )
    return proto(2) + (extra + b"0" if extra else b"") + b"}" + text("weight") + rebuilt + b"s" + STOP
