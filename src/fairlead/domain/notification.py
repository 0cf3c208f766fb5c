"""Notifications: who is told of what, and by which way, as declared under `notifications` in fairlead.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field

from fairlead.domain.declaration import Name, Spec
from fairlead.domain.model import SecretRef
from fairlead.domain.quantity import Duration

__all__ = [
    "MARKED_FILE",
    "MARKED_VARIABLE",
    "MOST_SHOWN",
    "OWNER",
    "URGENCIES",
    "Channel",
    "Message",
    "Notice",
    "NoticeKind",
    "NotificationRoute",
    "Notifications",
    "Smtp",
    "Urgency",
    "Webhook",
    "is_marked",
]

NoticeKind = Literal["refused", "incident-opened", "incident-closed", "rolled-back", "pending-approval", "promoted"]
Urgency = Literal["info", "warning", "critical"]

URGENCIES: tuple[Urgency, ...] = ("info", "warning", "critical")
"""From the least to the most urgent."""

OWNER = "owner"
"""In a mail's `to`: the owner of the model, where that is an address."""

MOST_SHOWN = 100
"""Notices of one message that are written out."""

MARKED_VARIABLE, MARKED_FILE = "FAIRLEAD_NOTIFY_", "fairlead-notify-"
"""How the name of an environment variable, or of a file, begins that channels may use."""


class Webhook(Spec):
    """An HTTP address that is sent JSON, signed where a secret is given."""

    url: str = Field(default="", description="Address, http or https; this or `urlFrom`.")
    url_from: SecretRef | None = Field(
        default=None, description="Address by reference, where it is a secret itself, as Slack's is."
    )
    secret: SecretRef | None = Field(
        default=None,
        description="Key of the signature, `whsec_` and base64, or any text: Standard Webhooks, HMAC-SHA256.",
    )
    form: Literal["fairlead", "slack"] = Field(
        default="fairlead", description="What the body looks like; many chats take Slack's."
    )


class Smtp(Spec):
    """A mail server."""

    host: str = Field(min_length=1, description="Name of the server.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    tls: Literal["starttls", "implicit", "none"] = Field(default="starttls", description="How it is secured.")
    user: str = Field(default="", description="Who signs in; without it nobody does.")
    password: SecretRef | None = Field(default=None, description="With what.")
    sender: str = Field(min_length=3, description="Address in From.")
    to: tuple[str, ...] = Field(
        min_length=1, max_length=100, description="Addresses; `owner` is the model's, where it is an address."
    )


class Channel(Spec):
    """One way to tell; exactly one of `webhook` and `smtp`."""

    name: Name = Field(description="As routes name it.")
    webhook: Webhook | None = Field(default=None, description="By HTTP.")
    smtp: Smtp | None = Field(default=None, description="By mail.")


class NotificationRoute(Spec):
    """What goes where. Every route that matches is taken."""

    channels: tuple[Name, ...] = Field(min_length=1, description="Where to.")
    kinds: tuple[NoticeKind, ...] = Field(default=(), description="Of what; without any, of all.")
    owners: tuple[str, ...] = Field(default=(), description="Patterns of models' owners; without any, all.")
    environments: tuple[Name, ...] = Field(default=(), description="Where; without any, everywhere.")
    least: Urgency = Field(default="info", description="Nothing less urgent.")


class Notifications(Spec):
    """Who is told of what."""

    channels: tuple[Channel, ...] = Field(default=(), max_length=50, description="Ways to tell.")
    routes: tuple[NotificationRoute, ...] = Field(
        default=(), max_length=200, description="What goes where; without any, everything goes to every channel."
    )
    group: Duration = Field(
        default="10s", validate_default=True, description="What happens to one model within it is told at once."
    )
    give_up: Duration = Field(
        default="1d",
        validate_default=True,
        description="How long a message that nobody takes is tried again; after it it is dropped. 1m to 7d.",
    )

    def channel(self, name: str) -> Channel | None:
        """The channel of that name, or None."""
        return next((each for each in self.channels if each.name == name), None)


def is_marked(reference: SecretRef) -> bool:
    """Whether a channel may use a secret: who runs fairlead has marked it, by its name, as one to be sent.

    Channels follow Git without a gate. Were any reference allowed, whoever may commit could have every secret of the
    machine sent to an address of theirs, or have a command run.
    """
    if reference.from_command is not None:
        return False
    if reference.from_env is not None:
        return reference.from_file is None and reference.from_env.startswith(MARKED_VARIABLE)
    path = PurePosixPath(reference.from_file or "")
    return path.is_absolute() and path.name.startswith(MARKED_FILE) and ".." not in path.parts


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told, made of one record of the journal, whose number and digest it bears.

    `environment`, `model`, `owner`, `release` and `commit` are '' where it is about no single one.
    """

    sequence: int
    record: str
    at: datetime
    kind: NoticeKind
    urgency: Urgency
    environment: str
    model: str
    owner: str
    release: str
    commit: str
    title: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once: notices about one model in their order, or in a storm those about many.

    `id` is made of their records' digests: however often it is sent, a receiver knows that it is the same.
    """

    id: str
    workspace: str
    notices: tuple[Notice, ...]

    @property
    def model(self) -> str:
        """The model that all of it is about, '' where it is about several or about the workspace."""
        models = {each.model for each in self.notices}
        return models.pop() if len(models) == 1 else ""

    @property
    def shown(self) -> tuple[Notice, ...]:
        """The notices that are written out; of a storm the first ones, so that every receiver takes it."""
        return self.notices[:MOST_SHOWN]

    @property
    def left(self) -> int:
        """How many more there are, which stand in the journal."""
        return len(self.notices) - len(self.shown)

    @property
    def urgency(self) -> Urgency:
        """That of the most urgent notice."""
        return max((each.urgency for each in self.notices), key=URGENCIES.index)

    @property
    def title(self) -> str:
        """The title of the most urgent notice, and how many more there are."""
        first = next(each for each in self.notices if each.urgency == self.urgency)
        more = f" (and {len(self.notices) - 1} more)" if len(self.notices) > 1 else ""
        return f"{first.title}{more}"
