"""A message by mail (RFC 5321, RFC 5322), in plain text, over STARTTLS, TLS from the start, or neither.

The message's id is the mail's Message-ID, so that a second attempt is the same mail for whoever knows the first.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from fairlead.domain.notification import OWNER, Message, Notice, Smtp
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["mail_of", "recipients", "send_mail"]

_SECONDS = 10.0
"""For each word of the dialogue."""

_SUBJECT = 200


def send_mail(server: Smtp, mail: EmailMessage, password: str = "") -> tuple[str, ...]:
    """One attempt; addresses that the server did not take, while it took others. BrokenWorldError where it took none.

    Certificates are believed as the machine believes them, or as SSL_CERT_FILE names them. A server that cannot do
    STARTTLS is sent nothing where the declaration asks for it.
    """
    context = ssl.create_default_context()
    try:
        with _connected(server, context) as session:
            if server.tls == "starttls":
                session.starttls(context=context)
            if server.user:
                session.login(server.user, password)
            return tuple(sorted(session.send_message(mail)))
    except smtplib.SMTPAuthenticationError as error:
        raise _broken(server, f"it does not let `{server.user}` in ({error.smtp_code})") from None
    except smtplib.SMTPResponseException as error:
        raise _broken(server, f"it answers {error.smtp_code}") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise _broken(server, f"it takes no mail for {', '.join(sorted(error.recipients))}") from None
    except (smtplib.SMTPException, ssl.SSLError, OSError, ValueError) as error:
        raise _broken(server, f"it cannot be talked to ({type(error).__name__}: {error})") from error


def recipients(server: Smtp, notices: Iterable[Notice]) -> tuple[str, ...]:
    """Addresses, each once. BrokenWorldError where all that is declared is an owner that is no address."""
    owners = [each.owner for each in notices if _is_address(each.owner)]
    found = dict.fromkeys(one for each in server.to for one in (owners if each == OWNER else [each]))
    if not found:
        mend = "name an address in the channel's `to`, or one as the model's `owner`"
        raise BrokenWorldError("there is no address to write to: the owner is none", where=server.host, mend=mend)
    return tuple(found)


def mail_of(server: Smtp, message: Message, to: Iterable[str], now: datetime) -> EmailMessage:
    """The mail. Nothing of a notice can begin another header: line breaks in a subject become spaces.

    BrokenWorldError for an address that is none.
    """
    mail = EmailMessage(policy=SMTP)
    try:
        sender = Address(addr_spec=server.sender)
        mail["From"] = sender
        mail["To"] = [Address(addr_spec=each) for each in to]
    except (ValueError, IndexError, MessageError) as error:
        raise _broken(server, f"an address in the channel is none ({error})") from None
    mail["Subject"] = _one_line(f"[{message.workspace}] {message.urgency}: {message.title}")[:_SUBJECT]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message.id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday message answers it
    mail.set_content("\n".join(_lines(message)).encode("utf-8", "replace").decode(), cte="quoted-printable")
    return mail


def _connected(server: Smtp, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.tls == "implicit":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=_SECONDS)


def _lines(message: Message) -> Iterator[str]:
    for each in message.shown:
        yield f"{each.title}"
        yield f"  {each.at:%Y-%m-%d %H:%M:%S} UTC, {each.urgency}, record {each.sequence} of the journal"
        yield from (f"  {line}" for line in each.message.splitlines())
        yield from ([f"  -> {_one_line(each.mend)}"] if each.mend else [])
        about = [("release", each.release), ("commit", each.commit), ("owner", each.owner)]
        yield from (f"  {name}: {_one_line(value)}" for name, value in about if value)
        yield ""
    yield from ([f"{message.left} more stand in the journal"] if message.left else [])
    yield f"{message.workspace}, {message.id}"


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _is_address(text: str) -> bool:
    return "@" in text.strip("@")


def _broken(server: Smtp, what: str) -> BrokenWorldError:
    return BrokenWorldError(what, where=f"{server.host}:{server.port}", mend="check the channel's `smtp` settings")
