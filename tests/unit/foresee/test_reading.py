"""Reading a CSV of measurements."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from fairlead.foresee.reading.oddities import usual_step
from fairlead.foresee.reading.table import Reading, read_file, read_lines
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
    """ISO stays ISO, with its Z, and epoch stays epoch, with fractions where there are any."""
    (plain,) = read(["time,value", "2026-01-01 00:00:00,1", "never,1"]).series
    (zoned,) = read(["time,value", "2026-01-01T02:00:00+02:00,1", "never,1"]).series
    (epoch,) = read(["time,value", "1767225600,1", "1767225600.25,1"]).series
    (millis,) = read(["time,value", "1767225600000,1", "1767225600250,1"]).series
    assert shown_times(plain.times, plain.form) == ["2026-01-01T00:00:00", ""]
    assert shown_times(zoned.times, zoned.form) == ["2026-01-01T00:00:00Z", ""]
    assert shown_times(epoch.times, epoch.form) == ["1767225600", "1767225600.25"]
    assert shown_times(millis.times, millis.form) == ["1767225600000", "1767225600250"]
    assert (epoch.form, millis.form) == (TimeForm.EPOCH, TimeForm.EPOCH_MILLIS)
    assert millis.times.tolist() == epoch.times.tolist()


def test_the_first_time_that_can_be_read_tells_the_form() -> None:
    """Words in front of epoch seconds do not make them unreadable."""
    (series,) = read(["time,value", "soon,1", "1767225600,1"]).series
    assert series.times.tolist() == [UNKNOWN_TIME, 1_767_225_600_000_000]


def test_without_any_time_rows_are_counted() -> None:
    """Values alone are answered too: rows stand five minutes apart, and a note says so."""
    reading = read(["time,value", "01/02/2026,1", "01/03/2026,2"])
    (series,) = reading.series
    assert np.diff(series.times).tolist() == [300_000_000]
    assert shown_times(series.times, series.form) == ["0", "1"]
    assert kinds(reading) == {NoteKind.UNREADABLE_TIME}


@pytest.mark.parametrize(
    "lines",
    [
        ["time;value", "2026-01-01;1.234,5"],
        ["time\tvalue", "2026-01-01\t1234,5"],
        ['"time", "value"\r\n', '"2026-01-01", "1234.5"\r\n', "\r\n"],
        ["", "time,value", *[""] * 200_001, "2026-01-01,1234.5"],
        [",".join([*(f"c{place}" for place in range(198)), "time", "value"]), "," * 198 + "2026-01-01,1234.5"],
    ],
    ids=["semicolons", "tabs", "quotes and CRLF", "blank lines", "200 columns"],
)
def test_files_of_other_programs_are_read(lines: list[str]) -> None:
    """The delimiter is taken from the header, a decimal comma is read where the delimiter is none."""
    (series,) = read(lines).series
    assert series.values.tolist() == [1234.5]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"2026-01-01,5\n2026-01-02,6\n", "the first line holds numbers"),
        (bytes(range(256)) * 40, "this is not text"),
        (b"", "no time column"),
        (b"\n\n", "no time column"),
        (b"time,value\n", "no value can be read"),
        (b"time,value\n" + b"1" * 3_000_000, "more than 1,048,576 characters"),
        (b"\x1f\x8b" + b"rubbish" * 5, "cannot be read"),
        (b"," * 300_000, "and 299989 more"),
    ],
    ids=["no header", "binary", "empty", "blank", "header only", "one line", "broken gzip", "commas"],
)
def test_what_is_no_table_is_told_as_such(tmp_path: Path, content: bytes, what: str) -> None:
    """An error in one short sentence, however odd the bytes are."""
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=what) as told:
        read_file(path)
    assert len(str(told.value)) < 400


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """It is told as the system tells it."""
    with pytest.raises(UsageError, match="Is a directory"):
        read_file(tmp_path)


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("latin-1"),
        lambda text: gzip.compress(text.encode()),
    ],
    ids=["byte order mark", "UTF-16", "Latin-1", "gzip"],
)
def test_encodings_do_not_matter(tmp_path: Path, written: Callable[[str], bytes]) -> None:
    """Byte order marks, UTF-16, a letter that is no UTF-8, and gzip: the values are the same."""
    path = tmp_path / "usage.csv.gz"
    path.write_bytes(written("Größe,time,value\nä,2026-01-01,1.5\n"))
    (series,) = read_file(path).series
    assert (series.name, series.values.tolist()) == ("usage", [1.5])


def test_irregular_times_have_their_median_as_step() -> None:
    """Two events that fell together do not make a step of a millisecond."""
    times = np.cumsum([0, 1, 900, 1000, 1100, 1, 980, 1020, 1050])
    assert usual_step(times) == 990


def test_values_beyond_arithmetic_count_as_missing() -> None:
    """The square of 1e200 is infinite, so it is told and left out."""
    reading = read(["time,value", "2026-01-01,1e200", "2026-01-02,1", "2026-01-03,2"])
    assert kinds(reading) == {NoteKind.INFINITE_VALUE}
    np.testing.assert_array_equal(reading.series[0].values, [np.nan, 1, 2])


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
