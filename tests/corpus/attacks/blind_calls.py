"""The ways in which a pickle calls what it has; written without having seen the scanner.

What is called is torch's reader of bytes, an honest name that plain pickles of storages hold.
"""

from __future__ import annotations

from tests.corpus.assemble import STOP, call, glob, many, proto, raw, text
from tests.corpus.attacks.blind import legacy, legacy_object
from tests.corpus.case import Case

_TRUE = call("posix", "system", text("true"))
_EVIL = proto(4) + _TRUE + STOP
_OLD_BAD = legacy(legacy_object(_TRUE))
_OLD_GOOD = legacy(legacy_object())
_LOAD = glob("torch.storage", "_load_from_bytes")
_DICT = call("collections", "OrderedDict")


def _state(value: bytes) -> bytes:
    """A dictionary with one entry, which is `value`."""
    return proto(5) + b"}" + text("model") + value + b"s" + STOP


def _swap(name: str, attack: bytes, benign: bytes) -> Case:
    """A case whose files differ in one value of a dictionary."""
    return Case(f"blind deeper: {name}", "model.pkl", lambda: _state(attack), lambda: _state(benign))


def _named(name: str, argument: bytes, opcode: bytes) -> bytes:
    """An honest dictionary gets a method of its own from its state, and an opcode calls it."""
    return _DICT + b"}" + text(name) + _LOAD + b"sb" + argument + opcode


def _latin(data: bytes) -> bytes:
    """Bytes as protocol 2 spells them."""
    return call("_codecs", "encode", text(data.decode("latin1")), text("latin1"))


def _bytearray(data: bytes) -> bytes:
    """BYTEARRAY8."""
    return b"\x96" + len(data).to_bytes(8, "little") + data


_BYTES = raw(_OLD_BAD)
_CALL = many(_BYTES) + b"R"
_FINE = _LOAD + many(raw(_OLD_GOOD)) + b"R"


CASES = [
    _swap("a method in an instance, by BUILD", _named("__setstate__", _BYTES, b"b"), _named("x", b"}", b"b")),
    _swap(
        "a method in an instance, by APPEND", _named("append", _BYTES, b"a"), _DICT + b"}" + text("append") + b"K\x01sb"
    ),
    _swap(
        "a method in an instance, by ADDITEMS",
        _DICT + b"}" + text("add") + _LOAD + b"sb(" + _BYTES + b"\x90",
        b"\x8f(" + text("add") + b"\x90",
    ),
    _swap(
        "torch's bytes as protocol 2 spells them",
        _LOAD + many(_latin(_OLD_BAD)) + b"R",
        _LOAD + many(_latin(_OLD_GOOD)) + b"R",
    ),
    _swap(
        "torch's bytes from the memo",
        _BYTES + b"\x940" + _LOAD + b"(h\x00tR",
        raw(_OLD_GOOD) + b"\x940" + _LOAD + b"(h\x00tR",
    ),
    _swap(
        "torch's bytes, made on the way",
        _LOAD + many(call("builtins", "bytes", call("builtins", "list", raw(_EVIL)))) + b"R",
        _LOAD + many(raw(_OLD_GOOD)) + b"R",
    ),
    _swap(
        "three pickles within one another",
        _LOAD + many(raw(_state(_LOAD + many(_BYTES) + b"R"))) + b"R",
        _LOAD + many(raw(_state(_LOAD + many(raw(_OLD_GOOD)) + b"R"))) + b"R",
    ),
    _swap(
        "torch's bytes, called by OBJ", b"(" + _LOAD + _BYTES + b"o", b"(" + glob("collections", "OrderedDict") + b"o"
    ),
    _swap("torch's bytes, called by INST", b"(" + _BYTES + b"i" + _LOAD[1:], _FINE),
    _swap(
        "torch's bytes, by a name from the memo",
        _LOAD + b"\x940h\x00" + _CALL,
        _LOAD + b"\x940h\x00" + _FINE[len(_LOAD) :],
    ),
    _swap("torch's bytes that can be changed", _LOAD + many(_bytearray(_OLD_BAD)) + b"R", _FINE),
    _swap("torch's bytes, called twice", _FINE + b"0" + _LOAD + _CALL, _FINE + b"0" + _FINE),
    _swap(
        "a factory that is torch's reader",
        call("collections", "defaultdict", _LOAD),
        call("collections", "defaultdict", glob("builtins", "dict")),
    ),
    _swap(
        "a method in an instance, by APPENDS",
        _DICT + b"}" + text("append") + _LOAD + b"sb(" + _BYTES + b"e",
        _DICT + b"(" + text("a") + b"Nu",
    ),
]
