"""A message as Slack's incoming webhooks take it, and with them Mattermost, Rocket.Chat and others.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: `text` is what a notification shows, and all
that others than Slack read; `blocks` is the message. `&`, `<` and `>` are escaped as
https://docs.slack.dev/messaging/formatting-message-text asks for, so that no name becomes a link or calls a channel.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fairlead.domain.notification import Message, Notice, Urgency

__all__ = ["slack_body", "slack_text"]

_MARKS: dict[Urgency, str] = {
    "info": ":information_source:",
    "warning": ":warning:",
    "critical": ":rotating_light:",
}

_HEADER = 150
"""Letters of a header block."""

_SECTION = 3_000
"""Letters of a section's text."""

_MOST = 20
"""Notices that are written out, of at most 50 blocks; the rest is counted."""


def slack_body(message: Message) -> bytes:
    """The JSON, the same bytes at every attempt."""
    text = f"{_MARKS[message.urgency]} {slack_text(message.title)} ({slack_text(message.workspace)})"
    return json.dumps({"text": text, "blocks": list(_blocks(message))}, ensure_ascii=False).encode("utf-8", "replace")


def slack_text(text: str) -> str:
    """Text in which nothing is markup of Slack's but `*`, `_` and the like, which call and link nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(message: Message) -> Iterator[dict[str, Any]]:
    yield {"type": "header", "text": {"type": "plain_text", "text": _cut(message.title, _HEADER), "emoji": False}}
    for notice in message.notices[:_MOST]:
        text = _cut("\n".join(_lines(notice)), _SECTION)
        yield {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
    left = len(message.notices) - _MOST
    about = [message.workspace, *([f"{left} more in the journal"] if left > 0 else []), message.id]
    yield {"type": "context", "elements": [{"type": "mrkdwn", "text": slack_text(" · ".join(about)), "verbatim": True}]}


def _lines(notice: Notice) -> Iterator[str]:
    yield f"{_MARKS[notice.urgency]} *{slack_text(notice.title)}*"
    if notice.message:
        yield slack_text(notice.message)
    if notice.mend:
        yield f"→ {slack_text(notice.mend)}"
    about = [each for each in (notice.release, notice.owner, f"record {notice.sequence}") if each]
    yield slack_text(" · ".join(about))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
