"""Answers of both releases to the same requests, compared; and what is kept of them meanwhile: no customer's words.

An answer waits for its counterpart in the state, so it is kept sealed: texts as hashes under the rollout's own key,
and numbers too, unless they may differ by a tolerance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b

from fairlead.assure.golden import differences
from fairlead.domain.analysis import Block, Sample
from fairlead.flows.rollouts.arms import AMBIGUOUS, FAILED

__all__ = ["Seal", "compared"]

_TOLD, _COPIED = "old ", "new "

_MOST, _MOST_BYTES = 20_000, 4 << 20
"""Answers and bytes that wait for their counterparts from one look to the next; others are left out."""

_DIGITS = 400
"""Powers of ten that a number may have; what has more is taken as text."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals answers under a rollout's key. With a tolerance numbers stay as they are, to be compared."""

    key: bytes
    tolerance: Decimal = Decimal(0)

    def answer(self, text: str) -> str:
        """JSON of the same form with hashes for names and values; a hash of the text where it is no such JSON."""
        try:
            return self._written(json.loads(text, parse_float=Decimal, parse_constant=str))
        except (ValueError, RecursionError):
            return f'"{self.word(text)}"'

    def word(self, text: str) -> str:
        """A short hash, the same for the same text."""
        return blake2b(text.encode(errors="replace"), key=self.key, digest_size=6).hexdigest()

    def _written(self, value: object) -> str:
        if isinstance(value, dict):
            inner = (f'"{self.word(name)}":{self._written(each)}' for name, each in value.items())
            return f"{{{','.join(inner)}}}"
        if isinstance(value, list):
            if not self.tolerance and not any(isinstance(each, (dict, list)) for each in value):
                return f'"{self.word(json.dumps([_canonical(each) for each in value]))}"'
            return f"[{','.join(map(self._written, value))}]"
        plain = _canonical(value)
        return plain if self.tolerance and _is_number(value) else f'"{self.word(plain)}"'


def compared(
    pending: Mapping[str, str], told: Mapping[str, str], copied: Mapping[str, str], tolerance: Decimal
) -> tuple[Block, dict[str, str]]:
    """Sealed answers of the old release against those to copies, by request id; and what waits for the next look.

    What comes first waits one look for the other.
    """
    old, new = _joined(pending, _TOLD, told), _joined(pending, _COPIED, copied)
    both = [each for each in old.keys() & new.keys() if AMBIGUOUS not in {old[each], new[each]}]
    differ = sum(_differs(old[each], new[each], tolerance) for each in both)
    # A copy has an original; most originals have no copy.
    alone = [(f"{_COPIED}{each}", text) for each, text in copied.items() if each not in old]
    alone += [(f"{_TOLD}{each}", text) for each, text in told.items() if each not in new]
    return Block(Sample(len(both), differ), Sample()), _bounded(alone)


def _bounded(alone: list[tuple[str, str]]) -> dict[str, str]:
    room, left = _MOST_BYTES, dict[str, str]()
    for each, text in alone[:_MOST]:
        room -= len(each.encode()) + len(text)
        if room < 0:
            break
        left[each] = text
    return left


def _joined(pending: Mapping[str, str], mark: str, fresh: Mapping[str, str]) -> dict[str, str]:
    return {each.removeprefix(mark): text for each, text in pending.items() if each.startswith(mark)} | dict(fresh)


def _differs(told: str, copied: str, tolerance: Decimal) -> bool:
    if FAILED in {told, copied}:
        return told != copied
    one, other = (json.loads(each, parse_float=Decimal) for each in (told, copied))
    return bool(differences(one, other, tolerance))


def _canonical(value: object) -> str:
    """The same text for what is the same: 1, 1.0 and 1e0."""
    if not _is_number(value):
        return json.dumps(value, default=str)
    return str((Decimal(str(value)) + 0).normalize())


def _is_number(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, Decimal) and abs(value.adjusted()) < _DIGITS
