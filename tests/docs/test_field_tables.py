"""The tables of fields in the documentation are those of the declarations' classes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def tool() -> Any:  # noqa: ANN401 - a script of tools/, loaded by its path
    """The tool that writes them."""
    spec = importlib.util.spec_from_file_location("field_tables", ROOT / "tools" / "field_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("document", ["workspace.md", "model.md", "waivers.md"])
def test_tables_are_current(document: str) -> None:
    """Every field stands there with its default and meaning; `python tools/field_tables.py` mends it."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    assert "| `apiVersion` |" in text
    assert tool().with_tables(text, tool().DOCUMENTS[document]) == text
