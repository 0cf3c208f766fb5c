"""A model is tested: what it does is measured on its locked bytes, and its numbers are evidence for these alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fairlead.declare.evidence import read_evidence
from fairlead.declare.reader import Reader
from fairlead.domain.evidence import EVIDENCE_NAMESPACE, Evidence, Standing
from fairlead.domain.evidence_text import parse_evidence
from fairlead.domain.finding import Finding, Verdict
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.signatures import signature_checker
from fairlead.drivers.ssh_key import sign_with
from fairlead.flows.lock import lock
from fairlead.testing.progress import RecordedProgress
from tests.scenario.trial.workshop import Workshop

GOLDEN = {"name": "plain", "request": "request.json", "response": "response.json"}
METRICS = {
    "data": "held-out",
    "label": "y",
    "features": ["a", "b", "c"],
    "metrics": ["accuracy", "auc"],
    "groups": ["sex"],
}


@pytest.fixture
def workshop(empty: Workshop, master: tuple[Workshop, dict[str, str]]) -> Workshop:
    """The trained model with a golden request and metrics on its test data."""
    made, data = master
    shutil.copytree(made.folder, empty.folder, dirs_exist_ok=True)
    empty.declare({"golden": [GOLDEN], "metrics": [METRICS]}, data=[data])
    return empty


def declare(workshop: Workshop, tests: dict[str, Any], **fields: Any) -> None:  # noqa: ANN401 - fields of any kind
    """Declare other tests over the same data."""
    data = Reader().read(FolderTree(workshop.root)).models["credit"].spec
    assert data is not None
    pinned = [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in data.data]
    workshop.declare(tests, **{"data": pinned, **fields})


def read(workshop: Workshop) -> tuple[Evidence | None, Standing, tuple[Finding, ...]]:
    """The evidence as the gate reads it."""
    tree = FolderTree(workshop.root)
    return read_evidence(tree, Reader().read(tree).models["credit"])


def rules(findings: tuple[Finding, ...]) -> list[str]:
    """Rules, and how they weigh."""
    return [f"{each.rule} {each.severity}" for each in findings]


def test_a_model_passes_and_its_numbers_are_evidence(workshop: Workshop) -> None:
    """Golden request, schema, metrics and groups are measured, written down, and believed by the gate."""
    progress = RecordedProgress()
    result = workshop.test(progress=progress)
    assert (result.verdict, rules(result.findings)) == (Verdict.PASS, [])
    assert {each.name: each.passed for each in result.outcomes} == {"golden plain": True, "schema": True}
    evidence, standing, findings = read(workshop)
    assert (standing, findings) == (Standing.MEASURED, ())
    assert evidence == result.evidence
    measures = {each.name: each for each in evidence.measures} if evidence else {}
    assert measures["accuracy"].samples == 400
    assert float(measures["accuracy"].value) > 0.8
    assert float(measures["auc"].value) > 0.9
    assert measures["memory-peak"].value > 10_000_000
    assert {label for _, _, label in progress.reports} >= {"golden requests", "test.csv"}


def test_the_numbers_are_those_of_the_trained_model(workshop: Workshop) -> None:
    """Accuracy over the protocol is that of the same file run directly."""
    import csv

    import numpy as np
    import onnxruntime as ort

    rows = list(csv.DictReader((workshop.folder / "test.csv").open()))
    session = ort.InferenceSession(workshop.folder / "files/model.onnx", providers=["CPUExecutionProvider"])
    table = np.array([[row[name] for name in "abc"] for row in rows], dtype=np.float32)
    labels = session.run(["label"], {"X": table})[0]
    right = sum(int(int(row["y"]) == label) for row, label in zip(rows, labels, strict=True))
    evidence = workshop.test().evidence
    assert evidence is not None
    assert evidence.measures[0].value * 400 == right


def test_a_golden_answer_that_differs_fails(workshop: Workshop) -> None:
    """The place and both values are told; the evidence says that the model failed, and the gate sees it."""
    workshop.put("response.json", {"outputs": [{"data": [0]}, {}]})
    result = workshop.test()
    assert (result.verdict, rules(result.findings)) == (Verdict.FAIL, ["trial/failed error"])
    assert "$.outputs[0].data[0] is 1, 0 is expected" in result.findings[0].message
    _, standing, findings = read(workshop)
    assert (standing, rules(findings)) == (Standing.MEASURED, ["evidence/failed error"])


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ({"metrics": [{**METRICS, "bounds": {"accuracy": {"min": "0.999"}}}]}, "bound on accuracy"),
        ({"metrics": [{**METRICS, "bounds": {"demographic-parity-difference": {"max": "0"}}}]}, "of sex"),
        ({"golden": [GOLDEN], "latency": {"requests": 20, "p99": "0ms"}}, "latency-p99"),
        ({"golden": [GOLDEN], "memory": "1Mi"}, "memory"),
        ({"golden": [{**GOLDEN, "path": "/v2/models/other/infer"}]}, "it answered 404"),
        ({"golden": [{**GOLDEN, "request": "absent.json"}]}, "there is no file `absent.json`"),
    ],
)
def test_a_broken_bound_fails(workshop: Workshop, part: dict[str, Any], broken: str) -> None:
    """Each bound is held, and the message names the one that broke."""
    declare(workshop, part)
    result = workshop.test()
    assert result.verdict is Verdict.FAIL
    assert broken in result.findings[0].message


def test_other_data_is_insufficient(workshop: Workshop) -> None:
    """A table whose bytes are not those that are pinned proves nothing, and nothing is written."""
    table = workshop.folder / "test.csv"
    table.write_text(table.read_text() + "0,0,0,f,1\n")
    result = workshop.test()
    assert (result.verdict, rules(result.findings)) == (Verdict.INSUFFICIENT, ["trial/other-data insufficient"])
    assert not (workshop.folder / "evidence.json").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.put("files/model.onnx", (made.folder / "files/model.onnx").read_bytes() + b"\0"),
        lambda made: made.put("response.json", {"outputs": []}),
        lambda made: declare(made, {"golden": [GOLDEN]}),
        lambda made: declare(
            made, {"golden": [GOLDEN], "metrics": [METRICS]}, serving={"resources": {"memory": "1Gi"}}
        ),
    ],
    ids=["artifact", "golden file", "tests", "serving"],
)
def test_evidence_of_another_thing_is_insufficient(workshop: Workshop, change: Any) -> None:  # noqa: ANN401 - a function
    """Whatever was tried is changed afterwards: the evidence is stale until it is measured again."""
    workshop.test()
    change(workshop)
    lock(workshop.root)
    _, standing, findings = read(workshop)
    assert (standing, rules(findings)) == (Standing.STALE, ["evidence/stale insufficient"])


def test_other_pins_of_the_data_make_it_stale(workshop: Workshop) -> None:
    """Evidence holds for the digest of the data that it was measured on."""
    workshop.test()
    pinned = {"name": "held-out", "uri": "file:models/credit/test.csv", "sha256": "0" * 64}
    declare(workshop, {"golden": [GOLDEN], "metrics": [METRICS]}, data=[pinned])
    _, standing, findings = read(workshop)
    assert standing is Standing.STALE
    assert "other data than `held-out`" in findings[0].message


def test_tests_that_nobody_ran_are_insufficient(workshop: Workshop) -> None:
    """Declared tests without evidence do not pass the gate; a model without tests claims what it says."""
    assert rules(read(workshop)[2]) == ["evidence/missing insufficient"]
    workshop.declare(None)
    assert read(workshop) == (None, Standing.CLAIMED, ())


@pytest.mark.parametrize(("claimed", "found"), [("0.5", ["evidence/metric-differs error"]), (None, [])])
def test_a_typed_in_number_is_compared(workshop: Workshop, claimed: str | None, found: list[str]) -> None:
    """A declared metric must be the measured one, to the digits that were written."""
    evidence = workshop.test().evidence
    assert evidence is not None
    value = claimed or f"{float(evidence.measures[0].value):.2f}"
    metrics = [{"name": "accuracy", "value": value, "data": "held-out"}]
    declare(workshop, {"golden": [GOLDEN], "metrics": [METRICS]}, metrics=metrics)
    assert rules(read(workshop)[2]) == found


def test_a_signature_proves_who_measured(workshop: Workshop, tmp_path: Path) -> None:
    """Signed evidence names its signer; one changed digit, and nobody signed it."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    workshop.test(sign=lambda text: sign_with(str(key), text, EVIDENCE_NAMESPACE).encode())
    place = workshop.folder / "evidence.json"
    allowed = f"ada@example.com {key.with_suffix('.pub').read_text()}"
    with signature_checker(allowed) as checker:

        def signer(evidence: Evidence, text: bytes, signature: bytes) -> str:
            signed = checker.signer(text, signature, evidence.when, EVIDENCE_NAMESPACE)
            return signed.principals[0] if signed else ""

        def signed_by() -> str:
            tree = FolderTree(workshop.root)
            evidence, _, _ = read_evidence(tree, Reader().read(tree).models["credit"], signer)
            assert evidence is not None
            return evidence.signed_by

        assert signed_by() == "ada@example.com"
        place.write_text(place.read_text().replace('"samples": 400', '"samples": 401', 1))
        assert signed_by() == ""
    workshop.test()
    assert not (workshop.folder / "evidence.json.sig").exists()


