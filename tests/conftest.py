"""What every test may ask for."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

# A shell's background job ignores Ctrl-C, and so would every program that a test starts and ends by it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of large public data sets that FAIRLEAD_DATA names; without it the summary says what was left out."""
    folder = os.environ.get("FAIRLEAD_DATA")
    if not folder:
        pytest.skip("FAIRLEAD_DATA is not set: left out what needs the large public data sets")
    return Path(folder)
