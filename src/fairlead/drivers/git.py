"""The followed repository: a bare mirror in the state folder. Objects are read in-process; the network is git's own."""

from __future__ import annotations

import fcntl
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType, Option

from fairlead.domain.release import Commit
from fairlead.drivers.git_program import GitProgram, plain_address
from fairlead.drivers.git_tree import GitTree, object_at
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.errors import BrokenWorldError, ConflictError, NotFoundError

__all__ = ["GitRepository", "default_branch", "read_commit"]

_TIMEOUT = 300.0
"""Seconds that one exchange with the remote may take; a first clone of a large repository is slow."""

_NOTES = "refs/notes/fairlead/*"
_TRIES = 5
# Reflogs keep what a forced push dropped, so that what still runs can still be explained.
_SETTINGS = ("-c", "core.logAllRefUpdates=true", "-c", "gc.autoDetach=false", "-c", "core.bigFileThreshold=8m")
_DIFF_CHARS = 200_000
_CACHED_TREE = 4 << 20
"""Bytes up to which libgit2 keeps a tree parsed; its default of 4 KiB forgets a folder of a hundred models."""

_HEX = re.compile(r"[0-9a-f]{4,40}")
_TRAILER = re.compile(r"(?im)^approved-by:[ \t]*(\S.*?)[ \t]*$")


def default_branch(address: str, seconds: float = 60) -> str:
    """The branch that the remote's HEAD names. BrokenWorldError where the remote cannot be asked or names none."""
    address = plain_address(address)
    answer = GitProgram(Path("/")).run("ls-remote", "--symref", "--", address, "HEAD", seconds=seconds)
    if answer.code:
        raise _unreachable(address, answer.reason)
    match = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", answer.output, re.MULTILINE)
    if match is None:
        mend = "name a branch with --branch"
        raise BrokenWorldError("the repository's HEAD names no branch with a commit", where=address, mend=mend)
    return match[1]


