"""Whatever makes a gate easier to pass is seen, and what makes it harder is not held against anybody."""

from __future__ import annotations

import pytest

from fairlead.check.protection import GateRules, weakenings
from fairlead.flows.gate_rules import rules_identity
from tests.unit.check.protection.rules_of import FILES, WORKSPACE, MemoryTree, rules_of

OLD = FILES["waivers/old.yaml"]


def told(after: GateRules, before: GateRules | None = None) -> list[str]:
    """The weakenings' rules and places."""
    return [f"{each.rule} {each.path}" for each in weakenings(before or rules_of(), after)]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("    - {path: policies}\n", ""), "protection/source"),
        (("{path: policies}", "{path: policies, enforcement: warn}"), "protection/enforcement"),
        (("{path: policies}", "{path: policies, environments: [dev]}"), "protection/source"),
        (("{path: policies}", "{path: policies, dialect: conftest}"), "protection/source"),
        (("{path: strict, environments: [prod]}", "{path: strict, environments: [dev]}"), "protection/source"),
        (("  owners: [olga@example.com]", "  owners: [olga@example.com, al@example.com]"), "protection/owner"),
        (("roles: [operator]", "roles: [operator, approver]"), "protection/approver"),
        (("github: bob", "github: mallory"), "protection/approver"),
        (("never: [baseline/digest, privacy/*]", "never: [privacy/*]"), "protection/waiver-rules"),
        (("longest: {high: 10d}", "longest: {high: 11d}"), "protection/waiver-rules"),
        (("longest: {high: 10d}", "longest: {}"), "protection/waiver-rules"),
        (("    required: 1\n", ""), "protection/approvals"),
        (("    approvals: 2\n", "    approvals: 1\n"), "protection/approvals"),
        (("    approvals: 2\n", ""), "protection/approvals"),
        (("expires: 14d", "expires: 15d"), "protection/approvals"),
        (("    vouched: false\n", ""), "protection/approvals"),
        (("    signedChanges: true\n", ""), "protection/approvals"),
        (("github: org/repo", "github: mallory/repo"), "protection/approvals"),
        (("github: org/repo", "github: org/repo\n    githubApi: https://mallory.example"), "protection/approvals"),
        (("codeOwners: CODEOWNERS", "codeOwners: ''"), "protection/code-owners"),
        (("required: true", "required: false"), "protection/signatures"),
        (("keys: [keys/model.pem]", "keys: [keys/model.pem, CODEOWNERS]"), "protection/signatures"),
        (("  infrastructure: [plan.json]\n", ""), "protection/infrastructure"),
        (("  vulnerabilities: osv\n", ""), "protection/vulnerabilities"),
        (("vulnerabilities: osv", "vulnerabilities: policies"), "protection/vulnerabilities"),
        (("region: eu-central-1", "region: us-east-1"), "protection/region"),
        (("policies:\n  owners", "policies:\n  engine: regorus\n  owners"), "protection/engine"),
        (("name: prod", "name: production"), "protection/environment"),
        (("name: shop", "name: other-shop"), "protection/name"),
        (("  - name: prod", "  - {name: easy, target: {port: 9}}\n  - name: prod"), "protection/approvals"),
        (
            ("  - name: prod", "  - {name: easy, target: {port: 9}, approvals: 2}\n  - name: prod"),
            "protection/environment",
        ),
    ],
)
def test_a_weaker_fairlead_yaml_is_seen(edit: tuple[str, str], expected: str) -> None:
    """Each field that decides, one by one."""
    assert expected in {each.partition(" ")[0] for each in told(rules_of(None, edit))}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("policies/labels.rego", "package labels\nallow := true\n", "protection/policy"),
        ("policies/labels.rego", None, "protection/policy"),
        ("policies/more.rego", "package labels\n", "protection/policy"),
        ("policies/data.json", "{}", "protection/policy"),
        ("policies", "@strict", "protection/irregular"),
        ("policies/link.rego", "@../strict/owner.rego", "protection/irregular"),
        ("Policies/labels.rego", "package labels\n", "protection/irregular"),
        ("Fairlead.yaml", "x", "protection/irregular"),
        ("\uff46airlead.yaml", "x", "protection/irregular"),
        (".fairlead/Allowed_signers", "x", "protection/irregular"),
        (".fairlead/allowed_signers", "bob@example.com ssh-ed25519 AAAA\nal@x.org ssh-rsa B\n", "protection/signers"),
        (".fairlead/allowed_signers", "bob@example.com,al@x.org ssh-ed25519 AAAA\n", "protection/signers"),
        (".fairlead/allowed_signers", 'bob@example.com namespaces="git" ssh-ed25519 AAAA\n', "protection/signers"),
        ("CODEOWNERS", "* bob@example.com\n/models/ alice@example.com\n", "protection/code-owners"),
        ("CODEOWNERS", "/models/ carol@example.com # models\n* bob@example.com\n", "protection/code-owners"),
        ("CODEOWNERS", None, "protection/code-owners"),
        ("keys/model.pem", "another key\n", "protection/signatures"),
        ("osv/GHSA-1.json", '{"withdrawn": "today"}', "protection/vulnerabilities"),
        ("osv/GHSA-1.json", None, "protection/vulnerabilities"),
        ("waivers/new.yaml", OLD.replace("licence", "owner"), "protection/waiver"),
        ("waivers/old.yaml", OLD.replace("baseline/licence", "baseline/owner"), "protection/waiver"),
        ("waivers/old.yaml", OLD.replace("12-01", "12-02"), "protection/waiver"),
        ("waivers/old.yaml", OLD.replace("[digits]", "[digits, narrator]"), "protection/waiver"),
        ("waivers/old.yaml", OLD.replace("models: [digits], ", ""), "protection/waiver"),
        ("waivers/old.yaml", OLD.replace("environments: [dev]", "environments: [prod]"), "protection/waiver"),
        ("waivers/old.yaml", OLD.replace("bob@", "carol@"), "protection/waiver"),
    ],
)
def test_a_weaker_file_is_seen(path: str, text: str | None, expected: str) -> None:
    """Policies, keys, owners, waivers, and places that two programs would read differently."""
    changes: dict[str, str | None] = {path: text}
    if path == "policies":
        changes["policies/labels.rego"] = None
    assert expected in {each.partition(" ")[0] for each in told(rules_of(changes))}


