"""Literal secrets in a declaration: found by the shapes of well-known tokens and by telling names. Never printed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead.domain.finding import Finding
from fairlead.domain.model import ModelSpec

__all__ = ["secret_findings", "token_findings"]

_TOKEN = re.compile(
    rb"(?P<aws>\b(?:AKIA|ASIA)[0-9A-Z]{16}\b)"
    rb"|(?P<github>\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{40,})"
    rb"|(?P<gitlab>\bglpat-[A-Za-z0-9_-]{20,})"
    rb"|(?P<huggingface>\bhf_[A-Za-z0-9]{30,})"
    rb"|(?P<openai>\bsk-[A-Za-z0-9_-]{20,})"
    rb"|(?P<slack>\bxox[abposr]-[A-Za-z0-9-]{10,})"
    rb"|(?P<google>\bAIza[A-Za-z0-9_-]{35})"
    rb"|(?P<jwt>\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,})"
    rb"|(?P<key>-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)"
    rb"|(?P<address>://[^\s/:@\"']{0,200}:[^\s/@\"'{}$]{1,200}@)"
    rb"|(?P<signature>[?&](?:X-Amz-Signature|X-Goog-Signature|sig|access_token|token)=[A-Za-z0-9%+/_.-]{16,})"
)
_SORTS = {
    "aws": "an AWS access key", "github": "a GitHub token", "gitlab": "a GitLab token",
    "huggingface": "a Hugging Face token", "openai": "an API key", "slack": "a Slack token",
    "google": "a Google API key", "jwt": "a signed web token", "key": "a private key",
    "address": "a password in an address", "signature": "a signed address",
}  # fmt: skip
_NAME = re.compile(r"(?i)(^|[_-])(TOKEN|SECRET|PASSWORD|PASSWD|PWD|KEY|APIKEY|CREDENTIALS?)$")
_OPTION = re.compile(r"(?i)--?[a-z-]*(token|secret|password|passwd|api-?key)=(?![{$]).+")
_HARMLESS = re.compile(r"(?i)|true|false|[0-9.]+")

_MEND = "put a reference here (`fromEnv`, `fromFile` or `fromCommand`), and revoke the secret: Git remembers it"


def token_findings(text: bytes, path: str, model: str = "") -> tuple[Finding, ...]:
    """Findings for everything in a file's text, comments included, that has the shape of a well-known secret."""
    return tuple(_token_finding(text, match, path, model) for match in _TOKEN.finditer(text))


def _token_finding(text: bytes, match: re.Match[bytes], path: str, model: str) -> Finding:
    line = text.count(b"\n", 0, match.start()) + 1
    column = match.start() - (text.rfind(b"\n", 0, match.start()) + 1) + 1
    message = f"this looks like {_SORTS[match.lastgroup or 'key']}"
    return Finding(path, line, column, "declare/literal-secret", message, _MEND, model=model)


def secret_findings(spec: ModelSpec) -> Iterator[tuple[tuple[str | int, ...], str, str, str]]:
    """(location, rule, message, mend) of literals in the server's environment or command that are named as secrets."""
    for name, value in spec.serving.env.items():
        if isinstance(value, str) and _NAME.search(name) and not _HARMLESS.fullmatch(value):
            yield ("serving", "env", name), "declare/literal-secret", f"`{name}` holds a literal secret", _MEND
    for index, part in enumerate(spec.serving.command):
        if _OPTION.match(part):
            message = "the command holds a literal secret"
            mend = "hand it over in `serving.env` by reference"
            yield ("serving", "command", index), "declare/literal-secret", message, mend