class GitRepository:
    """A repository followed on one branch, mirrored at `mirror`; `folder` of it is the workspace ('' for all of it).

    An empty `branch` is the remote's HEAD, asked for at once. Every thread reads through a handle of its own.
    """

    def __init__(self, address: str, mirror: Path, branch: str = "", folder: str = "") -> None:
        self.address = plain_address(address)
        self.folder = folder.strip("/")
        self.branch = branch or default_branch(address)
        self.directory = mirror
        self._git = GitProgram(mirror)
        self._handles = threading.local()
        self._refs: dict[str, str] = {}
        pygit2.option(Option.SET_CACHE_OBJECT_LIMIT, ObjectType.TREE, _CACHED_TREE)

    def fetch(self) -> None:
        """Bring all branches, fairlead's notes and tags, which may approve, up to date; a forced push is followed."""
        with self._alone():
            self._fetch()

    def _fetch(self) -> None:
        self._refs = {}
        self._prepare()
        refs = [f"+{each}:{each}" for each in ("refs/heads/*", "refs/tags/*", _NOTES)]
        arguments = [*_SETTINGS, "fetch", "--quiet", "--prune", "--no-tags", "--", self.address, *refs]
        answer = self._git.run(*arguments, seconds=_TIMEOUT)
        self._refs = {}
        if answer.code:
            raise _unreachable(self.address, answer.reason)

    def head(self) -> Commit:
        """The newest fetched commit of the branch."""
        reference = self._repository.references.get(f"refs/heads/{self.branch}")
        if reference is None:
            known = ", ".join(sorted(self._repository.branches.local)) or "none"
            mend = f"push a commit to it; branches: {known}"
            raise NotFoundError(f"branch `{self.branch}` has no commit", where=self.address, mend=mend)
        return _told(reference.peel(pygit2.Commit))

    def commit(self, name: str) -> Commit:
        """The commit of a full or short id (at least 4 hex digits)."""
        return _told(self._commit(name))

    def tree(self, commit: str) -> GitTree:
        """The workspace's folder as of `commit`; an empty tree where that commit has no such folder."""
        found = self._commit(commit)
        root = object_at(found.tree, self.folder)
        return GitTree(self._repository, root if isinstance(root, pygit2.Tree) else None, str(found.id)[:12])

    def history(self, commit: str, path: str = "") -> Iterator[Commit]:
        """First-parent ancestors of `commit`, itself first, that changed `path`."""
        place = "/".join(part for part in (self.folder, path.strip("/")) if part)
        child: pygit2.Commit | None = self._commit(commit)
        while child is not None:
            parent = child.parents[0] if child.parent_ids else None
            if _differs(child.tree, parent.tree if parent else None, place):
                yield _told(child)
            child = parent

    def changed(self, commit: str, path: str) -> str:
        """Unified diff against the first parent; cut after 200,000 characters, and saying so."""
        found = self._commit(commit)
        place = "/".join(part for part in (self.folder, path.strip("/")) if part)
        trees = [str(found.parents[0].id), str(found.id)] if found.parents else ["--root", str(found.id)]
        options = ["-p", "--no-commit-id", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"]
        relative = [f"--relative={self.folder}/"] if self.folder else []
        text = self._git.must("diff-tree", *options, *relative, *trees, "--", *([place] if place else []))
        return text if len(text) <= _DIFF_CHARS else f"{text[:_DIFF_CHARS]}\n... cut: {len(text)} characters in all\n"

    def changed_paths(self, commit: str, since: str = "", folder: str = "") -> tuple[str, ...]:
        """Paths in `folder` of the workspace that differ between `since` and `commit`; costs what lies there."""
        found = self._commit(commit)
        base = self._commit(since) if since else next(iter(found.parents), None)
        place = "/".join(part for part in (self.folder, folder) if part)
        new, old = (_tree_at(each.tree, place) if each is not None else None for each in (found, base))
        below = f"{folder}/" if folder else ""
        if new is None or old is None:
            one = new or old
            deltas = one.diff_to_tree(swap=True).deltas if one is not None else ()
        else:
            deltas = old.diff_to_tree(new).deltas
        paths = {path for each in deltas for path in (each.old_file.path, each.new_file.path)}
        return tuple(sorted(f"{below}{path}" for path in paths))

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `older` is `newer` or reachable from it; false for a commit that is not there at all."""
        try:
            ancestor, descendant = self._commit(older).id, self._commit(newer).id
        except NotFoundError:
            return False
        return ancestor == descendant or self._repository.descendant_of(descendant, ancestor)

    def refs_state(self, prefix: str) -> str:
        """Changes with every reference whose name begins so, as of the last fetch; '' where there is none."""
        if prefix not in self._refs:
            found = (each for each in self._repository.references.iterator() if each.name.startswith(prefix))
            known = sorted(f"{each.name} {each.target}" for each in found)
            self._refs[prefix] = sha256_hex("\n".join(known).encode()) if known else ""
        return self._refs[prefix]

    def read_note(self, ref: str, key: str) -> str | None:
        """Text of the note of object `key` under `ref`, as of the last fetch."""
        try:
            return self._repository.lookup_note(key, ref).message
        except KeyError:
            return None

    def note_history(self, ref: str, key: str) -> Iterator[str]:
        """Every text that the note has had, newest first, as of the last fetch."""
        reference = self._repository.references.get(ref)
        commit = reference.peel(pygit2.Commit) if reference else None
        shown: pygit2.Oid | None = None
        while commit is not None:
            note = _note(commit.tree, key)
            if note is not None and note.id != shown:
                shown = note.id
                yield note.data.decode("utf-8", "replace")
            commit = commit.parents[0] if commit.parents else None

    def write_note(self, ref: str, key: str, text: str) -> None:
        """Write a note and push it; where somebody else pushed meanwhile, take theirs and add ours again."""
        author = pygit2.Signature("fairlead", "fairlead@localhost")
        repository = self._repository
        with self._alone():
            for _ in range(_TRIES):
                repository.create_note(text, author, author, key, ref, True)  # noqa: FBT003 - the library's `force`
                push = ["push", "--quiet", "--porcelain", "--", self.address, f"{ref}:{ref}"]
                answer = self._git.run(*push, seconds=_TIMEOUT)
                if not answer.code:
                    return
                if "[rejected]" not in answer.output and "[remote rejected]" not in answer.output:
                    raise BrokenWorldError(f"cannot push a note: {answer.reason}", where=self.address, mend=_MAY_PUSH)
                self._fetch()
        raise ConflictError(f"{_TRIES} times somebody else pushed {ref} first", where=self.address, mend="try again")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One exchange with the remote at a time, over all threads and processes.

        A fetch would undo a note that is written and not pushed yet.
        """
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        with self.directory.with_name(f"{self.directory.name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @property
    def _repository(self) -> pygit2.Repository:
        handle: pygit2.Repository | None = getattr(self._handles, "repository", None)
        if handle is None:
            if not (self.directory / "HEAD").exists():
                self.fetch()
            handle = self._handles.repository = pygit2.Repository(str(self.directory))
        return handle

    def _prepare(self) -> None:
        if (self.directory / "HEAD").exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self._git.must("init", "--quiet", "--bare", ".")

    def _commit(self, name: str) -> pygit2.Commit:
        try:
            found: object = self._repository.get(name) if _HEX.fullmatch(name) else None
        except ValueError as error:
            raise NotFoundError(f"`{name}` is short for several objects", mend="give more digits") from error
        if not isinstance(found, pygit2.Commit):
            raise NotFoundError(
                f"there is no commit `{name}`", where=self.address, mend="give the id of a pushed commit"
            )
        return found


_MAY_PUSH = "let this machine push refs/notes/fairlead/* to the repository"


def _unreachable(address: str, reason: str) -> BrokenWorldError:
    mend = "check the address, the network and that `git ls-remote` works for it"
    return BrokenWorldError(f"the repository cannot be read: {reason}", where=address, mend=mend)


def read_commit(repository: Path, commit: str) -> Commit:
    """A commit of any repository on this machine, for example of a checkout that holds what nobody has fetched yet."""
    found = pygit2.Repository(pygit2.discover_repository(str(repository)))[commit]
    return _told(found.peel(pygit2.Commit))


def _told(commit: pygit2.Commit) -> Commit:
    message = commit.message
    return Commit(
        id=str(commit.id),
        author=commit.author.name,
        email=commit.author.email,
        when=datetime.fromtimestamp(commit.commit_time, UTC),
        subject=message.strip().partition("\n")[0],
        approved_by=tuple(_TRAILER.findall(message.strip().rpartition("\n\n")[2])) if "\n\n" in message else (),
    )


def _note(tree: pygit2.Tree, key: str) -> pygit2.Blob | None:
    """The note of `key`, which Git may have moved into folders named by the key's first digits."""
    for path in (key, f"{key[:2]}/{key[2:]}", f"{key[:2]}/{key[2:4]}/{key[4:]}"):
        found = object_at(tree, path)
        if isinstance(found, pygit2.Blob):
            return found
    return None


def _differs(new: pygit2.Tree, old: pygit2.Tree | None, path: str) -> bool:
    """Whether two trees differ at `path`; equal ids on the way down end the question without parsing large folders."""
    if old is None:
        return object_at(new, path) is not None
    one: pygit2.Object | None = new
    other: pygit2.Object | None = old
    for part in path.split("/") if path else []:
        if one is None or other is None or one.id == other.id:
            break
        one, other = object_at(_as_tree(one), part), object_at(_as_tree(other), part)
    return (one.id if one else None) != (other.id if other else None)


def _tree_at(tree: pygit2.Tree, path: str) -> pygit2.Tree | None:
    return _as_tree(object_at(tree, path)) if path else tree


def _as_tree(found: pygit2.Object | None) -> pygit2.Tree | None:
    return found if isinstance(found, pygit2.Tree) else None
