"""`fairlead up`: who holds the state, who may come in, and what each way to end it leaves behind."""

from __future__ import annotations

import signal
import stat
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.scenario.cli.program import Program

pytestmark = pytest.mark.e2e


def fetch(address: str, token: str = "") -> int:
    """The status of a GET, with the token as a bearer where one is given."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx2.get(address, headers=headers, timeout=10).status_code


def test_the_page_opens_with_the_token_alone(program: Program) -> None:
    """The address that is printed opens the page; without its token nobody comes in; only the user can read it."""
    with program.up() as running:
        parts = urlsplit(running.page())
        token = parse_qs(parts.query)["token"][0]
        address = f"http://{parts.netloc}/api/v1/fleet"
        assert fetch(address, token) == 200
        assert fetch(address) == 401
        (kept,) = program.home.rglob("token")
        assert kept.read_text() == token
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert token not in program.run("status").stdout


def test_a_second_up_is_refused_and_names_the_first(program: Program) -> None:
    """One control plane per state; the refusal says which process holds it, and the first runs on."""
    with program.up() as running:
        refused = program.run("up", "--port", "0", exit_code=2)
        assert f"process {running.process.pid}" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert program.json("status")["freshness"]["control"] == "running"


def test_a_taken_port_is_told_before_anything_begins(program: Program) -> None:
    """The mend is an option."""
    with program.up() as running:
        port = str(urlsplit(running.page()).port)
        refused = program.run("up", "--state", str(program.home / "other"), "--port", port, exit_code=2)
    assert "--port" in refused.stderr


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1"])  # noqa: S104 - it is refused
def test_another_address_needs_tls(program: Program, address: str) -> None:
    """A token never travels in the clear."""
    refused = program.run("up", "--address", address, exit_code=2)
    assert "token would travel in the clear" in refused.stderr


@pytest.mark.parametrize(
    ("number", "told"), [(signal.SIGINT, "nothing serves any more"), (signal.SIGTERM, "what serves goes on")]
)
def test_each_signal_has_its_end(program: Program, number: signal.Signals, told: str) -> None:
    """Ctrl-C drains and stops, SIGTERM leaves what serves; both end at once and with 0."""
    with program.up() as running:
        running.wait_for("control.started")
        assert running.end(number) == 0
        assert told in running.log.read_text()
        assert "Traceback" not in running.log.read_text()
    assert program.json("status")["freshness"]["control"] == "stopped"


def test_down_ends_a_running_control_plane(program: Program) -> None:
    """`down` waits until all has ended; a second `down` is as fine as the first."""
    with program.up() as running:
        assert program.json("down")["by"] == "control plane"
        assert running.process.wait(10) == 0
    assert program.json("down")["by"] == "this command"


def test_decisions_are_told_one_per_line(program: Program) -> None:
    """A commit that is followed is one line on the terminal, harmless whatever its subject holds."""
    with program.up() as running:
        commit = program.commit("Add \x1b[31mnothing")
        line = running.wait_for(rf".*commit.followed {commit[:12]}.*")[0]
    assert "Add \\x1b[31mnothing" in line


def test_waiting_for_git_to_be_live(program: Program) -> None:
    """`status --wait` is 0 as soon as Git is live, and 1 where no control plane answers in time."""
    program.run("status", "--wait", "--timeout", "1s", exit_code=1)
    with program.up():
        assert program.json("status", "--wait")["synced"] is True


def test_a_control_plane_that_cannot_begin_ends(program: Program) -> None:
    """A page over a control plane that does nothing would be a lie: the error ends both, with its mend."""
    program.run("status")
    (state,) = (program.home / ".local" / "state" / "fairlead").iterdir()
    (state / "signing.key").write_text("no key")
    refused = program.run("up", "--port", "0", exit_code=2)
    assert "signing.key" in refused.stderr
    assert "mend:" in refused.stderr
    assert "Traceback" not in refused.stderr
