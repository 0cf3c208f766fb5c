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
    "init": Entry("fairlead.show.cli.init:init", "Make a workspace in a folder.", _BEGIN),
    "demo": Entry("fairlead.show.cli.demo:demo", "Show what fairlead does, in twelve short chapters.", _BEGIN),
    "up": Entry("fairlead.show.site.up:up", "Run the control plane over a workspace, and its page.", _BEGIN),
    "down": Entry("fairlead.show.cli.down:down", "Stop everything that serves on this machine.", _BEGIN),
    "schema": Entry("fairlead.show.cli.schema:schema", "Print the JSON Schemas of the declarations.", _DECLARE),
    "lock": Entry("fairlead.show.cli.lock:lock", "Pin every file of the models' artifacts.", _DECLARE),
    "verify": Entry("fairlead.show.cli.verify:verify", "Check artifacts' bytes against their locks.", _DECLARE),
    "test": Entry("fairlead.show.cli.test:test", "Try a model, and write its evidence.", _DECLARE),
    "check": Entry("fairlead.show.cli.check:check", "Show all findings, and whether the gate opens.", _DECLARE),
    "policy": Entry("fairlead.show.cli.policy:policy", "Try, list and explain the rules of the gate.", _DECLARE),
    "plan": Entry("fairlead.show.cli.plan:plan", "Show what would change, and what it would cost.", _DECLARE),
    "prices": Entry(
        "fairlead.show.cli.prices:prices", "Keep providers' price lists, and see how old they are.", _DECLARE
    ),
    "status": Entry("fairlead.show.cli.status:status", "Show what runs, how well, and what it costs.", _SEE),
    "history": Entry("fairlead.show.cli.history:history", "Show the releases of a model, newest first.", _SEE),
    "cost": Entry("fairlead.show.cli.cost:cost", "Show what was spent, on what and for whom.", _SEE),
    "budget": Entry(
        "fairlead.show.cli.budget:budget",
        "Show where this month's budgets stand.",
        _SEE,
    ),
    "ledger": Entry("fairlead.show.cli.ledger:ledger", "Bring bills and usage in, and close the books.", _SEE),
    "anomalies": Entry(
        "fairlead.show.cli.foresight.group:anomalies", "Show what series did that they should not have done.", _SEE
    ),
    "forecast": Entry(
        "fairlead.show.cli.foresight.forecast:forecast", "Show what series will do, with intervals.", _SEE
    ),
    "scale": Entry(
        "fairlead.show.cli.foresight.scale:scale", "Find out what capacity a service needs, and when.", _SEE
    ),
    "logs": Entry("fairlead.show.cli.logs:logs", "Show the log lines of a model, or of all.", _SEE),
    "sync": Entry("fairlead.show.cli.sync:sync", "Ask for a synchronisation now.", _ACT),
    "confirm": Entry("fairlead.show.cli.sync:confirm", "Let a commit remove more than half of the models.", _ACT),
    "approve": Entry("fairlead.show.cli.approve:approve", "Agree to a release, a waiver or changed rules.", _ACT),
    "rollback": Entry("fairlead.show.cli.rollback:rollback", "Bring an earlier release back, by a commit.", _ACT),
    "promote": Entry(
        "fairlead.show.cli.promote:promote", "Move a release on to the next environment, by a commit.", _ACT
    ),
    "rollout": Entry("fairlead.show.cli.rollout:rollout", "See rollouts, speak to them, and plan them.", _ACT),
    "suspend": Entry("fairlead.show.cli.suspend:suspend", "Stop following Git for a model, for a time.", _ACT),
    "resume": Entry("fairlead.show.cli.suspend:resume", "Follow Git again for a model.", _ACT),
    "sbom": Entry("fairlead.show.cli.sbom:sbom", "Write a model's bill of materials.", _TRUST),
    "audit": Entry("fairlead.show.cli.audit:audit", "Prove that the journal was not altered.", _TRUST),
    "backup": Entry("fairlead.show.cli.backup:backup", "Write the state to one file.", _TRUST),
    "restore": Entry("fairlead.show.cli.backup:restore", "Bring the state back from a backup.", _TRUST),
}
"""Name of each command, and where it is."""
