"""What foresight found, in a plain sentence each: what stands below the tables, and in the JSON as `summary`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from fairlead.flows.foresight.anomalies import Judged, Tally
from fairlead.flows.foresight.forecast import Foreseen, SeriesForecast
from fairlead.flows.foresight.scaling import FAST_S, SLOW_S, FasterStart, Simulated
from fairlead.foresee.anomalies.detector import Knobs
from fairlead.foresee.scaling.config import Slo
from fairlead.foresee.scaling.simulate import Outcome

__all__ = ["anomaly_sentence", "by_oracle", "forecast_sentence", "keeps", "late_text", "scaling_sentence"]

_CLEARLY = 1.5
_HOUR = 3600
_ROUNDING = 1e-12
_YARDSTICKS = (("last-value", "the last value"), ("seasonal-naive", "the last season"))


def anomaly_sentence(tally: Tally) -> str:
    """How many alarms there are, and the strongest: `at 2014-04-11T09:00:00, 4.2 times what was expected`."""
    strongest = tally.strongest
    told = f"{_counted(len(tally.alarms), 'alarm')} in {_counted(tally.rows, 'row')}"
    if strongest is not None:
        several = len({each.series for each in tally.alarms}) > 1
        where = f" in {strongest.series}" if several else ""
        which = "; the strongest" if len(tally.alarms) > 1 else ","
        return f"{told}{which}{where} at {strongest.time or 'an unknown time'}, {_against(strongest)}.{_young(tally)}"
    return f"{told}.{_young(tally)}"


def _against(row: Judged) -> str:
    value, expected = row.value, row.verdict.expected
    if expected > 0 and value > 0 and not 1 / _CLEARLY < value / expected < _CLEARLY:
        return f"{value / expected:.3g} times what was expected"
    if expected > 0 and value >= 0:
        side = "above" if value > expected else "below"
        return f"{abs(value / expected - 1) * 100:.1f} % {side} what was expected"
    return f"{value:.4g} where {expected:.4g} was expected"


def _young(tally: Tally) -> str:
    if not tally.learning:
        return ""
    knobs = Knobs()
    first = f"the first {knobs.warm_up_days:g} days and {knobs.warm_up_rows} values"
    return f" {_counted(tally.learning, 'series')} could not alarm yet: {first} only teach what is usual."


def _counted(count: int, noun: str) -> str:
    many = noun if noun.endswith("s") else f"{noun}s"
    return f"{'no' if not count else f'{count:,}'} {noun if count == 1 else many}".replace("no alarms", "No alarm")


def forecast_sentence(found: Foreseen) -> str:
    """Which forecaster was chosen, how it did against the yardsticks, and what the intervals mean."""
    if not found.series:
        return "Nothing can be forecast: no row has both a time and a value."
    tested = [each for each in found.series if each.errors]
    parts = [_chosen(found.series)]
    if tested:
        parts.append(_errors(tested))
    levels = found.asked.levels
    if any(np.isfinite(low).any() for each in found.series for low, _ in each.bounds.values()):
        level = f"{levels[0]:g}"
        parts.append(f"Of 100 values to come about {level} will lie between lo-{level} and hi-{level}.")
    else:
        parts.append("The history is too short for a backtest over this horizon, so no interval is given.")
    return " ".join(parts)


def _chosen(series: Sequence[SeriesForecast]) -> str:
    if len(series) == 1:
        lengths = [f"{season}" for season in series[0].seasons]
        seasons = "a season of" if len(lengths) == 1 else "seasons of"
        period = f"{seasons} {' and '.join(lengths)} steps" if lengths else "no season found"
        return f"{series[0].name} is forecast by {series[0].forecaster} ({period})."
    counts = Counter(each.forecaster for each in series)
    told = ", ".join(f"{name} ({count:,})" for name, count in counts.most_common())
    return f"{len(series):,} series are forecast by {told}."


def _errors(tested: Sequence[SeriesForecast]) -> str:
    own = float(np.mean([each.errors[each.forecaster] for each in tested]))
    others = []
    for name, words in _YARDSTICKS:
        theirs = [each.errors[name] for each in tested if name in each.errors]
        if theirs and not all(each.forecaster == name for each in tested):
            others.append(f"{words} by {np.mean(theirs):.3g}")
    against = f", {' and '.join(others)}" if others else ""
    return f"In the backtest it was off by {own:.3g} usual steps on average{against}."


def by_oracle(simulated: Simulated) -> float | None:
    """Cost in units of the oracle's; None where it was not asked for, or costs nothing."""
    oracle = simulated.oracle
    return simulated.outcome.replica_seconds / oracle.replica_seconds if oracle and oracle.replica_seconds else None


def scaling_sentence(simulated: Simulated) -> str:
    """What the policy cost and how it kept the SLO; against the oracle; and what a faster start would save."""
    outcome, slo = simulated.outcome, simulated.config.service.slo
    ratio = by_oracle(simulated)
    against = f", {ratio:.2f} times what a clairvoyant would have paid" if ratio is not None else ""
    return (
        f"{simulated.policy}: {outcome.replica_seconds / _HOUR:,.1f} replica-hours"
        f" ({outcome.mean_replicas:.2f} replicas on average){against};"
        f" {late_text(outcome)} of the requests waited over {slo.wait_s:g} s, where the SLO allows"
        f" {slo.max_share * 100:g} %: {'kept' if keeps(outcome, slo) else 'missed'}.{_faster(simulated.faster)}"
    )


def late_text(outcome: Outcome) -> str:
    """`0.84 %`."""
    return f"{outcome.late_share * 100:.2f} %"


def keeps(outcome: Outcome, slo: Slo) -> bool:
    """Whether no more requests were late than the SLO allows."""
    return outcome.late_share <= slo.max_share + _ROUNDING


def _faster(faster: FasterStart | None) -> str:
    if faster is None:
        return ""
    told = f" On this trace {FAST_S / 60:g} minute instead of {SLOW_S / 60:g} to ready would"
    if faster.saved <= 0:
        return f"{told} save nothing."
    hours = (faster.slow.replica_seconds - faster.fast.replica_seconds) / _HOUR
    return (
        f"{told} save {faster.saved * 100:.1f} % ({hours:,.1f} replica-hours) under the predictive policy,"
        f" with {late_text(faster.fast)} late instead of {late_text(faster.slow)}."
    )
