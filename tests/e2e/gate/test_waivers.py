"""Waivers are files in Git: proven by an approver who neither wrote nor asked for them, bounded, visible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.gate.shop import MODEL, Shop

PATH = "waivers/owner.yaml"


def day(days: int) -> str:
    """A day from now, as waivers write it."""
    return str((datetime.now(UTC) + timedelta(days=days)).date())


def waiver(rule: str = "baseline/owner", expires: str = "", approved: str = "ben", requested: str = "ann") -> str:
    """A waiver's text."""
    return (
        f"apiVersion: fairlead.dev/v1alpha1\nkind: Waiver\nrule: {rule}\nscope: {{models: [example]}}\n"
        f"reason: The owner is being looked for.\nexpires: {expires or day(5)}\n"
        f"requestedBy: {requested}@example.com\napprovedBy: {approved}@example.com\n"
    )


@pytest.fixture
def ownerless(change: Shop) -> Shop:
    """A branch on which the model has no owner."""
    change.edit(MODEL, ("owner: you@example.com", "owner: tbd"))
    change.commit("No owner")
    return change


def with_waiver(shop: Shop, text: str, *approvers: str) -> None:
    """Commit a waiver, and have it approved."""
    shop.write(PATH, text)
    shop.commit("Waive")
    for person in approvers:
        shop.approve(f"waiver:{PATH}", by=person)


def test_from_a_blocked_change_to_a_waived_one(ownerless: Shop) -> None:
    """Blocked; claimed only, still blocked; approved by Ben and by Pia, it passes and is seen."""
    assert ownerless.judge().rules == {"baseline/owner"}
    with_waiver(ownerless, waiver())
    assert "baseline/owner" in ownerless.judge().rules
    ownerless.approve(f"waiver:{PATH}", by="ben")
    ownerless.approve("policies", by="pia")
    answer = ownerless.judge()
    assert answer.code == 0, answer.out
    assert answer.told["waived"] == 2
    assert {each["waiver"] for each in answer.told["findings"] if each["rule"] == "baseline/owner"} == {PATH}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (waiver(expires=day(0)), "baseline/owner"),
        (waiver(expires=day(-30)), "baseline/owner"),
        (waiver(expires=day(4000)), "waiver/"),
        (waiver(approved="ann"), "waiver/"),
        (waiver(requested="ben"), "waiver/"),
        (waiver(approved="mal"), "baseline/owner"),
        (waiver(rule="baseline/ownerr"), "waiver/"),
        (waiver().replace("reason: The owner is being looked for.\n", ""), "declare/"),
    ],
    ids=[
        "ends today",
        "expired",
        "too long",
        "own",
        "requested by the approver",
        "stranger",
        "unknown rule",
        "no reason",
    ],
)
def test_a_waiver_that_does_not_hold_waives_nothing(ownerless: Shop, text: str, rule: str) -> None:
    """Whatever is signed besides: the finding blocks again, and what is wrong with the waiver is told."""
    with_waiver(ownerless, text, "ben", "cat")
    ownerless.approve("policies", by="pia")
    answer = ownerless.judge()
    assert "baseline/owner" in answer.rules, answer.out
    assert any(rule in each["rule"] for each in answer.told["findings"]), answer.out


def test_what_cannot_be_waived_is_not(change: Shop) -> None:
    """`never` holds against all signatures: the lock is missing, and the waiver for it is refused."""
    (change.folder / "models/example/model.lock").unlink()
    with_waiver(change, waiver(rule="baseline/locked"), "ben")
    change.approve("policies", by="pia")
    answer = change.judge()
    assert any("lock" in rule for rule in answer.rules)
    assert any(rule.startswith("waiver/") for rule in answer.rules), answer.out


def test_a_waiver_is_not_prolonged_by_its_author(shop: Shop) -> None:
    """One that holds on main ends when it said; a later day is another waiver, which nobody has approved."""
    shop.edit(MODEL, ("owner: you@example.com", "owner: tbd"))
    shop.write(PATH, waiver())
    shop.settle()
    shop.approve(f"waiver:{PATH}", by="ben")
    assert shop.check().code == 0
    shop.branch()
    shop.edit(PATH, (day(5), day(20)))
    shop.edit(MODEL, ("memory: 256Mi", "memory: 300Mi"))
    shop.commit("Longer")
    answer = shop.judge()
    assert {"baseline/owner"} < answer.rules, answer.rules


def test_owners_are_warned_before_the_end(shop: Shop) -> None:
    """A waiver that ends within 14 days is told, without blocking."""
    shop.edit(MODEL, ("owner: you@example.com", "owner: tbd"))
    shop.write(PATH, waiver())
    shop.settle()
    shop.approve(f"waiver:{PATH}", by="ben")
    answer = shop.check()
    assert answer.code == 0
    assert any(
        each["rule"].startswith("waiver/") and each["severity"] == "warning" for each in answer.told["findings"]
    ), answer.out
