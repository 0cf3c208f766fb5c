"""A check's report as a comment on a pull request: verdict, cost before and after, findings with their mends.

The first line is a mark by which a bot finds its comment again and replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fairlead.domain.finding import Finding, Verdict
from fairlead.domain.report import CheckReport, Cost, Running
from fairlead.kernel.money import Money
from fairlead.show.outputs.check_tables import costs_to_tell, difference_text, total_of
from fairlead.show.outputs.figures import money_text
from fairlead.show.outputs.findings import judged_by, report_summary
from fairlead.show.outputs.markdown_text import clipped, code, in_markdown, length

__all__ = ["LONGEST", "MARK", "render_markdown"]

MARK = "<!-- fairlead-check -->"

LONGEST = 65_536
"""Characters that GitHub takes in one comment."""

_ROWS = 40
"""Rows of a table before the rest is only counted."""

_SENTENCE = 600
"""Characters of one message or mend."""

_SIGNS = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.INSUFFICIENT: "❔", Verdict.ERROR: "⚠️"}


def render_markdown(report: CheckReport) -> str:
    """The comment, at most `LONGEST` characters: findings that do not fit are counted."""
    told = report_summary(report).partition(": ")[2]
    head = [MARK, f"## {_SIGNS[report.verdict]} fairlead: {report.verdict.value}", "", in_markdown(told)]
    tail = _footer(report)
    fixed = [*head, *_costs(costs_to_tell(report)), *_running(report.running)]
    room = LONGEST - _size([*fixed, *tail]) - _SPARE
    open_ones = [each for each in report.findings if not each.waiver]
    waived = [each for each in report.findings if each.waiver]
    ordered = sorted(open_ones, key=lambda each: (not each.blocks, each.model, each.environment))
    found = _within(_grouped(ordered), room, len(ordered))
    room -= _size(found)
    return "\n".join([*fixed, *found, *_folded(waived, room), *tail]) + "\n"


_SPARE = 400
"""Characters for what frames the waived findings and counts what was left out."""


def _size(lines: Iterable[str]) -> int:
    return sum(length(line) + 1 for line in lines)


def _within(groups: Iterator[tuple[str, str]], room: int, count: int) -> list[str]:
    """Lines of the findings as long as there is room, each group under its title."""
    lines: list[str] = []
    shown, title, used = 0, "", 0
    for group, line in groups:
        more = [line] if group == title else ["", f"### {group}", "", line]
        used += _size(more)
        if used > room:
            break
        lines += more
        title = group
        shown += 1
    if shown < count:
        lines += ["", f"and {count - shown} more: `fairlead check` shows all."]
    return lines


def _grouped(findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    for finding in findings:
        where = f" in {in_markdown(finding.environment)}" if finding.environment else ""
        what = in_markdown(finding.model) if finding.model else "Repository"
        kind = "" if finding.blocks else ": remarks"
        yield f"{what}{where}{kind}", _bullet(finding)


def _bullet(finding: Finding) -> str:
    rating = f", {in_markdown(finding.rating)}" if finding.rating else ""
    place = f" at {code(clipped(finding.place, _SENTENCE))}" if finding.place else ""
    message = in_markdown(clipped(finding.message, _SENTENCE))
    lines = [f"- **{finding.severity.value}**{rating} {code(finding.rule)}{place}: {message}"]
    if finding.mend:
        lines.append(f"  <br>Mend: {in_markdown(clipped(finding.mend, _SENTENCE))}")
    if finding.reference:
        lines.append(f"  <br>Reference: {in_markdown(clipped(finding.reference, _SENTENCE))}")
    if finding.waiver:
        lines.append(f"  <br>Waived by {code(finding.waiver)}")
    return "\n".join(lines)


def _folded(waived: Sequence[Finding], room: int) -> list[str]:
    """The waived findings, out of the way and still counted."""
    if not waived:
        return []
    lines = _within((("", _bullet(each)) for each in waived), room, len(waived))
    return ["", "<details>", f"<summary>{len(waived)} waived</summary>", "", *lines, "", "</details>"]


def _costs(costs: Sequence[Cost]) -> list[str]:
    if not costs:
        return []
    rows = [_cost(each) for each in costs[:_ROWS]]
    before, after = total_of([each.before for each in costs]), total_of([each.after for each in costs])
    if len(costs) > 1 and after is not None:
        rows.append(["**sum**", *_months(before, after), "", "", ""])
    titles = ["cost", "a month before", "after", "difference", "per 1,000 before", "after", "difference"]
    return ["", *_table(titles, rows), *_left_out(len(costs)), *_unpriced(costs)]


def _cost(cost: Cost) -> list[str]:
    place = f" in {in_markdown(cost.environment)}" if cost.environment else ""
    name = f"{in_markdown(clipped(cost.name, _SENTENCE))}{place}"
    return [name, *_months(cost.before, cost.after), *_months(cost.before_per_1k, cost.after_per_1k)]


def _months(before: Money | None, after: Money | None) -> list[str]:
    return [_money(before), _money(after), difference_text(before, after) or "not known"]


def _money(money: Money | None) -> str:
    return in_markdown(money_text(money) or "not known")


def _unpriced(costs: Sequence[Cost]) -> list[str]:
    """What has no price, and on whose word the amounts used are assumed."""
    parts = [f"{each.name}: {part}" for each in costs for part in each.unpriced]
    sources = list(dict.fromkeys(each.assumptions for each in costs if each.assumptions))
    lines = (
        ["Without a price:", "", *(f"- {in_markdown(clipped(part, _SENTENCE))}" for part in parts[:_FEW])]
        if parts
        else []
    )
    if len(parts) > _FEW:
        lines.append(f"- and {len(parts) - _FEW} more")
    if sources:
        told = "; ".join(in_markdown(clipped(each, _SENTENCE)) for each in sources[:_FEW])
        lines += [*([""] if lines else []), f"Usage: {told}"]
    return ["", *lines] if lines else []


_FEW = 10


def _running(running: Sequence[Running]) -> list[str]:
    if not running:
        return []
    rows = [[in_markdown(clipped(text, _SENTENCE)) for text in _runs(each)] for each in running[:_ROWS]]
    table = _table(["kind", "name", "runs", "pin", "place"], rows)
    return ["", "<details>", f"<summary>What runs: {len(running)}</summary>", "", *table, *_left_out(len(running)), "",
            "</details>"]  # fmt: skip


def _runs(each: Running) -> tuple[str, ...]:
    return (each.kind, each.name, each.what, each.pin, f"{each.path}:{each.line}" if each.line else each.path)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (titles, ["---"] * len(titles), *rows)]


def _left_out(count: int) -> list[str]:
    return ["", f"and {count - _ROWS} more"] if count > _ROWS else []


def _footer(report: CheckReport) -> list[str]:
    judged = judged_by(report)
    digest = f" ({code(report.rules.digest[:_SHORT])})" if judged and report.rules.digest else ""
    return ["", f"<sub>{in_markdown(judged)}{digest}</sub>"] if judged else []


_SHORT = 19
