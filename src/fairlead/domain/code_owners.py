"""Code owners: who answers for which paths, as a CODEOWNERS file says it. The last line that fits a path decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.kernel.path_patterns import path_fits

__all__ = ["OwnerRule", "owners_of"]


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """One line: `pattern` as it was written, `owners` as e-mail addresses or `@names`; none: nobody owns it."""

    pattern: str
    owners: tuple[str, ...]
    line: int

    def fits(self, path: str) -> bool:
        """Whether the pattern covers a path, from the repository's root.

        As GitHub documents it (About code owners, "CODEOWNERS syntax"): a pattern with a slash that is not its last
        letter begins at the root, any other fits at every depth; a folder's name covers all below it; `docs/*` covers
        the files in docs and none deeper.
        """
        core = self.pattern.strip("/")
        rooted = core if "/" in self.pattern.rstrip("/") else f"**/{core}"
        if not self.pattern.endswith("/") and path_fits(rooted, path):
            return True
        return (core == "*" or not core.endswith("/*")) and path_fits(f"{rooted}/**/*", path)


def owners_of(path: str, rules: Sequence[OwnerRule]) -> OwnerRule | None:
    """The rule that decides about a path, or None where none fits."""
    return next((rule for rule in reversed(rules) if rule.fits(path)), None)
