"""The gate cannot be switched off by the change that it judges: what a change weakens of the rules before it. Pure."""

from fairlead.check.protection.agreement import protection_findings, unapproved, unproven
from fairlead.check.protection.duties import lowered_duties
from fairlead.check.protection.rules import Force, GateRules, Oddity
from fairlead.check.protection.weakenings import Weakening, touched, weakenings

__all__ = [
    "Force",
    "GateRules",
    "Oddity",
    "Weakening",
    "lowered_duties",
    "protection_findings",
    "touched",
    "unapproved",
    "unproven",
    "weakenings",
]
