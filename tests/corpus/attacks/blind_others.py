"""TensorFlow's graphs and what lies beside a model and is acted on; written without having seen the scanner."""

from __future__ import annotations

import json
import struct

from tests.corpus.case import Case
from tests.corpus.pack import torch_zip


def _field(number: int, data: bytes) -> bytes:
    """A field of a protocol buffer."""
    return bytes([number << 3 | 2, len(data)]) + data


def _graph(operation: bytes) -> bytes:
    """TensorFlow's saved model with one operation."""
    node = _field(1, b"node") + _field(2, operation)
    return b"\x08\x01" + _field(2, _field(1, _field(4, b"serve")) + _field(2, _field(1, node)))


def _other(name: str, path: str, attack: bytes, benign: bytes) -> Case:
    """A case of another file that a loader acts on."""
    return Case(f"blind other: {name}", path, lambda: attack, lambda: benign)


def _index(name: str, path: str, attack: object, benign: object) -> Case:
    """A case of two descriptions in JSON."""
    both = [json.dumps(one).encode() for one in (attack, benign)]
    return Case(f"blind deeper: {name}", path, lambda: both[0], lambda: both[1])


_CHAT = (
    "{%% for message in messages %%}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' }}"
    "{%% endfor %%}{{ %s }}"
)


CASES = [
    Case(
        "blind tensorflow: a graph that calls Python",
        "saved_model.pb",
        lambda: _graph(b"PyFunc"),
        lambda: _graph(b"MatMul"),
    ),
    Case(
        "blind tensorflow: a graph that reads files",
        "saved_model.pb",
        lambda: _graph(b"ReadFile"),
        lambda: _graph(b"Relu"),
    ),
    Case(
        "blind tensorflow: a graph that writes files",
        "1/saved_model.pb",
        lambda: _graph(b"WriteFile"),
        lambda: _graph(b"RestoreV2"),
    ),
    _other(
        "code from elsewhere in a description",
        "config.json",
        b'{"model_type": "x", "auto_map": {"AutoModel": "a/b--modeling.Net"}}',
        b'{"model_type": "bert", "architectures": ["BertModel"]}',
    ),
    _other(
        "a template of a tokenizer",
        "tokenizer_config.json",
        json.dumps({"chat_template": _CHAT % "cycler.__init__.__globals__.os"}).encode(),
        json.dumps({"chat_template": _CHAT % "bos_token"}).encode(),
    ),
    _other(
        "a template in a file",
        "chat_template.jinja",
        (_CHAT % "''|attr('\\x5f\\x5fclass\\x5f\\x5f')").encode(),
        (_CHAT % "''|trim").encode(),
    ),
    _other("a line that Python runs at its start", "weights.pth", b"import posix; posix.system('true')\n", torch_zip()),
    _other("a program named as weights", "pytorch_model.bin", b"\x7fELF\x02\x01\x01" + bytes(57), torch_zip()),
    _other(
        "an entity in PMML",
        "model.pmml",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><PMML version="4.4">&b;</PMML>',
        b'<?xml version="1.0"?><PMML version="4.4"/>',
    ),
    _other("an object in YAML", "hparams.yaml", b"rate: !!python/object/apply:posix.system ['true']\n", b"rate: 0.1\n"),
    _other("a raw file of numbers", "openvino.bin", b"#!/bin/sh\ntrue\n" + bytes(64), struct.pack("<16f", *[0.5] * 16)),
    _index(
        "an index that climbs",
        "model.safetensors.index.json",
        {"weight_map": {"a": "../../b.safetensors"}},
        {"metadata": {"total_size": 8}, "weight_map": {"a": "b.safetensors"}},
    ),
    _index(
        "an index that leads to a pickle",
        "pytorch_model.bin.index.json",
        {"weight_map": {"a": "/etc/b.bin"}},
        {"weight_map": {"a": "b.bin"}},
    ),
    _index(
        "a module of one's own in a sentence model",
        "modules.json",
        [{"idx": 0, "name": "0", "path": "", "type": "custom_st.Net"}],
        [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}],
    ),
]
