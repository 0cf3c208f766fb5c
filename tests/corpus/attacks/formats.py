"""Formats without pickles: what their own readers would run, read, or take at its word."""

from __future__ import annotations

import json
import struct
from functools import partial

from tests.corpus.case import Case
from tests.corpus.pack import keras

HEADER, GGUF, CODE = "scan/safetensors-header", "scan/gguf-structure", "scan/keras-code"
NATIVE = "scan/native-code"


def field(number: int, data: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    length, size = b"", len(data)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return (
        bytes([(number << 3 | 2) & 127 | (128 if number > 15 else 0), *([number >> 4] if number > 15 else [])])
        + length
        + bytes([size])
        + data
    )


def onnx(*nodes: bytes, functions: bytes = b"", initializer: bytes = b"") -> bytes:
    """A model with nodes."""
    graph = b"".join(field(1, node) for node in nodes) + initializer + field(12, field(1, b"y"))
    return b"\x08\x08" + field(7, graph) + field(8, field(1, b"") + b"\x10\x15") + functions


def node(kind: bytes, domain: bytes = b"", attribute: bytes = b"") -> bytes:
    """An operator."""
    return field(1, b"x") + field(2, b"y") + field(4, kind) + field(7, domain) + attribute


def outside(location: bytes) -> bytes:
    """Weights in another file."""
    return field(5, field(13, field(1, b"location") + field(2, location)))


def saved_model(kind: bytes, function: bytes = b"AddV2") -> bytes:
    """A SavedModel with one operation in its graph and one in its library."""
    library = field(2, field(1, field(1, field(1, b"f")) + field(3, field(1, b"n") + field(2, function))))
    graph = field(1, field(1, b"n") + field(2, kind)) + library
    return b"\x08\x01" + field(2, field(1, field(5, b"2.20")) + field(2, graph))


def safetensors(header: dict[str, object] | bytes, data: bytes = b"\x00" * 16) -> bytes:
    """A file with this header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(begin: int, end: int, *shape: int, dtype: str = "F32") -> dict[str, object]:
    """A tensor's entry."""
    return {"dtype": dtype, "shape": [*shape], "data_offsets": [begin, end]}


def sound() -> bytes:
    """Two tensors of eight bytes."""
    return safetensors({"__metadata__": {"format": "pt"}, "a": tensor(0, 8, 2), "b": tensor(8, 16, 1, 2)})


def safe(name: str, header: dict[str, object] | bytes, data: bytes = b"\x00" * 16) -> Case:
    """A header that is not as the format says."""
    return Case(f"safetensors: {name}", "m.safetensors", lambda: safetensors(header, data), sound, HEADER)


def string(value: bytes) -> bytes:
    """GGUF's text."""
    return struct.pack("<Q", len(value)) + value


def gguf(
    *, tensors: int = 1, version: int = 3, offset: int = 0, alignment: int = 32, template: bytes = b"{{ messages }}"
) -> bytes:
    """A file with a tensor of 32 bytes and a template."""
    pairs = string(b"general.alignment") + struct.pack("<II", 4, alignment)
    pairs += string(b"tokenizer.chat_template") + struct.pack("<I", 8) + string(template)
    pairs += string(b"tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + string(b"a") + string(b"b")
    info = string(b"w") + struct.pack("<IQIQ", 1, 8, 0, offset)
    head = b"GGUF" + struct.pack("<IQQ", version, tensors, 3) + pairs + info
    return head + b"\x00" * (-len(head) % 32) + b"\x00" * 32


def hdf5(config: str) -> bytes:
    """As far as a search sees: a signature, and an attribute with a text."""
    return b"\x89HDF\r\n\x1a\n" + b"\x00" * 88 + b"model_config\x00\x00\x00\x00" + config.encode() + b"\x00" * 64


def layer(kind: str, *, module: str | None = "keras.layers", **config: object) -> dict[str, object]:
    """A layer in a description."""
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


DENSE = layer("Dense", units=2)
LAMBDA = layer("Lambda", function={"class_name": "__lambda__", "config": {"code": "4wAAAAA="}})
SEQUENTIAL = '{"class_name": "Sequential", "config": {"layers": [%s]}}'


def in_keras(name: str, entry: dict[str, object], twin: dict[str, object] = DENSE) -> Case:
    """A layer in a .keras archive."""
    return Case(f"keras: {name}", "m.keras", lambda: keras(entry), lambda: keras(twin), CODE)


KERAS = [
    in_keras("Lambda layer", LAMBDA),
    in_keras("function of another module", layer("function", module="os", config="system")),
    in_keras("function of its own tools", layer("function", module="keras.src.utils.file_utils", config="get_file")),
    in_keras("class of another module", layer("Popen", module="subprocess")),
    in_keras(
        "vocabulary from a path",
        layer("StringLookup", vocabulary="/etc/passwd"),
        layer("StringLookup", vocabulary=["a"]),
    ),
    in_keras("layer that loads another file", layer("TorchModuleWrapper")),
    Case(
        "keras: Lambda layer in HDF5",
        "m.h5",
        lambda: hdf5(SEQUENTIAL % json.dumps(LAMBDA)),
        lambda: hdf5(SEQUENTIAL % json.dumps(DENSE)),
        CODE,
    ),
    Case(
        "keras: Lambda layer with blanks",
        "m.h5",
        lambda: hdf5(SEQUENTIAL % '{"class_name" :\n "Lambda"}'),
        lambda: hdf5(SEQUENTIAL % '{"class_name" :\n "Dense"}'),
        CODE,
    ),
    Case(
        "keras: Lambda layer in numbers for letters",
        "m.h5",
        lambda: hdf5(SEQUENTIAL % '{"class_name": "L\\u0061mbda"}'),
        lambda: hdf5(SEQUENTIAL % '{"class_name": "Dense", "name": "caf\\u00e9"}'),
        CODE,
    ),
    Case(
        "keras: description that cannot be read",
        "m.h5",
        lambda: hdf5("\x01\x02"),
        lambda: hdf5(SEQUENTIAL % json.dumps(DENSE)),
        "scan/cannot-tell",
    ),
    Case(
        "keras: Lambda layer in JSON",
        "model.json",
        lambda: json.dumps(LAMBDA).encode(),
        lambda: json.dumps(DENSE).encode(),
        CODE,
    ),
]
TENSORFLOW = [
    Case(
        f"tensorflow: {name}",
        "m/saved_model.pb",
        partial(saved_model, kind, inner),
        lambda: saved_model(b"MatMul"),
        "scan/tensorflow-operation",
    )
    for name, kind, inner in (
        ("PyFunc", b"PyFunc", b"AddV2"),
        ("WriteFile in a function", b"MatMul", b"WriteFile"),
        ("ReadFile", b"ReadFile", b"AddV2"),
    )
]
TENSORFLOW += [
    Case(
        "tensorflow: cut off",
        "m/saved_model.pb",
        lambda: saved_model(b"MatMul")[:-4],
        lambda: saved_model(b"MatMul"),
        "scan/tensorflow-broken",
    )
]
SAFETENSORS = [
    safe("overlap", {"a": tensor(0, 8, 2), "b": tensor(4, 12, 2)}),
    safe("hole", {"a": tensor(0, 4, 1), "b": tensor(8, 16, 2)}),
    safe("bytes behind the last tensor", {"a": tensor(0, 8, 2)}),
    safe("bytes missing", {"a": tensor(0, 64, 16)}),
    safe("size other than the shape's", {"a": tensor(0, 16, 3)}),
    safe("shape that overflows", {"a": tensor(0, 16, 1 << 40, 1 << 40)}),
    safe("negative length", {"a": tensor(0, 16, -4, -1)}),
    safe("type that is none", {"a": tensor(0, 16, 4, dtype="OBJECT")}),
    safe(
        "name twice",
        b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16]}}',
    ),
    safe("brackets within brackets", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    safe("metadata that are no texts", {"__metadata__": {"a": {"b": 1}}, "a": tensor(0, 16, 4)}),
    Case(
        "safetensors: header of a gigabyte", "m.safetensors", lambda: struct.pack("<Q", 1 << 30) + b"{}", sound, HEADER
    ),
    Case("safetensors: archive behind it", "m.safetensors", lambda: sound() + keras(DENSE), sound, "scan/polyglot"),
]
GGUFS = [
    Case(f"gguf: {name}", "m.gguf", partial(bytes, made), gguf, rule)
    for name, made, rule in (
        ("more tensors than bytes", gguf(tensors=1 << 40), GGUF),
        ("tensor behind the end", gguf(offset=1 << 20), GGUF),
        ("tensor out of line", gguf(offset=7), GGUF),
        ("alignment of zero", gguf(alignment=0), GGUF),
        ("version that is none", gguf(version=77), GGUF),
        ("text longer than the file", gguf().replace(struct.pack("<Q", 14), struct.pack("<Q", 1 << 60), 1), GGUF),
        ("template that reaches into Python", gguf(template=b"{{ ''.__class__.__mro__ }}"), "scan/chat-template"),
        ("template by filter", gguf(template=b"{{ x|attr('\\x5f\\x5finit') }}"), "scan/chat-template"),
    )
]
GGUFS += [
    Case(
        "gguf: template beside a tokenizer",
        "tokenizer_config.json",
        lambda: b'{"chat_template": "{{ cycler.__init__.__globals__.os }}"}',
        lambda: b'{"chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"}',
        "scan/chat-template",
    ),
]
ONNX = [
    Case(
        "onnx: operator of a stranger",
        "m.onnx",
        lambda: onnx(node(b"Run", b"evil.ops")),
        lambda: onnx(node(b"Add")),
        "scan/onnx-operator",
    ),
    Case(
        "onnx: operator that runs Python",
        "m.onnx",
        lambda: onnx(node(b"PyOp", b"ai.onnx.contrib")),
        lambda: onnx(node(b"Gelu", b"com.microsoft")),
        "scan/onnx-operator",
    ),
    Case(
        "onnx: operator in an inner graph",
        "m.onnx",
        lambda: onnx(node(b"If", attribute=field(5, field(6, field(1, node(b"Run", b"evil")))))),
        lambda: onnx(node(b"If", attribute=field(5, field(6, field(1, node(b"Add")))))),
        "scan/onnx-operator",
    ),
    Case(
        "onnx: function that is not there",
        "m.onnx",
        lambda: onnx(node(b"Block", b"mine"), functions=field(25, field(1, b"Other") + field(10, b"mine"))),
        lambda: onnx(node(b"Block", b"mine"), functions=field(25, field(1, b"Block") + field(10, b"mine"))),
        "scan/onnx-operator",
    ),
    Case(
        "onnx: weights outside of its folder",
        "m.onnx",
        lambda: onnx(node(b"Add"), initializer=outside(b"../../etc/passwd")),
        lambda: onnx(node(b"Add"), initializer=outside(b"w.data")),
        "check/onnx-outside-file",
        files=frozenset({"w.data"}),
    ),
    Case("onnx: cut off", "m.onnx", lambda: onnx(node(b"Add"))[:-3], lambda: onnx(node(b"Add")), "check/broken-onnx"),
]
PROGRAMS = [
    Case(
        "program: library",
        "libop.so",
        lambda: b"\x7fELF\x02\x01\x01",
        lambda: b"# operators",
        NATIVE,
        twin_path="libop.txt",
    ),
    Case(
        "program: library called .bin",
        "weights.bin",
        lambda: b"\x7fELF\x02\x01\x01" + b"\x00" * 64,
        lambda: b"\x00\x00\x80?" * 16,
        NATIVE,
    ),
    Case(
        "program: Windows' own",
        "weights.dat",
        lambda: b"MZ" + b"\x00" * 58 + b"\x40\x00\x00\x00PE\x00\x00",
        lambda: b"MZ" + b"\x00" * 70,
        NATIVE,
    ),
    Case("program: bytecode", "model.pyc", lambda: b"\xa7\r\r\n", lambda: b"\xa7\r\r\n", NATIVE, twin_path="model.bin"),
    Case(
        "program: Python beside the weights",
        "modeling.py",
        lambda: b"import os\n",
        lambda: b"import os\n",
        "scan/source-code",
        twin_path="modeling.md",
    ),
]
TEXTS = [
    Case(
        "text: YAML that calls Python",
        "config.yaml",
        lambda: b"a: !!python/object/apply:os.system ['true']\n",
        lambda: b"a: [os.system, 'true'] # no !!tag\n",
        "scan/yaml-object",
    ),
    Case(
        "text: YAML that calls Python by a long tag",
        "config.yml",
        lambda: b"a: !<tag:yaml.org,2002:python/name:os.system> ''\n",
        lambda: b"a: !<tag:yaml.org,2002:str> ''\n",
        "scan/yaml-object",
    ),
    Case(
        "text: shell beside the weights", "run.sh", lambda: b"true\n", lambda: b"true\n", "scan/source-code", "run.md"
    ),
]
CASES = [*TEXTS, *KERAS, *TENSORFLOW, *SAFETENSORS, *GGUFS, *ONNX, *PROGRAMS]
