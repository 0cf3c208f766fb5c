"""Pickles that would call what they should not, in every way that the opcodes know, and by many a detour."""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from functools import partial

from tests.corpus.assemble import STOP, call, glob, integer, many, proto, raw, stack_glob, text
from tests.corpus.case import Case

IMPORT, CALL, BROKEN = "scan/pickle-import", "scan/pickle-call", "scan/pickle-broken"
TRUE = text("true")


class Shell:
    """Would run `true`."""

    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, ("true",)


def weights() -> OrderedDict[str, list[float]]:
    """What an honest pickle may hold."""
    return OrderedDict(layer=[0.25, -1.5])


def honest(protocol: int = 2) -> bytes:
    """The twin of most."""
    return pickle.dumps(weights(), protocol=protocol)


def whole(*parts: bytes, protocol: int = 4) -> bytes:
    """A pickle from its parts."""
    return proto(protocol) + b"".join(parts) + STOP


def case(name: str, attack: bytes, benign: bytes | None = None, rule: str = IMPORT, path: str = "model.pkl") -> Case:
    """A case whose files are made already."""
    twin = honest() if benign is None else benign
    return Case(f"pickle: {name}", path, lambda: attack, lambda: twin, rule)


def detour(module: str, name: str, *arguments: bytes) -> Case:
    """A call by a name that no list of bad names would have to end with."""
    return case(f"{module}.{name}", whole(call(module, name, *arguments)))


