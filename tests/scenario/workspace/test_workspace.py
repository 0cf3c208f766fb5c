"""A person starts a workspace, breaks it in every way, and is told each time where and how to mend it."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from fairlead.declare.reader import Reader
from fairlead.domain.finding import Severity, Verdict
from fairlead.domain.lock_text import parse_lock
from fairlead.drivers.artifacts import FolderCache
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.git import GitRepository
from fairlead.flows.check import check
from fairlead.flows.init import InitResult, init
from fairlead.flows.lock import lock
from fairlead.flows.verify import verify
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.testing.progress import RecordedProgress, no_progress

ROOT = Path(__file__).parents[3]


@pytest.fixture
def started(tmp_path: Path) -> InitResult:
    """A fresh workspace."""
    return init(tmp_path / "My Models!")


def onnx(workspace: InitResult) -> Path:
    """The example's only file."""
    return workspace.folder / "models/example/model.onnx"


def found(workspace: InitResult) -> list[tuple[str, str, int]]:
    """Path, rule and line of what `check` says."""
    return [(each.path, each.rule, each.line) for each in check(workspace.folder, environ={}).findings]


def test_a_fresh_workspace_passes(started: InitResult) -> None:
    """Every file is there, nothing was kept, and the check has nothing to say."""
    answer = check(started.folder, environ={})
    assert (answer.verdict, answer.findings, answer.models) == (Verdict.PASS, (), 1)
    assert dict(answer.counts) == dict.fromkeys(Severity, 0)
    assert (started.folder / ".git").is_dir()
    assert started.made_repository
    assert started.kept == ()
    declared = Reader().read(FolderTree(started.folder))
    assert declared.workspace is not None
    assert declared.workspace.name == "my-models"
    assert declared.workspace.price_book is not None


def test_the_gate_that_the_starter_shows_can_be_turned_on(started: InitResult) -> None:
    """Without the `#` the last lines are valid, hold what they say, and let the example through."""
    file = started.folder / "fairlead.yaml"
    head, mark, gate = file.read_text().partition("#principals:")
    file.write_text(head + re.sub("^#", "", mark + gate, flags=re.MULTILINE))
    answer = check(started.folder, environ={})
    assert answer.rules.packs == ("baseline", "lineage")
    assert answer.verdict is Verdict.PASS
    assert [each for each in answer.findings if each.severity is not Severity.INFO] == []


def test_a_commit_is_checked_like_the_folder(started: InitResult, tmp_path: Path) -> None:
    """As CI and the control plane see it."""
    git = ["git", "-C", str(started.folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "Start the workspace"], check=True)
    repository = GitRepository(str(started.folder), tmp_path / "mirror")
    tree = repository.tree(repository.head().id)
    assert check(started.folder, commit="HEAD", environ={}).findings == ()
    assert verify(tree, environ={}).verdict is Verdict.PASS


