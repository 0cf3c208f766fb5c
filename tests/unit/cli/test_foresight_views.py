"""How foresight's answers look at 60, 100 and 160 columns: the files in `golden/` are what a person sees."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairlead.flows.foresight.anomalies import Judged, Tally
from fairlead.flows.foresight.forecast import Asked, Foreseen, SeriesForecast
from fairlead.flows.foresight.scaling import FasterStart, Simulated
from fairlead.foresee.anomalies.detector import Verdict
from fairlead.foresee.grid import Grid
from fairlead.foresee.scaling.config import parse_config
from fairlead.foresee.scaling.simulate import Outcome, Replay
from fairlead.foresee.series import TimeForm
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.dot_canvas import ASCII
from fairlead.show.outputs.foresight_charts import fan_chart, replay_chart
from fairlead.show.outputs.foresight_views import anomaly_view, forecast_view, scaling_view
from fairlead.show.outputs.terminal_chart import render_chart
from tests.unit.cli.values import ESCAPES

GOLDEN = Path(__file__).parent / "golden"


def tally(name: str = "cpu") -> Tally:
    """Two alarms of two series; the stronger one is a drop."""
    high = Judged(name, "2026-01-09T10:05:00Z", 412.5, Verdict(0.71, 98.2, 80.0, 121.0, alarm=True))
    low = Judged("requests", "2026-01-11T23:00:00Z", 3.0, Verdict(0.93, 1200.0, 900.5, 1500.0, alarm=True))
    return Tally(4032, [high, low], 0)


def forecast(name: str = "spend") -> Foreseen:
    """Three steps ahead of five days, by seasonal naive."""
    mean, half = np.array([10.0, 11.5, 1234.5678]), np.array([1.0, 2.0, 3.0])
    bounds = {80.0: (mean - half, mean + half), 95.0: (mean - 2 * half, mean + 2 * half)}
    history = Grid(name, 1_767_225_600_000_000, 86_400_000_000, np.arange(5.0), 0)
    errors = {"seasonal-naive": 0.52, "last-value": 1.1}
    times = ("2026-01-02T00:00:00", "2026-01-03T00:00:00", "2026-01-04T00:00:00")
    one = SeriesForecast(name, TimeForm.ISO, times, mean, bounds, history, "seasonal-naive", (7,), errors)
    return Foreseen(Asked(3, (80.0, 95.0)), (one,), ())


def simulated() -> Simulated:
    """Four steps under the autoscaler, of which three count; it misses its SLO."""
    sim = parse_config({"capacity_rps": 1, "time_to_ready_s": 30, "learn_until": 30}, where=lambda *_: "sim.yaml")
    demand = np.array([30.0, 60.0, 90.0, 30.0])
    replay = Replay(
        0, 30, demand, np.array([1, 2, 3, 1]), np.array([1, 1, 2, 1]), demand - 30, np.array([0, 0, 30.0, 0])
    )
    faster = FasterStart(Outcome(7200, 0.004, 2.5), Outcome(5400, 0.002, 1.9))
    outcome = replay.outcome(30)
    return Simulated(sim, "hpa", TimeForm.EPOCH, replay, outcome, Outcome(150, 0.01, 1.67), faster, ())


ANSWERS: dict[str, tuple[Any, Callable[[Any], Iterable[Block]]]] = {
    "anomalies": (tally(), anomaly_view),
    "forecast": (forecast(), forecast_view),
    "scale": (simulated(), scaling_view),
    "forecast-chart": (forecast(), lambda found: [render(fan_chart(found.series[0]))]),
    "scale-chart": (simulated(), lambda done: [render(replay_chart(done))]),
}


def render(chart: Any) -> str:  # noqa: ANN401 - any chart
    """In plain characters, 60 columns wide."""
    return render_chart(chart, width=60, colour=False, glyphs=ASCII)


def shown(answer: Any, view: Callable[[Any], Iterable[Block]], width: int) -> str:  # noqa: ANN401 - any answer
    """What a command writes at a width."""
    out = io.StringIO()
    Console(out, io.StringIO(), width, colour=False, as_json=False).show(answer, view)
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 100, 160])
@pytest.mark.parametrize("name", ["anomalies", "forecast", "scale"])
def test_an_answer_looks_like_this(name: str, width: int) -> None:
    """Tables keep to the width, lose what matters least first, and end with a sentence."""
    assert shown(*ANSWERS[name], width) == (GOLDEN / f"{name}-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["forecast-chart", "scale-chart"])
def test_a_chart_looks_like_this(name: str) -> None:
    """In plain characters, within 60 columns."""
    assert shown(*ANSWERS[name], 60) == (GOLDEN / f"{name}-60.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("answer", "view"),
    [(tally(ESCAPES), anomaly_view), (forecast(ESCAPES), forecast_view)],
    ids=["anomalies", "forecast"],
)
def test_a_series_with_a_hostile_name_does_nothing(answer: Any, view: Callable[[Any], Iterable[Block]]) -> None:  # noqa: ANN401 - any answer
    """A name from a file is shown, in tables, charts and sentences, and not obeyed."""
    text = shown(answer, view, 160)
    assert "owned" in text
    assert not any(ord(each) in range(0x7F, 0xA0) or (ord(each) < 32 and each != "\n") for each in text)
