"""A message through one channel, as it is declared now; secrets are asked for at each attempt, and kept nowhere."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fairlead.domain.model import SecretRef
from fairlead.domain.notification import Channel, Message, Smtp, Webhook, is_marked
from fairlead.drivers.notify.slack import slack_body
from fairlead.drivers.notify.smtp import mail_of, recipients, send_mail
from fairlead.drivers.notify.webhook import WebhookSender, signing_key, webhook_body
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Clock, Secrets

if TYPE_CHECKING:
    import httpx2

__all__ = ["Channels"]

_LOG = logging.getLogger(__name__)


class Channels:
    """The ways out. May be used from several threads."""

    def __init__(self, secrets: Secrets, clock: Clock) -> None:
        """Nothing is loaded before the first webhook."""
        self._secrets = secrets
        self._clock = clock
        self._client: httpx2.Client | None = None

    def send(self, channel: Channel, message: Message) -> None:
        """One attempt. BrokenWorldError where nobody took the message."""
        if channel.webhook is not None:
            self._post(channel.webhook, message)
        elif channel.smtp is not None:
            self._mail(channel.name, channel.smtp, message)
        else:
            mend = "give it `webhook` or `smtp`"
            raise BrokenWorldError(f"channel `{channel.name}` has no way to tell anybody", mend=mend)

    def connect(self) -> None:
        """Load what webhooks need, in the caller's thread, so that two of them never do it at once."""
        import httpx2

        if self._client is None:
            self._client = httpx2.Client()

    def close(self) -> None:
        """Let go of what is open."""
        if self._client is not None:
            self._client.close()

    def _secret(self, reference: SecretRef) -> str:
        """Its value. BrokenWorldError for one that is not marked to be sent, whatever `fairlead check` was told."""
        if not is_marked(reference):
            mend = "run fairlead check, and mend the channel"
            raise BrokenWorldError("a secret of the channel is not marked to be sent", mend=mend)
        return self._secrets.resolve(reference)

    def _post(self, hook: Webhook, message: Message) -> None:
        if self._client is None:
            raise RuntimeError("connect() comes first")
        url = self._secret(hook.url_from) if hook.url_from is not None else hook.url
        key = signing_key(self._secret(hook.secret)) if hook.secret is not None else b""
        body = slack_body(message) if hook.form == "slack" else webhook_body(message)
        WebhookSender(self._client, url.strip(), key).send(message, body, self._clock.now())

    def _mail(self, name: str, server: Smtp, message: Message) -> None:
        to = recipients(server, message.notices)
        password = self._secret(server.password) if server.password is not None else ""
        refused = send_mail(server, mail_of(server, message, to, self._clock.now()), password)
        if refused:
            _LOG.warning("channel %s: %s took no mail for %s", name, server.host, ", ".join(refused))
