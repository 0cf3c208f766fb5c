"""Templates to HTML. Everything that is printed is escaped, and characters that reorder or hide text are spelt out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from fairlead.kernel.money import plain
from fairlead.kernel.windows import iso
from fairlead.show.outputs.decisions import told
from fairlead.show.outputs.figures import (
    amount_text,
    bytes_text,
    change_text,
    count_text,
    cpu_text,
    latency_text,
    seconds_text,
    share_text,
    span_text,
)
from fairlead.show.outputs.text import safe
from fairlead.show.web import numbers
from fairlead.show.web.charts import sparkline
from fairlead.show.web.difference import diff_lines
from fairlead.show.web.frame import PERIODS, Frame, View, api_link, command, link
from fairlead.show.web.tones import tone_of

__all__ = ["bare_page", "page"]

_FILTERS = {
    "ago": lambda moment, now: numbers.ago(now, moment),
    "clock": lambda moment, now: numbers.clock_time(now, moment),
    "count": count_text,
    "cpu": cpu_text,
    "iso": iso,
    "latency": latency_text,
    "long": span_text,
    "percent": change_text,
    "outside": lambda address: address.startswith(("https://", "http://")),
    "plain": plain,
    "seconds": seconds_text,
    "short": amount_text,
    "share": share_text,
    "size": bytes_text,
    "span": numbers.span,
    "told": told,
    "tone": tone_of,
}

_GLOBALS = {
    "PERIODS": list(PERIODS),
    "api_link": api_link,
    "command": command,
    "diff_lines": diff_lines,
    "link": link,
    "sparkline": sparkline,
}


@cache
def _templates() -> Environment:
    """The templates of this package; an unknown name in one is an error, never an empty place."""
    environment = Environment(
        loader=PackageLoader("fairlead.show.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    environment.globals.update(_GLOBALS)
    return environment


def _printed(value: object) -> object:
    """What a template prints: text made harmless; what is HTML already, and numbers, as they are."""
    return safe(value) if type(value) is str else value


def page(template: str, frame: Frame, view: View, content: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """Render a page inside the frame."""
    return HTMLResponse(_templates().get_template(template).render(frame=frame, view=view, **content), status)


def bare_page(template: str, content: Mapping[str, Any], status: int) -> HTMLResponse:
    """Render a page that stands alone, because the frame could not be had."""
    return HTMLResponse(_templates().get_template(template).render(**content), status)
