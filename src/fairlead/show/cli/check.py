"""`fairlead check`: all findings, the cost before and after, and one verdict; what hooks and CI run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fairlead.domain.finding import Verdict
from fairlead.kernel.errors import UsageError
from fairlead.show.cli.options import Where, examples, nearest_workspace, world_options
from fairlead.show.outputs.check_tables import MANY, cost_table, costs_to_tell, rule_table, running_table
from fairlead.show.outputs.console import Block, Console, console_for
from fairlead.show.outputs.findings import judged_by, render_findings, report_summary

if TYPE_CHECKING:
    from fairlead.domain.report import CheckReport

__all__ = ["check", "check_view"]

_FORMS = ("json", "sarif", "junit", "github", "gitlab", "markdown")
_OF_CODE_HOSTS = {"sarif", "github", "gitlab", "markdown"}
"""They name files from the repository's root; the others from the folder that was checked."""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class _Output(click.ParamType[tuple[str, Path]]):
    """`FORM=FILE`: a second form of the same answer."""

    name = "output"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        form, equals, path = str(value).partition("=")
        if not equals or not path or form not in _FORMS:
            self.fail(f"{value!r}: write FORM=FILE, with FORM one of {', '.join(_FORMS)}", param, ctx)
        return form, Path(path)


@click.command(
    epilog=examples(
        "fairlead check",
        "fairlead check --base origin/main --format markdown",
        "fairlead check ../manifests --iac plan.json",
    )
)
@click.argument("path", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--base", default="", metavar="REV", help="Tell only what changed since this commit or branch.")
@click.option("--commit", default="", metavar="REV", help="Check this commit instead of the folder's files.")
@click.option(
    "--iac", "plans", type=_FILE, multiple=True, metavar="FILE",
    help="Infrastructure to judge and to price: terraform show -json, pulumi preview --json, manifests; repeatable.",
)  # fmt: skip
@click.option(
    "--policy", "policies", type=_FOLDER, multiple=True, metavar="DIR",
    help="Rego to judge a repository without fairlead.yaml by; repeatable.",
)  # fmt: skip
@click.option("--usage", type=_FILE, metavar="FILE", help="Assumed usage, where nothing was measured.")
@click.option(
    "--output", "outputs", type=_Output(), multiple=True, metavar="FORM=FILE",
    help="Write the answer in this form to a file as well; repeatable.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["table", *_FORMS]), default="table", show_default=True,
    help="Form of the answer.",
)  # fmt: skip
@click.option(
    "--publish", type=click.Choice(["github"]),
    help="Set the status of the commit that --commit names there, with GITHUB_TOKEN.",
)  # fmt: skip
@click.option("--running", is_flag=True, help="Judge what runs, by the rules that stand now.")
@world_options
def check(
    *,
    where: Where,
    form: str,
    path: Path | None,
    base: str,
    commit: str,
    plans: tuple[Path, ...],
    policies: tuple[Path, ...],
    usage: Path | None,
    outputs: tuple[tuple[str, Path], ...],
    publish: str | None,
    running: bool,
) -> int:
    """Show all findings, and whether the gate opens.

    PATH is a folder: of a workspace, within one, or of any repository. It is read as it lies there, committed or not.
    """
    ask = _Asked(path, base, commit, plans, policies, usage)
    _require_sense(where, ask, publish, running=running)
    console = console_for(form)
    report = _running(where) if running else _found(where, ask, console)
    _answer(report, form, console, outputs, None if where.repo else ask.folder(where))
    if publish:
        from fairlead.flows.publish import publish_to_github

        told = publish_to_github(report.verdict, report_summary(report), ask.folder(where), commit)
        console.note(f"published as the status of {told}")
    return 0 if report.verdict is Verdict.PASS else 1


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be checked, and against what."""

    path: Path | None
    base: str
    commit: str
    plans: tuple[Path, ...]
    policies: tuple[Path, ...]
    usage: Path | None

    def folder(self, where: Where) -> Path:
        """The workspace at or above PATH, else PATH itself. Without PATH that of --workspace, else of this folder."""
        if self.path is None and where.workspace is not None:
            return where.folder()
        path = self.path or Path()
        return nearest_workspace(path.resolve()) or path.resolve()


def _require_sense(where: Where, ask: _Asked, publish: str | None, *, running: bool) -> None:
    """UsageError for options that say nothing together."""
    if publish and not ask.commit:
        raise UsageError("--publish tells of a commit", mend="name it: --commit HEAD")
    if running and ask != _Asked(None, "", "", (), (), None):
        mend = "leave them out, or --running"
        raise UsageError(
            "--running judges what runs; PATH and what chooses files or commits say nothing to it", mend=mend
        )
    if not running and (where.repo or where.branch or where.state):
        raise UsageError("--repo, --branch and --state name a control plane", mend="add --running, or leave them out")


def _running(where: Where) -> CheckReport:
    from fairlead.flows.running import check_running

    with where.world() as world:
        return check_running(world)


def _found(where: Where, ask: _Asked, console: Console) -> CheckReport:
    from fairlead.flows.check import check as find_all

    with console.progress() as progress:
        return find_all(
            ask.folder(where),
            base=ask.base,
            commit=ask.commit,
            infrastructure=ask.plans,
            policies=ask.policies,
            usage=ask.usage,
            progress=progress,
        )


def _answer(
    report: CheckReport, form: str, console: Console, outputs: tuple[tuple[str, Path], ...], folder: Path | None
) -> None:
    """Files first: a step of CI may upload them although the check fails."""
    for other, file in outputs:
        file.write_text(f"{_document(report, other, folder)}\n", encoding="utf-8")
    if form == "table":
        console.show(report, lambda shown: check_view(shown, colour=console.colour))
    else:
        console.write(_document(report, form, folder))
    console.note("\n".join(line for line in (report_summary(report), judged_by(report)) if line))


def _document(report: CheckReport, form: str, folder: Path | None) -> str:
    from fairlead.drivers.git_local import local_repository
    from fairlead.show.outputs.check_forms import CHECK_FORMS, at_root

    found = local_repository(folder) if folder is not None and form in _OF_CODE_HOSTS else None
    return CHECK_FORMS[form](at_root(report, found.folder) if found is not None else report)


def check_view(report: CheckReport, *, colour: bool) -> Iterator[Block]:
    """What runs in somebody else's repository, what the change costs, and the findings."""
    if report.running:
        yield running_table(report.running)
    costs = costs_to_tell(report)
    if costs:
        yield cost_table(costs)
    yield render_findings(report.findings, colour=colour)
    if len(report.findings) > MANY:
        yield rule_table(report.findings)