@pytest.mark.parametrize("text", [None, "kind: Workspace\n", "{"])
def test_a_fairlead_yaml_that_is_gone_takes_all_rules_away(text: str | None) -> None:
    """Removed, renamed or broken."""
    assert told(rules_of({"fairlead.yaml": text})) == ["protection/no-rules fairlead.yaml"]


@pytest.mark.parametrize(
    "edit",
    [
        ("{path: policies}", "{path: policies}\n    - {path: more}"),
        ("{path: strict, environments: [prod]}", "{path: strict}"),
        ("{path: strict, environments: [prod]}", "{path: strict, environments: [prod, dev]}"),
        ("required: 1", "required: 2"),
        ("approvals: 2", "approvals: 3"),
        ("expires: 14d", "expires: 7d"),
        ("    github: org/repo\n", ""),
        ("never: [baseline/digest, privacy/*]", "never: [baseline/digest, privacy/*, lineage/*]"),
        ("longest: {high: 10d}", "longest: {high: 1d, low: 1d}"),
        ("roles: [approver], github: bob", "roles: [viewer]"),
        ("infrastructure: [plan.json]", "infrastructure: [plan.json, more.json]"),
        ("target: {port: 8080}", "target: {port: 8090}"),
        ("name: Alice", "name: Alicia"),
    ],
)
def test_what_is_stricter_needs_nobodys_word(edit: tuple[str, str]) -> None:
    """Nor does what has nothing to do with the gate."""
    assert told(rules_of(None, edit)) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("waivers/old.yaml", None),
        ("waivers/old.yaml", OLD.replace("12-01", "11-30")),
        ("waivers/old.yaml", OLD.replace("  # none", "").replace("environments: [dev]}", "environments: [dev]} ")),
        (".fairlead/allowed_signers", "bob@example.com   ssh-ed25519 AAAA\n"),
        (".fairlead/allowed_signers", ""),
        ("osv/GHSA-2.json", "{}"),
        ("README.md", "x"),
        ("policies/README.md", "x"),
        ("models/digits/model.yaml", "x"),
    ],
)
def test_other_files_need_nobodys_word(path: str, text: str | None) -> None:
    """Nor do waivers and keys that go."""
    assert told(rules_of({path: text})) == []


