"""A promotion window names a time zone that there is, or is refused where it is declared."""

from __future__ import annotations

import pytest

from fairlead.declare.rules import Breach, workspace_breaches
from fairlead.domain.workspace import WorkspaceSpec


def breaches(zone: str) -> list[Breach]:
    """What a workspace breaks whose second environment has a window in this zone."""
    spec = WorkspaceSpec.model_validate(
        {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Workspace",
            "name": "shop",
            "environments": [
                {"name": "dev", "target": {"kind": "local", "port": 8001}},
                {
                    "name": "prod",
                    "target": {"kind": "local", "port": 8002},
                    "promotionWindows": [{"days": ["mon"]}, {"zone": zone}],
                },
            ],
        }
    )
    return list(workspace_breaches(spec))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_a_zone_that_there_is_is_taken(zone: str) -> None:
    """IANA names are what people write."""
    assert breaches(zone) == []


@pytest.mark.parametrize("zone", ["Europe/Berlim", "", "Europe", "../etc/passwd", "/etc", "a\0b", "x" * 5000])
def test_another_is_refused_at_its_place(zone: str) -> None:
    """Neither a typing error nor a path makes a window that never opens, or a crash."""
    ((location, rule, message, mend, _),) = breaches(zone)
    assert location == ("environments", 1, "promotionWindows", 1, "zone")
    assert rule == "declare/unknown-zone"
    assert zone in message
    assert "Europe/" in mend
