"""`protocol: openai`: tokens are the answer's own, unknown is not zero, and a client that leaves is metered."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.e2e.spine.machine import CHAT, Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

WHOLE, STREAMED, SILENT = 4, 3, 5


def ask(machine: Machine, customer: str, **body: Any) -> None:  # noqa: ANN401 - fields of any kind
    """One request, answered whole."""
    address = f"http://127.0.0.1:{machine.port}/openai/v1/chat/completions"
    answer = httpx2.post(address, json={"model": "chat", **body}, headers={"x-customer": customer}, timeout=20)
    assert answer.status_code == 200


def leave(machine: Machine) -> None:
    """Read the first piece of a stream and go."""
    address = f"http://127.0.0.1:{machine.port}/openai/v1/chat/completions"
    body = {"model": "chat", "reply": "stream-without", "pause": 0.2}
    with httpx2.stream("POST", address, json=body, headers={"x-customer": "leaver"}) as answer:
        next(answer.iter_bytes())


def test_tokens_in_usage_and_cost(bare: Machine) -> None:
    """Streamed and whole answers state 11 + 22 tokens; answers without usage and one that was left count as unknown."""
    bare.declare_workspace()
    plans = "plans: [{ segment: s, per1mInputTokens: 3, per1mOutputTokens: 6 }]\n"
    bare.declare_command("chat", CHAT, serving=", protocol: openai", more=plans)
    bare.commit("Begin")
    bare.start()
    bare.live()
    for _ in range(WHOLE):
        ask(bare, "acme", reply="whole")
    for _ in range(STREAMED):
        ask(bare, "acme", reply="stream")
    for _ in range(SILENT):
        ask(bare, "brook", reply="absent")
    leave(bare)
    sent = WHOLE + STREAMED + SILENT + 1
    until(lambda: bare.metered() == sent, f"{sent} requests metered")
    usage = bare.usage("customer")
    told = {name: (row["requests"], row["input_tokens"], row["output_tokens"], row["tokens_unknown"])
            for name, row in usage.items()}  # fmt: skip
    known = WHOLE + STREAMED
    assert told == {"acme": (known, 11 * known, 22 * known, 0), "brook": (SILENT, 0, 0, SILENT), "leaver": (1, 0, 0, 1)}
    assert usage["acme"]["per_1m_output"] is not None
    assert usage["brook"]["per_1m_output"] is None, "a price per token that nobody stated is unknown, not zero"
