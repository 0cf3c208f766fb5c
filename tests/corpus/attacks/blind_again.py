"""ONNX, GGUF and Keras once more: what is said twice, and aside; written without having seen the scanner."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import onnx

from tests.corpus.attacks.blind_formats import branch, external, gguf, graph, model, weight
from tests.corpus.attacks.blind_keras import dense, functional, hdf5, keras, marshalled, old
from tests.corpus.case import Case

_FILES = frozenset({"weights.bin", "sub/weights.bin", "model.onnx"})


def _twice(location: str) -> bytes:
    """Two graphs in one message: a reader of protocol buffers joins them."""
    more = onnx.ModelProto(graph=graph("g", weights=(external(location),)))
    more.graph.ClearField("node")
    more.graph.ClearField("input")
    more.graph.ClearField("output")
    return weight("weights.bin") + bytes(more.SerializeToString())


def _key_twice(location: str) -> bytes:
    """A tensor that names two places; the later one counts."""
    tensor = external("weights.bin")
    tensor.external_data.add(key="location", value=location)
    return model(graph("g", weights=(tensor,)))


def _training(location: str) -> bytes:
    """A tensor in the part of a model that is for training."""
    whole = onnx.ModelProto.FromString(weight("weights.bin"))
    whole.training_info.add().algorithm.CopyFrom(graph("t", weights=(external(location),)))
    return bytes(whole.SerializeToString())


def _node_function(location: str) -> bytes:
    """A tensor in an attribute of a node in a function."""
    node = onnx.helper.make_node("Constant", [], ["y"], value=external(location))
    function = onnx.helper.make_function("own", "Fixed", [], ["y"], [node], [onnx.helper.make_opsetid("", 18)])
    call = onnx.helper.make_node("Fixed", [], ["y"], domain="own")
    return model(graph("g", call), (function,), ("own",))


def _tensors(location: str) -> bytes:
    """Tensors in a list of an attribute."""
    node = onnx.helper.make_node("Any", [], ["y"], values=[external("weights.bin"), external(location)])
    return model(graph("g", node))


def _onnx(name: str, made: Callable[[str], bytes], attack: str, benign: str, path: str = "model.onnx") -> Case:
    """A case whose files differ in one path."""
    return Case(f"blind onnx: {name}", path, lambda: made(attack), lambda: made(benign), files=_FILES | {path})


def _two_keys(first: str, last: str) -> bytes:
    """Templates under one key."""
    whole = gguf({"tokenizer.chat_template": first, "general.name": "x"})
    name, again = b"general.name", b"tokenizer.chat_template"
    old_entry = struct.pack("<Q", len(name)) + name + struct.pack("<IQ", 8, 1) + b"x"
    new_entry = struct.pack("<Q", len(again)) + again + struct.pack("<IQ", 8, len(last)) + last.encode()
    changed = whole.replace(old_entry, new_entry)
    return changed + bytes(-len(changed) % 32)


def _block(data: bytes) -> bytes:
    """HDF5 behind a block of the user's own; places count from the file's signature."""
    size = struct.unpack("<Q", data[40:48])[0] + 512
    return bytes(512) + data[:24] + struct.pack("<Q", 512) + data[32:40] + struct.pack("<Q", size - 512) + data[48:]


_CODE = {"class_name": "__lambda__", "config": {"code": marshalled(), "defaults": None, "closure": None}}
_ARRAY = {"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}}
_OLD = {"class_name": "Dense", "config": {"name": "dense", "units": 2}}
_OLD_CODE = {
    "class_name": "Lambda",
    "config": {"name": "x", "function": [marshalled(), None, None], "function_type": "lambda"},
}


def _trained(loss: object) -> bytes:
    """An old model whose code is not in the model, but in what it was trained with."""
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [_OLD]}}
    training = {
        "optimizer_config": {"class_name": "Adam", "config": {"learning_rate": 0.1}},
        "loss": loss,
        "metrics": ["mae"],
    }
    return hdf5({"model_config": json.dumps(config).encode(), "training_config": json.dumps(training).encode()})


def _keras(name: str, attack: dict[str, Any], benign: dict[str, Any]) -> Case:
    """A case of two descriptions."""
    return Case(f"blind keras: {name}", "model.keras", lambda: keras(attack), lambda: keras(benign))


CASES = [
    _onnx("a second graph", _twice, "../weights.bin", "weights.bin"),
    _onnx("a place that is named twice", _key_twice, "../weights.bin", "weights.bin"),
    _onnx("a tensor for training", _training, "../weights.bin", "weights.bin"),
    _onnx("a tensor in a function's node", _node_function, "../weights.bin", "weights.bin"),
    _onnx("a list of tensors", _tensors, "/etc/passwd", "weights.bin"),
    _onnx("a model in a folder", weight, "../../weights.bin", "weights.bin", "sub/model.onnx"),
    _onnx("a graph within of a model without an ending", branch, "../weights.bin", "weights.bin", "model.ONNX"),
    _onnx("weights that are not there", weight, "elsewhere.bin", "weights.bin"),
    Case(
        "blind gguf: two templates under one key",
        "m.gguf",
        lambda: _two_keys("{{ bos_token }}", "{{ ''.__class__ }}"),
        lambda: gguf({"tokenizer.chat_template": "{{ bos_token }}"}),
    ),
    Case(
        "blind gguf: a vocabulary longer than the file",
        "m.gguf",
        lambda: gguf().replace(struct.pack("<IIQ", 9, 8, 2), struct.pack("<IIQ", 9, 8, 1 << 61)),
        gguf,
    ),
    Case(
        "blind gguf: lists within lists",
        "m.gguf",
        lambda: gguf(tensors=0).replace(struct.pack("<IIQ", 9, 8, 2), struct.pack("<IIQ", 9, 9, 2) * 40),
        gguf,
    ),
    _keras("code for an activation", functional(dense(activation=_CODE)), functional(dense(activation="gelu"))),
    _keras(
        "code among the metrics",
        functional(dense(), compile_config={"metrics": [_CODE]}),
        functional(dense(), compile_config={"metrics": ["mae"]}),
    ),
    _keras(
        "code in an array's place",
        functional(dense() | {"inbound_nodes": [{"args": [_CODE], "kwargs": {}}]}),
        functional(dense() | {"inbound_nodes": [{"args": [_ARRAY], "kwargs": {}}]}),
    ),
    _keras("letters of other tongues", functional(dense("größe", activation=_CODE)), functional(dense("größe"))),
    Case(
        "blind keras: an old file behind a block",
        "model.h5",
        lambda: _block(old(_OLD, _OLD_CODE)),
        lambda: _block(old(_OLD)),
    ),
    Case("blind keras: code in an old file's loss", "model.h5", lambda: _trained(_OLD_CODE), lambda: _trained("mse")),
    Case("blind keras: an old file without an ending", "weights", lambda: old(_OLD_CODE), lambda: old(_OLD)),
    Case(
        "blind keras: an old file of another name",
        "best.keras",
        lambda: old(_OLD_CODE),
        lambda: keras(functional(dense())),
    ),
]
