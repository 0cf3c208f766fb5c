"""The commands, in the order in which a newcomer meets them. A command stands here once it is real."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.show.cli.group import Entry

__all__ = ["COMMANDS"]

_BEGIN = "Begin"
_DECLARE = "Declare and check"
_SEE = "See"
_ACT = "Act"
_TRUST = "Trust"

COMMANDS: Mapping[str, Entry] = {
    "up": Entry("fairlead.show.up:up", "Run the control plane over a workspace, and its page.", _BEGIN),
    "down": Entry("fairlead.show.cli.down:down", "Stop everything that serves on this machine.", _BEGIN),
    "plan": Entry("fairlead.show.cli.plan:plan", "Show what would change, and what it would cost.", _DECLARE),
    "status": Entry("fairlead.show.cli.status:status", "Show what runs, how well, and what it costs.", _SEE),
    "history": Entry("fairlead.show.cli.history:history", "Show the releases of a model, newest first.", _SEE),
    "sync": Entry("fairlead.show.cli.sync:sync", "Ask for a synchronisation now.", _ACT),
    "confirm": Entry("fairlead.show.cli.sync:confirm", "Let a commit remove more than half of the models.", _ACT),
    "rollback": Entry("fairlead.show.cli.rollback:rollback", "Bring an earlier release back, by a commit.", _ACT),
    "audit": Entry("fairlead.show.cli.audit:audit", "Prove that the journal was not altered.", _TRUST),
}
"""Name of each command, and where it is."""
