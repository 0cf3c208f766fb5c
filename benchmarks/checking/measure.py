"""`fairlead check` on 10,000 models and 20 rules: cold, and with one model changed since a base. Seconds by the clock.

Run: python -m benchmarks.checking.measure [MODELS]. The real command is run, on a checkout of a real repository.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pygit2

from benchmarks.reading.measure import MODEL, WORKSPACE, lock_text
from fairlead.check.policies.packs import load_pack

PACKS = ("baseline", "lineage", "finops")
POLICIES = "policies:\n  packs:\n" + "".join(f"    {name}: {{enforcement: warn}}\n" for name in PACKS)
PRICES = """priceBook:
  currency: USD
  rows:
    - {resource: cpu, price: 0.04, source: benchmark, asOf: 2026-07-20, includes: [memory]}
"""


FAULTY = 100
"""One model in so many breaks four rules; the others break none."""

MENDS = {
    "baseModel: acme/base": "baseModel: acme/base@" + "0" * 40 + "\n  trainingRun: https://example.com/runs/1",
    "    purpose: training\n": "    purpose: training\n    sha256: " + "0" * 64 + "\n",
}

USAGE = "source: benchmark\notherwise: {requestsPerMonth: 100000000}\n"


def declare(root: Path, number: int, replicas: int = 1) -> None:
    """Write one model, in one environment."""
    folder = root / "models" / f"model-{number:05d}"
    folder.mkdir(parents=True, exist_ok=True)
    text = MODEL.format(number=number, team=number % 50, replicas=replicas)
    for old, new in MENDS.items() if number % FAULTY else ():
        text = text.replace(old, new)
    revision = f"@{number:040x}" if number % FAULTY else "@main"
    (folder / "model.yaml").write_text(text.replace("  dev: {}\n", "").replace("@main", revision))
    (folder / "model.lock").write_bytes(lock_text(number).replace(b"@main", revision.encode()))


def run(root: Path, *arguments: str) -> tuple[float, float, dict[str, object]]:
    """Seconds by the clock, CPU seconds of all its processes, and the answer."""
    command = [sys.executable, "-m", "fairlead", "check", str(root), "--format", "json", *arguments]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, text=True, env={**os.environ, "NO_COLOR": "1"})
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, json.loads(done.stdout)


def main(count: int) -> None:
    """Measure and print a table."""
    rules = sum(len(load_pack(name)) for name in PACKS)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        pygit2.init_repository(place, initial_head="main")
        (root / "fairlead.yaml").write_text(WORKSPACE.decode() + PRICES + POLICIES)
        (root / "fairlead-usage.yaml").write_text(USAGE)
        for number in range(count):
            declare(root, number)
        git(root, "add", "-A")
        git(root, "commit", "-qm", "Begin")
        cold, cpu, answer = run(root)
        if answer["models"] != count or answer["rules"]["judged"] != rules:  # type: ignore[index]
            raise SystemExit(f"checked {answer['models']} models by {answer['rules']}")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        declare(root, 7, replicas=3)
        changed = min(run(root, "--base", "HEAD")[0] for _ in range(3))
        git(root, "commit", "-qam", "Change one")
        committed = min(run(root, "--base", "HEAD~1", "--commit", "HEAD")[0] for _ in range(3))
    print(f"| {count} models, {rules} rules | goal | measured |\n|---|---|---|")
    print(f"| check, cold | < 60 s | {cold:.1f} s ({cpu:.1f} s of CPU) |")
    print(f"| one model changed in the folder, `--base HEAD` | < 1 s | {changed:.2f} s |")
    print(f"| one model changed in a commit, `--base HEAD~1 --commit HEAD` | < 1 s | {committed:.2f} s |")
    print(f"| highest resident memory of a process | | {peak:.0f} MB |")


def git(root: Path, *arguments: str) -> None:
    """Run git there as somebody."""
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgSign=false")
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
