"""The gate cannot be switched off by the change that it judges: every way around it that we could think of is blocked.

Alice writes the changes, and may not approve. Olga owns the policies. Each test is a branch in a real repository, and
the verdict is that of `fairlead check --base main`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.domain.approval_note import ApprovalNote, SignedNote, note_bytes, note_line
from fairlead.drivers.approval_notes import NoteWriter
from fairlead.drivers.git_local import local_repository
from fairlead.drivers.ssh_key import sign_with
from fairlead.flows.gate_rules import read_gate_rules
from tests.scenario.approvals.gated import REGO, WAIVER, Gated
from tests.scenario.approvals.people import Person, Shared, run

YAML = "fairlead.yaml"
RULE = "licence: {enforcement: warn, parameters: {licences: [mit, apache-2.0]}}"
SOON = f"{datetime.now(UTC) + timedelta(days=5):%Y-%m-%d}"


def edit(*edits: tuple[str, str], path: str = YAML) -> Callable[[Gated], None]:
    """Edits of a file."""

    def made(gated: Gated) -> None:
        for old, new in edits:
            gated.edit(path, old, new)

    return made


def write(path: str, text: str) -> Callable[[Gated], None]:
    """A file more, or another text of it."""
    return lambda gated: gated.write(path, text)


def linked_policies(gated: Gated) -> None:
    """The policies' folder becomes a link to an empty one."""
    shutil.rmtree(gated.folder / "policies")
    gated.write("empty/README.md", "nothing")
    (gated.folder / "policies").symlink_to("empty")


def renamed_policies(gated: Gated) -> None:
    """The folder is called otherwise, which one system out of three does not see."""
    gated.git("mv", "policies", "moved")
    gated.git("mv", "moved", "Policies")


def moved_workspace(gated: Gated) -> None:
    """The workspace moves down, where no rules are declared."""
    (gated.folder / "below").mkdir()
    gated.git("mv", YAML, "below/fairlead.yaml")


def submodule(gated: Gated) -> None:
    """The policies become a submodule: another repository decides from now on."""
    shutil.rmtree(gated.folder / "policies")
    gated.git("add", "--all")
    gated.git("update-index", "--add", "--cacheinfo", f"160000,{gated.git('rev-parse', 'HEAD')},policies")
    gated.git("commit", "--quiet", "-m", "submodule")
    (gated.folder / "policies").mkdir()


BYPASSES: dict[str, tuple[Callable[[Gated], None], str]] = {
    "pack off": (edit(("    baseline:\n", "    baseline:\n      enforcement: 'off'\n")), "protection/rule-off"),
    "all packs gone": (
        edit((f"  packs:\n    baseline:\n      rules:\n        {RULE}\n", "")),
        "protection/pack-off",
    ),
    "rule off": (edit((RULE, f"{RULE}\n        owner: {{enforcement: 'off'}}")), "protection/rule-off"),
    "rule only counted": (edit((RULE, f"{RULE}\n        owner: {{enforcement: audit}}")), "protection/enforcement"),
    "one environment easier": (
        edit(("{port: 8802}\n", "{port: 8802}\n    policies: {baseline: {enforcement: audit}}\n")),
        "protection/enforcement",
    ),
    "bound widened": (edit(("[mit, apache-2.0]", "[mit, apache-2.0, proprietary]")), "protection/parameter"),
    "own rule gone": (lambda gated: shutil.rmtree(gated.folder / "policies"), "protection/policy"),
    "own rule's source gone": (edit(("  sources:\n    - {path: policies}\n", "")), "protection/source"),
    "own rule never fires": (
        edit(("if startswith", "if false; startswith"), path="policies/names.rego"),
        "protection/policy",
    ),
    "own rule undone by a neighbour": (
        write("policies/zz.rego", "package shop.names\n\nimport rego.v1\n\nstartswith(_, _) := false\n"),
        "protection/policy",
    ),
    "own rule for a test environment only": (
        edit(("{path: policies}", "{path: policies, environments: [dev]}")),
        "protection/source",
    ),
    "policies behind a link": (linked_policies, "protection/irregular"),
    "policies in a submodule": (submodule, "protection/policy"),
    "policies under a twin's name": (renamed_policies, "protection/policy"),
    "a second fairlead.yaml in other letters": (write("Fairlead.yaml", "kind: Workspace\n"), "protection/irregular"),
    "the workspace moved": (moved_workspace, "protection/no-rules"),
    "fairlead.yaml broken": (write(YAML, "kind: [Workspace\n"), "protection/no-rules"),
    "another engine": (edit(("policies:\n", "policies:\n  engine: opa\n")), "protection/engine"),
    "a waiver": (
        write("waivers/owner.yaml", WAIVER.format(rule="baseline/owner", expires=SOON)),
        "protection/waiver",
    ),
    "waivers allowed": (edit(("never: [baseline/locked]", "never: []")), "protection/waiver-rules"),
    "waivers that last": (
        edit(("{never: [baseline/locked]}", "{never: [baseline/locked], longest: {critical: 365d}}")),
        "protection/waiver-rules",
    ),
    "a policy owner more": (edit(("[olga@example.com]", "[olga@example.com, alice@example.com]")), "protection/owner"),
    "an approver more": (edit(("roles: [operator]", "roles: [operator, approver]")), "protection/approver"),
    "code owners not asked": (edit((", codeOwners: CODEOWNERS", "")), "protection/code-owners"),
    "another code owner": (write("CODEOWNERS", "/infrastructure/ alice@example.com\n"), "protection/code-owners"),
    "reviews of her own GitHub": (
        edit(("codeOwners: CODEOWNERS", "codeOwners: CODEOWNERS, github: a/b, githubApi: 'http://127.0.0.1:9'")),
        "protection/approvals",
    ),
    "an environment without rules": (
        edit(
            (
                "  - name: prod\n",
                "  - {name: easy, target: {port: 8803}, policies: {baseline: {enforcement: 'off'}}}\n  - name: prod\n",
            )
        ),
        "protection/rule-off",
    ),
    "a model that is harmless now": (
        edit(("{class: high, duties: [fairness]}", "{class: minimal}"), path="models/example/model.yaml"),
        "protection/duties",
    ),
    "the workspace under another name": (edit(("name: shop", "name: shop2")), "protection/name"),
}


