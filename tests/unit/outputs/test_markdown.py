"""The comment on a pull request: complete, bounded, and harmless whatever it quotes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairlead.domain.finding import Severity
from fairlead.domain.report import report_of
from fairlead.show.outputs.markdown import LONGEST, MARK, render_markdown
from tests.unit.outputs.samples import HOSTILE, cost, finding, hostile_report, report, usd

GOLDEN = Path(__file__).parent / "golden" / "comment.md"


def test_a_comment_looks_like_this() -> None:
    """Verdict, cost before and after, findings with mends, waived ones folded, and who judged."""
    assert render_markdown(report()) == GOLDEN.read_text(encoding="utf-8")


def test_a_pass_is_short() -> None:
    """Who has nothing to do reads one line."""
    text = render_markdown(report_of("main", [], 3))
    assert text == f"{MARK}\n## ✅ fairlead: pass\n\nno findings in 3 models\n"


@pytest.mark.parametrize("count", [0, 100, 1_000])
@pytest.mark.parametrize("waived", [0, 1_000])
def test_a_comment_is_bounded(count: int, waived: int) -> None:
    """However much is found, GitHub takes the comment, and it says how much it leaves out."""
    many = [finding(line=each + 1, message=HOSTILE * 10, mend="𝔪" * 900) for each in range(count)]
    many += [finding(line=each + 1, rule="a/b", waiver=HOSTILE) for each in range(waived)]
    costs = tuple(cost(name=f"{HOSTILE} {each}", unpriced=(HOSTILE,)) for each in range(100))
    text = render_markdown(report_of("main", many, 3, costs=costs))
    assert len(text.encode("utf-16-le")) // 2 <= LONGEST
    assert text.count("<details>") == text.count("</details>")
    shown = len(re.findall(r"^- \*\*error", text, re.MULTILINE))
    left = sum(int(each) for each in re.findall(r"and (\d+) more: ", text))
    assert shown + left == count + waived


def test_hostile_text_is_only_text() -> None:
    """No cell, tag, link, picture, code, emphasis, mention or issue begins in quoted text."""
    text = render_markdown(hostile_report())
    for line in text.splitlines():
        ours = r"<!-- fairlead-check -->|</?(?:details|summary|code|sub|br)>|\*\*(?:error|fault)\*\*|^#{2,3} |&#\d+;"
        assert not re.search(
            r"[<>`\[\]*\\~$&\x00-\x1f\u202e]|[@#]\w|\bhttp://\w", re.sub(ours, "\N{ZERO WIDTH SPACE}", line)
        )
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {8, 6}


def test_unknown_money_is_said() -> None:
    """A price that is not known is neither zero nor left out of the sum in silence."""
    costs = (cost(before=None, unpriced=("gpu: price unknown",)), cost(after=usd("1"), before=usd("2")))
    text = render_markdown(report_of("main", [finding(severity=Severity.INFO)], 1, costs=costs))
    assert "| digits in prod | not known | 180.75 USD | not known |" in text
    assert "- digits: gpu: price unknown" in text
    assert "| 2.00 USD | 1.00 USD | −1.00 USD (−50.0 %) |" in text
    assert "| **sum** | not known | 181.75 USD | not known |" in text
