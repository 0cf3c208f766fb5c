"""Channels and routes that could not work, and secrets that stand in Git or are not meant to be sent, are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead.declare.notification_rules import notification_findings
from fairlead.declare.reader import Reader
from fairlead.domain.notification import Notifications
from tests.unit.declare.samples import WORKSPACE, write_workspace

HOOK: dict[str, Any] = {"name": "ops", "webhook": {"url": "https://hooks.example.com/x"}}
MAIL: dict[str, Any] = {"host": "mail.example.com", "sender": "f@example.com", "to": ["owner"]}
ENV = {"fromEnv": "FAIRLEAD_NOTIFY_X"}


def hook(**fields: object) -> dict[str, Any]:
    """A channel with this webhook."""
    return {"channels": [{"name": "ops", "webhook": fields}]}


def mail(**fields: object) -> dict[str, Any]:
    """A channel with this mail server."""
    return {"channels": [{"name": "ops", "smtp": {**MAIL, **fields}}]}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"channels": [HOOK], "routes": [{"channels": ["ops"], "environments": ["prod"]}]}, []),
        ({"channels": [HOOK, HOOK]}, ["channels.1.name declare/duplicate-name"]),
        ({"channels": [HOOK], "routes": [{"channels": ["op"]}]}, ["routes.0.channels.0 declare/unknown-channel"]),
        (
            {"channels": [HOOK], "routes": [{"channels": ["ops"], "environments": ["qa"]}]},
            ["routes.0.environments.0 declare/unknown-environment"],
        ),
        ({"channels": [{"name": "ops"}]}, ["channels.0 declare/wrong-value"]),
        ({"channels": [{**HOOK, "smtp": MAIL}]}, ["channels.0 declare/wrong-value"]),
        (hook(), ["channels.0.webhook declare/wrong-value"]),
        (hook(url="https://a.example", urlFrom=ENV), ["channels.0.webhook declare/wrong-value"]),
        (hook(url="ftp://a.example"), ["channels.0.webhook.url declare/wrong-value"]),
        (hook(url="https://[::1"), ["channels.0.webhook.url declare/wrong-value"]),
        (hook(url="https://hooks.slack.com/services/T0/B0/x"), ["channels.0.webhook.url declare/literal-secret"]),
        (hook(url="https://u:p@a.example/"), ["channels.0.webhook.url declare/literal-secret"]),
        (hook(url="https://a.example/?token=1"), ["channels.0.webhook.url declare/literal-secret"]),
        (hook(urlFrom=ENV, secret={"fromFile": "/run/secrets/fairlead-notify-key"}), []),
        (hook(urlFrom={"fromEnv": "AWS_SECRET_ACCESS_KEY"}), ["channels.0.webhook.urlFrom declare/secret-reference"]),
        (hook(urlFrom={"fromFile": "fairlead-notify-x"}), ["channels.0.webhook.urlFrom declare/secret-reference"]),
        (hook(urlFrom={"fromFile": "/etc/shadow"}), ["channels.0.webhook.urlFrom declare/secret-reference"]),
        (hook(urlFrom={"fromCommand": ["id"]}), ["channels.0.webhook.urlFrom declare/secret-reference"]),
        (hook(urlFrom={}), ["channels.0.webhook.urlFrom declare/secret-reference"]),
        (hook(urlFrom={**ENV, "fromFile": "/etc/shadow"}), ["channels.0.webhook.urlFrom declare/secret-reference"]),
        (mail(user="f", password=ENV), []),
        (mail(user="f"), ["channels.0.smtp.user declare/wrong-value"]),
        (mail(password=ENV), ["channels.0.smtp.password declare/wrong-value"]),
        (mail(user="f", password=ENV, tls="none"), ["channels.0.smtp.tls declare/wrong-value"]),
        (mail(sender="nobody"), ["channels.0.smtp.sender declare/wrong-value"]),
        (mail(to=["owner", "a@b\r\nBcc: c@d"]), ["channels.0.smtp.to.1 declare/wrong-value"]),
        ({"giveUp": "1s"}, ["giveUp declare/wrong-value"]),
        ({"group": "2h"}, ["group declare/wrong-value"]),
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, Any], found: list[str]) -> None:
    """With its place and its rule; what is sound is let through."""
    seen = notification_findings(Notifications.model_validate(given), ["dev", "prod"])
    assert [f"{'.'.join(map(str, place[1:]))} {rule}" for place, rule, _, _ in seen] == found


def test_the_known_names_are_listed(tmp_path: Path) -> None:
    """Who mistyped a channel sees which there are, at the line of the mistake."""
    text = f"{WORKSPACE}notifications:\n  channels:\n    - name: ops\n      webhook: {{url: 'https://a.example'}}\n"
    text += "  routes:\n    - channels: [opps]\n"
    found = Reader().read(write_workspace(tmp_path, workspace=text)).findings
    line = text[: text.index("opps")].count("\n") + 1
    wanted = [("declare/unknown-channel", line, "use one of: ops")]
    assert [(each.rule, each.line, each.mend) for each in found if each.path == "fairlead.yaml"] == wanted
