"""What makes a finding the same finding tomorrow, although lines have moved: for tools that follow it over time."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable

from fairlead.domain.finding import Finding

__all__ = ["with_fingerprints"]

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
"""A measured value or an amount moves from day to day while the finding is the same."""


def with_fingerprints(findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Each finding with 64 hexadecimal digits over what it says, where and of what.

    Line, column and the numbers in its message do not count. Findings that say the same of the same file are
    told apart by their order in it.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    marked = []
    for finding in findings:
        key = (finding.rule, finding.path, finding.model, finding.environment, _NUMBER.sub("0", finding.message))
        text = json.dumps([*key, seen[key]])
        seen[key] += 1
        marked.append((finding, hashlib.sha256(text.encode()).hexdigest()))
    return marked
