"""Log lines as people read them: when, where, how grave, what, and of which request."""

from __future__ import annotations

from fairlead.domain.logs import LogLine
from fairlead.show.outputs.figures import moment_text
from fairlead.show.outputs.text import paint, safe, safe_lines

__all__ = ["render_log_line"]

_TONES = {"error": "bad", "critical": "bad", "warning": "warn", "info": "", "debug": "dim"}


def render_log_line(line: LogLine, *, colour: bool) -> str:
    """One line, and the rest of a text of several below it."""
    place = "/".join(part for part in (line.environment, line.model) if part)
    level = paint(safe(line.level), _TONES.get(line.level, ""), colour=colour)
    first, *more = safe_lines(line.text) or [""]
    request = f" [{safe(line.request)}]" if line.request else ""
    parts = [moment_text(line.at) or "", safe(place), safe(line.source), level, f"{first}{request}"]
    return "\n".join([" ".join(part for part in parts if part), *(f"    {each}" for each in more)])
