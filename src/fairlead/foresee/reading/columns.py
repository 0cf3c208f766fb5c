"""Which column is the time, the value and the series: by name, or as the caller says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairlead.kernel.errors import UsageError

__all__ = ["MEASURED", "Places", "Wanted", "find_places"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Accepted names per role, in order of preference; `series` and `spread` may be absent from a file.

    `spread` is a second number of each row, for those who ask for one.
    """

    time: tuple[str, ...]
    value: tuple[str, ...]
    series: tuple[str, ...]
    spread: tuple[str, ...] = ()


MEASURED = Wanted(
    time=("time", "timestamp", "date", "datetime", "ds"),
    value=("value", "y", "v"),
    series=("series", "unique_id", "id"),
)
"""The columns of a file of measurements."""

_MOST_TOLD = 12
_LONGEST_TOLD = 40


@dataclass(frozen=True, slots=True)
class Places:
    """Positions of the columns in a row; `value_name` tells a rate from a count where a file may hold either."""

    time: int
    value: int
    series: int | None
    value_name: str
    spread: int | None = None


def find_places(header: Sequence[str], wanted: Wanted, *, where: str, chosen: Mapping[str, str]) -> Places:
    """Find the columns, letter case aside; `chosen` maps a role to the name that the caller gave for it.

    Raises `UsageError` with the columns that the file has where a needed or chosen one is missing.
    """
    names = [name.strip().lower() for name in header]
    found = {
        role: _find(names, (chosen[role].strip().lower(),) if chosen.get(role) else accepted)
        for role, accepted in (("time", wanted.time), ("value", wanted.value), ("series", wanted.series))
    }
    time, value, series = found["time"], found["value"], found["series"]
    if time is None:
        raise _missing("time", wanted.time, header, where=where)
    if value is None:
        raise _missing("value", wanted.value, header, where=where)
    if series is None and chosen.get("series"):
        raise _missing("series", (chosen["series"],), header, where=where)
    return Places(time, value, series, names[value], _find(names, wanted.spread))


def _find(names: Sequence[str], accepted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in accepted if name in names), None)


def _missing(role: str, accepted: Sequence[str], header: Sequence[str], *, where: str) -> UsageError:
    told = ", ".join(_short(name) for name in header[:_MOST_TOLD]) or "no columns"
    more = f" and {len(header) - _MOST_TOLD} more" if len(header) > _MOST_TOLD else ""
    mend = f"name it with --{role}-col"
    if any(_is_number(name) for name in header):
        mend = "the first line holds numbers: write the columns' names above it, as in time,value"
    return UsageError(
        f"no {role} column: looked for {', '.join(accepted)}; the file has {told}{more}", where=f"{where}:1", mend=mend
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_TOLD else f"{name[:_LONGEST_TOLD]}…"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
