"""The forms in which a check answers programs: one table, so that the command line and its files know the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fairlead.domain.report import CheckReport
from fairlead.show.outputs.github import render_github
from fairlead.show.outputs.gitlab import render_gitlab
from fairlead.show.outputs.json import to_json
from fairlead.show.outputs.junit import render_junit
from fairlead.show.outputs.markdown import render_markdown
from fairlead.show.outputs.sarif import render_sarif

__all__ = ["CHECK_FORMS"]

CHECK_FORMS: Mapping[str, Callable[[CheckReport], str]] = {
    "json": to_json,
    "sarif": render_sarif,
    "junit": render_junit,
    "github": render_github,
    "gitlab": render_gitlab,
    "markdown": render_markdown,
}
"""By name. Each gives a whole document."""
