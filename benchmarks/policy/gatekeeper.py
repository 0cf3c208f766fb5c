"""Gatekeeper's library: how many of its own test cases pass.

Run: python benchmarks/policy/gatekeeper.py. Needs a checkout of open-policy-agent/gatekeeper-library in FAIRLEAD_DATA.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

LIBRARY = Path(os.environ.get("FAIRLEAD_DATA", "."), "gatekeeper-library", "library")


def main() -> None:
    """Run all suites and print a table."""
    program = Path(sys.executable).with_name("fairlead")
    started = time.monotonic()
    words = [program, "policy", "test", LIBRARY, "--format", "json"]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    if not run.stdout:
        raise SystemExit(run.stderr)
    summary = json.loads(run.stdout)["summary"]
    passed, total = summary["passed"], sum(summary[each] for each in ("passed", "failed", "errors"))
    print("| Gatekeeper's library | goal | measured |\n|---|---|---|")
    print(f"| cases passed | {total} of {total} | {passed} of {total} |")
    print(f"| seconds, cold | | {time.monotonic() - started:.1f} |")


if __name__ == "__main__":
    main()