def test_a_narrower_waiver_weakens_nothing() -> None:
    """From everything to one model; the way back is a weakening."""
    wide = rules_of({"waivers/old.yaml": OLD.replace("scope: {models: [digits], environments: [dev]}\n", "")})
    assert told(rules_of(), wide) == []
    assert told(wide) == ["protection/waiver waivers/old.yaml"]


def test_a_waiver_that_is_renamed_is_the_same() -> None:
    """Its bytes were agreed to."""
    assert told(rules_of({"waivers/old.yaml": None, "waivers/other.yaml": OLD})) == []


def test_where_nothing_was_guarded_nothing_is_weakened() -> None:
    """The first rules, and the first policy owners, come without anybody's word."""
    bare = "\n".join(FILES["fairlead.yaml"].partition("policies:")[0].replace("    approvals: 2\n", "").splitlines())
    before = rules_of({"fairlead.yaml": f"{bare}\n"})
    assert not before.guards
    assert told(rules_of(), before) == []
    assert told(rules_of(), GateRules()) == []


def test_the_digest_is_of_everything_that_decides() -> None:
    """What is approved is exactly this state; what has nothing to do with it changes nothing."""
    one = rules_of()
    assert one.digest == rules_of({"README.md": "x"}).digest
    others = [
        rules_of({"policies/labels.rego": "package other\n"}),
        rules_of({"waivers/old.yaml": None}),
        rules_of({"CODEOWNERS": ""}),
        rules_of({".fairlead/allowed_signers": ""}),
        rules_of({"osv/GHSA-2.json": "{}"}),
        rules_of(None, ("required: 1", "required: 2")),
        rules_of(None, ("name: Alice, email: alice@example.com", "name: Alice, email: al@example.com")),
    ]
    assert len({one.digest, *(each.digest for each in others)}) == len(others) + 1


def test_what_rules_rest_on_changes_with_them() -> None:
    """So that a reader may keep them as long as it is equal: also where a twin appears beside a name."""
    tree = MemoryTree(FILES)
    known = rules_identity(tree, rules_of())
    assert known == rules_identity(MemoryTree(FILES), rules_of())
    for path in (
        "Fairlead.yaml",
        ".fairlead/Allowed_signers",
        "policies/more.rego",
        "CODEOWNERS",
        "osv/x",
        "waivers/x",
    ):
        assert known != rules_identity(MemoryTree({**FILES, path: "other"}), rules_of()), path


@pytest.mark.parametrize(
    "rule",
    [
        "approvals: {signedChanges: true}",
        "approvals: {required: 1}",
        "approvals: {codeOwners: CODEOWNERS}",
        "vulnerabilities: osv",
        "infrastructure: [plan.json]",
        "signatures: {required: true, keys: [keys/model.pem]}",
        "waivers: {never: [privacy/*]}",
        "waivers: {longest: {high: 1d}}",
        "owners: [olga@example.com]",
        "packs: {baseline: {}}",
        "sources: [{path: policies}]",
    ],
)
def test_each_rule_alone_guards(rule: str) -> None:
    """Nothing else has to stand beside it, and taking it away is a weakening, except of owners who guard nothing."""
    head = WORKSPACE.partition("policies:\n")[0].replace("    approvals: 2\n", "")
    before = rules_of({"fairlead.yaml": f"{head}policies:\n  {rule}\n"})
    assert before.guards
    assert bool(told(rules_of({"fairlead.yaml": head}), before)) == (not rule.startswith("owners"))


def test_where_no_owner_is_named_the_first_people_can_be() -> None:
    """Nobody could agree to them; every other rule holds also before there is an owner."""
    orphan = rules_of(None, ("  owners: [olga@example.com]\n", ""))
    more = rules_of({".fairlead/allowed_signers": "al@example.com ssh-ed25519 BBBB\n"}, ("[operator]", "[approver]"))
    assert more.owners
    assert told(more, orphan) == []
    for edit in (("    signedChanges: true\n", ""), ("    required: 1\n", ""), ("{path: policies}", "{path: other}")):
        assert told(rules_of(None, edit), orphan), edit