OPCODES = [
    Case(f"pickle: protocol {number}", "m.pkl", partial(pickle.dumps, Shell(), number), partial(honest, number), IMPORT)
    for number in range(6)
]
OPCODES += [
    case("INST", b"(S'true'\nios\nsystem\n.", b"(lp0\nI1\na."),
    case("OBJ", b"(cos\nsystem\nS'true'\no.", b"(ccollections\nOrderedDict\no."),
    case("NEWOBJ", whole(glob("os", "_wrap_close"), many(TRUE), b"\x81"), whole(glob("builtins", "set"), b")\x81")),
    case("NEWOBJ_EX", whole(glob("subprocess", "Popen"), many(TRUE), b"}\x92")),
    case("STACK_GLOBAL", whole(stack_glob("os", "system"), many(TRUE), b"R"), whole(stack_glob("builtins", "set"))),
    case("dotted name", whole(stack_glob("os", "path.os.system"), many(TRUE), b"R")),
    case("dotted name under an allowed module", whole(stack_glob("collections", "abc.sys.exit"), b")R")),
    case(
        "name from the memo",
        whole(text("os") + b"\x94" + text("system") + b"\x94", b"h\x00h\x01\x93", many(TRUE), b"R"),
    ),
    case(
        "memo written twice",
        whole(
            text("os"),
            b"q\x00",
            text("system"),
            b"q\x01",
            text("builtins"),
            b"\x94",
            text("set"),
            b"\x94",
            b"h\x00h\x01\x93",
        ),
        whole(
            text("builtins"),
            b"q\x00",
            text("set"),
            b"q\x01",
            text("os"),
            b"\x94",
            text("system"),
            b"\x94",
            b"h\x00h\x01\x93",
        ),
    ),
    case("name from a call", whole(call("builtins", "str", text("os")), text("system"), b"\x93")),
    case("INST at the end of the file", b"(S'true'\nios\nsystemX", b"(lp0\n."),
    case("number in another notation", b"I0x10\n0" + pickle.dumps(Shell(), 0), b"I16\n0" + honest(0)),
    case("name with escapes", b"S'o\\x73'\nS'system'\n\x93.", b"S'builtins'\nS'set'\n\x93."),
    case("extension code", whole(b"\x82\x01")),
    case("persistent id", whole(text("storage"), b"Q", protocol=2), rule="scan/pickle-persistent"),
    case("call of what a call gave", whole(call("builtins", "dict"), b")R"), whole(call("builtins", "dict")), CALL),
    case(
        "state set on a class",
        whole(glob("collections", "OrderedDict"), b"}", text("x"), integer(1), b"sb"),
        whole(call("collections", "OrderedDict"), b"}", text("x"), integer(1), b"sb"),
        "scan/pickle-build",
    ),
    case("second pickle behind the first", honest() + pickle.dumps(Shell()), honest() + honest()),
    case("bytes behind STOP", honest() + b"\x00payload", rule=BROKEN),
    case("cut off behind the call", pickle.dumps(Shell())[:-1]),
    case("cut off", honest()[:-1], rule=BROKEN),
    case("opcode that is none", proto(2) + b"}\xff.", rule=BROKEN),
    case("bad opcode behind the call", pickle.dumps(Shell())[:-1] + b"\xff."),
    case("empty stack", whole(b"0R"), rule=BROKEN),
    case(
        "negative length",
        whole(b"\x8b" + struct.pack("<i", -1)),
        whole(b"\x8b" + struct.pack("<i", 1) + b"\x01"),
        BROKEN,
    ),
    case(
        "length of eight exabytes", whole(b"\x8d" + b"\xff" * 8), whole(b"\x8d" + struct.pack("<Q", 1) + b"a"), BROKEN
    ),
    case("stack of a million", whole(b"N" * 1_100_000), whole(b"(" + b"N" * 100_000 + b"l"), "scan/pickle-limit"),
    case("marks within marks", whole(b"(" * 20_000), whole(b"(((lll"), "scan/pickle-limit"),
    case(
        "memo far away",
        whole(b"Nr" + struct.pack("<I", 1 << 31)),
        whole(b"Nr" + struct.pack("<I", 1000)),
        "scan/pickle-limit",
    ),
    case(
        "tuples doubled",
        whole(b")" + b"2\x86" * 200_000 + b"2" * 1_100_000),
        whole(b")" + b"2\x86" * 10),
        "scan/pickle-limit",
    ),
]
DETOURS = [
    detour("builtins", "getattr", glob("builtins", "__import__"), text("__call__")),
    detour("builtins", "eval", text("1")),
    detour("__builtin__", "exec", text("1")),
    detour("operator", "attrgetter", text("system")),
    detour("_operator", "methodcaller", text("system")),
    detour("functools", "partial", glob("os", "system"), TRUE),
    detour("__main__", "Model"),
    detour("pip._internal", "main", many(text("install"))),
    detour("timeit", "timeit", text("1")),
    detour("bdb", "Bdb"),
    detour("pty", "spawn", TRUE),
    detour("asyncio.unix_events", "_UnixSubprocessTransport"),
    detour("pickle", "loads", raw(honest())),
    detour("_pickle", "loads", raw(honest())),
    detour("importlib", "import_module", text("os")),
    detour("pkgutil", "resolve_name", text("os:system")),
    detour("marshal", "loads", raw(b"N")),
    detour("types", "CodeType"),
    detour("cloudpickle.cloudpickle", "_make_function"),
    detour("dill._dill", "_create_function"),
    detour("numpy.f2py.crackfortran", "getlincoef", text("1")),
    detour("numpy.testing._private.utils", "runstring", text("1"), b"}"),
    detour("numpy.core", "_ufunc_reconstruct", text("os"), text("system")),
    detour("numpy", "memmap", text("file"), text("u1"), text("w+")),
    detour("scipy.stats._continuous_distns", "uniform_gen"),
    detour("torch", "load", text("other.pt")),
    detour("torch.hub", "load", text("someone/repository")),
    detour("sklearn.datasets._base", "load_files", text(".")),
    detour("sklearn.tests.test_pipeline", "Pipeline"),
    detour("joblib", "load", text("other.joblib")),
    detour("mailcap", "findmatch"),
    detour("_interpreters", "create"),
    detour("uuid", "_get_command_stdout", TRUE),
    detour("webbrowser", "open", text("http://localhost")),
    detour("ctypes", "CDLL", text("libc.so.6")),
]
ARGUMENTS = [
    case(
        "pickle within torch's bytes",
        whole(call("torch.storage", "_load_from_bytes", raw(pickle.dumps(Shell(), 2)))),
        whole(call("torch.storage", "_load_from_bytes", raw(honest()))),
    ),
    case(
        "torch's bytes that were kept before",
        whole(raw(pickle.dumps(Shell(), 2)), b"q\x000", glob("torch.storage", "_load_from_bytes"), b"h\x00\x85R"),
        whole(glob("torch.storage", "_load_from_bytes"), raw(honest()), b"\x85R"),
        IMPORT,
    ),
    case(
        "_codecs.encode with another codec",
        whole(call("_codecs", "encode", text("a"), text("rot13")), protocol=2),
        whole(call("_codecs", "encode", text("a"), text("latin1")), protocol=2),
        CALL,
    ),
    case(
        "scalar of an object's type",
        whole(call("numpy.core.multiarray", "scalar", call("numpy", "dtype", text("O8")), text("a"))),
        whole(call("numpy.core.multiarray", "scalar", call("numpy", "dtype", text("f8")), raw(b"\x00" * 8))),
        CALL,
    ),
]
CASES = [*OPCODES, *DETOURS, *ARGUMENTS]
