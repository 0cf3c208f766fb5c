"""The forms in which a check answers programs: one table, so that the command line and its files know the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from fairlead.domain.report import CheckReport
from fairlead.show.outputs.github import render_github
from fairlead.show.outputs.gitlab import render_gitlab
from fairlead.show.outputs.json import to_json
from fairlead.show.outputs.junit import render_junit
from fairlead.show.outputs.markdown import render_markdown
from fairlead.show.outputs.sarif import render_sarif

__all__ = ["CHECK_FORMS", "at_root"]

CHECK_FORMS: Mapping[str, Callable[[CheckReport], str]] = {
    "json": to_json,
    "sarif": render_sarif,
    "junit": render_junit,
    "github": render_github,
    "gitlab": render_gitlab,
    "markdown": render_markdown,
}
"""By name. Each gives a whole document."""


def at_root(report: CheckReport, folder: str) -> CheckReport:
    """The report with paths from the repository's root, as code hosts want them; `folder` is where they begin now."""
    if not folder:
        return report

    def rooted(path: str) -> str:
        return f"{folder}/{path}" if path and not path.startswith("/") else path

    return replace(
        report,
        findings=tuple(replace(each, path=rooted(each.path), waiver=rooted(each.waiver)) for each in report.findings),
        running=tuple(replace(each, path=rooted(each.path)) for each in report.running),
    )
