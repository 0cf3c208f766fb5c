"""Waivers as files in Git: `waivers/*.yaml` -> waivers, and what is wrong with each by itself, with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from fairlead.declare.document import read_document
from fairlead.declare.rules import Breach, Location, located
from fairlead.declare.yaml_text import Node
from fairlead.domain.approval import Waiver, WaiverSpec
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.gate import WaiverRules
from fairlead.domain.policy import Rating
from fairlead.domain.tree import TreeEntry
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.path_patterns import name_fits
from fairlead.ports import Tree

__all__ = ["NEVER", "Waivers", "read_waivers", "waiver_findings"]

NEVER = ("protection/*", "waiver/*", "approval/*", "code-owners/*", "policy/*", "declare/*")
"""Rules that no workspace can make waivable: they guard the waivers themselves, or what is read at all."""

_ENDINGS = (".yaml", ".yml")
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers that could be read, the findings about those that could not, and the places of fields by path."""

    waivers: tuple[Waiver, ...]
    findings: tuple[Finding, ...]
    nodes: Mapping[str, Node]

    def place(self, path: str, location: Location) -> tuple[int, int]:
        """Line and column of a field of a waiver."""
        return self.nodes[path].place(location) if path in self.nodes else (1, 1)


def read_waivers(tree: Tree, rules: WaiverRules) -> Waivers:
    """All waivers of a tree. Their authors are Git's to tell, so they are empty here."""
    folder = "/".join(part for part in rules.folder.split("/") if part not in {"", "."})
    found: list[Waiver] = []
    findings: list[Finding] = []
    nodes: dict[str, Node] = {}
    entries = tree.entries(folder) if folder else ()
    for entry in entries[:_MOST]:
        if entry.kind == "tree" or not entry.path.endswith(_ENDINGS):
            findings += _unread(entry)
            continue
        document = read_document(WaiverSpec, tree, entry)
        findings += document.findings
        if document.spec is not None and document.node is not None:
            with tree.open(entry) as stream:
                digest = sha256_hex(stream.read())
            found.append(Waiver(entry.path, digest, document.spec, author=""))
            nodes[entry.path] = document.node
    if len(entries) > _MOST:
        message = f"{len(entries)} files, of which only the first {_MOST} are read"
        findings.append(Finding(folder, 0, 0, "waiver/too-many", message, "remove waivers that have ended"))
    return Waivers(tuple(found), tuple(findings), nodes)


def waiver_findings(
    read: Waivers, rules: WaiverRules, ratings: Mapping[str, Rating], today: date
) -> tuple[Finding, ...]:
    """What is wrong with the waivers, against the rules that stand and the rules' ratings by id."""
    found: list[Finding] = []
    for each in read.waivers:
        breaches = _breaches(each.spec, rules, ratings, today)
        found += located(breaches, lambda location, path=each.path: read.place(path, location), each.path)  # type: ignore[misc]
    return tuple(sorted((*read.findings, *found)))


def never_waived(rule: str, rules: WaiverRules) -> bool:
    """Whether a rule cannot be waived at all."""
    return any(name_fits(pattern, rule) for pattern in (*NEVER, *rules.never))


def _breaches(spec: WaiverSpec, rules: WaiverRules, ratings: Mapping[str, Rating], today: date) -> Iterator[Breach]:
    if never_waived(spec.rule, rules):
        message = f"`{spec.rule}` cannot be waived"
        mend = "mend what the rule finds; `policies.waivers.never` of the target branch says what stays"
        yield Breach(("rule",), "waiver/never", message, mend)
    elif spec.rule not in ratings:
        near = get_close_matches(spec.rule, ratings, n=1)
        mend = f"did you mean `{near[0]}`?" if near else "`fairlead policy list` names the rules"
        yield Breach(("rule",), "waiver/unknown-rule", "there is no such rule", mend)
    else:
        longest = rules.longest_for(ratings[spec.rule])
        if spec.expires > today + longest:
            message = f"a waiver of this {ratings[spec.rule]} rule lasts at most {longest.days} days"
            yield Breach(("expires",), "waiver/too-long", message, f"write {today + longest} or earlier")
    if spec.expires <= today:
        message = f"the waiver ended on {spec.expires}"
        yield Breach(("expires",), "waiver/expired", message, "remove the file", Severity.WARNING)
    if spec.requested_by.strip().casefold() == spec.approved_by.strip().casefold():
        message = "who asks for a waiver cannot approve it"
        yield Breach(("approvedBy",), "waiver/own-approval", message, "name somebody else who has the role approver")


def _unread(entry: TreeEntry) -> Iterator[Finding]:
    """What lies beside waivers and looks like one that would be read."""
    if entry.kind != "blob" or entry.path.casefold().endswith((*_ENDINGS, ".json")):
        mend = "keep each waiver in a file of its own, NAME.yaml, directly in this folder"
        yield Finding(entry.path, 0, 0, "waiver/not-read", "this is not read as a waiver", mend, Severity.WARNING)
