"""A file that is fetched from elsewhere and appears whole or not at all, whenever the program is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from fairlead.kernel.errors import BrokenWorldError

__all__ = ["whole_file"]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to; it takes `path`'s place after the block, or is gone where the block fails.

    No other writer of the same file has it.
    """
    beside = path.with_name(f"{path.name}.{uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        what = f"{path.name} cannot be written: {error.strerror or error}"
        raise BrokenWorldError(what, where=str(path.parent), mend="is there room, and may it be written to?") from error
