"""Errors as people read them: what, where, and the mend; for a program the same as JSON."""

from __future__ import annotations

from fairlead.kernel.errors import FairleadError
from fairlead.show.outputs.json import to_json_line
from fairlead.show.outputs.text import paint, safe_lines

__all__ = ["render_error"]


def render_error(error: FairleadError, *, as_json: bool, colour: bool) -> str:
    """Text for stderr. The JSON form is one line, so that it can be told from other lines there."""
    if as_json:
        kind = type(error).__name__.removesuffix("Error")
        told = {"kind": kind, "what": error.what, "where": error.where, "mend": error.mend}
        return to_json_line({"error": told, "exit_code": error.exit_code})
    place = f"{' '.join(safe_lines(error.where))}: " if error.where else ""
    first, *more = safe_lines(error.what) or [""]
    lines = [f"{paint('error:', 'bad', colour=colour)} {place}{first}", *(f"  {line}" for line in more)]
    return "\n".join([*lines, *(f"  mend: {line}" for line in safe_lines(error.mend))])