def test_the_example_is_what_its_script_makes() -> None:
    """The shipped model is no unexplained binary: the script in the tree gives the same bytes."""
    script = runpy.run_path(str(ROOT / "tools/starter_model.py"))
    assert script["model_bytes"]() == script["PLACE"].read_bytes()


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    """Neither files, nor links, nor an existing repository; the second time there is nothing to write."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / ".gitignore").symlink_to("elsewhere")
    (tmp_path / "models").mkdir()
    answer = init(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()
    assert not answer.made_repository
    assert set(answer.kept) == {"README.md", ".gitignore"}
    assert not [path for path in answer.written if path.startswith("models/")]
    assert init(tmp_path).written == ()


def test_init_in_a_file_is_refused(tmp_path: Path) -> None:
    """With a mend."""
    (tmp_path / "x").write_text("")
    with pytest.raises(UsageError, match="not a folder"):
        init(tmp_path / "x")


def test_a_truncated_file_is_refused(started: InitResult) -> None:
    """First because it is not the locked one; and where it was locked like that, because it is broken."""
    onnx(started).write_bytes(onnx(started).read_bytes()[:-9])
    assert found(started) == [("models/example/model.lock", "resolve/digest-mismatch", 7)]
    assert lock(started.folder, environ={}).locked[0].changed
    assert found(started) == [("models/example/model.lock", "check/broken-onnx", 7)]


def test_a_missing_artifact_is_refused(started: InitResult) -> None:
    """At the pointer that leads nowhere."""
    onnx(started).unlink()
    assert found(started) == [("models/example/model.yaml", "resolve/missing-artifact", 11)]
    assert [each.rule for each in lock(started.folder, environ={}).findings] == ["resolve/missing-artifact"]


def test_a_changed_lock_is_refused(started: InitResult) -> None:
    """By the line that was changed."""
    path = started.folder / "models/example/model.lock"
    pinned, _ = parse_lock(path.read_bytes(), "x")
    assert pinned is not None
    path.write_text(path.read_text().replace(pinned.files[0].sha256, "0" * 64))
    assert found(started) == [("models/example/model.lock", "resolve/broken-lock", 5)]


def test_a_link_out_of_the_workspace_is_refused(started: InitResult, tmp_path: Path) -> None:
    """Though it leads to the right bytes."""
    shutil.move(onnx(started), tmp_path / "model.onnx")
    onnx(started).symlink_to(tmp_path / "model.onnx")
    assert [rule for _, rule, _ in found(started)] == ["resolve/symlink"]


def test_lock_writes_only_what_changed(started: InitResult) -> None:
    """The same artifact gives the same lock, byte for byte; progress is told."""
    path = started.folder / "models/example/model.lock"
    before, progress = path.stat().st_mtime_ns, RecordedProgress()
    answer = lock(started.folder, ["example"], environ={}, progress=progress)
    assert [each.changed for each in answer.locked] == [False]
    assert path.stat().st_mtime_ns == before
    assert progress.reports
    with pytest.raises(NotFoundError, match="use one of: example"):
        lock(started.folder, ["exampel"], environ={})


def test_verify_reads_the_cache_or_the_source(started: InitResult, tmp_path: Path) -> None:
    """It says where it looked; rotten bytes in the cache are a failure, though the source is whole."""
    tree, cache = FolderTree(started.folder), FolderCache(tmp_path / "cache")
    assert [(each.place, each.whole) for each in verify(tree, cache=cache, environ={}).files] == [("source", True)]
    pinned = Reader().read(tree).models["example"].lock
    assert pinned is not None
    data = onnx(started).read_bytes()
    cache.put(pinned.files[0], lambda offset: [data[offset:]], no_progress)
    assert [(each.place, each.whole) for each in verify(tree, cache=cache, environ={}).files] == [("cache", True)]
    stored = next((tmp_path / "cache/objects").rglob("*" + pinned.files[0].sha256))
    stored.chmod(0o644)
    stored.write_bytes(data[:-1] + b"!")
    answer = verify(tree, ["example"], cache=cache, environ={})
    assert (answer.verdict, [each.whole for each in answer.files]) == (Verdict.FAIL, [False])


def test_a_hub_that_is_down_is_insufficient(started: InitResult) -> None:
    """Not a pass, and not the person's fault; `check` does not ask hubs at all."""
    model = started.folder / "models/example/model.yaml"
    model.write_text(model.read_text().replace("file:models/example/model.onnx", "hf://acme/digits@main"))
    path = started.folder / "models/example/model.lock"
    text = path.read_text().replace("file:models/example/model.onnx", "hf://acme/digits@main")
    revision = next(line for line in text.splitlines() if '"revision"' in line)
    path.write_text(text.replace(revision, f'  "revision": "{"a" * 40}",'))
    assert found(started) == []
    answer = verify(FolderTree(started.folder), environ={"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert (answer.verdict, [each.rule for each in answer.findings]) == (Verdict.INSUFFICIENT, ["resolve/unreachable"])
    assert [each.whole for each in answer.files] == [None]