@pytest.mark.parametrize(
    "text",
    [b"{", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"version": 1}'],
    ids=["open", "list", "empty", "utf8", "deep", "bare"],
)
def test_a_broken_file_is_told(workshop: Workshop, text: bytes) -> None:
    """Evidence that cannot be read is a finding that blocks, whatever it holds."""
    (workshop.folder / "evidence.json").write_bytes(text)
    evidence, standing, findings = read(workshop)
    assert (evidence, standing) == (None, Standing.CLAIMED)
    assert findings
    assert findings[0].blocks


def test_evidence_is_the_same_text_again(workshop: Workshop) -> None:
    """What was written is read back as it was, and written again it is the same file."""
    from fairlead.domain.evidence_text import render_evidence

    workshop.test()
    text = (workshop.folder / "evidence.json").read_bytes()
    evidence, findings = parse_evidence(text, "evidence.json", "credit")
    assert findings == ()
    assert evidence is not None
    assert render_evidence(evidence) == text


def test_a_server_that_does_not_start_says_its_last_words(workshop: Workshop) -> None:
    """What the program said is in the finding."""
    serving = {"runtime": "command", "command": [sys.executable, "-c", "raise SystemExit('no licence')"]}
    declare(workshop, {"golden": [GOLDEN]}, serving=serving)
    result = workshop.test()
    assert rules(result.findings) == ["trial/server error"]
    assert "no licence" in result.findings[0].message


