"""Cost per anything: exact inputs, quotients for show, and a reason wherever there is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fairlead.kernel.errors import UsageError
from fairlead.meter.ledger.question import CostQuestion, Per, dimensions
from fairlead.meter.ledger.units import unit_cost

_HOUR = {
    "input_tokens": Decimal(12_000_000),
    "output_tokens": Decimal(3_000_000),
    "prefill_seconds": Decimal(1800),
    "decode_seconds": Decimal(1800),
}
"""OpenCost's worked example: an hour at 3.20 USD, 12 M tokens read, 3 M written, half the time in prefill."""


@pytest.mark.parametrize(
    ("per", "expected"),
    [
        (Per.THOUSAND_TOKENS, Decimal("0.000213333333")),
        (Per.MILLION_OUTPUT, Decimal("0.533333333333")),
        (Per.MILLION_INPUT, Decimal("0.133333333333")),
    ],
)
def test_opencosts_worked_example(per: Per, expected: Decimal) -> None:
    """0.213 USD blended per million tokens, 0.533 per million written."""
    assert unit_cost(CostQuestion(per=per), Decimal("3.20"), 0, _HOUR).amount == expected


@pytest.mark.parametrize(
    ("question", "amount", "usage", "reason"),
    [
        (CostQuestion(per=Per.INFERENCE), Decimal(5), {}, "no inferences were measured"),
        (CostQuestion(per=Per.THOUSAND_TOKENS), Decimal(5), {}, "no input tokens or output tokens were measured"),
        (CostQuestion(per=Per.CUSTOMER), Decimal(5), {}, "no line names a customer"),
        (CostQuestion(per=Per.INFERENCE), None, {"inferences": Decimal(3)}, "a line has no effective cost"),
        (
            CostQuestion(by=("service",), per=Per.INFERENCE),
            Decimal(5),
            {"inferences": Decimal(3)},
            "usage does not tell service",
        ),
        (
            CostQuestion(per=Per.MILLION_OUTPUT),
            Decimal(5),
            {"output_tokens": Decimal(3)},
            "no time in prefill and decode was measured: use --per 1k_tokens",
        ),
    ],
)
def test_what_cannot_be_divided_says_why(
    question: CostQuestion, amount: Decimal | None, usage: dict[str, Decimal], reason: str
) -> None:
    """Missing use is insufficient: never a cost of zero, never a division by zero."""
    found = unit_cost(question, amount, 0, usage)
    assert (found.amount, found.insufficient) == (None, reason)


def test_a_cost_per_customer_counts_customers() -> None:
    """Ten dollars over four customers."""
    assert unit_cost(CostQuestion(per=Per.CUSTOMER), Decimal(10), 4, {}).amount == Decimal("2.5")


def test_dimensions_take_commas_and_refuse_what_is_unknown() -> None:
    """`--by model,customer --by team` are three; an unknown one lists those known."""
    assert dimensions(["model,customer", "team"]) == ("model", "customer", "team")
    with pytest.raises(UsageError, match=r"unknown dimension 'colour'.*release"):
        dimensions(["colour"])
    with pytest.raises(UsageError, match="named twice"):
        dimensions(["model", "model"])
