"""Colours of charts: each a token of `static/tokens.css`, with its light and its dark value.

A specification holds the light values, which are all different, so that whoever draws it can put the dark ones or the
page's own in their place: `chart.js` by the tokens, `svg.py` by a style sheet. The series' colours keep apart for
colour-blind eyes too (a test simulates them), and no chart tells anything by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["AXIS", "GRID", "SERIES", "SURFACE", "TEXT", "TOKENS", "Colour"]


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour by the name of its token."""

    token: str
    light: str
    dark: str


TEXT = Colour("--text", "#15191c", "#e6e9eb")
AXIS = Colour("--soft", "#59626a", "#9aa4ac")
GRID = Colour("--line", "#e4e7ea", "#262c31")
SURFACE = Colour("--raised", "#f1f3f4", "#1e2327")

SERIES = (
    Colour("--chart-1", "#0b63c4", "#3b91f0"),
    Colour("--chart-2", "#a8571a", "#e0864f"),
    Colour("--chart-3", "#3b1a80", "#c5a0f7"),
    Colour("--chart-4", "#109a72", "#1fe09a"),
    Colour("--chart-5", "#cc3d94", "#f2c3dd"),
    Colour("--chart-6", "#a5820f", "#f2c53d"),
    Colour("--chart-7", "#5a6167", "#727a80"),
)
"""In the order in which series get them; the last one is grey, for all that is left."""

TOKENS: Mapping[str, str] = {colour.light: colour.token for colour in (TEXT, AXIS, GRID, SURFACE, *SERIES)}
"""Token of each light value."""
