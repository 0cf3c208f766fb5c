"""A chart as SVG, for reports: the same specification, drawn by vl-convert (extra `finops`) without any network.

Light is what its attributes say, so that every program draws it; where a style sheet counts and the screen is dark, the
dark colours take their place. Imported late: the renderer is a JavaScript engine of some 60 MB.
"""

from __future__ import annotations

from fairlead.kernel.errors import BrokenWorldError
from fairlead.show.outputs.charts.chart import Chart
from fairlead.show.outputs.charts.palette import AXIS, GRID, SERIES, SURFACE, TEXT

__all__ = ["chart_svg"]

_VERSION = "6.4"
_WIDTH = 720


def chart_svg(chart: Chart, width: int = _WIDTH) -> str:
    """The picture as an `<svg>` element, `width` pixels wide.

    BrokenWorldError where vl-convert is not installed.
    """
    try:
        import vl_convert
    except ImportError as error:
        mend = "pip install 'fairlead[finops]'"
        raise BrokenWorldError("charts in reports need vl-convert, which is not installed", mend=mend) from error
    spec = {**chart.spec, "width": width, "autosize": {"type": "fit-x", "contains": "padding"}}
    text = vl_convert.vegalite_to_svg(spec, vl_version=_VERSION, allowed_base_urls=[])
    head, close, rest = text.partition(">")
    return f"{head}{close}<style>{_dark()}</style>{rest}"


def _dark() -> str:
    rules = (
        f'[fill="{colour.light}"]{{fill:{colour.dark}}}[stroke="{colour.light}"]{{stroke:{colour.dark}}}'
        for colour in (TEXT, AXIS, GRID, SURFACE, *SERIES)
    )
    return "@media screen and (prefers-color-scheme:dark){svg.marks{" + "".join(rules) + "}}"
