"""Chapter 4: a change that breaks a rule and doubles a cost, the comment that it gets, its mend, and an approval."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from html import unescape
from pathlib import Path

from fairlead.kernel.money import plain
from fairlead.show.cli.demo.reading import rows
from fairlead.show.cli.demo.tour import Tour
from fairlead.show.cli.demo.workspace import GRACE, TOM

__all__ = ["QUESTION", "tell"]

QUESTION = "Somebody asks for more than the rules allow. What does the pull request say, and who can open the gate?"

_BRANCH, _EASIER = "bigger-narrator", "easier-rules"
_SECONDS_OF_A_MONTH = 730 * 3600
_MARKUP = re.compile(r"<!--.*?-->|</?(?:code|sub)>|<br>|\*\*|^#+ |^\| --- .*\n", re.MULTILINE)


def tell(tour: Tour) -> None:
    """A branch is refused with its price and its mends, then mended, approved, merged and live; the rules stay."""
    model = tour.ground.workspace / "models" / "narrator" / "model.yaml"
    usage = _usage(tour)
    tour.git("switch", "--quiet", "--create", _BRANCH, by=TOM)
    _edit(tour, model, "licence: Apache-2.0", "licence: llama3.1")
    _edit(tour, model, "cpu: 0.5", "cpu: 1")
    tour.commit("Let the narrator think harder", "With twice the cores, and a vendor's licence.", by=TOM)
    check = ("check", "--base", "main", "--usage", usage)
    comment = tour.shown(*check, "--format", "markdown", expect=1, seen=_as_hosts_show).out
    tour.promise("baseline/licence" in comment, f"the licence is not refused: {comment}")

    _edit(tour, model, "licence: llama3.1", "licence: Apache-2.0")
    _edit(tour, model, "cpu: 1", "cpu: 0.75")
    commit = tour.commit("Keep our licence, and half of the cores", "As the gate says.", by=TOM)
    key = f"../{tour.ground.key.name}"
    approved = tour.shown("approve", "narrator", "--key", key, by=GRACE)
    tour.promise("no more approvals are needed" in approved.text, approved.text)
    cost = rows(tour.shown(*check).out, "what")[0]
    span = _merge(tour, commit)
    _try_to_weaken(tour)
    tour.tell.result(
        f"refused, mended, approved by {GRACE.name} with a signature, live {span:.1f} s after the merge; "
        f"{cost['before a month']} a month became {cost['after a month']}; the pack stays on"
    )


def _usage(tour: Tour) -> str:
    """A file that says how often the narrator is called in a month, by what its customers did so far."""
    load = tour.load()
    calls = load.of("narrator").answered
    month = Decimal(calls * _SECONDS_OF_A_MONTH / max(load.seconds, 1)).quantize(Decimal(1))
    file = tour.ground.folder / "usage.yaml"
    source = f"the tour's own customers, {calls} calls in {load.seconds:.0f} s"
    file.write_text(f"source: {source}\notherwise:\n  requestsPerMonth: {plain(month)}\n", encoding="utf-8")
    return f"../{file.name}"


def _merge(tour: Tour, commit: str) -> float:
    """Merge the branch; seconds until its release is live."""
    tour.git("switch", "--quiet", "main", by=GRACE)
    tour.git("merge", "--quiet", "--ff-only", _BRANCH, by=GRACE)
    merged = time.monotonic()
    tour.settle()
    span = time.monotonic() - merged
    newest = tour.history("narrator")[0]
    tour.promise((newest["commit"]["id"], newest["state"]) == (commit, "live"), f"{newest['release']} is the newest")
    return span


def _try_to_weaken(tour: Tour) -> None:
    """Switch the pack off, on a branch: the rules that stand on main say no."""
    tour.tell.note("And without the rules?")
    tour.git("switch", "--quiet", "--create", _EASIER, by=TOM)
    _edit(tour, tour.ground.workspace / "fairlead.yaml", "    baseline:\n      enforcement: deny\n", "")
    tour.commit("Take the pack out", "It was in the way.", by=TOM)
    said = tour.shown("check", "--base", "main", expect=1).out
    tour.promise("protection/pack-off" in said, f"it is not the pack that is told: {said}")
    tour.git("switch", "--quiet", "main", by=TOM)


def _as_hosts_show(comment: str) -> str:
    """The comment without its markup, roughly as a code host shows it."""
    return unescape(_MARKUP.sub("", comment)).replace("\u200b", "").strip()


def _edit(tour: Tour, file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    tour.promise(old in text, f"{file.name} has no {old!r}")
    shown = new.strip() or "nothing"
    tour.tell.note(f"{file.name}: `{' '.join(old.split())}` becomes `{shown}`")
    file.write_text(text.replace(old, new), encoding="utf-8")