@pytest.mark.parametrize("name", BYPASSES)
def test_a_change_cannot_weaken_the_gate_that_judges_it(gated: Gated, alice: Person, name: str) -> None:
    """Each is blocked by the rule that is made for it."""
    make, expected = BYPASSES[name]
    gated.git("switch", "--quiet", "--create", "change")
    make(gated)
    gated.change(alice)
    assert expected in gated.blocked_by()


def test_the_branch_point_itself_passes(gated: Gated, alice: Person) -> None:
    """What blocks above is the change, not the workspace: without one, and with a stricter rule, the gate is open."""
    assert gated.blocked_by() == set()
    gated.edit(YAML, RULE, RULE.replace("warn", "deny").replace("mit, ", ""))
    gated.change(alice)
    assert gated.blocked_by() == set()


def weaken(gated: Gated, by: Person, *, sign: bool = False, message: str = "Weaken") -> str:
    """Switch a rule off on the branch; what would have to be approved."""
    gated.edit(YAML, RULE, f"{RULE}\n        owner: {{enforcement: 'off'}}")
    gated.change(by, message, sign=sign)
    return digest(gated)


def digest(gated: Gated) -> str:
    """The subject of the rules as the branch has them."""
    repository = local_repository(gated.folder)
    assert repository is not None
    return f"policies:{read_gate_rules(repository.tree(repository.resolve('HEAD'))).digest}"


def test_the_policy_owners_signature_opens_the_gate(gated: Gated, alice: Person, olga: Person) -> None:
    """The one way that there is; without it every bypass above would be a wall without a door."""
    weaken(gated, alice)
    assert gated.blocked_by() == {"protection/rule-off"}
    done = gated.approve(olga, "policies")
    assert done.returncode == 0, done.stderr
    assert gated.blocked_by() == set()


def test_an_approval_of_other_rules_opens_nothing(gated: Gated, alice: Person, olga: Person) -> None:
    """One word more after the approval, and it is another thing that was approved."""
    weaken(gated, alice)
    gated.approve(olga, "policies")
    gated.edit(YAML, "[mit, apache-2.0]", "[mit, apache-2.0, proprietary]")
    gated.change(alice)
    assert gated.blocked_by() == {"protection/rule-off", "protection/parameter"}


def test_an_approver_who_owns_no_policies_opens_nothing(gated: Gated, alice: Person, bob: Person) -> None:
    """And is told so."""
    weaken(gated, alice)
    done = gated.approve(bob, "policies")
    assert (done.returncode, "only these may agree: olga@example.com" in done.stderr) == (1, True)
    assert gated.blocked_by() == {"protection/rule-off"}


