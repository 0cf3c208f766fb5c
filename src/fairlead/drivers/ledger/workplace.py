"""A folder for work beside the ledger, on its disk: it goes when the work ends, or after its process has died."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fairlead.kernel.errors import BrokenWorldError

__all__ = ["workplace"]


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """An empty folder below `folder`, named by this process; those that killed processes left are cleared away."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.iterdir():
            if not _lives(left.name.partition("-")[0]):
                shutil.rmtree(left, ignore_errors=True)
        place = TemporaryDirectory(dir=folder, prefix=f"{os.getpid()}-", ignore_cleanup_errors=True)
    except OSError as error:
        raise BrokenWorldError(f"cannot be written: {error}", where=str(folder)) from error
    with place as path:
        yield Path(path)


def _lives(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    return True
