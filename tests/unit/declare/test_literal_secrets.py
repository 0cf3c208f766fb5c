"""A secret that somebody wrote into a declaration is found, and is never shown again."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.declare.reader import Reader
from tests.unit.declare.samples import MODEL, rules, write_workspace

CANARY = "Zq7" * 12


@pytest.mark.parametrize(
    "text",
    [
        "serving: {{env: {{API_TOKEN: {0}}}}}",
        "serving: {{env: {{DB_PASSWORD: '{0}'}}}}",
        "serving: {{env: {{aws-secret: '{0}'}}}}",
        "serving: {{runtime: command, command: [serve, '--api-key={0}']}}",
        "serving: {{env: {{ANY: hf_{0}}}}}",
        "serving: {{env: {{ANY: ghp_{0}}}}}",
        "serving: {{env: {{ANY: sk-proj-{0}}}}}",
        "serving: {{env: {{ANY: 'https://user:{0}@example.com/'}}}}",
        "provenance: {{trainingRun: 'https://example.com/run?token={0}'}}",
        "# remember glpat-{0}",
    ],
)
def test_a_literal_secret_is_found_and_not_shown(tmp_path: Path, text: str) -> None:
    """The finding has the line and says what to write instead; the value is in no part of it."""
    declared = Reader().read(write_workspace(tmp_path, f"{MODEL}{text.format(CANARY)}\n"))
    assert rules(declared) == ["declare/literal-secret"]
    assert declared.findings[0].line == 8
    assert CANARY not in repr(declared.findings)


@pytest.mark.parametrize(
    "text",
    [
        f"serving: {{env: {{PASSWORD: [{CANARY}]}}}}",
        f"serving: {{replicas: {CANARY}}}",
        f"serving: {{resources: {{cpu: {CANARY}}}}}",
        f"serving: {{env: {{KEY: *{CANARY}}}}}",
        f"serving: {{env: {{KEY: '{CANARY}}}}}",
    ],
)
def test_no_message_repeats_a_value(tmp_path: Path, text: str) -> None:
    """A secret in the wrong place, or in broken YAML, does not come out through an error's text."""
    declared = Reader().read(write_workspace(tmp_path, f"{MODEL}{text}\n"))
    assert declared.findings
    assert CANARY not in repr(declared.findings)


@pytest.mark.parametrize(
    "env", ["API_TOKEN: {fromEnv: X}", "MAX_TOKENS: 512x", "USE_KEY: 'true'", "EOS_TOKEN: ''", "KEY_COUNT: ab"]
)
def test_what_is_no_secret_is_left_alone(tmp_path: Path, env: str) -> None:
    """References, switches and names that only resemble a secret's are fine."""
    assert rules(Reader().read(write_workspace(tmp_path, f"{MODEL}serving: {{env: {{{env}}}}}\n"))) == []
