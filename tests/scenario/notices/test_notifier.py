"""People are told of what happens, once each, by every way that is declared; who does not listen holds up nobody."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.journal import Draft
from fairlead.domain.release import Deployment
from fairlead.flows.incidents import CONTROL
from fairlead.flows.notices.outbox import MOST_OWED
from fairlead.flows.notices.sending import OUTBOX
from fairlead.loop.controller import Controller
from fairlead.testing.secrets import MemorySecrets
from tests.contract.notify.http_receiver import Receiver, receive
from tests.contract.notify.mail_server import serve_mail
from tests.scenario.notices.scene import Told


def hook(receiver: Receiver, path: str = "") -> dict[str, Any]:
    """A channel to it."""
    return {"webhook": {"url": f"{receiver.address}/{path}"}}


def titles(receiver: Receiver) -> list[str]:
    """What a receiver of fairlead's own form has read, in order."""
    bodies = [json.loads(each.body) for each in receiver.requests]
    return [notice["title"] for body in bodies for notice in body["data"]["notices"]]


def test_what_happens_to_one_model_is_told_at_once(tmp_path: Path) -> None:
    """One message after the span, with both notices, to the model's owner; another model has its own."""
    with receive() as receiver:
        told = Told(tmp_path, {"ops": hook(receiver)})
        told.scene.declare("digits", "v1")
        told.follow()
        told.happen()
        told.beat()
        told.append("rollout.aborted", message="errors rose", metric="error-rate")
        told.happen(model="words")
        told.beat()
        assert receiver.requests == []
        told.beat(4, times=5)
    bodies = [json.loads(each.body)["data"] for each in receiver.requests]
    assert [[notice["kind"] for notice in body["notices"]] for body in bodies] == [
        ["incident-opened", "rolled-back"],
        ["incident-opened"],
    ]
    assert bodies[0]["notices"][0]["owner"] == "team@example.com"
    assert (bodies[0]["workspace"], bodies[0]["urgency"], bodies[1]["notices"][0]["owner"]) == ("test", "critical", "")
    sent = told.journal("notice.sent")
    assert [each["id"] for each in sent] == receiver.ids()
    assert sent[0]["records"] == [each["sequence"] for each in bodies[0]["notices"]]


