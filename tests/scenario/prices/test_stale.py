"""A price that was said too long ago is told where it stands; a newer list takes its place in what is priced."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fairlead.domain.finding import Finding, Verdict
from fairlead.domain.report import CheckReport
from fairlead.flows.check import check
from fairlead.flows.init import init
from fairlead.flows.prices import Wanted, import_list
from fairlead.testing.progress import no_progress
from fairlead.testing.time import ManualClock

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "planned_values": {"root_module": {}},
    "resource_changes": [
        {
            "address": "aws_instance.gpu",
            "mode": "managed",
            "type": "aws_instance",
            "name": "gpu",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {"instance_type": "g5.xlarge", "region": "us-east-1"},
                "after_unknown": {},
            },
        }
    ],
    "configuration": {"provider_config": {"aws": {"expressions": {"region": {"constant_value": "us-east-1"}}}}},
}


class Person:
    """Somebody with a workspace that was made on a day, and an empty home."""

    def __init__(self, place: Path, began: date) -> None:
        self.folder = place / "shop"
        self.environ = {"XDG_STATE_HOME": str(place / "state"), "HOME": str(place)}
        init(self.folder, _on(began))

    def check(self, day: date, *plans: Path) -> CheckReport:
        """What a check finds on a day."""
        return check(self.folder, infrastructure=plans, environ=self.environ, clock=_on(day), progress=no_progress)


def _on(day: date) -> ManualClock:
    return ManualClock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def _stale(report: CheckReport) -> list[Finding]:
    return [each for each in report.findings if each.rule == "prices/stale"]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """A workspace of 1 August 2026."""
    return Person(tmp_path, date(2026, 8, 1))


def test_a_new_workspace_has_no_stale_price(person: Person) -> None:
    """For ninety days; then it is a warning at its line, which keeps no gate shut."""
    assert person.check(date(2026, 8, 1)).findings == ()
    assert _stale(person.check(date(2026, 10, 30))) == []
    report = person.check(date(2026, 10, 31))
    (found,) = _stale(report)
    lines = (person.folder / "fairlead.yaml").read_text().splitlines()
    assert "asOf: 2026-08-01" in lines[found.line - 1]
    assert found.message.startswith("the price of cpu is of 2026-08-01, 91 days ago")
    assert report.verdict is Verdict.PASS


def test_a_resource_is_priced_by_the_newest_list(person: Person, tmp_path: Path) -> None:
    """The shipped one is told to be old; an imported one is not, and what was agreed comes off it."""
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN))
    before = person.check(date(2026, 11, 1), plan)
    assert any("of 2026-07-20, 104 days ago" in each.message for each in _stale(before))
    table = tmp_path / "list.csv"
    table.write_text("provider,region,name,price\naws,us-east-1,g5.xlarge,2\n")
    wanted = Wanted("csv", str(table), date(2026, 10, 31))
    assert import_list(wanted, _on(date(2026, 11, 1)), no_progress, person.environ).is_new
    after = person.check(date(2026, 11, 1), plan)
    assert [each.path for each in _stale(after)] == ["fairlead.yaml"]
    assert [str(each.after) for each in after.costs if each.name == "aws_instance.gpu"] == ["1460 USD"]
    declared = person.folder / "fairlead.yaml"
    agreed = "priceBook:\n  discounts: [{provider: aws, instance: g5.*, percent: 25}]"
    declared.write_text(declared.read_text().replace("priceBook:", agreed))
    discounted = person.check(date(2026, 11, 1), plan)
    assert [str(each.after) for each in discounted.costs if each.name == "aws_instance.gpu"] == ["1095 USD"]
