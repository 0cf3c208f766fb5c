"""What was fetched is looked at once more before a server may load it: a hub's files are at hand only then."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.flows.artifacts import refuse_unsafe
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.errors import IntegrityError


class _Harmless:
    """Would print on load, where a real one would do worse."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("loaded",)


@pytest.mark.parametrize("name", ["model.pkl", "model.safetensors"])
def test_a_file_that_runs_code_never_reaches_a_server(tmp_path: Path, name: str) -> None:
    """Whatever it is called."""
    with pytest.raises(IntegrityError, match="scan/"):
        refuse_unsafe(_lock(tmp_path, name, pickle.dumps(_Harmless())), tmp_path)


def test_data_alone_may_start(tmp_path: Path) -> None:
    """The benign twin: the same form, holding numbers only."""
    refuse_unsafe(_lock(tmp_path, "model.pkl", pickle.dumps({"weights": [1.0, 2.0]})), tmp_path)


def _lock(folder: Path, name: str, data: bytes) -> Lock:
    (folder / name).write_bytes(data)
    files = (LockedFile(name, sha256_hex(data), len(data)),)
    return Lock("hf://org/name@main", "0" * 40, files, tree_digest(files))