def test_a_beat_without_news_costs_one_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read but what came since, and nothing is written."""
    with receive() as receiver:
        told = Told(tmp_path, {"ops": hook(receiver)})
        told.beat(times=3)
        asked: list[str] = []
        state = told.scene.state
        for name in ("records", "search", "newest", "fact", "facts", "put_fact", "incidents", "deployments", "append"):
            monkeypatch.setattr(state, name, _noted(asked, name, getattr(state, name)))
        told.beat(times=5)
        assert asked == ["records"] * 5


def _noted(asked: list[str], name: str, real: Callable[..., object]) -> Callable[..., object]:
    def call(*arguments: object, **named: object) -> object:
        asked.append(name)
        return real(*arguments, **named)

    return call


def test_what_failed_is_tried_again_under_the_same_id(tmp_path: Path) -> None:
    """With back-off, until it is taken; the other channel has it meanwhile."""
    with receive("500", "500", "200") as slow, receive() as quick:
        told = Told(tmp_path, {"slow": hook(slow), "quick": hook(quick)}, group="0s")
        told.happen()
        told.beat(times=4)
        assert (len(slow.requests), len(quick.requests)) == (1, 1)
        told.beat(5, times=6)
    assert len(slow.requests) == 3
    assert len(set(slow.ids())) == 1
    assert {each.body for each in slow.requests} == {slow.requests[0].body}
    assert [each["channel"] for each in told.journal("notice.sent")] == ["quick", "slow"]


def test_a_receiver_that_hangs_holds_up_nobody(tmp_path: Path) -> None:
    """The beat goes on, and so do the other channels."""
    with receive("hang") as stuck, receive() as quick:
        told = Told(tmp_path, {"stuck": hook(stuck), "quick": hook(quick)}, group="0s")
        for number in range(3):
            told.happen(message=f"{number}", model=f"m{number}")
        notifier = told.notifier
        for _ in range(60):
            told.scene.clock.advance(timedelta(seconds=1))
            notifier.beat()
            if len(quick.requests) == 3 and len(told.journal("notice.sent")) == 3:
                break
            time.sleep(0.05)
        assert titles(quick) == [f"unhealthy: m{number} in prod" for number in range(3)]
        assert len(stuck.requests) == 1
        told.scene.clock.advance(timedelta(minutes=11))
        notifier.beat()
        (message,) = (each.message for each in told.scene.state.incidents() if each.kind == "notification-failed")
        assert message == "channel `stuck` takes nothing: it has not answered yet"


def test_what_nobody_takes_is_given_up_with_an_incident_that_is_told_to_nobody(tmp_path: Path) -> None:
    """After minutes an incident says so, after a day the message is dropped; when the channel is back it closes."""
    with receive("500") as broken, receive() as other:
        told = Told(tmp_path, {"broken": hook(broken, "secretpath"), "other": hook(other)}, group="0s", giveUp="1h")
        told.happen()
        told.beat(times=2)
        assert [each.kind for each in told.scene.state.incidents()] == ["unhealthy"]
        told.beat(200, times=10)
        assert sorted(each.kind for each in told.scene.state.incidents()) == ["notification-failed", "unhealthy"]
        told.beat(200, times=12)
        tried = len(broken.requests)
        assert told.journal("notice.failed")[0]["message"] == "127.0.0.1: it answers 500"
        told.beat(200, times=5)
        assert len(broken.requests) == tried < 40
        assert len([each for each in told.journal("incident.opened") if each["kind"] == "notification-failed"]) == 1
        assert len(other.requests) == 1
        broken.answers = ["200"]
        told.end()
        told.beat(times=3)
        assert [each.kind for each in told.scene.state.incidents()] == []
        assert titles(other) == ["unhealthy: digits in prod", "over: unhealthy: digits in prod"]
        assert "secretpath" not in json.dumps([each["message"] for each in told.journal("notice.failed")])


def test_a_state_begins_with_what_comes_from_now_on(tmp_path: Path) -> None:
    """Neither the past is told when a notifier first begins, nor what came before there was a channel."""
    with receive() as receiver:
        told = Told(tmp_path, {}, group="0s")
        told.happen(model="before")
        told.beat(times=2)
        told.declare({"ops": hook(receiver)}, group="0s")
        told.follow()
        told.beat(times=2)
        told.happen(model="after")
        told.beat(times=2)
        assert titles(receiver) == ["unhealthy: after in prod"]
        told.scene.state._facts.pop(OUTBOX)  # noqa: SLF001 - a state of before there was a notifier
        told.restart()
        told.end(model="after")
        told.beat(times=3)
    assert titles(receiver) == ["unhealthy: after in prod", "over: unhealthy: after in prod"]


def test_a_broken_declaration_silences_nobody(tmp_path: Path) -> None:
    """A commit that nobody can read is told of, by the channels before it, and by the next process as well."""
    with receive() as receiver:
        told = Told(tmp_path, {"ops": hook(receiver)}, group="0s")
        told.happen(model="a")
        told.beat(times=2)
        (told.scene.repo / "fairlead.yaml").write_text("kind: [")
        told.follow("Break it")
        told.happen(model="b")
        told.beat(times=2)
        told.restart()
        told.happen(model="c")
        told.beat(times=2)
    assert titles(receiver) == [f"unhealthy: {name} in prod" for name in "abc"]


def test_a_channel_that_is_gone_is_owed_nothing(tmp_path: Path) -> None:
    """Its messages are dropped and journaled, without an incident; a channel of the same name is another address."""
    with receive("500") as old, receive() as new:
        told = Told(tmp_path, {"ops": hook(old), "other": hook(old)}, group="0s")
        told.happen()
        told.beat(times=2)
        told.declare({"ops": hook(new)}, group="0s")
        told.follow()
        told.beat(10, times=3)
        assert len(new.requests) == 1
        assert new.ids() == [old.ids()[0]]
        assert [(each["channel"], each["message"]) for each in told.journal("notice.failed")] == [
            ("other", "the channel is no longer declared")
        ]
        assert [each.kind for each in told.scene.state.incidents()] == ["unhealthy"]


def test_a_flood_is_bounded(tmp_path: Path) -> None:
    """A channel that takes nothing is owed so many messages at most; the oldest give way."""
    with receive("500") as receiver:
        told = Told(tmp_path, {"ops": hook(receiver)}, group="0s")
        for number in range(MOST_OWED + 20):
            told.happen(model=f"m{number}")
            told.beat()
        told.beat(times=3)
        owed = json.loads(told.scene.state.fact(OUTBOX) or "")["owed"]
    assert len(owed) == MOST_OWED
    assert owed[-1]["message"]["notices"][0]["model"] == f"m{MOST_OWED + 19}"
    assert len(told.journal("notice.failed")) == 20


def test_a_receiver_that_hangs_is_owed_no_more(tmp_path: Path) -> None:
    """What waits behind a message that is on its way for ever is bounded as well."""
    with receive("hang") as stuck:
        told = Told(tmp_path, {"ops": hook(stuck)}, group="0s")
        for number in range(MOST_OWED + 5):
            told.happen(model=f"m{number}")
            told.scene.clock.advance(timedelta(seconds=1))
            told.notifier.beat()
        owed = json.loads(told.scene.state.fact(OUTBOX) or "")["owed"]
        models = [each["message"]["notices"][0]["model"] for each in owed]
    assert len(models) in {MOST_OWED, MOST_OWED + 1}
    assert models[-MOST_OWED + 1 :] == [f"m{number}" for number in range(6, MOST_OWED + 5)]


def test_a_storm_is_one_message(tmp_path: Path) -> None:
    """A commit that breaks hundreds of models fills nobody's chat, and none of it is lost."""
    with receive() as receiver:
        told = Told(tmp_path, {"ops": hook(receiver)}, group="0s")
        for number in range(300):
            told.happen(model=f"m{number}")
        told.beat(times=3)
    (got,) = receiver.requests
    assert json.loads(got.body)["data"]["more"] == 200
    assert len(told.journal("notice.sent")[0]["records"]) == 300