def test_nobody_brings_her_own_key(gated: Gated, alice: Person, mallory: Person) -> None:
    """The signers are those of the target branch, not those of the change."""
    signers = (gated.folder / ".fairlead/allowed_signers").read_text()
    gated.write(".fairlead/allowed_signers", signers + mallory.signer().replace("mallory", "olga"))
    weaken(gated, alice)
    assert gated.approve(Person("olga", mallory.key), "policies").returncode == 0, "her own branch believes her"
    assert gated.blocked_by() == {"protection/rule-off", "protection/signers"}


def test_nobody_makes_herself_a_policy_owner(gated: Gated, alice: Person, bob: Person) -> None:
    """The owners are those of the target branch."""
    gated.edit(YAML, "[olga@example.com]", "[olga@example.com, bob@example.com]")
    weaken(gated, alice)
    assert gated.approve(bob, "policies").returncode == 0, "the branch believes him"
    assert gated.blocked_by() == {"protection/rule-off", "protection/owner"}


def test_an_owner_does_not_approve_her_own_change(gated: Gated, alice: Person, olga: Person) -> None:
    """Nor one that she signed under another name, nor one to which somebody else added a comma."""
    disguised = Person("zoe", olga.key)
    weaken(gated, disguised, sign=True)
    gated.write("README.md", "harmless")
    gated.change(alice)
    done = gated.approve(olga, "policies")
    assert (done.returncode, "had a hand in it" in done.stderr) == (1, True)
    assert gated.blocked_by() == {"protection/rule-off"}


def test_a_claim_in_a_message_opens_nothing(gated: Gated, alice: Person, olga: Person) -> None:
    """Trailers that nobody signed, under Olga's name."""
    subject = weaken(gated, alice)
    gated.commit_by(olga, f"Agree\n\nApproves: {subject}\nApproved-by: Olga <{olga.mail}>", sign=False)
    assert gated.blocked_by() == {"protection/rule-off"}


def test_a_signed_commit_of_the_owner_opens_it(gated: Gated, alice: Person, olga: Person) -> None:
    """The same words, signed."""
    subject = weaken(gated, alice)
    gated.commit_by(olga, f"Agree\n\nApproves: {subject}")
    assert gated.blocked_by() == set()


def test_nobody_vouches_for_the_owner(gated: Gated, alice: Person, bob: Person, olga: Person) -> None:
    """`Approved-by: Olga` in Bob's signed merge is Bob's word, which does not suffice to weaken the gate."""
    weaken(gated, alice)
    gated.git("switch", "--quiet", "--create", "merging", "main")
    gated.by(bob, "merge", "--quiet", "--no-ff", "-m", f"Merge\n\nApproved-by: Olga <{olga.mail}>", "change")
    gated.git("switch", "--quiet", "--force-create", "change")
    assert gated.blocked_by() == {"protection/rule-off"}


def test_a_note_of_another_workspace_opens_nothing(gated: Gated, alice: Person, olga: Person, tmp_path: Path) -> None:
    """Olga approved the like in her playground, whose notes Alice copies."""
    weaken(gated, alice)
    other = Shared(tmp_path / "playground")
    shutil.copytree(gated.folder, other.folder, dirs_exist_ok=True)
    play = Gated(other.folder)
    play.edit(YAML, "name: shop", "name: playground")
    play.commit("Play")
    assert play.approve(olga, "policies").returncode == 0
    gated.git("fetch", "--quiet", str(play.folder), "refs/notes/fairlead/approvals:refs/notes/fairlead/approvals")
    key = run("git", "-C", str(play.folder), "notes", "--ref", "fairlead/approvals", "list").split()[1]
    text = run("git", "-C", str(play.folder), "notes", "--ref", "fairlead/approvals", "show", key)
    gated.git("notes", "--ref", "refs/notes/fairlead/approvals", "add", "-f", "-m", text, key)
    mine = run("git", "hash-object", "--stdin", data=digest(gated))
    gated.git("notes", "--ref", "refs/notes/fairlead/approvals", "add", "-f", "-m", text, mine)
    assert gated.blocked_by() == {"protection/rule-off"}


