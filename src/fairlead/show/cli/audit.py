"""`fairlead audit`: the journal's proof."""

from __future__ import annotations

from collections.abc import Iterator

import click

from fairlead.domain.finding import Verdict
from fairlead.flows.audit_report import AuditReport
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import count_text, moment_text
from fairlead.show.outputs.findings import render_findings, summary

__all__ = ["audit", "audit_view"]


@click.group()
def audit() -> None:
    """Prove that the journal was not altered."""


@audit.command(epilog=examples("fairlead audit verify", "fairlead audit verify --state COPY --repo CLONE"))
@world_options
@format_option
def verify(where: Where, console: Console) -> int:
    """Check every record, and the signed heads in Git; the state folder is read, never written to."""
    from fairlead.bootstrap import open_repository
    from fairlead.flows.audit import verify_files

    settings = where.settings()
    report = verify_files(settings.state, open_repository(settings))
    console.show(report, lambda shown: audit_view(shown, colour=console.colour))
    console.note(summary(report.findings, report.verdict))
    return 0 if report.verdict is Verdict.PASS else 1


@audit.command(epilog=examples("fairlead audit export > journal.jsonl"))
@world_options
def export(where: Where) -> int:
    """Write the journal and its signed heads as JSON lines, which anybody can verify with sha256 and ed25519."""
    from fairlead.flows.audit_export import export_journal

    with where.world() as world:
        for line in export_journal(world.state, world.repository):
            click.echo(line)
    return 0


def audit_view(report: AuditReport, *, colour: bool) -> Iterator[Block]:
    """What was read, what vouches for it, and what is wrong."""
    began, signed = moment_text(report.began) or "never", moment_text(report.signed_at) or "no head"
    yield "\n".join(
        [
            f"{count_text(report.records)} records since {began}, chain {report.chain[:12]}",
            f"{count_text(report.heads)} signed heads in Git, which vouch up to record {report.signed} ({signed})",
            f"key {report.public_key or '-'}",
        ]
    )
    yield render_findings(report.findings, colour=colour)
