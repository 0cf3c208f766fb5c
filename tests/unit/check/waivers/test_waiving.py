"""A waiver sets aside what it names, until its day, and nothing else; who approved it is proven."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fairlead.check.waiving import Backing, apply_waivers, backing_findings, covers, expiry_findings, subject_of
from fairlead.domain.approval import Approval, Proof, Waiver, WaiverScope, WaiverSpec
from fairlead.domain.finding import Finding, Verdict, judge

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALICE, BOB = "alice@example.com", "bob@example.com"


def waiver(
    path: str = "waivers/a.yaml", *, days: int = 30, rule: str = "baseline/owner", **scope: tuple[str, ...]
) -> Waiver:
    """A waiver of a rule for everything, that Alice asks for and Bob approves."""
    spec = WaiverSpec(
        api_version="fairlead.dev/v1alpha1",
        kind="Waiver",
        rule=rule,
        scope=WaiverScope(**scope),
        reason="The owner is being looked for.",
        expires=TODAY + timedelta(days=days),
        requested_by=ALICE,
        approved_by=BOB,
    )
    return Waiver(path, "d" * 64, spec, "")


def finding(**changes: object) -> Finding:
    """A broken rule in a model."""
    made = Finding(
        "models/m/model.yaml", 3, 1, "baseline/owner", "nobody owns it", "say who", model="m", environment="prod"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_waived_finding_is_marked_and_stays() -> None:
    """It does not block, and everybody sees which waiver it is."""
    (found,) = apply_waivers([finding()], [waiver()], (), TODAY)
    assert found == finding(waiver="waivers/a.yaml")
    assert judge([found]) is Verdict.PASS


def test_another_rule_is_not_waived() -> None:
    """Nor one whose name begins alike."""
    others = [finding(rule="baseline/licence"), finding(rule="baseline/owner2"), finding(rule="owner")]
    assert apply_waivers(others, [waiver()], (), TODAY) == tuple(others)


@pytest.mark.parametrize(
    "scope",
    [
        WaiverScope(),
        WaiverScope(models=("n", "m")),
        WaiverScope(environments=("prod",)),
        WaiverScope(paths=("models/*/model.yaml",)),
        WaiverScope(paths=("**/*.yaml",)),
        WaiverScope(models=("m",), environments=("dev", "prod"), paths=("x", "models/**")),
    ],
)
def test_a_scope_covers_what_all_of_its_fields_fit(scope: WaiverScope) -> None:
    """One that is left out fits everything."""
    assert covers(scope, finding())


@pytest.mark.parametrize(
    "scope",
    [
        WaiverScope(models=("n",)),
        WaiverScope(environments=("dev",)),
        WaiverScope(paths=("models/*",)),
        WaiverScope(models=("m",), environments=("dev",)),
    ],
)
def test_a_scope_covers_nothing_else(scope: WaiverScope) -> None:
    """One field that does not fit suffices."""
    assert not covers(scope, finding())


def test_on_its_day_a_waiver_has_ended() -> None:
    """The finding blocks again, and says since when; the day before it does not."""
    (found,) = apply_waivers([finding()], [waiver(days=0)], (), TODAY)
    assert found.waiver == ""
    assert found.message == "nobody owns it (its waiver waivers/a.yaml ended on 2026-11-23)"
    (found,) = apply_waivers([finding()], [waiver(days=1)], (), TODAY)
    assert found.waiver == "waivers/a.yaml"


def test_a_waiver_with_a_finding_against_it_sets_nothing_aside() -> None:
    """Another one that fits does; an ended one is not named where one holds."""
    assert apply_waivers([finding()], [waiver()], ["waivers/a.yaml"], TODAY) == (finding(),)
    both = [waiver("waivers/old.yaml", days=-5), waiver("waivers/b.yaml")]
    assert apply_waivers([finding()], both, (), TODAY)[0].waiver == "waivers/b.yaml"
    assert apply_waivers([finding()], both, ["waivers/b.yaml"], TODAY)[0].message.endswith("2026-11-18)")


def approval(**changes: object) -> Approval:
    """Bob's approval of the waiver, long ago."""
    made = Approval(BOB, subject_of(waiver()), Proof.NOTE, NOW - timedelta(days=100), "note")
    return replace(made, **changes)  # type: ignore[arg-type]


def backed(*approvals: Approval, authors: tuple[str, ...] = (ALICE,), days: int = 30) -> list[str]:
    """Rules of the findings against the waiver."""
    backing = Backing({"waivers/a.yaml": approvals}, {"waivers/a.yaml": authors}, [BOB.upper()])
    return [each.rule for each in backing_findings([waiver(days=days)], backing, TODAY)]


def test_the_named_approvers_proof_backs_a_waiver() -> None:
    """For as long as the waiver lasts: whoever gave it has read the day."""
    assert backed(approval()) == []
    assert backed(approval(approver=BOB.upper(), expires=NOW + timedelta(days=60))) == []


@pytest.mark.parametrize(
    "given",
    [
        (),
        (approval(approver="carol@example.com"),),
        (approval(subject=f"waiver:{'e' * 64}"),),
        (approval(vouched_by="carol@example.com"),),
        (approval(expires=NOW + timedelta(days=2)),),
    ],
    ids=["nothing", "somebody else", "another file", "vouched for", "for a shorter time"],
)
def test_all_else_leaves_it_unproven(given: tuple[Approval, ...]) -> None:
    """A claim in the file is no proof."""
    assert backed(*given) == ["waiver/unproven"]


def test_an_approver_is_neither_author_nor_without_the_role() -> None:
    """Whatever is signed; a waiver that has ended is past asking."""
    assert backed(approval(), authors=(ALICE, BOB)) == ["waiver/own-approval"]
    nobody = Backing({"waivers/a.yaml": (approval(),)}, {}, [])
    assert [each.rule for each in backing_findings([waiver()], nobody, TODAY)] == ["waiver/no-approver"]
    assert backed(days=0) == []


@pytest.mark.parametrize(("days", "warned"), [(0, False), (1, True), (14, True), (15, False)])
def test_the_owner_is_warned_two_weeks_before(days: int, *, warned: bool) -> None:
    """Of the model that it is about, where it is about one."""
    found = list(expiry_findings([waiver(days=days, models=("m",))], TODAY))
    assert [(each.rule, each.model, each.blocks) for each in found] == [("waiver/expires-soon", "m", False)] * warned
