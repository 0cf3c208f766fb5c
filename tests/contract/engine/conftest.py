"""Where a real `opa` is, for the tests that need one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

INSTALLED = Path(__file__).parents[3] / ".tools" / "go" / "opa"


@pytest.fixture(scope="session")
def opa() -> str:
    """The path of opa: on the PATH, or where tools/opa.sh puts it."""
    found = shutil.which("opa") or (str(INSTALLED) if INSTALLED.exists() else "")
    if not found:
        pytest.skip("no opa: run tools/opa.sh (go install github.com/open-policy-agent/opa@v1.22.2)")
    return found
