"""Writing a whole file into a person's folder: never half, never through a link."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from fairlead.kernel.errors import BrokenWorldError

__all__ = ["write_whole"]


def write_whole(path: Path, content: str | bytes) -> bool:
    """Replace a file at once; False (and nothing touched) where it holds that already. Folders are made."""
    data = content.encode() if isinstance(content, str) else content
    try:
        if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
        try:
            with made.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)
    except OSError as error:
        mend = "check its permissions and the room on the disk"
        raise BrokenWorldError(f"cannot write it: {error.strerror}", where=str(path), mend=mend) from error
    return True