def test_a_test_has_an_end(workshop: Workshop) -> None:
    """A server that never answers is ended with the test's time, not with ours."""
    serving = {"runtime": "command", "command": ["sleep", "600"]}
    declare(workshop, {"golden": [GOLDEN], "limit": "1s"}, serving=serving)
    begun = time.monotonic()
    assert rules(workshop.test().findings) == ["trial/time error"]
    assert time.monotonic() - begun < 20


ECHO = """
import http.server, json, os, sys
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps({"path": self.path, "said": asked["say"], "home": os.environ["HOME"],
                           "seen": sorted(os.environ)}).encode()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Echo).serve_forever()
"""


def test_other_protocols_have_golden_requests(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any JSON over HTTP; the server sees none of the caller's credentials, and a home of its own."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never")
    workshop.put("say.json", {"say": "hello"})
    workshop.put("said.json", {"said": "hello", "path": "/v1/chat/completions"})
    golden = {"name": "echo", "request": "say.json", "response": "said.json"}
    serving = {"runtime": "command", "protocol": "openai", "command": [sys.executable, "-c", ECHO]}
    declare(workshop, {"golden": [golden]}, serving=serving)
    assert workshop.test().verdict is Verdict.PASS
    workshop.put("said.json", {"home": str(Path.home()), "seen": sorted(os.environ)})
    told = workshop.test().findings[0].message
    assert "$.home is" in told
    assert "$.seen" in told


def test_a_server_cannot_tell_its_secrets(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers with its own secret: what is shown and written says `[secret]`."""
    monkeypatch.setenv("LICENCE", "s3cr3t-licence-key")
    telling = ECHO.replace('"said": asked["say"]', '"said": os.environ["LICENCE_KEY"]')
    workshop.put("say.json", {"say": "hello"})
    workshop.put("said.json", {"said": "hello"})
    golden = {"name": "echo", "request": "say.json", "response": "said.json"}
    serving = {
        "runtime": "command",
        "protocol": "openai",
        "command": [sys.executable, "-c", telling],
        "env": {"LICENCE_KEY": {"fromEnv": "LICENCE"}},
    }
    declare(workshop, {"golden": [golden]}, serving=serving)
    result = workshop.test()
    assert "$.said is '[secret]', 'hello' is expected" in result.findings[0].message
    assert "s3cr3t" not in repr(result) + (workshop.folder / "evidence.json").read_text()


def program(workshop: Workshop, *words: str) -> list[str]:
    """The command line of a test in a process of its own."""
    state = ["--workspace", str(workshop.root), "--state", str(workshop.state)]
    return [sys.executable, "-m", "fairlead", "test", "credit", *state, *words]


def servers_of(workshop: Workshop) -> list[int]:
    """Processes that were started with the model's folder."""
    wanted = str(workshop.state).encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (place / "cmdline").read_bytes() and b"fairlead.serve.oip" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def test_the_command(workshop: Workshop) -> None:
    """Exit 0 for a pass and 1 for a failed bound; JSON holds the verdict and every number."""
    run = subprocess.run(program(workshop, "--format", "json"), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    assert (answer["verdict"], answer["path"]) == ("pass", "models/credit/evidence.json")
    declare(workshop, {"golden": [GOLDEN], "memory": "1Mi"})
    run = subprocess.run(program(workshop), capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "trial/failed" in run.stdout
    assert "fail: 1 error; evidence in models/credit/evidence.json" in run.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_server_ends_with_its_test(workshop: Workshop, number: signal.Signals) -> None:
    """A test that is ended, however, leaves no server: at once, or, where it was killed hard, with the next test."""
    declare(workshop, {"golden": [GOLDEN], "latency": {"requests": 100_000}})
    process = subprocess.Popen(program(workshop), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while not servers_of(workshop):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(number)
    process.wait(20)
    if number is signal.SIGKILL:
        assert servers_of(workshop)
        declare(workshop, {"golden": [GOLDEN]})
        subprocess.run(program(workshop), check=True, capture_output=True)
    until = time.monotonic() + 10
    while servers_of(workshop):
        assert time.monotonic() < until
        time.sleep(0.05)
