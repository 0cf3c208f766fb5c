"""Archives for the corpus: honest ones, and the means to bend them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping

from tests.corpus.assemble import torch_object

__all__ = ["keras", "patched", "tar", "torch_zip", "zipped"]


def zipped(members: Mapping[str, bytes], *, packed: bool = False, twice: Mapping[str, bytes] | None = None) -> bytes:
    """A zip archive; the members of `twice` are written once more."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in [*members.items(), *(twice or {}).items()]:
            archive.writestr(zipfile.ZipInfo(name), data, archive.compression)
    return buffer.getvalue()


def torch_zip(pickle: bytes = b"", **more: bytes) -> bytes:
    """What torch.save writes today: a pickle and the numbers of its storages."""
    members = {
        "archive/data.pkl": pickle or torch_object(),
        "archive/byteorder": b"little",
        "archive/data/0": b"\x00\x00\x80?" * 4,
        "archive/version": b"3\n",
    }
    return zipped(members | {f"archive/{name}": data for name, data in more.items()})


def patched(data: bytes, old: bytes, new: bytes, *, last: bool = False) -> bytes:
    """`data` with one place changed, which must be there."""
    at = data.rindex(old) if last else data.index(old)
    return data[:at] + new + data[at + len(old) :]


def tar(members: Mapping[str, bytes], *, links: Mapping[str, str] | None = None, mode: str = "w") -> bytes:
    """A tar archive, with symbolic links by name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return buffer.getvalue()


def keras(layer: Mapping[str, object]) -> bytes:
    """A .keras archive with one layer."""
    dense = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}, "registered_name": None}
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [dense, layer]}}
    members = {"metadata.json": b'{"keras_version": "3.11.0"}', "config.json": json.dumps(config).encode()}
    return zipped(members | {"model.weights.h5": b"\x89HDF\r\n\x1a\n" + b"\x00" * 64})