def test_slack_and_mail_are_told_as_they_read(tmp_path: Path) -> None:
    """The form that is declared, an address by reference, and the owner of the model by mail."""
    with receive() as chat, serve_mail() as mail:
        smtp = {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "f@example.com", "to": ["owner"]}
        reference = {"fromEnv": "FAIRLEAD_NOTIFY_CHAT"}
        channels: dict[str, dict[str, Any]] = {
            "chat": {"webhook": {"urlFrom": reference, "form": "slack"}},
            "post": {"smtp": smtp},
        }
        told = Told(tmp_path, channels, group="0s")
        told.notifier._channels._secrets = MemorySecrets({"FAIRLEAD_NOTIFY_CHAT": f"{chat.address}/T0/B0\n"})  # noqa: SLF001
        told.scene.declare("digits", "v1")
        told.follow()
        told.happen(message="<b> & co")
        told.beat(times=3)
        assert len(told.journal("notice.sent")) == 2
    assert json.loads(chat.requests[0].body)["text"] == ":rotating_light: unhealthy: digits in prod (test)"
    assert chat.requests[0].path == "/T0/B0"
    ((to, got),) = mail.mails
    assert to == ("team@example.com",)
    assert got["Message-ID"] == f"<{chat.ids()[0]}@example.com>"


def test_a_secret_that_is_not_marked_is_never_sent(tmp_path: Path) -> None:
    """Whoever may commit cannot have other secrets of the machine sent to an address of theirs, or a command run."""
    with serve_mail() as mail:
        login = {"user": "x", "password": {"fromCommand": ["touch", str(tmp_path / "ran")]}}
        smtp = {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "f@example.com"}
        told = Told(tmp_path, {"post": {"smtp": {**smtp, "to": ["a@example.com"], **login}}}, group="0s")
        told.happen()
        told.beat(times=2)
        assert (mail.words, (tmp_path / "ran").exists()) == ([], False)
        assert told.journal("notice.sent") == []


def test_a_promotion_is_told_a_deployment_is_not(tmp_path: Path) -> None:
    """A release that ran in another environment before is promoted; the first time anywhere it is only live."""
    with receive() as receiver:
        told = Told(tmp_path, {"ops": hook(receiver)}, group="0s")
        for environment in ("dev", "prod"):
            now = told.scene.clock.now()
            live = Deployment(environment, "digits", "digits@aaaaaaaaaaaa", "d" * 64, "a" * 40, now)
            draft = Draft("deployment.live", CONTROL, environment, "digits", "d" * 64, "a" * 40, {"name": live.release})
            told.scene.state.go_live(live, draft)
            told.beat(times=3)
    assert titles(receiver) == ["digits@aaaaaaaaaaaa is live in prod"]


def test_the_loop_tells(tmp_path: Path) -> None:
    """The beat is one of the control plane's own."""
    told = Told(tmp_path, {})
    names = {beat.name: beat.period for beat in Controller(told.scene.world).beats}
    assert names["notify"] == timedelta(seconds=1)
