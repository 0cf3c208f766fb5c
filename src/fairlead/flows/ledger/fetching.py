"""Bills that are not files yet: `fairlead ledger import cost-explorer:` and `.../allocation` of an OpenCost.

What an address answers is written to a file under the state folder, as it was sent, and imported like any other: a row
of the ledger can then be traced to it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path

from fairlead.drivers.ledger.cost_explorer import CostQuestion, cost_explorer_client, cost_explorer_file
from fairlead.drivers.ledger.opencost_api import opencost_file
from fairlead.drivers.ledger.workplace import workplace
from fairlead.kernel.digests import sha256_stream
from fairlead.kernel.errors import UsageError
from fairlead.kernel.windows import Window
from fairlead.meter.bills.cost_explorer import GROUPS, METRICS
from fairlead.meter.bills.opencost import LARGEST_DOCUMENT

__all__ = ["fetch_bill", "is_address"]

_COST_EXPLORER = "cost-explorer:"
_WEB = ("http://", "https://")
_USUAL_GROUPS = ("SERVICE", "LINKED_ACCOUNT")
_MOST_GROUPS = 2
_BLOCK = 1 << 20


def is_address(path: str) -> bool:
    """Whether this names a bill that is to be fetched: `cost-explorer:[GROUP[,GROUP]]` or an address of the web."""
    return path.startswith((_COST_EXPLORER, *_WEB))


def fetch_bill(address: str, since: date | None, until: date | None, folder: Path) -> Path:
    """The file in `folder` that holds what the address says of the days from `since` to before `until` (UTC).

    A billing period is replaced whole, so the first day is the first of a month. UsageError, BrokenWorldError.
    """
    if since is None or until is None:
        raise UsageError("what is fetched needs a span", where=address, mend="give --from and --to")
    if since >= until:
        raise UsageError(f"no day from {since} to before {until}", where=address, mend="give a later --to")
    if since.day != 1:
        what = f"{since} is not the first day of its month, and a month in the ledger is replaced whole"
        raise UsageError(what, where=address, mend=f"--from {since.replace(day=1)}")
    with workplace(folder / "coming") as place:
        if address.startswith(_WEB):
            return _kept(_opencost(address, Window(_midnight(since), _midnight(until)), place), folder)
        groups = _groups(address)
        path = place / f"cost-explorer_{'-'.join(groups)}_{since}_{until}.csv"
        cost_explorer_file(cost_explorer_client(), CostQuestion(since, until, METRICS, groups), path)
        return _kept(path, folder)


def _kept(path: Path, folder: Path) -> Path:
    """The file in `folder`, by what it holds: one that rows of the ledger are traced to is never written over."""
    with path.open("rb") as file:
        digest, _ = sha256_stream(iter(lambda: file.read(_BLOCK), b""))
    return path.replace(folder / f"{path.stem}_{digest[:12]}{path.suffix}")


def _groups(address: str) -> tuple[str, ...]:
    """Groups that the address names; service and account where it names none."""
    groups = tuple(group for group in address.removeprefix(_COST_EXPLORER).split(",") if group)
    unknown = sorted(set(groups) - set(GROUPS))
    if unknown:
        what = f"Cost Explorer has no group {', '.join(unknown)}"
        raise UsageError(what, where=address, mend=f"one or two of {', '.join(GROUPS)}")
    if len(groups) > _MOST_GROUPS:
        raise UsageError("Cost Explorer takes at most two groups", where=address, mend=f"leave out {groups[-1]}")
    return groups or _USUAL_GROUPS


def _opencost(address: str, span: Window, folder: Path) -> Path:
    import httpx2

    place = re.sub(r"[^A-Za-z0-9.]+", "-", address.partition("://")[2].partition("?")[0])
    path = folder / f"opencost_{place.strip('-')[:80]}_{span.start:%Y-%m-%d}_{span.end:%Y-%m-%d}.json"
    with httpx2.Client(trust_env=False) as client:
        opencost_file(client, address, span, path, most=LARGEST_DOCUMENT)
    return path


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
