"""What a model declares of its own danger: rules ask more of a high risk, so whoever lowers it escapes them."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.check.protection.weakening import Weakening
from fairlead.domain.model import ModelSpec

__all__ = ["lowered_duties"]

_CLASSES = ("minimal", "limited", "high")


def lowered_duties(before: ModelSpec, after: ModelSpec, path: str, subject: str = "") -> Iterator[Weakening]:
    """What the newer declaration of a model, in the file at `path`, says less of: risk, duties, personal data.

    `subject` is `release:<digest>` of the newer one, which a policy owner has to approve.
    """
    rule = "protection/duties"
    if _CLASSES.index(after.risk.risk_class) < _CLASSES.index(before.risk.risk_class):
        message = f"the model's risk class goes down from {before.risk.risk_class} to {after.risk.risk_class}"
        yield Weakening(path, rule, message, subject, alone=True)
    for duty in sorted({*before.risk.duties} - {*after.risk.duties}):
        yield Weakening(path, rule, f"the model's duty `{duty}` is gone", subject, alone=True)
    old, new = before.privacy, after.privacy
    if old.personal_data and not new.personal_data:
        yield Weakening(path, rule, "the model is said to process no personal data any more", subject, alone=True)
    if old.health is not None and new.health is None:
        yield Weakening(path, rule, "the model is said to process no health information any more", subject, alone=True)
    for category in sorted({*old.special_categories} - {*new.special_categories}):
        yield Weakening(path, rule, f"the special category `{category}` is no longer declared", subject, alone=True)
