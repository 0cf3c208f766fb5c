"""What keepers wrote, read back."""

from __future__ import annotations

import json
from pathlib import Path

from fairlead.serve.records import read_cpu, read_exit, read_server


def reading(second: int, cpu_us: int, **more: object) -> dict[str, object]:
    """A reading as a keeper writes it."""
    return {"at": f"2026-11-23T12:00:{second:02d}.000Z", "cpu_us": cpu_us, "keeper_us": 5, **more}


def test_nothing_is_there_yet(tmp_path: Path) -> None:
    """A folder whose keeper has written nothing has no server, no end and no readings."""
    assert read_server(tmp_path) is None
    assert read_exit(tmp_path) is None
    assert read_cpu(tmp_path, "s") == []


def test_readings_in_order_with_the_keepers_share(tmp_path: Path) -> None:
    """Boundaries first, then the newest; the keeper's own time is in each."""
    boundaries = [json.dumps(reading(0, 100)), json.dumps(reading(10, 200))]
    (tmp_path / "boundaries.jsonl").write_text("\n".join(boundaries) + "\n")
    (tmp_path / "reading.json").write_text(json.dumps(reading(13, 250)))
    found = read_cpu(tmp_path, "s")
    assert [(one.cpu_us, one.final) for one in found] == [(105, False), (205, False), (255, False)]


def test_the_exit_record_is_final(tmp_path: Path) -> None:
    """It takes the newest reading's place."""
    (tmp_path / "reading.json").write_text(json.dumps(reading(13, 250)))
    (tmp_path / "exit.json").write_text(json.dumps(reading(14, 300, code=-9)))
    assert [(one.cpu_us, one.final) for one in read_cpu(tmp_path, "s")] == [(305, True)]
    ended = read_exit(tmp_path)
    assert ended is not None
    assert (ended.code, ended.cause) == (-9, "")
