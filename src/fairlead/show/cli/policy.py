"""`fairlead policy`: policies tried, listed and explained."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fairlead.domain.finding import Verdict
from fairlead.show.cli.options import Where, examples, format_option, nearest_workspace, workspace_option
from fairlead.show.cli.policy_status import policy_status
from fairlead.show.outputs.console import Block, Console, console_for
from fairlead.show.outputs.findings import render_findings, summary
from fairlead.show.outputs.table import Cell, Column, Table

if TYPE_CHECKING:
    from fairlead.check.policies.cases.outcome import Outcome, Ran
    from fairlead.flows.judging.rulebook import Shelf
    from fairlead.flows.policy.explanation import Explanation, Way
    from fairlead.flows.policy.listing import PolicyList
    from fairlead.ports import Tree

__all__ = ["cases_json", "cases_view", "explanation_view", "list_view", "policy"]

_ENGINES = ("auto", "regorus", "opa")
_SUITES = (
    Column("suite", wrap=24),
    Column("cases", right=True),
    Column("passed", right=True),
    Column("failed", right=True),
    Column("errors", right=True),
)
_CASES = (Column("test", wrap=16), Column("case", wrap=20), Column("expected", wrap=16), Column("got", wrap=30))
_RULES = (
    Column("rule", wrap=24),
    Column("enforcement"),
    Column("severity", priority=1),
    Column("environments", priority=2),
    Column("title", priority=3, wrap=30),
    Column("source", priority=4, wrap=20),
)
_TONES = {"deny": "bad", "warn": "warn", "audit": "dim"}


@click.group()
def policy() -> None:
    """Try, list and explain the rules of the gate."""


policy.add_command(policy_status)


@policy.command("test", epilog=examples("fairlead policy test policies", "fairlead policy test . --engine opa"))
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--engine", type=click.Choice(_ENGINES), default="auto", show_default=True, help="What evaluates Rego.")
@format_option
def run_tests(console: Console, path: Path, engine: str) -> int:
    """Run the cases that try policies: Gatekeeper suites, and Rego rules called test_...

    PATH is a folder, searched with all that is below it, or a file. No workspace is needed.
    """
    from fairlead.check.engines.base import engine_for
    from fairlead.drivers.folder import FolderTree
    from fairlead.flows.policy.cases import run_cases

    place = path.resolve()
    root = _root(place)
    opened = engine_for(engine)
    try:
        with console.progress() as progress:
            ran = run_cases(FolderTree(root), place.relative_to(root).as_posix().removeprefix("."), opened, progress)
    finally:
        opened.close()
    console.show(cases_json(ran), lambda _: cases_view(ran))
    counts = _counts(ran.outcomes)
    aside = f", {ran.skipped} set aside" if ran.skipped else ""
    told = f"{counts['passed']} passed, {counts['failed']} failed, {counts['errors']} errors{aside}"
    cases = "1 case" if len(ran.outcomes) == 1 else f"{len(ran.outcomes)} cases"
    console.note(f"{cases}: {told} ({opened.name})")
    return 0 if counts["passed"] == len(ran.outcomes) else 1


@policy.command("list", epilog=examples("fairlead policy list", "fairlead policy list --format json"))
@workspace_option
@format_option
def list_rules(where: Where, console: Console) -> int:
    """List every rule that holds, by source and environment."""
    from fairlead.drivers.folder import FolderTree
    from fairlead.flows.policy.listing import list_policies

    found = list_policies(FolderTree(where.folder()), _shelf())
    console.show(found, lambda shown: list_view(shown, colour=console.colour))
    console.note(summary(found.findings, found.verdict))
    return 0 if found.verdict is Verdict.PASS else 1


@policy.command(
    epilog=examples(
        "fairlead policy explain baseline/licence", "fairlead policy explain baseline/owner --format gatekeeper"
    )
)
@click.argument("rule")
@workspace_option
@click.option("--environment", default="", metavar="NAME", help="With --format gatekeeper: as it holds there.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "gatekeeper"]),
    default="table",
    show_default=True,
    help="Form of the answer; gatekeeper: a ConstraintTemplate and a Constraint, ready to apply.",
)
def explain(where: Where, rule: str, environment: str, form: str) -> int:
    """Explain one rule: why it is there, how to mend what it finds, what it takes, and how it holds here.

    RULE is as findings name it. Rules of packs are known without a workspace, too.
    """
    from fairlead.flows.policy.explanation import explain_rule, rule_for_gatekeeper

    console = console_for("table" if form == "gatekeeper" else form)
    tree = _tree(where)
    if form == "gatekeeper":
        console.write(rule_for_gatekeeper(rule, environment, tree, _shelf()).rstrip("\n"))
        return 0
    console.show(explain_rule(rule, tree, _shelf()), explanation_view)
    return 0


def _shelf() -> Shelf:
    """Opens policy repositories, from the cache that the gate uses too."""
    from fairlead.flows.judging.shelf import cache_folder, policy_shelf

    return policy_shelf(cache_folder(os.environ) / "policies")


def _tree(where: Where) -> Tree | None:
    """The workspace that is named or near; None where there is none, for packs are explained everywhere."""
    from fairlead.drivers.folder import FolderTree

    folder = where.folder() if where.workspace else nearest_workspace(Path.cwd())
    return FolderTree(folder) if folder else None


def _root(place: Path) -> Path:
    """Where files may be that suites name: the repository or workspace around `place`, else the current folder."""
    folder = place if place.is_dir() else place.parent
    for each in (folder, *folder.parents):
        if (each / ".git").exists() or (each / "fairlead.yaml").exists():
            return each
    return Path.cwd() if folder.is_relative_to(Path.cwd()) else folder


def cases_json(ran: Ran) -> dict[str, Any]:
    """The answer's stable form: each case, and the counts."""
    cases = [
        {
            "suite": each.suite,
            "test": each.test,
            "case": each.case,
            "expected": each.expected,
            "got": each.got,
            "pass": each.passed,
        }
        for each in ran.outcomes
    ]
    return {"cases": cases, "summary": _counts(ran.outcomes)}


