"""The program as a process: what help loads, how pipes and signals end it, what another encoding does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "fairlead"]

LOADED = """
import sys
from fairlead.show.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
names = {name.partition(".")[0] for name in sys.modules}
print(sorted(names - sys.stdlib_module_names - set(sys.builtin_module_names)), file=sys.stderr)
print(sorted(name for name in sys.modules if name.startswith("fairlead.") and "show" not in name), file=sys.stderr)
"""


def test_help_loads_click_and_nothing_of_ours_but_the_list() -> None:
    """`fairlead --help` imports click alone, and no module below the command line."""
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    packages, below = run.stderr.splitlines()[-2:]
    # What an environment's own .pth files load before anything else is not ours.
    loaded = set(packages.strip("[]").replace("'", "").split(", ")) - {"_virtualenv", "_distutils_hack"}
    assert loaded == {"__main__", "click", "fairlead"}
    assert below == "[]"


def test_a_closed_pipe_is_quiet() -> None:
    """`fairlead ... | head` ends without a word on stderr."""
    command = f"{sys.executable} -m fairlead --help | true"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert run.stderr == ""


SLOW = """
import sys, time
import click
from fairlead.show.cli.group import Entry, LazyGroup
class Slow(LazyGroup):
    def get_command(self, ctx, cmd_name):
        return click.Command(cmd_name, callback=work)
def work():
    for _ in range(100_000):
        print("a line of data that a reader may have enough of", flush=False)
        if sys.argv[-1] == "wait":
            print("ready", file=sys.stderr, flush=True)
            time.sleep(30)
Slow("fairlead", table={"work": Entry("", "Work.", "Act")})(["work"])
"""


def test_a_reader_that_has_enough_ends_a_command_quietly() -> None:
    """The exit code is the one of a closed pipe (128 + SIGPIPE), and nothing is said."""
    command = f'"{sys.executable}" -c "$SLOW" | head -1; echo ${{PIPESTATUS[0]}}'
    run = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=True, env=os.environ | {"SLOW": SLOW}
    )
    assert run.stdout.splitlines()[1] == "141"
    assert run.stderr == ""


def test_ctrl_c_ends_a_command_with_130() -> None:
    """Without a traceback."""
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, "wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stderr is not None
        assert run.stderr.readline() == "ready\n"
        run.send_signal(signal.SIGINT)
        _, told = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "Traceback" not in told


@pytest.mark.parametrize("words", [["--help"], ["status", "--help"]])
def test_both_ways_to_start_are_the_same(words: list[str]) -> None:
    """`python -m fairlead` and `fairlead` are one program."""
    script = str(Path(sys.executable).with_name("fairlead"))
    runs = [subprocess.run([*way, *words], capture_output=True, text=True, check=True) for way in (PROGRAM, [script])]
    assert runs[0].stdout == runs[1].stdout


def test_errors_stay_off_stdout(tmp_path: Path) -> None:
    """Outside of a workspace a command says how to make one, on stderr, and exits with 2."""
    run = subprocess.run([*PROGRAM, "status"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert "mend: make a workspace with `fairlead init`" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_encoding_without_a_character_is_no_error() -> None:
    """On a terminal that knows ASCII alone, a name in another script is spelt out."""
    script = SLOW.replace("range(100_000)", "range(1)").replace("a line of data", "漢…")
    environ = os.environ | {"PYTHONIOENCODING": "ascii"}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environ)
    assert run.stdout.startswith("\\u6f22\\u2026")
