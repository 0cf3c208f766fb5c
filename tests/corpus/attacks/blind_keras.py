"""Keras models, new and old; written without having seen the scanner."""

from __future__ import annotations

import base64
import json
import marshal
import struct
from collections.abc import Mapping
from typing import Any

from tests.corpus.assemble import STOP, call, proto, text
from tests.corpus.case import Case
from tests.corpus.pack import zipped

_Config = dict[str, Any]
_TRAP = proto(4) + call("posix", "system", text("true")) + STOP


def marshalled() -> str:
    """An honest function's code as Keras writes it."""
    return base64.b64encode(marshal.dumps(compile("lambda x: x", "<model>", "eval"))).decode()


def _layer(kind: str, name: str, module: str = "keras.layers", **config: object) -> _Config:
    """A layer of a functional model with the calls that Keras writes down."""
    history = {"keras_history": ["input", 0, 0]}
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", **history}}
    inner = {"name": name, "trainable": True, "dtype": _policy()} | config
    built = {"build_config": {"input_shape": [None, 4]}, "inbound_nodes": [{"args": [tensor], "kwargs": {}}]}
    return {"module": module, "class_name": kind, "config": inner, "registered_name": None, "name": name} | built


def _policy() -> _Config:
    """A layer's policy of number types."""
    return {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}


def dense(name: str = "dense", activation: object = "relu") -> _Config:
    """A layer as Keras 3 writes it."""
    start = {
        "module": "keras.initializers",
        "class_name": "GlorotUniform",
        "config": {"seed": None},
        "registered_name": None,
    }
    return _layer(
        "Dense", name, units=2, activation=activation, use_bias=True, kernel_initializer=start, bias_constraint=None
    )


def _lambda(name: str = "extra") -> _Config:
    """A layer with code."""
    code = {"class_name": "__lambda__", "config": {"code": marshalled(), "defaults": None, "closure": None}}
    return _layer("Lambda", name, function=code, arguments={})


def _function(name: str, module: str = "builtins") -> _Config:
    """A function by name, as Keras writes one down."""
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def functional(*layers: _Config, **more: object) -> _Config:
    """A compiled functional model."""
    whole = _layer("InputLayer", "input", batch_shape=[None, 4], sparse=False)
    config = {
        "name": "model",
        "layers": [whole, *layers],
        "input_layers": [["input", 0, 0]],
        "output_layers": [["dense", 0, 0]],
    }
    compiled = {"optimizer": "rmsprop", "loss": "mse", "loss_weights": None, "metrics": ["mae"], "jit_compile": False}
    parts = {"module": "keras.src.models.functional", "class_name": "Functional", "config": config}
    return parts | {"registered_name": "Functional", "compile_config": compiled} | more


def keras(model: _Config | bytes, weights: Mapping[str, bytes] | None = None) -> bytes:
    """A .keras archive."""
    config = model if isinstance(model, bytes) else json.dumps(model).encode()
    about = b'{"keras_version": "3.11.3", "date_saved": "2026-01-05@10:00:00"}'
    return zipped({"metadata.json": about, "config.json": config} | dict(weights or {"model.weights.h5": hdf5({})}))


def _pair(name: str, attack: _Config, benign: _Config) -> Case:
    """A case of two descriptions."""
    return Case(f"blind keras: {name}", "model.keras", lambda: keras(attack), lambda: keras(benign))


def _padded(data: bytes) -> bytes:
    """To a multiple of eight bytes."""
    return data + bytes(-len(data) % 8)


def _attribute(name: str, value: bytes) -> bytes:
    """An HDF5 message with an attribute of text."""
    label, kind = name.encode() + b"\x00", struct.pack("<B3xI", 0x13, len(value))
    body = struct.pack("<BxHHH", 1, len(label), 8, 8) + _padded(label) + kind + b"\x01" + bytes(7) + _padded(value)
    return struct.pack("<HHB3x", 0x0C, len(body), 0) + body


def hdf5(attributes: Mapping[str, bytes]) -> bytes:
    """A whole HDF5 file, version 0: an empty root group with attributes."""
    messages = b"".join(_attribute(name, value) for name, value in attributes.items())
    tree = 112 + 24 + len(messages)
    messages = struct.pack("<HHB3xQQ", 0x11, 16, 0, tree, tree + 544) + messages
    header = struct.pack("<BxHII4x", 1, 1 + len(attributes), 1, len(messages))
    empty = (1 << 64) - 1
    nodes = (b"TREE" + struct.pack("<BBHQQ", 0, 0, 0, empty, empty)).ljust(544, b"\x00")
    heap = b"HEAP" + struct.pack("<4xQQQ", 88, 1, tree + 544 + 32) + bytes(88)
    size = tree + len(nodes) + len(heap)
    start = b"\x89HDF\r\n\x1a\n" + struct.pack("<8BHHI", 0, 0, 0, 0, 0, 8, 8, 0, 4, 16, 0)
    root = struct.pack("<QQII16x", 0, 96, 0, 0)
    return start + struct.pack("<QQQQ", 0, empty, size, empty) + root + header + messages + nodes + heap


