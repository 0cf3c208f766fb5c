"""Walks a repository's commits for proofs: what a commit changed, who had a hand in it, which tags there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType

from fairlead.drivers.git_quarantine import see_quarantine
from fairlead.drivers.git_signed import mail_of, read_commit_object, trailers
from fairlead.drivers.git_tree import object_at
from fairlead.drivers.signatures import GIT, SignatureChecker
from fairlead.kernel.errors import BrokenWorldError, NotFoundError

__all__ = ["MOST_COMMITS", "Contributors", "GitHistory"]

MOST_COMMITS = 100_000
"""Commits that one question walks; a history that needs more is not answered, rather than answered in part."""

_MOST_UNCHANGED = 200
"""Commits after an approved one that leave what was approved as it is; more are another change."""

_LARGEST = 1 << 20
"""Bytes of a commit or a tag that is read; no person writes a longer message."""


@dataclass(frozen=True, slots=True)
class Contributors:
    """Who had a hand in a change: authors, committers, co-authors and signers, as lower-case e-mail addresses.

    `unproven` are commits of the change that no known key signed: their authors are claimed.
    """

    mails: frozenset[str]
    unproven: tuple[str, ...]


class GitHistory:
    """A repository on this machine, bare or a checkout."""

    def __init__(self, repository: Path) -> None:
        """NotFoundError where there is no repository."""
        found = pygit2.discover_repository(str(repository))
        if found is None:
            raise NotFoundError("there is no Git repository", where=str(repository), mend="git init, and commit")
        self.repository = pygit2.Repository(found)
        see_quarantine(self.repository)

    def raw(self, oid: pygit2.Oid) -> bytes:
        """A commit's or tag's bytes; empty for one that no person wrote."""
        kind, data = self.repository.odb.read(oid)
        return data if kind in {ObjectType.COMMIT, ObjectType.TAG} and len(data) <= _LARGEST else b""

    def commit(self, name: str) -> pygit2.Commit:
        """The commit of a full id. NotFoundError where there is none."""
        try:
            found: object = self.repository.get(name)
        except ValueError:
            found = None
        if not isinstance(found, pygit2.Commit):
            mend = "fetch it, then try again"
            raise NotFoundError(f"there is no commit `{name[:40]}` here", where=self.repository.path, mend=mend)
        return found

    def since(self, commit: str, moment: datetime) -> Iterator[pygit2.Commit]:
        """Ancestors of `commit`, itself first, that were committed at `moment` or later, and what lies between them.

        A branch is left behind at its first older commit. BrokenWorldError beyond `MOST_COMMITS`.
        """
        bound = int(moment.timestamp())
        waiting, seen = [self.commit(commit)], {commit}
        while waiting:
            found = waiting.pop()
            if found.commit_time < bound:
                continue
            yield found
            for parent in found.parent_ids:
                if str(parent) not in seen:
                    seen.add(str(parent))
                    waiting.append(self.commit(str(parent)))
            if len(seen) > MOST_COMMITS:
                raise _too_long(self.repository.path)

    def contributors(
        self, commit: str, base: str, paths: Collection[str], checker: SignatureChecker | None = None
    ) -> Contributors:
        """Who brought `paths` ('' is everything) from how `base` ('' is nothing) has them to how `commit` has them.

        Content is followed to where it was written: through a merge to each parent that has it, through one that
        differs from all of its parents (somebody wrote into it) to all of them. What has the content of `base` ends a
        way; that `base` can be reached from somewhere, or the other way round, does not, since a merge may throw away
        what it joins and another take it up again. With a checker, whoever signed a commit has a hand in it too,
        whatever name it gives. NotFoundError in a shallow clone: it hides some.
        """
        if self.repository.is_shallow:
            mend = "fetch the whole history (`git fetch --unshallow`; in CI fetch-depth: 0)"
            raise NotFoundError("a shallow clone hides who wrote the change", where=self.repository.path, mend=mend)
        mails: set[str] = set()
        unproven: list[str] = []
        for found in self._writing(commit, base, paths):
            read = read_commit_object(self.raw(found.id))
            signed = None
            if checker is not None and read is not None and read.signature:
                signed = checker.signer(read.payload, read.signature, read.when, GIT)
            mails |= {found.author.email, found.committer.email, *(signed.principals if signed else ())}
            mails |= {mail_of(each) for each in trailers(found.message, "Co-authored-by")}
            if signed is None:
                unproven.append(str(found.id))
        return Contributors(frozenset(each.strip().casefold() for each in mails if each), tuple(unproven))

    def unchanged(self, commit: str, paths: Collection[str]) -> Iterator[str]:
        """`commit` and its newest first parents, as long as `paths` stand there as they do at `commit`."""
        found: pygit2.Commit | None = self.commit(commit)
        here = self.places(found.tree, paths) if found is not None else ()
        for _ in range(_MOST_UNCHANGED):
            if found is None or self.places(found.tree, paths) != here:
                return
            yield str(found.id)
            found = found.parents[0] if found.parent_ids else None

    def places(self, tree: pygit2.Tree, paths: Collection[str]) -> tuple[str, ...]:
        """Object ids at `paths`, '' where there is nothing."""
        found = [tree if not path else object_at(tree, path) for path in paths]
        return tuple(str(each.id) if each is not None else "" for each in found)

    def tags(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of every annotated tag."""
        for reference in self.repository.references.iterator():
            if reference.name.startswith("refs/tags/") and isinstance(reference.target, pygit2.Oid):
                raw = self.raw(reference.target)
                if raw.startswith(b"object ") and b"\ntag " in raw:
                    yield reference.shorthand, raw

    def _writing(self, commit: str, base: str, paths: Collection[str]) -> Iterator[pygit2.Commit]:
        """The commits that wrote what stands at `paths`, back to where it stands as at `base`."""
        nothing = ("",) * len(paths)
        end = self.places(self.commit(base).tree, paths) if base else nothing
        waiting, seen = [self.commit(commit)], {commit}
        while waiting:
            found = waiting.pop()
            here = self.places(found.tree, paths)
            if here == end:
                continue
            parents = [(each, self.places(each.tree, paths)) for each in found.parents]
            same = [each for each, there in parents if there == here]
            if not same and (parents or here != nothing):
                yield found
            for parent in same or [each for each, _ in parents]:
                if str(parent.id) not in seen:
                    seen.add(str(parent.id))
                    waiting.append(parent)
            if len(seen) > MOST_COMMITS:
                raise _too_long(self.repository.path)


def _too_long(path: str) -> BrokenWorldError:
    mend = "shorten `policies.approvals.expires`, or check against a nearer base"
    return BrokenWorldError(f"the history has more than {MOST_COMMITS} commits to look through", where=path, mend=mend)