def _counts(outcomes: tuple[Outcome, ...]) -> dict[str, int]:
    kinds = Counter("passed" if each.passed else "errors" if each.error else "failed" for each in outcomes)
    return {name: kinds[name] for name in ("passed", "failed", "errors")}


def cases_view(ran: Ran) -> Iterator[Block]:
    """How each suite went, and then each case that did not pass."""
    suites: dict[str, list[Outcome]] = {}
    for each in ran.outcomes:
        suites.setdefault(each.suite, []).append(each)
    yield Table(_SUITES, [_suite(name, tuple(found)) for name, found in suites.items()])
    for name, found in suites.items():
        bad = [each for each in found if not each.passed]
        if bad:
            yield Table(
                _CASES, [[each.test, each.case, each.expected, Cell(each.got, "bad")] for each in bad], title=name
            )


def _suite(name: str, outcomes: tuple[Outcome, ...]) -> list[Cell | str | None]:
    counts = _counts(outcomes)
    bad = [Cell(str(counts[each]), "bad" if counts[each] else "dim") for each in ("failed", "errors")]
    return [name, str(len(outcomes)), str(counts["passed"]), *bad]


def list_view(found: PolicyList, *, colour: bool) -> Iterator[Block]:
    """One line for each way in which a rule holds, and what is wrong with the declaration."""
    empty = "No rule holds. Turn a pack on under `policies.packs` in fairlead.yaml, for example `baseline: {}`."
    rows = [
        [
            each.id,
            Cell(each.enforcement.value, _TONES[each.enforcement.value]),
            each.severity.value,
            ", ".join(each.environments) or "all",
            each.title,
            each.source,
        ]
        for each in found.rules
    ]
    yield Table(_RULES, rows, empty=empty)
    yield render_findings(found.findings, colour=colour)


def explanation_view(told: Explanation) -> Iterator[Block]:
    """The rule in words, what it takes, how it holds, and an example."""
    about = {
        "why": told.reason,
        "mend": told.mend,
        "reference": told.reference,
        "severity": told.severity.value,
        "judges": ", ".join(told.subjects) or "everything",
        "source": f"{told.path}:{told.line}",
    }
    yield "\n".join([f"{told.id}: {told.title}", *(f"  {name}: {text}" for name, text in about.items() if text)])
    if told.parameters:
        rows = [[each.name, _plain(each.default), each.description] for each in told.parameters]
        columns = (Column("parameter"), Column("default", wrap=20), Column("description", wrap=30))
        yield Table(columns, rows)
    columns = (Column("environments"), Column("enforcement"), Column("parameters", wrap=30))
    empty = "It does not hold here."
    yield Table(columns, [_way(way) for way in told.in_force], title="In force", empty=empty)
    if told.example:
        yield told.example.rstrip("\n")


def _way(way: Way) -> list[Cell | str | None]:
    given = ", ".join(f"{name}: {_plain(value)}" for name, value in way.parameters.items())
    return [", ".join(way.environments) or "all", way.enforcement.value, given]


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "none"
    return str(value)
