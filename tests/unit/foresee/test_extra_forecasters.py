"""LightGBM and statsforecast behind the protocol: they answer like the others, or say what to install."""

from __future__ import annotations

import subprocess
import sys

import click
import numpy as np
import pytest

from fairlead.foresee.forecast import EXTRA_FORECASTERS, forecast_panel
from fairlead.foresee.forecasters.base import Forecaster, Panel
from fairlead.foresee.forecasters.boosted import BoostedTrees
from fairlead.foresee.forecasters.exponential import AutoEts
from fairlead.foresee.forecasters.naive import LastValue
from fairlead.show.cli.foresight.forecast import forecast

EXTRAS: dict[str, Forecaster] = {"lightgbm": BoostedTrees(), "statsforecast": AutoEts()}


def test_the_command_knows_every_extra() -> None:
    """What can be tried beside our own is what the command offers; its choices are written down, to import nothing."""
    (offered,) = (each.type for each in forecast.params if each.name == "also")
    assert isinstance(offered, click.Choice)
    assert sorted(offered.choices) == sorted(each.name for each in EXTRA_FORECASTERS)


@pytest.fixture(params=EXTRAS)
def member(request: pytest.FixtureRequest) -> Forecaster:
    """One that is installed."""
    pytest.importorskip(request.param, reason="pip install 'fairlead[forecasters]'")
    return EXTRAS[request.param]


@pytest.mark.parametrize("values", [[3.0], [0.0, 0.0, 0.0], [5.0] * 200, [-1.0, 4.0], list(range(300))])
def test_an_extra_answers_for_every_history(member: Forecaster, values: list[float]) -> None:
    """One point, zeros, a constant, a negative and a long ramp: finite numbers of the right shape."""
    panel = Panel((np.array(values, dtype=np.float64),), (24,))
    forecast = member.fit(panel, 5).predict(panel)
    assert forecast.shape == (1, 5)
    assert np.isfinite(forecast).all()


@pytest.mark.parametrize("seasons", [(24,), (24, 168)])
def test_an_extra_beats_the_last_value_on_seasons(member: Forecaster, seasons: tuple[int, ...]) -> None:
    """With a day's shape it is chosen over the last value, and errs less than half as much."""
    rng, hours = np.random.default_rng(2), np.arange(24 * 24)
    shape = 10 + 5 * np.sin(hours * 2 * np.pi / 24)
    panel = Panel(tuple(shape * rng.uniform(1, 9) + rng.standard_normal(len(hours)) for _ in range(4)), seasons)
    choice = forecast_panel(panel, 24, forecasters=[LastValue(), member]).choices[0]
    assert choice is not None
    assert choice.error < 0.5 * choice.error_of("last-value")


@pytest.mark.parametrize("module", EXTRAS)
def test_without_the_extra_the_error_names_it(module: str) -> None:
    """Where the module cannot be imported, fitting says what to install."""
    program = f"import sys; sys.modules[{module!r}] = None\n" + _FIT.format(name=type(EXTRAS[module]).__name__)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "pip install 'fairlead[forecasters]'"


_FIT = """
import numpy as np
from fairlead.foresee.forecasters.base import Panel
from fairlead.foresee.forecasters.boosted import BoostedTrees
from fairlead.foresee.forecasters.exponential import AutoEts
from fairlead.kernel.errors import BrokenWorldError
try:
    {name}().fit(Panel((np.ones(9),), ()), 2)
except BrokenWorldError as error:
    print(error.mend)
"""
