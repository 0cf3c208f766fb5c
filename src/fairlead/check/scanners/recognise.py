"""What a file is, by its first bytes, and what its name says that it is. Loaders go by either."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable

__all__ = ["LOOK", "kind_by_name", "kind_of"]

LOOK = 1 << 12
"""First bytes that `kind_of` wants to see."""

_MAGIC = (
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"GGUF", "gguf"),
    (0, b"\x1f\x8b\x08", "gzip"),
    *((0, b"BZh%d1AY&SY" % level, "bzip2") for level in range(1, 10)),
    (0, b"\xfd7zXZ\x00", "xz"),
    (257, b"ustar", "tar"),
    (0, b"#!/", "source"),
    (0, b"ZF0x", "zfile"),
    *((offset, b"\x89HDF\r\n\x1a\n", "hdf5") for offset in (0, 512, 1024, 2048)),
    *(
        (0, magic, "sealed")
        for magic in (
            b"7z\xbc\xaf\x27\x1c",
            b"Rar!\x1a\x07",
            b"\x04\x22\x4d\x18",  # LZ4
            b"\x28\xb5\x2f\xfd",  # Zstandard
            b"\x1f\x9d",  # compress
            b"LZIP",
            b"MSCF",
            b"xar!",
            b"!<arch>",
            b"070701",
            b"hsqs",
        )
    ),
    *(
        (0, magic, "native")
        for magic in (
            b"\x7fELF",
            b"\xfe\xed\xfa\xce",
            b"\xfe\xed\xfa\xcf",
            b"\xce\xfa\xed\xfe",
            b"\xcf\xfa\xed\xfe",
            b"\xca\xfe\xba\xbe",
            b"\x00asm",
        )
    ),
)
_BY_NAME = {
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".pk", ".dill", ".cloudpickle"), "pickle"),
    **dict.fromkeys((".zip", ".npz", ".keras", ".mar", ".whl", ".skops", ".pt2", ".mlmodel.zip"), "zip"),
    **dict.fromkeys((".tar", ".nemo"), "tar"),
    **dict.fromkeys((".gz", ".tgz"), "gzip"),
    **dict.fromkeys((".bz2", ".tbz2"), "bzip2"),
    **dict.fromkeys((".xz", ".txz"), "xz"),
    ".lzma": "lzma",
    **dict.fromkeys((".7z", ".rar", ".lz4", ".zst", ".cab", ".iso", ".img"), "sealed"),
    ".npy": "npy",
    **dict.fromkeys((".h5", ".hdf5"), "hdf5"),
    ".safetensors": "safetensors",
    ".gguf": "gguf",
    ".onnx": "onnx",
    ".pb": "tensorflow",
    ".json": "json",
    **dict.fromkeys((".xml", ".pmml"), "xml"),
    ".jinja": "template",
    ".jinja2": "template",
    **dict.fromkeys((".py", ".sh", ".bash", ".bat", ".cmd", ".ps1", ".vbs"), "source"),
    **dict.fromkeys((".yaml", ".yml"), "yaml"),
    **dict.fromkeys((".so", ".dll", ".dylib", ".exe", ".pyc", ".pyd", ".jar", ".class", ".pyo", ".wasm"), "native"),
}
_TAR_BLOCK = 512
_MAX_PROTOCOL = 5
_MAX_HEADER = 100_000_000


def kind_by_name(name: str) -> str | None:
    """The format that the end of a file's name stands for, or None where it says nothing."""
    base = name.rpartition("/")[2].lower()
    parts = base.split(".")
    if ".so" in base and any(part == "so" for part in parts[1:]) and all(part.isdigit() for part in parts[-1:]):
        return "native"
    return _BY_NAME.get(f".{parts[-1]}") if len(parts) > 1 else None


def kind_of(head: bytes) -> str | None:
    """The format that the first bytes belong to, or None. Formats without a magic number are tried."""
    for offset, magic, kind in _MAGIC:
        if head.startswith(magic, offset):
            return kind
    return next((kind for kind, matches in _TRIED.items() if matches(head)), None)


def _is_program(head: bytes) -> bool:
    at = int.from_bytes(head[60:64], "little")
    return head[:2] == b"MZ" and head[at : at + 4] == b"PE\x00\x00"


def _is_pickle(head: bytes) -> bool:
    return len(head) > 2 and head[0] == 0x80 and head[1] <= _MAX_PROTOCOL  # noqa: PLR2004 - PROTO and its number


def _is_safetensors(head: bytes) -> bool:
    return head[8:10] in {b'{"', b"{}"} and int.from_bytes(head[:8], "little") <= _MAX_HEADER


def _is_tar(head: bytes) -> bool:
    """Tar of the seventh Unix has no magic number, but a sum of its first block."""
    if len(head) < _TAR_BLOCK:
        return False
    digits = head[148:156].strip(b" \x00")
    told = int(digits, 8) if digits and all(each in b"01234567" for each in digits) else -1
    return told == sum(head[:148]) + 8 * 32 + sum(head[156:_TAR_BLOCK])


def _unpacks(head: bytes, unpack: Callable[[bytes], bytes]) -> bool:
    try:
        return bool(unpack(head))
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        return False


def _is_zlib(head: bytes) -> bool:
    return head[:1] == b"x" and _unpacks(head, lambda data: zlib.decompressobj().decompress(data, 64))


def _is_lzma(head: bytes) -> bool:
    return head[:2] == b"\x5d\x00" and _unpacks(
        head, lambda data: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=1 << 27).decompress(data, 64)
    )


_TRIED: dict[str, Callable[[bytes], bool]] = {
    "native": _is_program,
    "safetensors": _is_safetensors,
    "pickle": _is_pickle,
    "tar": _is_tar,
    "zlib": _is_zlib,
    "lzma": _is_lzma,
}
