"""A symbolic pickle machine: it moves the names of things as an unpickler moves the things, and imports or calls none.

`pickle_operations.py` says what each opcode does to it. Where the real machine would import, the name is compared with
the allow-list; where it would call, the callee must be such a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fairlead.check.scanners.allowed import is_allowed
from fairlead.check.scanners.base import shown
from fairlead.check.scanners.pickle_memo import Memo
from fairlead.check.scanners.pickle_ops import BrokenPickleError
from fairlead.check.scanners.pickle_values import OPAQUE, Array, Dtype, Entries, Name, made

__all__ = ["LimitError", "Machine"]

_MAX_STACK = 1_000_000
_MAX_MARKS = 10_000
_MAX_SAID = 20
_MAX_WITHIN = 64 << 20
_CALLED = {"__setstate__", "add", "append", "extend"}
"""Attributes that opcodes call, also where an instance has them from its state."""

_MAX_UNASKED = 64 << 10
_MAX_SEEN = 3

_RECONSTRUCTORS = {Name("copyreg", "_reconstructor"), Name("copy_reg", "_reconstructor")}
_ARRAY = Name("joblib.numpy_pickle", "NumpyArrayWrapper")
_DTYPE = Name("numpy", "dtype")
_LOAD = Name("torch.storage", "_load_from_bytes")
_ENCODE = Name("_codecs", "encode")
_LATIN = {"latin1", "latin-1"}
_LATIN_ARGS = {("latin1",), ("latin-1",)}

_IMPORTABLE = re.compile(r"[\w.]+")


class LimitError(Exception):
    """The pickle asks for more room than the machine gives."""


class Machine:
    """The state of one unpickling. `said` are rules with what they concern; the rest serves whoever walks the bytes."""

    def __init__(self) -> None:
        self.memo = Memo()
        self.said: dict[tuple[str, str], None] = {}
        self.stack: list[object] = []
        self.imported: Name | None = None
        self.imports = 0
        self.called_import = False
        self.built: Array | None = None
        self.persistent: list[object] = []
        self.within: list[bytes] = []
        self._room = _MAX_WITHIN
        self._marks: list[list[object]] = []
        self._below = 0
        self._names: dict[tuple[str, str], Name] = {}

    def shadow(self) -> Machine:
        """Another machine in the same state, which goes on for itself."""
        other = Machine()
        other.memo = self.memo.copy()
        other.stack, other._below = [*self.stack], self._below
        other._marks = [[*each] for each in self._marks]
        return other

    def say(self, rule: str, about: str) -> None:
        """Note a finding once; a bounded number of them."""
        if len(self.said) < _MAX_SAID:
            self.said[rule, shown(about)] = None

    def push(self, value: object) -> None:
        """Put a value on the stack."""
        if len(self.stack) + self._below >= _MAX_STACK:
            raise LimitError(f"its stack has more than {_MAX_STACK} values")
        self.stack.append(value)

    def mark(self) -> None:
        """MARK: values from here on belong together."""
        if len(self._marks) >= _MAX_MARKS:
            raise LimitError(f"it has more than {_MAX_MARKS} marks within one another")
        self._marks.append(self.stack)
        self._below += len(self.stack)
        self.stack = []

    def pop_mark(self) -> list[object]:
        """Values since the last mark, which goes."""
        items, self.stack = self.stack, self._marks.pop()
        self._below -= len(self.stack)
        return items

    def pop(self) -> None:
        """POP: the last value, or else the last mark."""
        if self.stack:
            self.stack.pop()
        else:
            self.pop_mark()

    def name(self, module: str, name: str) -> Name:
        """An import. Whoever calls it puts it on the stack. `imports` counts those that an interpreter would try."""
        self.imports += _IMPORTABLE.fullmatch(f"{module}.{name}") is not None
        found = self._names.get((module, name))
        if found is None:
            found = Name(module, name)
            if not is_allowed(module, name):
                self.say("scan/pickle-import", str(found))
            elif len(self._names) < _MAX_STACK:
                self._names[module, name] = found
        self.imported = found
        return found

    def stack_global(self) -> None:
        """STACK_GLOBAL: both names must be texts that are known to the letter."""
        name, module = self.stack.pop(), self.stack.pop()
        if isinstance(name, str) and isinstance(module, str):
            self.push(self.name(module, name))
            return
        self.imports += 1
        self.imported = None
        self.say("scan/pickle-import", "a name that is computed while it is loaded")
        self.push(OPAQUE)

    def call(self, callee: object, args: object) -> object:
        """What calling it would give. Only what was imported by an allowed name may be called."""
        self.called_import = self.called_import or self.imports > 0
        if not isinstance(callee, Name):
            self.say("scan/pickle-call", "a value that was computed while it is loaded")
            return OPAQUE
        if callee in _RECONSTRUCTORS:
            callee, args = self._reconstructed(args), ()
        if callee == _ARRAY:
            return Array(clear=args == ())
        if callee == _DTYPE:
            return Dtype(args[0] if isinstance(args, tuple) and args else None)
        if callee == _LOAD:
            self._load(args)
        self._judge_arguments(callee, args)
        if callee == _ENCODE and isinstance(args, tuple) and isinstance(args[0], str) and args[1:] in _LATIN_ARGS:
            return args[0].encode("latin-1", "replace")
        return made(callee) if (callee.module, callee.name) in self._names else OPAQUE

    def keeps(self, length: int) -> bool:
        """Whether bytes of this length are kept: those that another pickle may be in, once something loads one."""
        if length > (self._room if self._loads else min(self._room, _MAX_UNASKED)):
            return False
        self._room -= length
        return True

    @property
    def _loads(self) -> bool:
        return (_LOAD.module, _LOAD.name) in self._names

    def hold(self, items: Iterable[object]) -> None:
        """Values that go into others. torch's loader of bytes must not: whoever calls it later does so unseen."""
        if self._loads and any(isinstance(each, Name) and each == _LOAD for each in items):
            self.say("scan/pickle-call", f"{_LOAD} from where it is kept")

    def _load(self, args: object) -> None:
        """Torch's pickle within bytes: `within` is for those who walk the bytes."""
        if not isinstance(args, tuple) or len(args) != 1 or not isinstance(args[0], bytes):
            self.say("scan/pickle-call", f"{_LOAD} with bytes that are not followed")
            return
        self.within.append(args[0])

    def _reconstructed(self, args: object) -> Name:
        kind = args[0] if isinstance(args, tuple) and args else None
        if not isinstance(kind, Name):
            self.say("scan/pickle-call", "a class that was computed while it is loaded")
            return Name("builtins", "object")
        return kind

    def _judge_arguments(self, callee: Name, args: object) -> None:
        """Few allowed calls are harmless with some arguments only."""
        if callee == _ENCODE:
            codec = args[1] if isinstance(args, tuple) and len(args) > 1 else None
            if codec not in _LATIN:
                self.say("scan/pickle-call", "_codecs.encode with another encoding than Latin-1")
        if callee.name == "scalar":
            # With an object's type it hands its argument back, whatever that is.
            kind = args[0] if isinstance(args, tuple) and args else None
            if not isinstance(kind, Dtype) or not kind.item_size():
                self.say("scan/pickle-call", f"{callee} with a type that cannot be told")
        if (_ARRAY.module, _ARRAY.name) in self._names and not _is_plain(args):
            # It might hand an array of joblib's back, whose numbers would then be taken for opcodes.
            self.say("scan/pickle-call", f"{callee} with an array of joblib's")

    def build(self, state: object) -> None:
        """BUILD: the state of what is on top. Set on a class or function, it would change the program itself."""
        target = self.stack[-1]
        self.hold([state])
        if isinstance(target, Name):
            self.say("scan/pickle-build", str(target))
        elif isinstance(target, Dtype):
            target.states.append(state)
        elif isinstance(target, Array):
            target.build(state)
            self.built = target
            self.stack[-1] = OPAQUE

    def put_all(self, items: list[object]) -> None:
        """SETITEMS, DICT: keys and values in turn."""
        if len(items) % 2:
            raise BrokenPickleError("a dictionary has a key without a value")
        target = self.stack[-1]
        pairs = zip(items[::2], items[1::2], strict=True)
        self.hold(value for key, value in pairs if not isinstance(key, str) or key in _CALLED)
        if isinstance(target, Entries):
            for key, value in zip(items[::2], items[1::2], strict=True):
                target.put(key, value)

    def persist(self, identity: object) -> None:
        """PERSID, BINPERSID: the loader decides what this is; torch's knows storages."""
        if len(self.persistent) >= _MAX_STACK:
            raise LimitError(f"it has more than {_MAX_STACK} persistent ids")
        self.hold([identity])
        self.persistent.append(identity)
        self.push(OPAQUE)


def _is_plain(args: object, depth: int = 0) -> bool:
    """Whether a call's arguments can be seen, and hold no array of joblib's."""
    if isinstance(args, tuple):
        return depth < _MAX_SEEN and all(_is_plain(each, depth + 1) for each in args)
    return depth > 0 and args != _ARRAY and not isinstance(args, Array)