def test_this_machines_git_opens_nothing(gated: Gated, alice: Person, mallory: Person, tmp_path: Path) -> None:
    """Whoever runs the check may have any keys in the Git configuration."""
    subject = weaken(gated, alice)
    theirs = tmp_path / "theirs"
    theirs.write_text(mallory.signer().replace("mallory", "olga"))
    gated.git("config", "gpg.ssh.allowedSignersFile", str(theirs))
    gated.commit_by(Person("olga", mallory.key), f"Agree\n\nApproves: {subject}")
    assert gated.git("log", "-1", "--format=%G?") == "G", "Git itself is fooled"
    assert gated.blocked_by() == {"protection/rule-off"}


def test_a_merge_that_hides_a_weakening_is_seen(gated: Gated, alice: Person) -> None:
    """Both branches are clean; the merge commit itself takes the rule away."""
    gated.write("README.md", "one")
    gated.change(alice)
    gated.git("switch", "--quiet", "--create", "side", "main")
    gated.commit_by(alice, "Side", sign=False, other="two")
    gated.git("switch", "--quiet", "change")
    gated.by(alice, "merge", "--quiet", "--no-ff", "--no-commit", "side", sign=False)
    gated.edit(YAML, RULE, f"{RULE}\n        owner: {{enforcement: 'off'}}")
    gated.change(alice)
    assert gated.blocked_by() == {"protection/rule-off"}


def test_a_weakening_between_other_commits_is_seen(gated: Gated, alice: Person) -> None:
    """The branch is judged as a whole, by the rules where it began."""
    weaken(gated, alice)
    gated.write("README.md", "harmless")
    gated.change(alice)
    assert gated.blocked_by() == {"protection/rule-off"}


def test_a_harmless_model_needs_the_owners_word_for_it(gated: Gated, alice: Person, olga: Person) -> None:
    """An approval of the rules says nothing of a model's risk."""
    gated.edit("models/example/model.yaml", "{class: high, duties: [fairness]}", "{class: minimal}")
    gated.change(alice)
    assert gated.approve(olga, "policies").returncode in {0, 1}
    assert gated.blocked_by() == {"protection/duties"}
    gated.approve(olga, "example")
    assert gated.blocked_by() == set()


def test_a_merge_of_the_rules_approves_no_model(gated: Gated, alice: Person, olga: Person) -> None:
    """Olga's signature under the merge that brought the rules says nothing of what comes after it."""
    gated.git("switch", "--quiet", "--create", "stricter")
    gated.edit(YAML, RULE, RULE.replace("warn", "deny"))
    gated.commit_by(alice, "Stricter", sign=False)
    gated.git("switch", "--quiet", "main")
    gated.by(olga, "merge", "--quiet", "--no-ff", "-m", "Merge stricter", "stricter")
    gated.edit("models/example/model.yaml", "{class: high, duties: [fairness]}", "{class: minimal}")
    gated.change(alice)
    assert gated.blocked_by() == {"protection/duties"}


def test_an_owner_does_not_lower_a_risk_alone(gated: Gated, olga: Person) -> None:
    """She wrote the change of the model, not of the rules: that is a hand in it all the same."""
    gated.edit("models/example/model.yaml", "{class: high, duties: [fairness]}", "{class: minimal}")
    gated.change(olga)
    gated.approve(olga, "example")
    assert gated.blocked_by() == {"protection/duties"}


def test_a_date_in_the_past_wakes_no_old_approval(gated: Gated, alice: Person, olga: Person) -> None:
    """Olga agreed for a week, long ago; Alice dates her commit into that week."""
    then = datetime.now(UTC) - timedelta(days=60)
    gated.git("switch", "--quiet", "--create", "change")
    gated.edit(YAML, RULE, f"{RULE}\n        owner: {{enforcement: 'off'}}")
    gated.commit_by(alice, "Weaken", sign=False, at=then + timedelta(days=1))
    note = ApprovalNote(digest(gated), olga.mail, "shop", then, then + timedelta(days=7))
    line = note_line(SignedNote(note, sign_with(str(olga.key), note_bytes(note))))
    NoteWriter(gated.folder).append(note.subject, line)
    assert gated.blocked_by() == {"protection/rule-off"}


def test_the_rules_judge_while_they_are_being_weakened(gated: Gated, alice: Person) -> None:
    """A change that undoes a rule and breaks it is told of both."""
    gated.git("switch", "--quiet", "--create", "change")
    shutil.copytree(gated.folder / "models/example", gated.folder / "models/bobby")
    gated.write("policies/names.rego", REGO.replace('"bob"', '"nobody"'))
    gated.change(alice)
    assert gated.blocked_by() >= {"protection/policy", "shop/names"}
