"""A mail server over a real socket that speaks RFC 5321 as far as a sender needs: STARTTLS, TLS, AUTH PLAIN, DATA."""

from __future__ import annotations

import base64
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

__all__ = ["MailServer", "certificate", "serve_mail"]


@dataclass
class MailServer:
    """What came, and what it is told to do: `refuses` are addresses, `fault` is one of '', `no-starttls`, `busy`."""

    port: int = 0
    mails: list[tuple[tuple[str, ...], EmailMessage]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """Every command line that came, secrets left out."""
    secured: list[bool] = field(default_factory=list)
    """Whether a mail came over TLS."""
    refuses: set[str] = field(default_factory=set)
    fault: str = ""
    login: tuple[str, str] = ("fairlead", "s3cret-word")


class _Session(socketserver.StreamRequestHandler):
    mail: MailServer
    context: ssl.SSLContext | None
    implicit: bool

    def setup(self) -> None:
        """Over TLS from the start, or in the clear."""
        self.secure = False
        self.to: list[str] = []
        super().setup()
        if self.implicit:
            self._secure()

    def handle(self) -> None:
        """One dialogue."""
        self._say("220 test ESMTP")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            self.mail.words.append(line if verb != "AUTH" else verb)
            if verb == "QUIT":
                self._say("221 bye")
                return
            self._answer(verb.upper(), rest)

    def _answer(self, verb: str, rest: str) -> None:
        match verb:
            case "EHLO":
                tls = [] if self.secure or self.mail.fault == "no-starttls" else ["STARTTLS"]
                offered = ["test", *tls, "AUTH PLAIN", "8BITMIME"]
                self._say("\r\n".join([*(f"250-{each}" for each in offered[:-1]), f"250 {offered[-1]}"]))
            case "STARTTLS":
                self._say("220 go on")
                self._secure()
            case "AUTH":
                _, user, password = base64.b64decode(rest.removeprefix("PLAIN ")).decode().split("\0")
                good = (user, password) == self.mail.login
                self._say("235 welcome" if good else "535 5.7.8 who are you")
            case "MAIL":
                self.to = []
                self._say("451 4.3.0 come again" if self.mail.fault == "busy" else "250 ok")
            case "RCPT":
                address = rest.partition("<")[2].partition(">")[0]
                taken = address not in self.mail.refuses
                self.to += [address] if taken else []
                self._say("250 ok" if taken else "550 5.1.1 nobody of that name")
            case "DATA":
                self._say("354 end with a dot")
                self._data()
            case _:
                self._say("250 ok")

    def _data(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        mail = message_from_bytes(b"".join(lines), _class=EmailMessage, policy=policy.SMTP)
        self.mail.mails.append((tuple(self.to), mail))
        self.mail.secured.append(self.secure)
        self._say("250 ok")

    def _secure(self) -> None:
        assert self.context is not None
        self.request = self.context.wrap_socket(self.request, server_side=True)
        self.secure = True
        super().setup()

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that does not believe the certificate hangs up."""


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate that it signed itself, for 127.0.0.1."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(cert)]
    more = ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, *more], check=True, capture_output=True)
    return key, cert


@contextmanager
def serve_mail(secrets: tuple[Path, Path] | None = None, *, implicit: bool = False) -> Iterator[MailServer]:
    """A mail server on a free port of loopback; `secrets` are its key and certificate."""
    mail = MailServer()
    context = None
    if secrets is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(secrets[1], secrets[0])
    handler = type("Session", (_Session,), {"mail": mail, "context": context, "implicit": implicit})
    with _Server(("127.0.0.1", 0), handler) as server:
        mail.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield mail
        finally:
            server.shutdown()
