"""Models in the archives of their frameworks; written without having seen the scanner."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Callable

from tests.corpus.assemble import STOP, call, proto, text, torch_object
from tests.corpus.case import Case
from tests.corpus.pack import tar, torch_zip, zipped

_BAD = torch_object(extra=call("posix", "system", text("true")))
_GOOD = torch_object()
_NAME = b"archive/data.pkl"


def _pair(name: str, path: str, made: Callable[[bytes], bytes]) -> Case:
    """A case whose files differ in the pickle within."""
    return Case(f"blind container: {name}", path, lambda: made(_BAD), lambda: made(_GOOD))


def _as_torch(pickle: bytes) -> bytes:
    """An archive byte by byte as torch's own writer lays it out.

    Sizes stand behind the data, data lies at multiples of 64, and the directory has its 64 bit records.
    """
    members = {"data.pkl": pickle, ".format_version": b"1", ".storage_alignment": b"64", "byteorder": b"little"}
    members |= {"data/0": b"\x00\x00\x80?" * 4, "version": b"3\n", ".data/serialization_id": b"1" * 40}
    body, central = b"", b""
    for path, data in members.items():
        name, crc, offset = f"model/{path}".encode(), zlib.crc32(data), len(body)
        pad = -(offset + 30 + len(name) + 4) % 64
        fields = struct.pack("<HHHH", 0x0808, 0, 0, 0)
        body += struct.pack("<4sH8sIIIHH", b"PK\x03\x04", 0, fields, 0, 0, 0, len(name), pad + 4)
        body += name + struct.pack("<2sH", b"FB", pad) + b"Z" * pad + data
        body += struct.pack("<4sIII", b"PK\x07\x08", crc, len(data), len(data))
        sizes = struct.pack("<IIIHHHHHII", crc, len(data), len(data), len(name), 0, 0, 0, 0, 0, offset)
        central += struct.pack("<4sHH8s", b"PK\x01\x02", 0, 0, fields) + sizes + name
    count, start, end = len(members), len(body), len(body) + len(central)
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 0x31E, 0x2D, 0, 0, count, count, len(central), start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    old = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(central), start, 0)
    return body + central + wide + locator + old


def _mar(pickle: bytes) -> bytes:
    """A model archive of TorchServe, with one of its own handlers."""
    model = {"modelName": "dog", "serializedFile": "dog.pt", "handler": "image_classifier", "modelVersion": "1.0"}
    manifest = {"runtime": "python", "model": model, "archiverVersion": "0.12.0"}
    return zipped({"MAR-INF/MANIFEST.json": json.dumps(manifest).encode(), "dog.pt": torch_zip(pickle)}, packed=True)


def _nemo(pickle: bytes = b"", target: str = "nemo.collections.asr.models.EncDecCTCModelBPE") -> bytes:
    """A NeMo archive: a description and a checkpoint."""
    config = f"sample_rate: 16000\ntarget: {target}\nencoder:\n  _target_: {target}\n".encode()
    return tar({"./model_config.yaml": config, "./model_weights.ckpt": torch_zip(pickle)})


def _skops(module: str, name: str, loader: str) -> bytes:
    """A .skops archive with one object."""
    schema = {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 1}
    content = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": {}, "key_types": {}}
    whole = schema | {"content": content, "protocol": 2, "_skops_version": "0.13.0"}
    return zipped({"schema.json": json.dumps(whole).encode()}, packed=True)


def _script(pickle: bytes) -> bytes:
    """A TorchScript archive: code beside the pickles."""
    code = "class Net(Module):\n  __parameters__ = []\n  def forward(self, x: Tensor) -> Tensor:\n    return x\n"
    return torch_zip(pickle, **{"code/__torch__.py": code.encode(), "constants.pkl": proto(2) + b")" + STOP})


def _old_tar(pickle: bytes) -> bytes:
    """What torch.save wrote in its first years."""
    return tar({"sys_info": proto(2) + b"}" + STOP, "pickle": pickle, "storages": proto(2) + b"K\x00" + STOP})


CASES = [
    _pair("TorchServe's archive", "dog.mar", _mar),
    _pair("NeMo's archive", "speech.nemo", _nemo),
    _pair("NeMo's archive, packed", "speech.nemo", lambda pickle: gzip.compress(_nemo(pickle))),
    _pair("TorchScript's constants beside its code", "scripted.pt", _script),
    _pair("torch's tar of old", "model.pth", _old_tar),
    _pair(
        "zip in tar in zip",
        "bundle.zip",
        lambda pickle: zipped({"a.tar": tar({"b.pt": torch_zip(pickle)}, mode="w:gz")}),
    ),
    _pair(
        "torch's archive, its pickle packed", "model.pt", lambda pickle: zipped({_NAME.decode(): pickle}, packed=True)
    ),
    _pair("a checkpoint in parts", "pytorch_model-00001-of-00002.bin", torch_zip),
    _pair("named as numpy's", "weights.npz", torch_zip),
    _pair("named as safetensors", "model.safetensors.pt", torch_zip),
    Case(
        "blind container: NeMo's target",
        "speech.nemo",
        lambda: _nemo(target="os.system"),
        _nemo,
    ),
    Case(
        "blind container: a function in skops",
        "model.skops",
        lambda: _skops("posix", "system", "FunctionNode"),
        lambda: _skops("sklearn.linear_model._base", "LinearRegression", "ObjectNode"),
    ),
    _pair("byte by byte as torch writes", "pytorch_model.bin", _as_torch),
]
