"""CODEOWNERS -> rules, and what is wrong with them: a line that GitHub would pass over leaves its paths to nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.domain.code_owners import OwnerRule
from fairlead.domain.finding import Finding

__all__ = ["MAX_CODE_OWNERS", "CodeOwners", "read_code_owners"]

MAX_CODE_OWNERS = 3_000_000
"""Letters of a CODEOWNERS file; GitHub does not read a larger one (3 MB)."""

_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)?|[^@\s#]+@[^@\s#]+")
_COMMENT = re.compile(r"(^|(?<=\s))#.*$")
_WORD = re.compile(r"(?:\\ |\S)+")
_RULE = "code-owners/wrong-line"


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """The rules in order of the file, and findings for the lines that are none."""

    rules: tuple[OwnerRule, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_code_owners(text: str, path: str) -> CodeOwners:
    """The rules of a CODEOWNERS file at `path`; GitHub's syntax, without sections, negation and character ranges."""
    if len(text) > MAX_CODE_OWNERS:
        message = f"the file has more than {MAX_CODE_OWNERS} letters, and is not read"
        return CodeOwners((), (Finding(path, 1, 1, "code-owners/too-large", message, "write broader patterns"),))
    rules: list[OwnerRule] = []
    findings: list[Finding] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        words = _WORD.findall(_COMMENT.sub("", raw))
        if not words:
            continue
        problem = _problem(words[0], words[1:])
        if problem:
            findings.append(Finding(path, number, 1, _RULE, problem[0], problem[1]))
        else:
            rules.append(OwnerRule(words[0].replace("\\ ", " "), tuple(words[1:]), number))
    return CodeOwners(tuple(rules), tuple(findings))


def _problem(pattern: str, owners: list[str]) -> tuple[str, str] | None:
    """What is wrong with a line, and its mend."""
    if pattern.startswith(("[", "^[")):
        return "sections are not read", "write lines of a pattern and its owners"
    if pattern.startswith("!"):
        return "a pattern cannot be negated", "write a later line for the exception: the last one that fits decides"
    if set(pattern) & set("[]") or "\\" in pattern.replace("\\ ", ""):
        return "character ranges and escapes are not read", "use `*`, `**` and `?`"
    if not pattern.strip("/"):
        return "the pattern names nothing", "write `*` for everything"
    wrong = next((each for each in owners if not _OWNER.fullmatch(each)), None)
    return ("an owner is an e-mail address, @name or @organisation/team", "correct the owner") if wrong else None