def old(*layers: _Config) -> bytes:
    """A model of Keras 2 in HDF5."""
    config = {"class_name": "Sequential", "config": {"name": "sequential", "layers": list(layers)}}
    return hdf5({"keras_version": b"2.15.0", "backend": b"tensorflow", "model_config": json.dumps(config).encode()})


_OLD_DENSE: _Config = {"class_name": "Dense", "config": {"name": "dense", "units": 2, "activation": "relu"}}
_OLD_LAMBDA: _Config = {
    "class_name": "Lambda",
    "config": {
        "name": "extra",
        "function": [marshalled(), None, None],
        "function_type": "lambda",
        "module": "__main__",
    },
}
_PLAIN = json.dumps(functional(dense()))


CASES = [
    _pair(
        "a function of the system in a layer",
        functional(dense(activation=_function("system", "os"))),
        functional(dense(activation=_function("relu", "keras.activations"))),
    ),
    _pair(
        "evaluation among builtins",
        functional(dense(activation=_function("eval"))),
        functional(dense(activation=_function("relu"))),
    ),
    _pair(
        "a fetched file in Keras's own module",
        functional(dense(activation=_function("get_file", "keras.utils"))),
        functional(dense(activation=_function("gelu", "keras.activations"))),
    ),
    _pair(
        "the safe mode switched off",
        functional(_layer("enable_unsafe_deserialization", "extra", "keras.config")),
        functional(dense()),
    ),
    _pair(
        "a loss of the system",
        functional(dense(), compile_config={"loss": _function("system", "posix")}),
        functional(dense(), compile_config={"loss": "mse"}),
    ),
    _pair(
        "code in a layer within a layer",
        functional(_layer("TimeDistributed", "t", layer=_lambda())),
        functional(_layer("TimeDistributed", "t", layer=dense())),
    ),
    _pair("code in a model within a model", functional(functional(_lambda())), functional(functional(dense()))),
    _pair(
        "code among a call's arguments",
        functional(dense() | {"inbound_nodes": [{"args": [_lambda()], "kwargs": {}}]}),
        functional(dense()),
    ),
    _pair(
        "words from a file elsewhere",
        functional(_layer("StringLookup", "words", vocabulary="/etc/passwd")),
        functional(_layer("StringLookup", "words", vocabulary=["a", "b"])),
    ),
    _pair(
        "words from the network",
        functional(_layer("TextVectorization", "words", vocabulary="https://example.org/w")),
        functional(_layer("TextVectorization", "words", vocabulary=["a", "b"])),
    ),
    _pair(
        "a torch module in a layer",
        functional(_layer("TorchModuleWrapper", "extra", module=base64.b64encode(_TRAP).decode())),
        functional(dense()),
    ),
    _pair("a layer from anywhere", functional(_layer("Popen", "extra", "subprocess")), functional(dense())),
    Case(
        "blind keras: a key that is there twice",
        "model.keras",
        lambda: keras(
            _PLAIN.replace('"class_name": "Dense"', '"class_name": "Dense", "class_name": "Lambda"').encode()
        ),
        lambda: keras(_PLAIN.encode()),
    ),
    Case(
        "blind keras: a name with escapes",
        "model.keras",
        lambda: keras(json.dumps(functional(_lambda(), dense())).replace("Lambda", "L\\u0061mbda").encode()),
        lambda: keras(_PLAIN.replace("Dense", "D\\u0065nse").encode()),
    ),
    Case(
        "blind keras: in two bytes per letter",
        "model.keras",
        lambda: keras(json.dumps(functional(_lambda(), dense())).encode("utf-16")),
        lambda: keras(_PLAIN.encode("utf-16")),
    ),
    Case(
        "blind keras: weights that are a pickle",
        "model.keras",
        lambda: keras(functional(dense()), {"model.weights.npz": _TRAP}),
        lambda: keras(functional(dense()), {"model.weights.npz": zipped({})}),
    ),
    Case("blind keras: code in an old file", "model.h5", lambda: old(_OLD_DENSE, _OLD_LAMBDA), lambda: old(_OLD_DENSE)),
    Case(
        "blind keras: code in an old file of another name",
        "model.hdf5",
        lambda: old(_OLD_LAMBDA, _OLD_DENSE),
        lambda: old(_OLD_DENSE),
    ),
]
