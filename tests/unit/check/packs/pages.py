"""The tool that writes the generated parts of the policies' pages."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[4]


def tool() -> Any:  # noqa: ANN401 - a script of tools/, loaded by its path
    """`tools/policy_pages.py` as a module."""
    spec = importlib.util.spec_from_file_location("policy_pages", ROOT / "tools" / "policy_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
