"""The notifier at work: a beat reads what is new, makes messages of it, and sees that each is taken, once.

A message is sent before it is crossed out: a process that is killed between the two sends it again, under the same id,
by which the receiver knows that it has it. Sending is done beside the beat, one message per channel at a time, so that
a receiver that does not answer holds up nobody but itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Thread

from fairlead.domain.journal import Draft
from fairlead.domain.notification import Message, Notice, Notifications
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.flows.incidents import CONTROL, close_incident, open_incident
from fairlead.flows.notices.audience import Audience
from fairlead.flows.notices.channels import Channels
from fairlead.flows.notices.grouping import group, message_id, together
from fairlead.flows.notices.kinds import NOT_TOLD
from fairlead.flows.notices.outbox import MOST_OWED, Outbox, Owed, outbox_text, read_outbox
from fairlead.flows.notices.reading import Told, incident_key, message_mark, read_notices
from fairlead.flows.notices.routing import channels_of
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError

__all__ = ["OUTBOX", "Notifier"]

OUTBOX = "notices"
"""Fact: how far the journal was read, and what is still to be told."""

_LOG = logging.getLogger(__name__)
_BATCH = 500
_PATIENCE = timedelta(minutes=10)
"""After it a channel that takes nothing is an incident."""


class Notifier:
    """Tells people what the journal says. One per state; it may be killed at any instant."""

    def __init__(self, world: World) -> None:
        """Nothing is read before `begin`."""
        self._world = world
        self._audience = Audience(world)
        self._channels = Channels(world.secrets, world.clock)
        self._outbox = Outbox(0)
        self._kept = 0
        self._flying: dict[str, tuple[Owed, Future[None]]] = {}
        self._troubles: dict[str, str] | None = None

    def begin(self) -> None:
        """Go on where the last process was; a state that never had a notifier begins with what comes from now on."""
        state = self._world.state
        text = state.fact(OUTBOX)
        if text is not None:
            self._outbox = read_outbox(text)
        else:
            newest = state.newest(1)
            known = {
                incident_key(each.environment, each.model, each.kind): (each.commit, message_mark(each.message))
                for each in state.incidents()
            }
            self._keep(Outbox(newest[0].sequence if newest else 0, told=Told(known)))
        self._kept = self._outbox.position

    def beat(self) -> None:
        """Read, group, cross out what was taken, and send what is due. Where nothing is new it costs one query."""
        self._read()
        outbox = self._outbox
        if outbox.gathering or outbox.owed or outbox.lost or self._troubles is None:
            workspace = self._workspace()
            self._group(workspace)
            self._collect(workspace)
            self._send(workspace)
            self._tell_troubles(workspace)

    def close(self) -> None:
        """Send nothing more. What is on its way and is not heard of any more is sent again by the next process."""
        self._channels.close()

    def _read(self) -> None:
        outbox = self._outbox
        records = self._world.state.records(after=outbox.position, limit=_BATCH)
        if not records:
            return
        notices, told = read_notices(records, outbox.told, self._audience.owner, self._audience.ran_elsewhere)
        workspace = self._workspace()
        heard = notices if workspace is not None and workspace.notifications.channels else ()
        read = replace(self._outbox, position=records[-1].sequence, told=told, gathering=(*outbox.gathering, *heard))
        # Records that say nothing to anybody say nothing again: after a restart they are read once more.
        if notices or read.position - self._kept >= _BATCH:
            self._keep(read)
        else:
            self._outbox = read

    def _workspace(self) -> WorkspaceSpec | None:
        """The declaration that holds; the commit that it stands in is remembered, should the next one be broken."""
        commit, workspace = self._audience.workspace(self._outbox.declared)
        if commit != self._outbox.declared:
            self._keep(replace(self._outbox, declared=commit))
        return workspace

    def _group(self, workspace: WorkspaceSpec | None) -> None:
        outbox, now = self._outbox, self._world.clock.now()
        if workspace is None or not outbox.gathering:
            return
        grouped = group(outbox.gathering, now, workspace.notifications.group)
        if not grouped.whole:
            return
        new = (
            Owed(channel.name, Message(message_id(mine), workspace.name, mine), now)
            for channel in workspace.notifications.channels
            for mine in together(_told_by(channel.name, grouped.whole, workspace.notifications))
        )
        self._keep(replace(outbox, gathering=grouped.rest, owed=(*outbox.owed, *new)))

    def _collect(self, workspace: WorkspaceSpec | None) -> None:
        """Hear how attempts ended, and give up what was tried for too long, or is too much."""
        for name, (owed, future) in list(self._flying.items()):
            if future.done():
                del self._flying[name]
                self._ended(owed, future, workspace)
        waiting: dict[str, int] = {}
        for owed in reversed(self._outbox.owed):
            waiting[owed.channel] = waiting.get(owed.channel, 0) + 1
            if waiting[owed.channel] > MOST_OWED and not self._is_flying(owed):
                self._give_up(owed, f"more than {MOST_OWED} messages wait for it")

    def _is_flying(self, owed: Owed) -> bool:
        flying = self._flying.get(owed.channel)
        return flying is not None and flying[0].message.id == owed.message.id

    def _ended(self, owed: Owed, future: Future[None], workspace: WorkspaceSpec | None) -> None:
        now = self._world.clock.now()
        try:
            future.result()
        except FairleadError as error:
            told = f"{error.where}: {error.what}".removeprefix(": ")
            _LOG.warning("channel %s: %s", owed.channel, error)
        except Exception as defect:  # noqa: BLE001 - told with its traceback; other channels go on
            told = f"a defect in fairlead: {type(defect).__name__}"
            _LOG.exception("channel %s: a defect", owed.channel)
        else:
            self._keep(self._outbox.taken(owed), _draft("notice.sent", owed))
            return
        if workspace is not None and now - owed.since >= workspace.notifications.give_up:
            self._give_up(owed, owed.error or told)
        else:
            self._keep(self._outbox.postponed(owed, now, told))

    def _give_up(self, owed: Owed, why: str) -> None:
        self._keep(self._outbox.dropped(owed, why), _draft("notice.failed", owed, why))

    def _send(self, workspace: WorkspaceSpec | None) -> None:
        now = self._world.clock.now()
        for owed in self._outbox.owed:
            if workspace is None or owed.channel in self._flying or not owed.due(now):
                continue
            channel = workspace.notifications.channel(owed.channel)
            if channel is None:
                draft = _draft("notice.failed", owed, "the channel is no longer declared")
                self._keep(self._outbox.dropped(owed, ""), draft)
                continue
            self._channels.connect()
            self._flying[owed.channel] = (owed, _beside(partial(self._channels.send, channel, owed.message)))

    def _tell_troubles(self, workspace: WorkspaceSpec | None) -> None:
        """One incident for all channels that take nothing, while there are any."""
        known = {each.name for each in workspace.notifications.channels} if workspace else set()
        lost = {name: why for name, why in self._outbox.lost.items() if name in known}
        if lost != self._outbox.lost:
            self._keep(replace(self._outbox, lost=lost))
        troubles = self._outbox.troubles(self._world.clock.now(), _PATIENCE)
        if troubles == self._troubles:
            return
        self._troubles = troubles
        if troubles:
            message = "; ".join(f"channel `{name}` takes nothing: {why}" for name, why in sorted(troubles.items()))
            mend = "mend the channel under `notifications` in fairlead.yaml, or what it leads to"
            open_incident(self._world, NOT_TOLD, message, mend)
        else:
            close_incident(self._world, NOT_TOLD)

    def _keep(self, outbox: Outbox, draft: Draft | None = None) -> None:
        """As one transaction, with the record that explains it where there is one."""
        self._world.state.put_fact(OUTBOX, outbox_text(outbox), draft)
        self._outbox, self._kept = outbox, outbox.position


def _told_by(channel: str, groups: Iterable[tuple[Notice, ...]], declared: Notifications) -> list[tuple[Notice, ...]]:
    """What of each group takes a channel; nothing of it leaves no empty message."""
    mine = (tuple(each for each in one if channel in channels_of(each, declared)) for one in groups)
    return [each for each in mine if each]


def _draft(kind: str, owed: Owed, why: str = "") -> Draft:
    message = owed.message
    body = {
        "id": message.id,
        "channel": owed.channel,
        "records": [each.sequence for each in message.notices],
        "title": message.title,
        **({"message": why} if why else {}),
    }
    return Draft(kind, CONTROL, "", message.model, body=body)


def _beside(work: Callable[[], None]) -> Future[None]:
    """Do it in a thread that nobody waits for at the end: a receiver that never answers keeps no process alive."""
    future: Future[None] = Future()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
            future.set_exception(error)
        else:
            future.set_result(None)

    Thread(target=run, name="notify", daemon=True).start()
    return future
