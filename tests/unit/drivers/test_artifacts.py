"""What is in the cache is what the lock pins, whatever broke on the way."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.drivers.artifacts import FolderCache
from fairlead.kernel.errors import BrokenWorldError, IntegrityError
from fairlead.testing.progress import RecordedProgress, no_progress

DATA = os.urandom(300_000)


def locked(data: bytes = DATA, path: str = "model.onnx") -> LockedFile:
    """The lock of some bytes."""
    return LockedFile(path, hashlib.sha256(data).hexdigest(), len(data))


def lock_of(*files: LockedFile) -> Lock:
    """A lock of files."""
    return Lock("file:x", "sha256:" + "0" * 64, files, tree_digest(files))


class Feed:
    """A source of bytes that remembers where it was asked to begin, and may break."""

    def __init__(self, data: bytes = DATA, breaks_after: int | None = None) -> None:
        self.data = data
        self.breaks_after = breaks_after
        self.offsets: list[int] = []

    def __call__(self, offset: int) -> Iterable[bytes]:
        """Chunks from `offset`."""
        self.offsets.append(offset)
        return self._chunks(offset)

    def _chunks(self, offset: int) -> Iterator[bytes]:
        for start in range(offset, len(self.data), 10_000):
            if self.breaks_after is not None and start - offset >= self.breaks_after:
                raise BrokenWorldError("the line broke")
            yield self.data[start : start + 10_000]


def test_a_file_is_kept_once(tmp_path: Path) -> None:
    """The second time nothing is fetched; progress was told in bytes."""
    cache, feed, progress = FolderCache(tmp_path), Feed(), RecordedProgress()
    cache.put(locked(), feed, progress)
    cache.put(locked(), feed, no_progress)
    assert feed.offsets == [0]
    assert cache.has(locked())
    assert cache.verify(locked(), no_progress)
    assert progress.reports[-1] == (len(DATA), len(DATA), "model.onnx")


def test_a_broken_transfer_is_taken_up(tmp_path: Path) -> None:
    """From where it broke, not from the start."""
    cache, feed = FolderCache(tmp_path), Feed(breaks_after=100_000)
    with pytest.raises(BrokenWorldError):
        cache.put(locked(), feed, no_progress)
    assert not cache.has(locked())
    feed.breaks_after = None
    cache.put(locked(), feed, no_progress)
    assert feed.offsets == [0, 100_000]
    assert cache.verify(locked(), no_progress)


def test_a_bad_partial_is_fetched_anew(tmp_path: Path) -> None:
    """A machine that lost power may leave a partial file of zeros, or one that is too long."""
    for left in (b"\0" * 1_000, b"\0" * 400_000):
        cache, feed = FolderCache(tmp_path / str(len(left))), Feed()
        partial = tmp_path / str(len(left)) / "partial" / locked().sha256
        partial.parent.mkdir(parents=True)
        partial.write_bytes(left)
        cache.put(locked(), feed, no_progress)
        assert feed.offsets[-1] == 0
        assert cache.verify(locked(), no_progress)


@pytest.mark.parametrize("data", [DATA[:-1] + b"!", DATA + b"!", DATA[1:] + b"x"])
def test_wrong_bytes_are_never_kept(tmp_path: Path, data: bytes) -> None:
    """Neither other ones nor more of them; and the next try begins anew."""
    cache = FolderCache(tmp_path)
    with pytest.raises(IntegrityError, match=r"model\.onnx"):
        cache.put(locked(), Feed(data), no_progress)
    assert not cache.has(locked())
    assert list(tmp_path.rglob("*" + locked().sha256)) == []


def test_too_few_bytes_are_a_broken_transfer(tmp_path: Path) -> None:
    """They may still come."""
    with pytest.raises(BrokenWorldError, match="only 5 of 300000"):
        FolderCache(tmp_path).put(locked(), Feed(DATA[:5]), no_progress)


def test_a_folder_is_handed_out_read_only(tmp_path: Path) -> None:
    """The files of the lock under their paths; twice is once."""
    cache = FolderCache(tmp_path)
    files = (locked(), locked(b"{}", "sub/config.json"))
    for file, data in zip(files, (DATA, b"{}"), strict=True):
        cache.put(file, Feed(data), no_progress)
    folder = cache.materialise(lock_of(*files))
    assert cache.materialise(lock_of(*files)) == folder
    assert (folder / "model.onnx").read_bytes() == DATA
    assert {(folder / name).stat().st_mode & 0o222 for name in ("model.onnx", "sub/config.json", "sub", "")} == {0}


def test_an_unsafe_path_is_not_written(tmp_path: Path) -> None:
    """Even where somebody made such a lock by hand."""
    cache = FolderCache(tmp_path / "cache")
    file = locked(b"x", "../../out")
    cache.put(file, Feed(b"x"), no_progress)
    with pytest.raises(IntegrityError):
        cache.materialise(lock_of(file))
    assert not (tmp_path / "out").exists()


def test_what_was_not_fetched_is_not_handed_out(tmp_path: Path) -> None:
    """A folder is whole or not there."""
    with pytest.raises(BrokenWorldError, match="not in the cache"):
        FolderCache(tmp_path).materialise(lock_of(locked()))


def test_a_rotten_copy_is_found_and_removed(tmp_path: Path) -> None:
    """Also from the folders that link to it, so that nothing starts from it."""
    cache = FolderCache(tmp_path)
    cache.put(locked(), Feed(), no_progress)
    served = cache.materialise(lock_of(locked())) / "model.onnx"
    served.chmod(0o644)
    with served.open("r+b") as stream:
        stream.write(b"!")
    assert not cache.verify(locked(), no_progress)
    assert not cache.has(locked())
    assert not served.exists()


def test_pruning_keeps_what_is_needed(tmp_path: Path) -> None:
    """The bytes that are freed are told; a half-done folder goes too."""
    cache = FolderCache(tmp_path)
    keep, drop = locked(b"keep", "a"), locked(b"drop!", "b")
    for file, data in ((keep, b"keep"), (drop, b"drop!")):
        cache.put(file, Feed(data), no_progress)
    kept, dropped = cache.materialise(lock_of(keep)), cache.materialise(lock_of(drop))
    (tmp_path / "trees/.unfinished").mkdir()
    assert cache.prune([lock_of(keep)]) == 5
    assert kept.is_dir()
    assert not dropped.exists()
    assert sorted(each.name for each in (tmp_path / "trees").iterdir()) == [kept.name]
    assert (cache.has(keep), cache.has(drop)) == (True, False)


def test_two_at_once_fetch_once(tmp_path: Path) -> None:
    """The second waits for the first and finds the file."""
    feed = Feed()
    threads = [
        threading.Thread(target=lambda: FolderCache(tmp_path).put(locked(), feed, no_progress)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert feed.offsets == [0]


FULL_DISK = """
import hashlib, resource, signal, sys
from pathlib import Path
from fairlead.domain.lock import LockedFile
from fairlead.drivers.artifacts import FolderCache
from fairlead.kernel.errors import BrokenWorldError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
data = b"x" * 100_000
file = LockedFile("model.onnx", hashlib.sha256(data).hexdigest(), len(data))
try:
    FolderCache(Path(sys.argv[1])).put(file, lambda offset: [data[offset:]], lambda *_: None)
except BrokenWorldError as error:
    print(error)
"""


def test_a_full_disk_is_told_and_given_back(tmp_path: Path) -> None:
    """What, where and how much is missing; nothing half is left. The kernel itself refuses the bytes here."""
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "the disk is full: model.onnx does not fit" in said
    assert "free at least 100000 bytes" in said
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


CONSTANT = """
import hashlib, resource, sys
from pathlib import Path
from fairlead.domain.lock import LockedFile
from fairlead.drivers.artifacts import FolderCache
block, count = bytes(1 << 20), 200
digest = hashlib.sha256()
for _ in range(count):
    digest.update(block)
file = LockedFile("large", digest.hexdigest(), count << 20)
cache = FolderCache(Path(sys.argv[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cache.put(file, lambda offset: (block for _ in range(count)), lambda *_: None)
assert cache.verify(file, lambda *_: None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """200 MB are stored and verified within 10 MB."""
    command = [sys.executable, "-c", CONSTANT, str(tmp_path)]
    kilobytes = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert kilobytes < 10_000
