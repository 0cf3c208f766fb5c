"""What each opcode does to the symbolic machine: to stack, marks and memo what CPython's `Modules/_pickle.c` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from fairlead.check.scanners.pickle_machine import Machine
from fairlead.check.scanners.pickle_ops import BrokenPickleError
from fairlead.check.scanners.pickle_values import OPAQUE, Entries

__all__ = ["apply"]

_MAX_TUPLE = 16
_MAX_PROTOCOL = 5
_MAX_INDEX = 1 << 27
"""From here on, CPython in C takes gigabytes for the memo alone."""

_Operation: TypeAlias = Callable[[Machine, object], None]


def apply(machine: Machine, code: int, carried: object) -> None:
    """Do one opcode. BrokenPickleError where an unpickler would fail, LimitError where it takes too much."""
    try:
        _OPERATIONS[code](machine, carried)
    except IndexError:
        raise BrokenPickleError("an opcode needs more values than there are") from None


def _tuple(machine: Machine, items: list[object]) -> object:
    machine.hold(items)
    return tuple(items) if len(items) <= _MAX_TUPLE else OPAQUE


def _take(machine: Machine, count: int) -> list[object]:
    if len(machine.stack) < count:
        raise IndexError
    items = machine.stack[len(machine.stack) - count :]
    del machine.stack[len(machine.stack) - count :]
    return items


def _reduce(machine: Machine, _: object) -> None:
    callee, args = _take(machine, 2)
    machine.push(machine.call(callee, args))


def _new_with_names(machine: Machine, _: object) -> None:
    callee, args, names = _take(machine, 3)
    machine.push(machine.call(callee, args if names in ({}, OPAQUE) else OPAQUE))


def _inst(machine: Machine, carried: object) -> None:
    assert isinstance(carried, tuple)  # noqa: S101 - tokens() gives both names
    callee = machine.name(*carried)  # CPython in Python imports before it looks for the mark
    machine.push(machine.call(callee, _tuple(machine, machine.pop_mark())))


def _obj(machine: Machine, _: object) -> None:
    items = machine.pop_mark()
    machine.push(machine.call(items[0], _tuple(machine, items[1:])))


def _global(machine: Machine, carried: object) -> None:
    assert isinstance(carried, tuple)  # noqa: S101 - tokens() gives both names
    machine.push(machine.name(*carried))


def _extension(machine: Machine, carried: object) -> None:
    machine.imports += 1
    machine.imported = None
    machine.say("scan/pickle-import", f"extension code {carried}, whose meaning is not in the file")
    machine.push(OPAQUE)


def _protocol(_: Machine, carried: object) -> None:
    if not isinstance(carried, int) or carried > _MAX_PROTOCOL:
        raise BrokenPickleError(f"protocol {carried} is not known")


def _put(machine: Machine, index: object) -> None:
    place = index if isinstance(index, int) else -1
    if place >= _MAX_INDEX:
        machine.say("scan/pickle-limit", f"{place} values in its memo")
    machine.memo.put(place, machine.stack[-1])


def _dict(machine: Machine, _: object) -> None:
    items = machine.pop_mark()
    machine.push(Entries())
    machine.put_all(items)


def _collect(machine: Machine, _: object) -> None:
    machine.hold(machine.pop_mark())
    machine.push(OPAQUE)


def _discard_all(machine: Machine, _carried: object) -> None:
    """APPENDS, ADDITEMS: items go into what is below them, which must be there: IndexError."""
    machine.hold(machine.pop_mark())
    _ = machine.stack[-1]


def _pop_mark(machine: Machine, _: object) -> None:
    machine.pop_mark()


def _append(machine: Machine, _carried: object) -> None:
    """APPEND: the same for one item."""
    machine.hold([machine.stack.pop()])
    _ = machine.stack[-1]


def _nothing(_machine: Machine, _: object) -> None:
    """FRAME and READONLY_BUFFER change no name."""


def _constant(value: object) -> _Operation:
    return lambda machine, _: machine.push(value)


def _tuple_of(count: int) -> _Operation:
    return lambda machine, _: machine.push(_tuple(machine, _take(machine, count)))


_OPERATIONS: dict[int, _Operation] = {
    **dict.fromkeys(b"LFG\x8a\x8b\x96\x97", _constant(OPAQUE)),
    **dict.fromkeys(b"IJKMSTUVX\x8c\x8d", lambda machine, carried: machine.push(carried)),
    **dict.fromkeys(b"BC\x8e", lambda machine, carried: machine.push(OPAQUE if carried is None else carried)),
    **dict.fromkeys(b"l\x91", _collect),
    **dict.fromkeys(b"\x82\x83\x84", _extension),
    **dict.fromkeys(b"]\x8f", _constant(OPAQUE)),
    **dict.fromkeys(b"e\x90", _discard_all),
    **dict.fromkeys(b"\x95\x98", _nothing),
    **dict.fromkeys(b"gjh", lambda machine, index: machine.push(machine.memo.get(index))),
    **dict.fromkeys(b"pqr", _put),
    **dict.fromkeys(b"R\x81", _reduce),
    ord("("): lambda machine, _: machine.mark(),
    ord("."): lambda machine, _: machine.pop(),
    ord("0"): lambda machine, _: machine.pop(),
    ord("1"): _pop_mark,
    ord("2"): lambda machine, _: machine.push(machine.stack[-1]),
    ord("N"): _constant(None),
    0x88: _constant(value=True),
    0x89: _constant(value=False),
    ord(")"): _constant(()),
    ord("}"): lambda machine, _: machine.push(Entries()),
    ord("a"): _append,
    ord("d"): _dict,
    ord("s"): lambda machine, _: machine.put_all(_take(machine, 2)),
    ord("u"): lambda machine, _: machine.put_all(machine.pop_mark()),
    ord("t"): lambda machine, _: machine.push(_tuple(machine, machine.pop_mark())),
    0x85: _tuple_of(1),
    0x86: _tuple_of(2),
    0x87: _tuple_of(3),
    ord("c"): _global,
    ord("i"): _inst,
    ord("o"): _obj,
    ord("b"): lambda machine, _: machine.build(machine.stack.pop()),
    ord("P"): lambda machine, _: machine.persist(OPAQUE),
    ord("Q"): lambda machine, _: machine.persist(machine.stack.pop()),
    0x80: _protocol,
    0x92: _new_with_names,
    0x93: lambda machine, _: machine.stack_global(),
    0x94: lambda machine, _: machine.memo.put(len(machine.memo), machine.stack[-1]),
}
"""What each opcode does to the machine, by its byte."""
