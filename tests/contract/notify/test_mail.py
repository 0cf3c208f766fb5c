"""Mail over a real socket: TLS as declared, the message's id as Message-ID, and no header but ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.domain.notification import Smtp
from fairlead.drivers.notify.smtp import mail_of, recipients, send_mail
from fairlead.kernel.errors import BrokenWorldError
from tests.contract.notify.mail_server import certificate, serve_mail
from tests.contract.notify.notices import AT, message, notice


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Key and certificate of the server."""
    return certificate(tmp_path_factory.mktemp("tls"))


def server(port: int, **fields: object) -> Smtp:
    """The declaration of a server on loopback."""
    given = {"host": "127.0.0.1", "port": port, "sender": "fairlead@example.com", "to": ["owner"]}
    return Smtp.model_validate({**given, **fields})


def send(declared: Smtp, password: str = "") -> tuple[str, ...]:
    """The message about digits."""
    to = recipients(declared, message().notices)
    return send_mail(declared, mail_of(declared, message(), to, AT), password)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_mail_arrives_over_tls(secrets: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tls: str) -> None:
    """With login, to the owner, under the message's own id, and readable as plain text."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secrets[1]))
    with serve_mail(secrets, implicit=tls == "implicit") as mail:
        assert send(server(mail.port, tls=tls, user="fairlead"), mail.login[1]) == ()
    ((to, got),) = mail.mails
    assert (to, mail.secured) == (("vision@example.com",), [True])
    assert got["Message-ID"] == f"<{message().id}@example.com>"
    assert got["Subject"] == "[shop] critical: unhealthy: digits in prod"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content_type() == "text/plain"
    assert "-> fairlead logs digits" in got.get_content()


def test_a_certificate_that_nobody_vouches_for_is_not_believed(secrets: tuple[Path, Path]) -> None:
    """Neither login nor mail go to whoever answers first."""
    with serve_mail(secrets) as mail, pytest.raises(BrokenWorldError, match="CERTIFICATE_VERIFY_FAILED"):
        send(server(mail.port, user="fairlead"), mail.login[1])
    assert (mail.mails, mail.words[-1]) == ([], "STARTTLS")


def test_without_tls_nothing_is_sent_where_it_is_declared(secrets: tuple[Path, Path]) -> None:
    """A server, or somebody between, that offers no STARTTLS gets no mail and no password."""
    with serve_mail(secrets) as mail:
        mail.fault = "no-starttls"
        with pytest.raises(BrokenWorldError, match="STARTTLS"):
            send(server(mail.port, user="fairlead"), mail.login[1])
    assert mail.mails == []
    assert "AUTH" not in mail.words


def test_a_wrong_password_is_told_without_it(secrets: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The user is named; what was tried is not."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secrets[1]))
    with serve_mail(secrets) as mail, pytest.raises(BrokenWorldError, match=r"`fairlead` in \(535\)") as caught:
        send(server(mail.port, user="fairlead"), "wrong-word")
    assert "wrong-word" not in str(caught.value)


def test_a_busy_server_is_tried_again() -> None:
    """A 4xx is an error like any other: the message stays owed."""
    with serve_mail() as mail:
        mail.fault = "busy"
        with pytest.raises(BrokenWorldError, match="451"):
            send(server(mail.port, tls="none"))


def test_one_wrong_address_does_not_make_the_others_read_it_twice() -> None:
    """Who is refused is told, and the message is taken; where all are refused it is not."""
    with serve_mail() as mail:
        mail.refuses = {"gone@example.com"}
        assert send(server(mail.port, tls="none", to=["ops@example.com", "gone@example.com"])) == ("gone@example.com",)
        with pytest.raises(BrokenWorldError, match=r"gone@example\.com"):
            send(server(mail.port, tls="none", to=["gone@example.com"]))
    assert [to for to, _ in mail.mails] == [("ops@example.com",)]


def test_an_owner_that_is_no_address_gets_nothing() -> None:
    """It is told, never passed over: somebody counts on that mail."""
    with pytest.raises(BrokenWorldError, match="no address to write to"):
        recipients(server(25), [notice(owner="vision")])
    assert recipients(server(25, to=["ops@example.com", "owner"]), [notice(owner="vision")]) == ("ops@example.com",)


@pytest.mark.parametrize("field", ["title", "message", "mend", "release", "commit"])
def test_no_text_becomes_a_header_or_ends_the_mail(field: str) -> None:
    """Line breaks, dots and control letters from a commit's subject stay where they belong."""
    hostile = notice(**{field: "x\r\nBcc: evil@example.com\r\n\r\n.\r\nMAIL FROM:<evil@example.com>\u2028\x0b\ud800"})
    with serve_mail() as mail:
        declared = server(mail.port, tls="none", to=["ops@example.com"])
        send_mail(declared, mail_of(declared, message(hostile), ["ops@example.com"], AT))
    ((to, got),) = mail.mails
    assert to == ("ops@example.com",)
    assert got["Bcc"] is None
    assert sorted(set(got.keys())) == sorted(
        {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "MIME-Version",
         "Content-Transfer-Encoding"}
    )  # fmt: skip
    assert not [line for line in mail.words if "evil" in line]


@pytest.mark.parametrize("address", ["a@b\r\nBcc: c@d", "a b@c", "<a@b>, c@d", "nobody"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """An owner is text from Git: what is no address reaches no header."""
    with pytest.raises(BrokenWorldError, match="an address in the channel is none"):
        mail_of(server(25), message(), [address], AT)
