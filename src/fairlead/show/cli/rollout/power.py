"""`fairlead rollout power`: how long a canary needs to a verdict, before anybody waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from fairlead.show.cli.options import examples, format_option
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import count_text
from fairlead.show.outputs.rollout_tables import minutes_text
from fairlead.show.outputs.table import Cell, Column, Table

if TYPE_CHECKING:
    from fairlead.flows.rollouts.power import CanaryPower
    from fairlead.kernel.stats.power import Waiting

__all__ = ["power", "power_view"]

_COLUMNS = (
    Column("until"),
    Column("half of all", right=True),
    Column("nine of ten", right=True),
    Column("requests", right=True, priority=1),
)
_UNKNOWN = Cell("longer than can be told", "warn")


@click.command(
    epilog=examples(
        "fairlead rollout power --baseline 0.01 --effect 0.01 --rate 600",
        "fairlead rollout power --baseline 0.005 --effect 0.02 --rate 30 --weight 5 --margin 0.01 --format json",
    )
)
@click.option("--baseline", type=float, required=True, metavar="SHARE", help="Errors of the old release: 0.01 is 1 %.")
@click.option(
    "--effect",
    type=float,
    required=True,
    metavar="SHARE",
    help="How much higher a bad release's share is, absolutely: 0.01 on a baseline of 0.01 makes 2 %.",
)
@click.option("--rate", type=float, required=True, metavar="NUMBER", help="Requests per minute, to both together.")
@click.option(
    "--alpha", type=float, default=0.03, show_default=True, metavar="SHARE", help="Chance of a false stop, at any look."
)
@click.option(
    "--margin",
    type=float,
    default=0.005,
    show_default=True,
    metavar="SHARE",
    help="How much worse is tolerated, absolutely.",
)
@click.option(
    "--weight", type=int, default=50, show_default=True, metavar="PERCENT", help="The new release's share of requests."
)
@format_option
def power(
    console: Console, baseline: float, effect: float, rate: float, alpha: float, margin: float, weight: int
) -> int:
    """Say how long a canary needs to a verdict.

    It is about a share such as the error rate, judged alone with its own alpha, at one weight. Two answers: until a
    release that is worse by the effect is stopped, and until one that is as good as the old one passes the margin.
    """
    from fairlead.flows.rollouts.power import canary_power

    found = canary_power(baseline=baseline, effect=effect, rate=rate, alpha=alpha, margin=margin, weight=weight)
    if console.as_json:
        console.show(_form(found), lambda _: ())
    else:
        console.show(found, power_view)
    return 0


def power_view(found: CanaryPower) -> Iterator[Block]:
    """One plain sentence, and the two answers."""
    needed = minutes_text(found.passing.median) or "longer than can be told"
    yield f"this canary needs {needed} at your traffic"
    yield Table(
        _COLUMNS,
        [
            _row(f"a release that is worse by {found.effect * 100:.3g} points is stopped", found.stop),
            _row(f"one as good as the old passes a margin of {found.margin * 100:.3g} points", found.passing),
        ],
    )


def _row(until: str, waiting: Waiting) -> list[Cell | str | None]:
    return [
        until,
        minutes_text(waiting.median) or _UNKNOWN,
        minutes_text(waiting.p90) or _UNKNOWN,
        count_text(waiting.requests),
    ]


def _form(found: CanaryPower) -> Mapping[str, Any]:
    return {
        "baseline": found.baseline,
        "effect": found.effect,
        "rate": found.rate,
        "alpha": found.alpha,
        "margin": found.margin,
        "weight": found.weight,
        "stop": _waiting(found.stop),
        "pass": _waiting(found.passing),
    }


def _waiting(waiting: Waiting) -> Mapping[str, Any]:
    return {"median_minutes": waiting.median, "p90_minutes": waiting.p90, "requests": waiting.requests}
