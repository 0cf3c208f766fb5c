"""Usage bodies of LLM APIs: read exactly, and priced from a dated table.

    bytes -(bodies)-> JSON values -(recognition, readers)-> counts by unit -(price_table, rates, units)-> prices

`readers.toml` says where each API keeps its counts, `prices.json` who sells what and for how much since when. Both are
data: another API or another price is another row. Nothing in here does I/O but read its own two files.
"""

from __future__ import annotations
