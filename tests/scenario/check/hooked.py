"""A person's repository with fairlead's hooks in it, and the machine around it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["BAD", "GOOD", "Person", "with_name"]

GOOD = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: acme
environments:
  - name: prod
    target: {kind: local, port: 8443}
priceBook:
  currency: USD
  rows:
    - {resource: cpu, price: 0.0425, source: "example list price, per core-hour", asOf: TODAY}
""".replace("TODAY", datetime.now(UTC).date().isoformat())
"""A workspace that passes."""

BAD = GOOD.replace("name: acme", "name: acme\nnmae: oops")
"""The same with a word that nobody knows."""


def with_name(name: str) -> str:
    """A workspace that passes, under another name."""
    return GOOD.replace("name: acme", f"name: {name}")


@dataclass(frozen=True)
class Person:
    """Somebody with a home and a checkout. What the test's own Git was told does not reach them."""

    folder: Path
    home: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """What programs find around them. How packages are fetched is the machine's matter, and stays."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name.startswith(("PIP_", "SSL_", "REQUESTS_")) or name.lower().endswith("_proxy")
        }
        return {
            **kept,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.com",
            **self.more,
        }

    def run(self, *words: str, fails: bool = False, seconds: float = 60) -> str:
        """Run a program in the checkout; what it said. It must succeed, or fail where that is expected."""
        run = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=seconds,
        )
        assert (run.returncode != 0) == fails, f"{words} ended with {run.returncode}\n{run.stdout}"
        return run.stdout

    def git(self, *words: str, fails: bool = False) -> str:
        """Run git."""
        return self.run("git", *words, fails=fails).strip()

    def write(self, path: str, text: str) -> None:
        """Write a file of the checkout."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def commit(self, subject: str) -> str:
        """Commit everything that lies there; the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")
