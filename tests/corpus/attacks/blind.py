"""Pickles written without having seen the scanner: imports near the honest ones, and tricks of the opcodes."""

from __future__ import annotations

import struct

from tests.corpus.assemble import STOP, call, glob, integer, many, proto, raw, stack_glob, text
from tests.corpus.case import Case

_EMPTY = call("collections", "OrderedDict")
_TRUE = call("posix", "system", text("true"))
_SGD = "sklearn.linear_model._base"


def _state(value: bytes, *, number: int = 4) -> bytes:
    """A dictionary with one entry, which is `value`."""
    return proto(number) + b"}" + text("model") + value + b"s" + STOP


def _swap(name: str, attack: bytes, benign: bytes, path: str = "model.pkl") -> Case:
    """A case whose files differ in one value of a dictionary."""
    return Case(f"blind pickle: {name}", path, lambda: _state(attack), lambda: _state(benign))


def _line(value: str) -> bytes:
    """UNICODE, whose escapes the unpickler undoes."""
    return b"V" + value.encode() + b"\n"


def _short(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    return b"\x8c" + bytes([len(value)]) + value.encode()


def legacy(body: bytes, keys: bytes = b"") -> bytes:
    """What torch.save wrote before 1.6: five pickles, one behind the other, then the numbers of the storages."""
    magic = proto(2) + b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19" + STOP
    order = text("little_endian") + b"\x88s"
    sizes = text("short") + b"K\x02s" + text("int") + b"K\x04s" + text("long") + b"K\x04s"
    about = text("protocol_version") + b"M\xe9\x03s" + order + text("type_sizes") + b"}" + sizes + b"s"
    parts = [magic, proto(2) + b"M\xe9\x03" + STOP, proto(2) + b"}" + about + STOP, body]
    named = keys or proto(2) + b"]" + text("0") + b"a" + STOP
    return b"".join(parts) + named + struct.pack("<q4f", 4, *[1.0] * 4)


def legacy_object(extra: bytes = b"") -> bytes:
    """The object of such a file; its storages' identities have one more field, the view."""
    identity = many(text("storage"), glob("torch", "FloatStorage"), text("0"), text("cpu"), integer(4), b"N")
    place = identity + b"Q" + integer(0) + many(integer(4)) + many(integer(1)) + b"\x89" + _EMPTY
    tensor = glob("torch._utils", "_rebuild_tensor_v2") + b"(" + place + b"tR"
    return proto(2) + (extra + b"0" if extra else b"") + b"}" + text("weight") + tensor + b"s" + STOP


def _cut(body: bytes) -> bytes:
    """A file of old that ends within its object, behind a call."""
    whole = legacy(body)
    return whole[: whole.index(b"weight") + 3]


def _memo(module: int, name: int, argument: bytes = b"") -> bytes:
    """Four strings under places that are set out of order; MEMOIZE counts the places, so its own is 2."""
    kept = text("posix") + b"q\x05" + text("system") + b"r\x06\x00\x00\x00"
    kept += text("collections") + b"\x94" + text("OrderedDict") + b"p9\n" + b"0000"
    return kept + b"h" + bytes([module]) + b"g" + str(name).encode() + b"\n\x93" + many(argument) + b"R"


def _instance(module: str, name: str) -> bytes:
    """NEWOBJ without arguments."""
    return glob(module, name) + b")\x81"


_COEF = b"}" + text("coef_") + b"G" + struct.pack(">d", 1.0) + b"s"
_PATCH = b"N}" + text("predict") + b"K\x01s\x86"
_NESTED_GOOD = call("torch.storage", "_load_from_bytes", raw(legacy(legacy_object())))
_NESTED_BAD = call("torch.storage", "_load_from_bytes", raw(legacy(legacy_object(_TRUE))))
_WIDE = struct.pack("<Q", 1 << 40)

_IMPORTS = [
    ("an evaluation deep in numpy", call("numpy.f2py.crackfortran", "getlincoef", text("1"), b"}")),
    ("numpy's test runner of strings", call("numpy.testing._private.utils", "runstring", text("pass"), b"}")),
    ("a shell in torch's report of the environment", call("torch.utils.collect_env", "run", text("true"))),
    ("torch reads one more file", call("torch.serialization", "load", text("/dev/null"))),
    ("a model from torch's hub", call("torch.hub", "load", text("no/where"), text("none"))),
    ("torch loads a library", call("torch._ops", "_Ops.load_library", text("/dev/null"))),
    ("numpy reads pickles elsewhere", call("numpy", "load", text("/dev/null"), b"N\x88")),
    ("joblib reads one more file", call("joblib.numpy_pickle", "load", text("/dev/null"))),
    ("a loader of scikit-learn that fetches", call("sklearn.datasets._base", "load_files", text("/dev/null"))),
    ("pandas evaluates", call("pandas.core.computation.eval", "eval", text("1"))),
    ("transformers' code from elsewhere", glob("transformers.dynamic_module_utils", "get_class_from_dynamic_module")),
    ("a name that pydoc finds", call("pydoc", "locate", text("posix.system")) + many(text("true")) + b"R"),
    ("a name that logging finds", call("logging.config", "_resolve", text("posix.system"))),
    ("a command in uuid", call("uuid", "_get_command_stdout", text("true"))),
    ("a subinterpreter", call("_interpreters", "create")),
    ("an exit handler", call("atexit", "register", glob("builtins", "list"))),
    ("code of one's own", call("types", "FunctionType", b"N}")),
    ("a function of dill", call("dill._dill", "_create_function", b"N}")),
    ("a module that cloudpickle imports", call("cloudpickle.cloudpickle", "subimport", text("this_is_not_there"))),
    ("a label of lib2to3", call("lib2to3.pgen2.pgen", "ParserGenerator.make_label", b"NN" + text("'1'"))),
    ("a library through ctypes", call("ctypes", "CDLL", b"N")),
    ("a method called by name", call("operator", "methodcaller", text("keys")) + many(b"}") + b"R"),
    ("a partial call", call("functools", "partial", glob("builtins", "len"), b"]") + b")R"),
    ("a module of numpy's neighbour", call("numpy_", "ndarray", integer(0))),
]

_DOTTED = [
    (
        "a module behind collections",
        stack_glob("collections", "_sys.modules"),
        stack_glob("collections", "OrderedDict"),
    ),
    (
        "globals behind a tensor's builder",
        stack_glob("torch._utils", "_rebuild_tensor_v2.__globals__"),
        stack_glob("torch._utils", "_rebuild_tensor_v2"),
    ),
    (
        "a dotted name of an honest class",
        stack_glob("collections", "OrderedDict.__init__.__class__"),
        stack_glob("collections", "OrderedDict"),
    ),
]

_OPCODES = [
    ("names fetched from a memo out of order", _memo(5, 6, text("true")), _memo(2, 9)),
    (
        "names with escapes",
        _line("posi\\u0078") + _line("s\\u0079stem") + b"\x93(" + _line("true") + b"tR",
        _line("c\\u006fllections") + _line("Ordered\\u0044ict") + b"\x93)R",
    ),
    (
        "a name that is computed",
        call("_codecs", "decode", raw(b"cbfvk"), text("rot13")) + _short("x") + b"\x93",
        _EMPTY,
    ),
    ("a name doubled on the stack", _short("code") + b"2\x93", _short("collections") + _short("Counter") + b"\x93)R"),
    ("INST", b"(" + text("true") + b"iposix\nsystem\n", b"(icollections\nOrderedDict\n"),
    ("OBJ", b"(" + glob("posix", "system") + text("true") + b"o", b"(" + glob("collections", "OrderedDict") + b"o"),
    (
        "NEWOBJ_EX",
        glob("subprocess", "Popen") + many(text("true")) + b"}\x92",
        glob(_SGD, "LinearRegression") + b")}\x92",
    ),
    ("an extension's number", b"\x82\x01)R", glob("collections", "OrderedDict") + b")R"),
    (
        "an extension that is registered first",
        call("copyreg", "add_extension", text("posix"), text("system"), b"K\xf0"),
        _EMPTY,
    ),
    ("a persistent name in text", b"Pmodule:posix\n", text("module:posix")),
    (
        "BUILD on a class",
        glob(_SGD, "LinearRegression") + _PATCH + b"b",
        _instance(_SGD, "LinearRegression") + _COEF + b"b",
    ),
    (
        "BUILD on a function",
        glob("torch._utils", "_rebuild_tensor_v2") + b"N}" + text("__module__") + text("posix") + b"s\x86b",
        glob("torch._utils", "_rebuild_tensor_v2"),
    ),
    ("a text that has no end", b"\x8d" + _WIDE + b"aaaa", b"\x8d" + struct.pack("<Q", 4) + b"aaaa"),
    ("bytes that have no end", b"\x8e" + _WIDE + b"aaaa", b"\x8e" + struct.pack("<Q", 4) + b"aaaa"),
    ("a second protocol that does not exist", b"\x80\xffN", b"\x80\x04N"),
    ("an opcode that does not exist", b"\xffN", b"N"),
    ("a pickle within torch's bytes", _NESTED_BAD, _NESTED_GOOD),
    ("a result that is thrown away", b"(" + _TRUE + b"1N", b"(" + _EMPTY + b"1N"),
    ("a call in a key", b"}" + _TRUE + b"K\x01s", b"}" + text("posix.system") + b"K\x01s"),
    (
        "a reader of files",
        call("_io", "FileIO", text("/dev/null")),
        call("_codecs", "encode", text("/dev/null"), text("latin1")),
    ),
    (
        "a list that is a frozen set's builder",
        call("builtins", "map", glob("builtins", "len"), b"]"),
        call("builtins", "set", b"]"),
    ),
]

CASES = [_swap(name, attack, _EMPTY) for name, attack in _IMPORTS]
CASES += [_swap(name, attack, benign) for name, attack, benign in [*_DOTTED, *_OPCODES]]
CASES += [
    Case(
        "blind torch: a call in an old file's fourth pickle",
        "model.pt",
        lambda: legacy(legacy_object(_TRUE)),
        lambda: legacy(legacy_object()),
    ),
    Case(
        "blind torch: a call in an old file's last pickle",
        "pytorch_model.bin",
        lambda: legacy(legacy_object(), proto(2) + _TRUE + STOP),
        lambda: legacy(legacy_object()),
    ),
    Case(
        "blind torch: no protocol at all", "weights.bin", lambda: b"(" + _TRUE + b"l.", lambda: b"(lp0\nF1.0\naI1\na."
    ),
    Case(
        "blind torch: a stream that breaks behind the call",
        "model.bin",
        lambda: _cut(legacy_object(_TRUE)),
        lambda: legacy(legacy_object()),
    ),
    Case(
        "blind torch: honest imports, and no end",
        "model.ckpt",
        lambda: _cut(legacy_object()),
        lambda: legacy(legacy_object()),
    ),
    Case(
        "blind pickle: a second pickle behind the first",
        "model.pkl",
        lambda: _state(_EMPTY) + _state(_TRUE),
        lambda: _state(_EMPTY) + _state(_EMPTY),
    ),
    Case("blind pickle: another ending", "model.dat", lambda: _state(_TRUE), lambda: _state(_EMPTY)),
    Case("blind pickle: the file has no ending", "weights", lambda: _state(_TRUE), lambda: _state(_EMPTY)),
    Case("blind pickle: named as a text", "labels.txt", lambda: _state(_TRUE), lambda: b"cat\ndog\n"),
    Case("blind pickle: named as JSON", "config.json", lambda: b"(" + _TRUE + b"l.", lambda: b'{"model_type": "bert"}'),
]
