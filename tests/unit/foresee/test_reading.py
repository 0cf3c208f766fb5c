"""Reading a CSV of measurements."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from fairlead.foresee.reading.table import Reading, read_lines
from fairlead.foresee.series import UNKNOWN_TIME, NoteKind, TimeForm, shown_times
from fairlead.kernel.errors import UsageError


def read(lines: Iterable[str], **chosen: str) -> Reading:
    """Read lines as if they were the file `usage.csv`."""
    return read_lines(lines, stem="usage", where="usage.csv", chosen=chosen)


def kinds(reading: Reading) -> set[NoteKind]:
    """Return the kinds of notes that a reading carries."""
    return {note.kind for note in reading.notes}


@pytest.mark.parametrize("time", ["time", "timestamp", "DATE", "datetime", "ds"])
@pytest.mark.parametrize("value", ["value", "Y", "v"])
def test_columns_are_found_by_name(time: str, value: str) -> None:
    """Every documented name is found, letter case aside, and the file's stem names a lone series."""
    (series,) = read([f"other,{value},{time}", "x,1.5,2026-01-01T00:00:00Z"]).series
    assert (series.name, series.values.tolist()) == ("usage", [1.5])


def test_named_columns_come_first() -> None:
    """A column that the caller names is taken before one with an accepted name."""
    (series,) = read(["ds,value,cost,who", "2026-01-01,1,2,a"], value="cost", series="who").series
    assert (series.name, series.values.tolist()) == ("a", [2.0])


def test_missing_column_lists_those_at_hand() -> None:
    """A file without a value column is refused; the message names its columns and the option."""
    with pytest.raises(UsageError, match=r"the file has time, cost.*--value-col"):
        read(["time,cost", "2026-01-01,1"])


def test_iso_times_with_and_without_zones_agree() -> None:
    """The same instant reads the same as naive UTC, with Z, with an offset and as epoch seconds."""
    texts = ["2026-01-01 12:00:00", "2026-01-01T12:00:00Z", "2026-01-01T14:00:00+02:00", "1767268800", "1767268800.0"]
    times = {int(read(["time,value", f"{text},1"]).series[0].times[0]) for text in texts}
    assert times == {1_767_268_800_000_000}


def test_times_are_shown_as_they_were_written() -> None:
    """ISO stays ISO and epoch stays epoch, with fractions where there are any."""
    (iso,) = read(["time,value", "2026-01-01T00:00:00Z,1", "never,1"]).series
    (epoch,) = read(["time,value", "1767225600,1", "1767225600.25,1"]).series
    assert shown_times(iso.times, iso.form) == ["2026-01-01T00:00:00", ""]
    assert shown_times(epoch.times, epoch.form) == ["1767225600", "1767225600.25"]
    assert epoch.form is TimeForm.EPOCH


def test_odd_rows_are_kept_in_order_and_noted() -> None:
    """Duplicates, disorder, gaps, NaN, infinities and unreadable cells give notes; no row is dropped or moved."""
    lines = ["time,value", "2026-01-02,1", "2026-01-01,nan", "2026-01-03,inf", "2026-01-03,2", "soon,x", "2026-01-06"]
    reading = read(lines)
    (series,) = reading.series
    np.testing.assert_array_equal(series.values, [1, np.nan, np.nan, 2, np.nan, np.nan])
    assert series.times[4] == UNKNOWN_TIME
    assert kinds(reading) == {
        NoteKind.UNREADABLE_TIME,
        NoteKind.UNREADABLE_VALUE,
        NoteKind.MISSING_VALUE,
        NoteKind.INFINITE_VALUE,
        NoteKind.UNSORTED,
        NoteKind.DUPLICATE_TIME,
        NoteKind.GAP,
    }
    (gap,) = (note for note in reading.notes if note.kind is NoteKind.GAP)
    assert gap.count == 2


@pytest.mark.parametrize(
    ("values", "kind"),
    [(["5"], NoteKind.ONE_POINT), (["3", "3"], NoteKind.CONSTANT), (["0", "0", "0"], NoteKind.ALL_ZERO)],
)
def test_degenerate_series_are_noted(values: list[str], kind: NoteKind) -> None:
    """One point, a constant and all zeros are read, with a note."""
    lines = [f"2026-01-0{day},{value}" for day, value in enumerate(values, start=1)]
    assert kinds(read(["time,value", *lines])) == {kind}


def test_interleaved_series_keep_their_rows() -> None:
    """Rows of several series are taken apart, and each remembers its place in the file."""
    lines = ["unique_id,ds,y", "b,2026-01-01,1", "a,2026-01-01,2", "b,2026-01-02,3"]
    first, second = read(lines).series
    assert (first.name, first.rows.tolist(), second.name, second.rows.tolist()) == ("b", [0, 2], "a", [1])


@pytest.mark.parametrize("lines", [[], ["time,value"], ["time,value", "2026-01-01,x"]])
def test_a_file_without_any_value_is_refused(lines: list[str]) -> None:
    """An error, and a clear one, only where nothing can be read."""
    with pytest.raises(UsageError, match=r"no value can be read|no time column"):
        read(lines)


def test_chunks_do_not_show() -> None:
    """A file longer than a chunk, with one odd cell, reads the same as its rows do one by one."""
    count = 100_003
    lines = ["time,value", *(f"{1_700_000_000 + 60 * i},{i}" for i in range(count)), "1800000000,?"]
    reading = read(lines)
    (series,) = reading.series
    np.testing.assert_array_equal(series.values[:count], np.arange(count))
    assert np.isnan(series.values[count])
    assert kinds(reading) == {NoteKind.UNREADABLE_VALUE, NoteKind.MISSING_VALUE, NoteKind.GAP}
