"""`fairlead scale simulate`: figures that can be computed again from its rows, and a file whose faults are placed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.scenario.foresight.asking import ask, column, rows_of

SIM = """\
capacity_rps: 10
time_to_ready_s: 120
max: 50
slo: {wait_s: 30, max_share: 0.01}
learn_until: 7200
policy:
"""
POLICIES = {
    "static": "{kind: static, replicas: 12}",
    "hpa": "{kind: hpa, target: 0.6}",
    "keda": "{kind: keda, queue_per_replica: 50, windows: [{start_s: 0, end_s: 3600, replicas: 5}]}",
    "keda paused": "{kind: keda, paused_at: 7}",
    "scheduled": "{kind: scheduled, headroom: 0.2}",
    "predictive": "{kind: predictive}",
    "predictive, fixed": "{kind: predictive, factor: 1.3}",
    "oracle": "{kind: oracle}",
}


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Six hours of minutes: a low demand, and a high one every second hour."""
    path = tmp_path / "trace.csv"
    path.write_text("\n".join(["time,requests", *(f"{60 * m},{6000 if m // 60 % 2 else 1800}" for m in range(360))]))
    return path


def config(trace: Path, text: str) -> Path:
    """A `sim.yaml` beside the trace."""
    path = trace.with_name("sim.yaml")
    path.write_text(text)
    return path


@pytest.mark.parametrize("policy", POLICIES)
def test_cost_and_lateness_can_be_computed_again(trace: Path, policy: str) -> None:
    """Every policy is reached by its name; its rows make up what its outcome says, and the oracle costs no more."""
    sim = config(trace, f"{SIM}  {POLICIES[policy]}\n")
    told = json.loads(ask("scale", "simulate", trace, "--config", sim, "--oracle", "--format", "json").stdout)
    rows = rows_of(ask("scale", "simulate", trace, "--config", sim, "--format", "csv"))
    counted = rows[told["counted_from_step"] :]
    assert list(rows[0]) == ["time", "demand", "ordered", "ready", "queue", "late"]
    assert (len(rows), told["counted_from_step"], rows[-1]["time"]) == (720, 240, "21570")
    ordered, late, demand = (sum(map(float, column(counted, name))) for name in ("ordered", "late", "demand"))
    assert told["outcome"]["replica_seconds"] == pytest.approx(ordered * 30)
    assert told["outcome"]["late_share"] == pytest.approx(late / demand)
    if told["outcome"]["late_share"] <= 0.01:
        assert told["cost_by_oracle"] >= 0.99
    assert (told["schema_version"], told["notes"]) == (1, [])


def test_people_are_told_what_a_faster_start_would_save(trace: Path) -> None:
    """The table and the sentence fit 80 columns, and have the figure for this trace and the cost by the oracle's."""
    sim = config(trace, SIM + "  {kind: predictive}\n")
    told = json.loads(ask("scale", "simulate", trace, "--config", sim, "--format", "json").stdout)
    result = ask("scale", "simulate", trace, "--config", sim, "--oracle")
    said = " ".join(result.stdout.split())
    assert f"1 minute instead of 4 to ready would save {told['faster_start']['saved'] * 100:.1f} %" in said
    assert "times what a clairvoyant would have paid" in said
    assert "where the SLO allows 1 %:" in said
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_the_chart_shows_demand_and_replicas(trace: Path) -> None:
    """Within 80 columns, from where counting begins."""
    sim = config(trace, SIM + "  {kind: hpa}\n")
    lines = ask("scale", "simulate", trace, "--config", sim, "--format", "chart").stdout.splitlines()
    assert lines[0] == "Replay under hpa"
    assert max(map(len, lines[:16])) <= 80
    assert any("7200" in line and "21570" in line for line in lines)
    assert any("demand in replicas" in line and "ordered" in line for line in lines)


def test_the_same_seed_gives_the_same_rows(trace: Path) -> None:
    """What is drawn is drawn again; another seed draws otherwise."""
    text = SIM + "  {kind: hpa}\n"
    runs = []
    for more in ("seed: 1\n", "seed: 1\n", "seed: 2\n"):
        sim = config(trace, more + text)
        runs.append(ask("scale", "simulate", trace, "--config", sim, "--format", "csv").stdout)
    assert runs[0] == runs[1] != runs[2]


def test_times_are_shown_as_the_trace_writes_them_and_gaps_are_counted(trace: Path) -> None:
    """ISO stays ISO; a missing window is a line between its neighbours; clients add up."""
    hours = [f"2026-01-01T{hour:02}:00:00Z,{client},3600" for hour in range(6) if hour != 3 for client in "ab"]
    trace.write_text("\n".join(["time,client,requests", *hours]))
    sim = config(trace, "capacity_rps: 1\ntime_to_ready_s: 60\nstep_s: 3600\npolicy: {kind: hpa}\n")
    result = ask("scale", "simulate", trace, "--config", sim, "--format", "csv")
    rows = rows_of(result)
    assert column(rows, "demand") == ["7200"] * 6
    assert rows[3]["time"] == "2026-01-01T03:00:00Z"
    assert "2 windows without a row" in result.stderr


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("capacity_rps: 10\ntime_to_ready_s: 60\ncapacity: 3\n", 3, "unknown field 'capacity'.*capacity_rps, time"),
        ("capacity_rps: 10\n", 1, "time_to_ready_s is missing"),
        ("", 1, "capacity_rps is missing"),
        ("- 5\n", 1, "holds no fields"),
        ("capacity_rps: 10\n\ntime_to_ready_s: soon\n", 3, "time_to_ready_s is 'soon'"),
        (SIM + "  kind: magic\n", 7, "unknown policy 'magic'.*static, hpa, keda, scheduled, predictive, oracle"),
        (SIM + "  kind: hpa\n  goal: 1\n", 8, "unknown field 'goal'.*target, stabilisation_s"),
        (SIM.replace("max_share", "share") + "  kind: hpa\n", 4, "unknown field 'share'.*wait_s, max_share"),
        (SIM.replace("7200", "21600") + "  kind: hpa\n", 5, "leaves nothing"),
        ("capacity_rps: 10\ntime_to_ready_s: 60\nstep_s: 0.001\n", 3, "more than the 5,000,000"),
        ("capacity_rps: 10\ntime_to_ready_s: 60\nstep_s: 50000\n", 3, "less than a step"),
        ("a: [\n", 2, ""),
        ("a: \x00\n", 1, ""),
    ],
)
def test_a_fault_is_told_with_file_line_and_mend(trace: Path, text: str, place: int, what: str) -> None:
    """Wrong use ends with 2, says where, and lists what is known."""
    sim = config(trace, text)
    result = ask("scale", "simulate", trace, "--config", sim)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{sim}:{place}:" in result.stderr
    assert "mend:" in result.stderr
    assert re.search(what, " ".join(result.stderr.split()))


@pytest.mark.parametrize(
    ("content", "code"),
    [("time,requests\n0,5\n", 0), ("time,requests\n0,0\n60,0\n120,0\n", 0), ("time,value\n0,5\n", 2), ("", 2)],
    ids=["one row", "no request", "no requests column", "empty"],
)
def test_odd_traces_are_answered(trace: Path, content: str, code: int) -> None:
    """One window and no request at all are answered; an error is only what holds no demand."""
    trace.write_text(content)
    sim = config(trace, "capacity_rps: 1\ntime_to_ready_s: 60\n")
    result = ask("scale", "simulate", trace, "--config", sim)
    assert result.exit_code == code
    assert "Traceback" not in result.stderr
