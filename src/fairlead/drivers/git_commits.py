"""Commits that fairlead makes by itself: objects in the mirror, signed with its key, pushed to the followed address.

No working copy is needed, and none is touched but by a push that its owner's repository accepts. A commit that was
made and not pushed is nothing but an object that nobody names.
"""

from __future__ import annotations

from collections.abc import Sequence

import pygit2
from pygit2.enums import FileMode, MergeFlag

from fairlead.domain.release import Commit
from fairlead.drivers.git_program import GitProgram
from fairlead.drivers.git_push import push_commit
from fairlead.drivers.git_surgery import graft, pick, put
from fairlead.drivers.ssh_signature import allowed_signer, ssh_signature
from fairlead.kernel.errors import BrokenWorldError, NotFoundError
from fairlead.ports import Clock, Merged, Pushed, Repository, Signer

__all__ = ["GitCommitter", "fairlead_identity"]

_NAME, _MAIL = "fairlead", "fairlead@localhost"


def fairlead_identity(git: GitProgram) -> tuple[str, str]:
    """Name and address of fairlead's own commits: `fairlead.name` and `fairlead.email` of Git's configuration."""
    name = git.run("config", "--get", "fairlead.name").output.strip()
    mail = git.run("config", "--get", "fairlead.email").output.strip()
    return name or _NAME, mail or _MAIL


class GitCommitter:
    """Makes commits on top of the followed repository's, which was fetched. Paths are those of the workspace."""

    def __init__(self, followed: Repository, signer: Signer, clock: Clock) -> None:
        """Nothing is read before the first question."""
        self._followed = followed
        self._signer = signer
        self._clock = clock
        self._git = GitProgram(followed.directory)

    def merged(self, head: str, base: str, theirs: str, paths: Sequence[str]) -> Merged:
        """The tree of `head` with what lies between `base` and `theirs` done to `paths` (a three-way merge).

        Where that conflicts, `paths` are wholly as in `theirs`, and the conflicting ones are named.
        """
        places = [self._place(each) for each in paths]
        repository = self._open()
        trees = [repository[each].peel(pygit2.Tree) for each in (base, head, theirs)]
        before, ours, after = (pick(repository, each, places) for each in trees)
        try:
            index = repository.merge_trees(before, ours, after, flags=MergeFlag(0))
        except pygit2.GitError as error:
            what = f"{', '.join(paths)} cannot be merged: {error}"
            raise BrokenWorldError(what, where=self._followed.address, mend="revert it by hand") from error
        conflicts = {entry.path for each in index.conflicts or () for entry in each if entry is not None}
        source = after if conflicts else repository[index.write_tree(repository)].peel(pygit2.Tree)
        made = graft(repository, trees[1], source, places)
        prefix = self._place("")
        return Merged(str(made.id), tuple(sorted(each.removeprefix(prefix) for each in conflicts)))

    def with_file(self, head: str, path: str, content: bytes) -> str:
        """The tree of `head` with a file's content replaced; its mode stays."""
        repository = self._open()
        tree = repository[head].peel(pygit2.Tree)
        place = self._place(path)
        try:
            mode = tree[place].filemode
        except KeyError:
            mode = FileMode.BLOB
        entry = (repository.create_blob(content), FileMode(mode))
        return str(put(repository, tree, place.split("/"), entry))

    def commit(self, parent: str, tree: str, message: str) -> Commit:
        """A signed commit of `tree` on top of `parent`; nobody sees it before it is pushed."""
        repository = self._open()
        name, mail = fairlead_identity(self._git)
        person = pygit2.Signature(name, mail, int(self._clock.now().timestamp()), 0)
        parents: list[str | pygit2.Oid] = [pygit2.Oid(hex=parent)]
        text = str(repository.create_commit_string(person, person, message, pygit2.Oid(hex=tree), parents))
        made = repository.create_commit_with_signature(text, ssh_signature(self._signer, text.encode()), "gpgsig")
        return self._followed.commit(str(made))

    def push(self, commit: str, branch: str) -> Pushed:
        """Push it, forward only; what was taken is in the mirror afterwards."""
        pushed = push_commit(self._git, self._followed.address, commit, branch)
        if pushed.kind == "taken":
            self._followed.fetch()
        return pushed

    def branch(self, name: str) -> str:
        """The commit that a branch has, as of the last fetch; '' where there is no such branch."""
        reference = self._open().references.get(f"refs/heads/{name}")
        return "" if reference is None else str(reference.peel(pygit2.Commit).id)

    def message(self, commit: str) -> str:
        """A commit's whole message. NotFoundError where there is no such commit."""
        found: object = self._open().get(commit)
        if not isinstance(found, pygit2.Commit):
            raise NotFoundError(f"there is no commit `{commit}`", where=self._followed.address)
        return str(found.message)

    def mentioning(self, head: str, line: str, path: str) -> tuple[str, ...]:
        """Commits reachable from `head` that changed `path` and whose message holds `line`; newest first."""
        select = ["--full-history", "--fixed-strings", f"--grep={line}", "--format=%H"]
        return tuple(self._git.must("log", *select, head, "--", self._place(path)).split())

    def allowed_signer(self) -> str:
        """The line for an allowed signers file by which everybody can check these commits."""
        return allowed_signer(self._signer, fairlead_identity(self._git)[1])

    def _place(self, path: str) -> str:
        return f"{self._followed.folder}/{path}" if self._followed.folder else path

    def _open(self) -> pygit2.Repository:
        """Anew each time: threads share nothing, and a push or a fetch by the program is seen."""
        return pygit2.Repository(str(self._followed.directory))
