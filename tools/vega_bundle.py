# ruff: noqa: INP001 - a script, not a package
"""Writes `src/fairlead/show/web/static/vega.js`: Vega, Vega-Lite and vega-embed in one module, without any network.

Run: python tools/vega_bundle.py

The file is committed, and a test makes it again from the vl-convert of the lock and demands the same bytes: nobody has
to trust what lies there. Made while a wheel is built it would cost every isolated build (pip from Git, pre-commit, an
offline mirror) a download of 30 MB and a JavaScript engine, and a failure of either would fail the installation of
all the rest; 0.3 MB of compressed text in Git, once per release of Vega, costs less. A wheel, an sdist, `make setup`
and a bare checkout all have it.
"""

from __future__ import annotations

from pathlib import Path

import vl_convert

PLACE = Path(__file__).parents[1] / "src" / "fairlead" / "show" / "web" / "static" / "vega.js"
VEGA_LITE = "6.4"
HEAD = """\
/*! Made by tools/vega_bundle.py with vl-convert {convert}; do not edit.
 * Vega {vega}, Vega-Lite {lite}, vega-embed {embed}: BSD-3-Clause,
 * Copyright University of Washington Interactive Data Lab. Within them: D3 (ISC, Mike Bostock); lodash.debounce,
 * json-stringify-pretty-compact, fast-json-patch (MIT); semver (ISC).
 */
"""


def bundle() -> str:
    """The module's text; it exports `vegaEmbed` only. The same versions give the same bytes."""
    head = HEAD.format(
        convert=vl_convert.__version__,
        vega=vl_convert.get_vega_version(),
        lite=VEGA_LITE,
        embed=vl_convert.get_vega_embed_version(),
    )
    return head + vl_convert.javascript_bundle("export { vegaEmbed };", vl_version=VEGA_LITE)


if __name__ == "__main__":
    PLACE.write_text(bundle(), "utf-8")
