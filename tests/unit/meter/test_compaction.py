"""Which files of the lake are merged, and how many remain."""

from __future__ import annotations

from fairlead.drivers.lake_compaction import FAN_IN, compactions
from fairlead.drivers.lake_manifest import LakeFile


def after(windows: int, days: int) -> tuple[list[LakeFile], int, int]:
    """Files after publishing that many windows on each day, the most that there ever were, and rows rewritten."""
    files: list[LakeFile] = []
    rows: dict[str, int] = {}
    most = rewritten = 0
    for number in range(windows * days):
        day = f"2026-11-{1 + number // windows:02d}"
        files.append(LakeFile("usage", day, 0, f"{number}"))
        rows[f"{number}"] = 1
        for merged, sources in compactions(files, number):
            rows[merged.name] = sum(rows[source.name] for source in sources)
            rewritten += rows[merged.name]
            files = [file for file in files if file not in sources] + [merged]
        most = max(most, len(files))
    assert sum(rows[file.name] for file in files) == windows * days
    return files, most, rewritten


def test_files_of_a_day_are_bounded_and_a_past_day_is_one() -> None:
    """Windows of five minutes: fewer than 32 per level of today, one per day before."""
    files, most, rewritten = after(288, 3)
    assert [file.day for file in sorted(files, key=lambda file: file.day)][:2] == ["2026-11-01", "2026-11-02"]
    assert most <= 2 + 2 * FAN_IN
    assert rewritten <= 3 * 288 * 3


def test_windows_of_five_seconds_make_three_levels() -> None:
    """17,280 windows a day leave fewer than a hundred files, and a row is rewritten a few times only."""
    _, most, rewritten = after(17_280, 1)
    assert most < 3 * FAN_IN
    assert rewritten < 3 * 17_280


def test_tables_are_never_mixed() -> None:
    """Each file holds rows of one table and one day."""
    files = [
        LakeFile(table, "2026-11-01", 0, f"{table}{n}") for n in range(FAN_IN) for table in ("usage", "cost_lines")
    ]
    for merged, sources in compactions(files, 1):
        assert {(source.table, source.day) for source in sources} == {(merged.table, merged.day)}
        assert len(sources) == FAN_IN
