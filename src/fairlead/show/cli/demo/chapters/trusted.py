"""Chapter 12: a copy of the record, one altered byte, and what the audit says to it."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from fairlead.drivers.state_engine import SQLITE_FILE
from fairlead.show.cli.demo.tour import Tour

__all__ = ["QUESTION", "tell"]

QUESTION = "Can the record be trusted? One byte of a copy is altered."


def tell(tour: Tour) -> None:
    """Verify the journal, alter a copy by one byte, and verify the copy."""
    tour.shown("audit", "verify")
    copy = tour.ground.folder / "copy"
    tour.tell.command("fairlead backup ../copy.tar && fairlead restore ../copy.tar --state ../copy")
    archive = tour.ground.folder / "copy.tar"
    for words, state in ((("backup", str(archive)), None), (("restore", str(archive)), copy)):
        ran = tour.ground.fairlead(*words, state=state)
        tour.promise(ran.code == 0, ran.text)
    sequence, before, after = _alter(copy / SQLITE_FILE)
    tour.tell.note(f"One byte of ../copy/{SQLITE_FILE} is altered: in record {sequence}, {before!r} becomes {after!r}.")
    tour.tell.say()
    ran = tour.shown("audit", "verify", expect=1, state=copy)
    named = set(re.findall(r"journal#(\d+)", ran.text))
    tour.promise(str(sequence) in named, f"record {sequence} is not named: {ran.text}")
    tour.tell.result(f"record {sequence} is named as altered; the journal itself verifies")


def _alter(database: Path) -> tuple[int, str, str]:
    """Change one letter of who made the newest followed commit; answers the record, and the name before and after."""
    with closing(sqlite3.connect(database)) as opened:
        query = "select sequence, text from journal where kind = 'commit.followed' order by sequence desc limit 1"
        sequence, text = opened.execute(query).fetchone()
    name = str(json.loads(text)["actor"]["name"])
    other = name[:-1] + ("n" if name[-1] == "m" else "m")
    content, before = database.read_bytes(), str(text).encode()
    after = before.replace(name.encode(), other.encode(), 1)
    at = content.index(before)
    database.write_bytes(content[:at] + after + content[at + len(before) :])
    return int(sequence), name, other
