"""What a tree says about its gate: everything that decides, read once, compared with what stood before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.approval import Waiver
from fairlead.domain.gate import Policies
from fairlead.kernel.digests import digest_of

__all__ = ["Force", "GateRules", "Member", "Oddity"]


@dataclass(frozen=True, slots=True)
class Force:
    """How a pack's rule holds in one environment: deny, warn or audit, and what it is told."""

    strength: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """What a principal means to the gate: whether their approval counts, and who they are on GitHub."""

    approver: bool
    github: str = ""


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something at a place that rules are read from which two programs may read differently: a link, a name's twin."""

    path: str
    what: str


@dataclass(frozen=True, slots=True)
class GateRules:
    """The rules of one tree. Without any field: nothing was declared, and nothing is protected.

    `readable` false: there is no fairlead.yaml, or one that cannot be read. `name` is the workspace's. `declared` is
    the canonical JSON of what fairlead.yaml says of the gate, as it is written there. `required` are approvals by
    environment. `packs` are the rules of packs by (rule, environment), '' for what belongs to none; a rule that is off
    is not there. `modules`, `keys` and `vulnerabilities` are digests of files by path. `signers`, `keyring` and
    `code_owners` are texts. `members` are principals by e-mail address in lower case. `paths` is all that was read,
    beside fairlead.yaml.
    """

    readable: bool = False
    name: str = ""
    declared: str = ""
    policies: Policies = field(default_factory=Policies)
    environments: tuple[str, ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict)
    required: Mapping[str, int] = field(default_factory=dict)
    packs: Mapping[tuple[str, str], Force] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    signers: str = ""
    keyring: str = ""
    code_owners: str = ""
    members: Mapping[str, Member] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    vulnerabilities: Mapping[str, str] = field(default_factory=dict)
    oddities: tuple[Oddity, ...] = ()
    paths: tuple[str, ...] = ()

    @property
    def guards(self) -> bool:
        """Whether anything stands here that a change could weaken."""
        rules = self.policies
        judging = self.packs or rules.sources or rules.repository or rules.signatures.required
        looked_at = rules.infrastructure or rules.vulnerabilities or rules.waivers.never or rules.waivers.longest
        bound = rules.approvals
        people = any(self.required.values()) or bound.code_owners or bound.signed_changes or rules.owners
        return bool(judging or looked_at or people)

    @property
    def owners(self) -> frozenset[str]:
        """Who may agree to a weakening, in lower case."""
        return frozenset(each.strip().casefold() for each in self.policies.owners)

    @property
    def approvers(self) -> frozenset[str]:
        """Whose approvals count, in lower case."""
        return frozenset(mail for mail, member in self.members.items() if member.approver)

    @property
    def digest(self) -> str:
        """Identity of all that decides: what `policies:<digest>` approves."""
        waivers = {path: each.digest for path, each in self.waivers.items()}
        texts = [self.signers, self.keyring, self.code_owners]
        files = [dict(self.modules), dict(self.keys), dict(self.vulnerabilities)]
        members = {mail: [each.approver, each.github] for mail, each in self.members.items()}
        odd = [[each.path, each.what] for each in self.oddities]
        return digest_of([self.readable, self.name, self.declared, waivers, texts, files, members, odd])
