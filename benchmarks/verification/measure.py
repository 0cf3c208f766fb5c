"""Verifying artifacts: GB/s per core against `openssl dgst -sha256` on the same file, and memory, in one run.

Run: python benchmarks/verification/measure.py [GIGABYTES]
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fairlead.drivers.artifacts import FolderCache
from fairlead.drivers.folder import FolderTree
from fairlead.flows.artifacts import open_source, quiet
from fairlead.resolve.verified import VerifiedStream

ROUNDS = 3


def main(gigabytes: float) -> None:
    """Measure and print a table. CPU seconds are compared, since others may use the machine."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "weights.bin")
        size = write_random(path, int(gigabytes * 1e9))
        tree = FolderTree(Path(place))
        source = open_source("file:weights.bin", tree)
        lock = source.pin("file:weights.bin", quiet)
        file = lock.files[0]
        cache = FolderCache(Path(place, "cache"))
        cache.put(file, partial(source.open, lock, file), quiet)
        before = resident()
        rows = {
            "openssl dgst -sha256": best(lambda: openssl(path)),
            "verify, from the cache": best(lambda: expect(cache.verify(file, quiet))),
            "verify, from a source": best(
                lambda: expect(VerifiedStream(source.open(lock, file, 0), file, quiet).matches())
            ),
        }
        added = resident() - before
    base = rows["openssl dgst -sha256"]
    print(f"| {size / 1e9:.1f} GB, one core | GB/s | of openssl | goal |\n|---|---|---|---|")
    for name, seconds in rows.items():
        goal = "" if seconds is base else "0.9"
        print(f"| {name} | {size / seconds / 1e9:.2f} | {base / seconds:.2f} | {goal} |")
    print(f"\nMemory added while verifying: {added:.1f} MB, whatever the file's size.")


def write_random(path: Path, size: int) -> int:
    """A file of `size` bytes; its content does not matter to a digest's speed."""
    block = os.urandom(1 << 20)
    with path.open("wb") as stream:
        for _ in range(size // len(block)):
            stream.write(block)
    return path.stat().st_size


def best(run: Callable[[], None]) -> float:
    """Least CPU seconds of a few rounds, children included."""
    return min(cpu_of(run) for _ in range(ROUNDS))


def cpu_of(run: Callable[[], None]) -> float:
    """CPU seconds of one round."""
    before = sum(os.times()[:4])
    run()
    return sum(os.times()[:4]) - before


def openssl(path: Path) -> None:
    """What everybody has."""
    subprocess.run(["openssl", "dgst", "-sha256", str(path)], check=True, capture_output=True)


def expect(whole: bool) -> None:  # noqa: FBT001 - the answer of what was measured
    """End the run where the bytes did not verify, since its time would mean nothing."""
    if not whole:
        raise SystemExit("the file did not verify")


def resident() -> float:
    """Highest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
