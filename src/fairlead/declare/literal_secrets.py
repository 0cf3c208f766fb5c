"""Literal secrets in a declaration: found by the shapes of well-known tokens and by telling names. Never printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fairlead.domain.finding import Finding
from fairlead.domain.model import ModelSpec

__all__ = ["HIDDEN", "LITERAL_SECRET", "hidden", "secret_findings", "token_findings"]

LITERAL_SECRET = "declare/literal-secret"  # noqa: S105 - the name of a rule

HIDDEN = "(secret)"
"""What stands in the place of a secret."""

_SHAPES: tuple[tuple[str, bytes, re.Pattern[bytes]], ...] = tuple(
    (sort, hint, re.compile(pattern))
    for sort, hint, pattern in (
        ("an AWS access key", b"AKIA", rb"\bAKIA[0-9A-Z]{16}\b"),
        ("an AWS access key", b"ASIA", rb"\bASIA[0-9A-Z]{16}\b"),
        ("a GitHub token", b"gh", rb"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{40,}"),
        ("a GitLab token", b"glpat-", rb"\bglpat-[A-Za-z0-9_-]{20,}"),
        ("a Hugging Face token", b"hf_", rb"\bhf_[A-Za-z0-9]{30,}"),
        ("an API key", b"sk-", rb"\bsk-[A-Za-z0-9_-]{20,}"),
        ("a Slack token", b"xox", rb"\bxox[abposr]-[A-Za-z0-9-]{10,}"),
        ("a Google API key", b"AIza", rb"\bAIza[A-Za-z0-9_-]{35}"),
        ("a signed web token", b"eyJ", rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"),
        ("a private key", b"PRIVATE KEY", rb"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
        ("a password in an address", b"://", rb"://[^\s/:@\"']{0,200}:[^\s/@\"'{}$]{1,200}@"),
        (
            "a signed address",
            b"=",
            rb"[?&](?:X-Amz-Signature|X-Goog-Signature|sig|access_token|token)=[A-Za-z0-9%+/_.-]{16,}",
        ),
    )
)
"""What it is, a text that such a secret always holds (looked for first, since that is far faster), and its shape."""

_NAME = re.compile(r"(?i)(^|[_-])(TOKEN|SECRET|PASSWORD|PASSWD|PWD|KEY|APIKEY|CREDENTIALS?)$")
_OPTION = re.compile(r"(?i)--?[a-z-]*(token|secret|password|passwd|api-?key)=(?![{$]).+")
_HARMLESS = re.compile(r"(?i)|true|false|[0-9.]+")

_MEND = "put a reference here (`fromEnv`, `fromFile` or `fromCommand`), and revoke the secret: Git remembers it"


def token_findings(text: bytes, path: str, model: str = "") -> tuple[Finding, ...]:
    """Findings for everything in a file's text, comments included, that has the shape of a well-known secret."""
    return tuple(
        _token_finding(text, match.start(), sort, path, model)
        for sort, hint, shape in _SHAPES
        if hint in text
        for match in shape.finditer(text)
    )


def _token_finding(text: bytes, start: int, sort: str, path: str, model: str) -> Finding:
    line = text.count(b"\n", 0, start) + 1
    column = start - (text.rfind(b"\n", 0, start) + 1) + 1
    return Finding(path, line, column, LITERAL_SECRET, f"this looks like {sort}", _MEND, model=model)


def secret_findings(spec: ModelSpec) -> Iterator[tuple[tuple[str | int, ...], str, str, str]]:
    """(location, rule, message, mend) of literals in the server's environment or command that are named as secrets."""
    for name, value in spec.serving.env.items():
        if isinstance(value, str) and _NAME.search(name) and not _HARMLESS.fullmatch(value):
            yield ("serving", "env", name), LITERAL_SECRET, f"`{name}` holds a literal secret", _MEND
    for index, part in enumerate(spec.serving.command):
        if _OPTION.match(part):
            message = "the command holds a literal secret"
            mend = "hand it over in `serving.env` by reference"
            yield ("serving", "command", index), LITERAL_SECRET, message, mend


def hidden(value: Any, name: str = "") -> Any:  # noqa: ANN401 - JSON is whatever it is
    """A declaration's content without the literal secrets in it, for those who may repeat what they see."""
    if isinstance(value, dict):
        return {key: hidden(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [hidden(each) for each in value]
    return HIDDEN if isinstance(value, str) and _is_secret(value, name) else value


def _is_secret(value: str, name: str) -> bool:
    text = value.encode()
    shaped = any(hint in text and shape.search(text) for _, hint, shape in _SHAPES)
    named = bool(_NAME.search(name)) and not _HARMLESS.fullmatch(value)
    return shaped or named or bool(_OPTION.match(value))
