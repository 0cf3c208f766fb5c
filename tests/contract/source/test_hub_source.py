"""The hub's wire contract: pinned by commit, read by range, and never trusted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fairlead.domain.lock import Lock
from fairlead.drivers.artifacts import FolderCache
from fairlead.drivers.folder import FolderTree
from fairlead.flows.artifacts import fetch, open_source
from fairlead.kernel.errors import BrokenWorldError, IntegrityError
from fairlead.resolve.sources.base import PointerError, Source
from fairlead.testing.progress import RecordedProgress, no_progress
from tests.contract.source.hub import COMMIT, Hub, serve

WEIGHTS = os.urandom(3_000_000)
TOKEN = "hf_" + "canary" * 6


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A model of three files; the weights are large."""
    files = {"model.safetensors": WEIGHTS, "config.json": b"{}", "sub/empty.txt": b""}
    with serve(Hub(files, large={"model.safetensors"})) as running:
        yield running


def source_of(hub: Hub, tmp_path: Path, uri: str = "hf://acme/digits@v1") -> Source:
    """The hub as the product sees it."""
    environ: Mapping[str, str] = {"HF_ENDPOINT": hub.address, "HF_TOKEN": TOKEN}
    return open_source(uri, FolderTree(tmp_path), environ)


def pin(hub: Hub, tmp_path: Path) -> Lock:
    """The lock of what `v1` means now."""
    return source_of(hub, tmp_path).pin("hf://acme/digits@v1", no_progress)


def test_a_revision_is_pinned_to_its_commit(hub: Hub, tmp_path: Path) -> None:
    """Every file with the sha256 of its bytes; the weights are not downloaded for that."""
    progress = RecordedProgress()
    lock = source_of(hub, tmp_path).pin("hf://acme/digits@v1", progress)
    assert (lock.uri, lock.revision) == ("hf://acme/digits@v1", COMMIT)
    assert {file.path: (file.sha256, file.size) for file in lock.files} == {
        name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in hub.files.items()
    }
    assert not [path for path, _, _ in hub.requests if "model.safetensors" in path]
    assert progress.reports[-1][:2] == (len(WEIGHTS) + 2, len(WEIGHTS) + 2)


def test_the_token_is_sent_to_the_hub_only(hub: Hub, tmp_path: Path) -> None:
    """The store that the hub redirects to is another host: it gets none."""
    lock = pin(hub, tmp_path)
    weights = next(file for file in lock.files if file.path == "model.safetensors")
    assert b"".join(source_of(hub, tmp_path).open(lock, weights, 0)) == WEIGHTS
    sent = {path.startswith("/store/"): authorization for path, _, authorization in hub.requests}
    assert sent == {False: f"Bearer {TOKEN}", True: ""}


@pytest.mark.parametrize("ranges", [True, False])
def test_reading_begins_anywhere(hub: Hub, tmp_path: Path, ranges: bool) -> None:  # noqa: FBT001 - a case's column
    """By range where the server knows ranges, else by passing over what is not wanted."""
    hub.ranges = ranges
    lock = pin(hub, tmp_path)
    for file in lock.files:
        for offset in {0, file.size // 3, file.size}:
            found = b"".join(source_of(hub, tmp_path).open(lock, file, offset))
            assert found == hub.files[file.path][offset:]


def test_a_broken_download_goes_on_where_it_broke(hub: Hub, tmp_path: Path) -> None:
    """The bytes that came are not asked for again."""
    lock = pin(hub, tmp_path)
    weights = next(file for file in lock.files if file.path == "model.safetensors")
    hub.breaks = 2
    assert b"".join(source_of(hub, tmp_path).open(lock, weights, 0)) == WEIGHTS
    starts = [asked for path, asked, _ in hub.requests if path.startswith("/store/")]
    assert len(starts) == 3
    assert starts[0] == ""
    assert int(starts[2][6:-1]) > int(starts[1][6:-1]) > 0


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        ("hf://acme/digits@nope", "resolve/missing-artifact"),
        ("hf://acme/other@main", "resolve/missing-artifact"),
        ("hf://acme/digits@v1?x=1", "resolve/bad-pointer"),
        ("hf://a/b/c", "resolve/bad-pointer"),
        ("hf:acme/digits", "resolve/bad-pointer"),
        ("hf://../../etc@main", "resolve/bad-pointer"),
    ],
)
def test_a_wrong_pointer_is_told(hub: Hub, tmp_path: Path, uri: str, rule: str) -> None:
    """It is the person's mistake, so it has a rule and a mend."""
    with pytest.raises(PointerError) as wrong:
        source_of(hub, tmp_path).pin(uri, no_progress)
    assert (wrong.value.rule, bool(wrong.value.mend)) == (rule, True)


def test_a_gated_repository_is_told(hub: Hub, tmp_path: Path) -> None:
    """With what to do about it, and without the token."""
    hub.gated = True
    with pytest.raises(PointerError, match="gated") as wrong:
        pin(hub, tmp_path)
    assert "HF_TOKEN" in wrong.value.mend
    assert TOKEN not in repr(wrong.value)


def test_an_unsafe_path_of_the_hub_is_refused(tmp_path: Path) -> None:
    """A hub does not decide where files go on this machine."""
    with serve(Hub({"../../.bashrc": b"x"})) as hub, pytest.raises(PointerError) as wrong:
        pin(hub, tmp_path)
    assert wrong.value.rule == "resolve/unsafe-path"


def test_a_hub_that_is_down_is_a_broken_world(tmp_path: Path) -> None:
    """It names the endpoint."""
    environ = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    with pytest.raises(BrokenWorldError, match=r"127\.0\.0\.1:9"):
        open_source("hf://acme/digits", FolderTree(tmp_path), environ).pin("hf://acme/digits", no_progress)


def test_a_moving_revision_in_a_lock_is_refused(hub: Hub, tmp_path: Path) -> None:
    """Delivery never asks what a branch means now."""
    lock = pin(hub, tmp_path)
    moving = Lock(lock.uri, "main", lock.files, lock.tree)
    with pytest.raises(IntegrityError):
        source_of(hub, tmp_path).open(moving, lock.files[0], 0)


def test_bytes_that_changed_on_the_hub_are_not_delivered(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do not match the lock; and once they are in the cache, the hub is not needed any more."""
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    lock, cache = pin(hub, tmp_path), FolderCache(tmp_path / "cache")
    hub.files["model.safetensors"] = WEIGHTS[:-1] + b"!"
    with pytest.raises(IntegrityError, match=r"model\.safetensors"):
        fetch(lock, FolderTree(tmp_path), cache)
    hub.files["model.safetensors"] = WEIGHTS
    fetch(lock, FolderTree(tmp_path), cache)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert (fetch(lock, FolderTree(tmp_path), cache) / "model.safetensors").read_bytes() == WEIGHTS
