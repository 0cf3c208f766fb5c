"""A real Git repository in a temporary folder, changed as a person would."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["Origin"]


class Origin:
    """A repository with one branch, `main`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.com")

    def git(self, *arguments: str) -> str:
        """Run git and answer what it says."""
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file without committing it."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, message: str = "change", **files: str | bytes) -> str:
        """Write files (`__` stands for `/` in a name), commit everything, and answer the commit's id."""
        for name, content in files.items():
            self.write(name.replace("__", "/"), content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")
