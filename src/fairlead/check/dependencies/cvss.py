"""The base score of a CVSS vector, version 3.0 or 3.1.

Source: FIRST, "Common Vulnerability Scoring System version 3.1: Specification Document", sections 7.1 (equations), 7.4
(weights) and 5 (ratings); its appendix A defines the rounding in whole numbers, which is used here.
"""

from __future__ import annotations

import re

__all__ = ["base_score", "rating_of"]

_VECTOR = re.compile(r"CVSS:3\.[01](/[A-Z]{1,3}:[A-Z])+")
_WEIGHTS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_RATINGS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
_UNIT = 100_000


def base_score(vector: str) -> float | None:
    """0.0 to 10.0 in steps of a tenth; None where `vector` is no whole vector of version 3."""
    if not _VECTOR.fullmatch(vector):
        return None
    metrics = dict(part.split(":") for part in vector.split("/")[1:])
    try:
        weights = {name: values[metrics[name]] for name, values in _WEIGHTS.items()}
        scope = metrics["S"]
        privileges = _PRIVILEGES[scope][metrics["PR"]]
    except KeyError:
        return None
    lost = 1 - (1 - weights["C"]) * (1 - weights["I"]) * (1 - weights["A"])
    impact = 6.42 * lost if scope == "U" else 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weights["AV"] * weights["AC"] * privileges * weights["UI"]
    together = impact + exploitability if scope == "U" else 1.08 * (impact + exploitability)
    return _rounded_up(min(together, 10))


def _rounded_up(score: float) -> float:
    """The least tenth that is not below, as appendix A computes it: floating point must not add a tenth."""
    whole = round(score * _UNIT)
    return whole / _UNIT if whole % (_UNIT // 10) == 0 else (whole // (_UNIT // 10) + 1) / 10


def rating_of(score: float) -> str:
    """Qualitative rating of a score: critical, high, medium, low, or none."""
    return next((rating for least, rating in _RATINGS if score >= least), "none")
