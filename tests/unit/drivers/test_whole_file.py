"""A file that is written elsewhere appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

from fairlead.drivers.ledger.whole_file import whole_file


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    """Each has a place of its own; the file is what the last of them wrote, and nothing is left beside it."""
    out = tmp_path / "bill.csv"
    with whole_file(out) as one:
        one.write_text("one")
        with whole_file(out) as other:
            other.write_text("other")
        assert (one.read_text(), out.read_text()) == ("one", "other")
    assert out.read_text() == "one"
    assert list(tmp_path.iterdir()) == [out]
