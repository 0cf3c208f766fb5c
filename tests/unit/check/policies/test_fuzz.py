"""Text of any kind gives policies or findings, never a crash, and in bounded time."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.check.policies.gatekeeper.match import match_problems, matcher
from fairlead.check.policies.gatekeeper.schema import misfits, with_defaults
from fairlead.check.policies.rego_text import read_rego
from fairlead.check.policies.sources import load
from fairlead.check.policies.yaml_documents import YamlFaultError, read_documents
from fairlead.domain.finding import Finding
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Module
from tests.unit.check.policies.sample import CONSTRAINT, TEMPLATE
from tests.unit.check.policies.test_sources import BUNDLE, CONFTEST

PIECES = [
    "package", "a", "deny", "contains", "if", "{", "}", "[", "]", "(", ")", '"', "`", "#", "\n", " ", ":=", "import",
    "data.", "data", ".", "default", "# METADATA\n", "# title: x\n", "violation", "input.review",
    "\t", "é", "\x00", "\\",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
SOURCE = PolicySource(path="p")


def damaged(text: str) -> st.SearchStrategy[str]:
    """The text with a piece cut out and another put in."""
    place = st.integers(0, len(text))
    return st.tuples(place, place, st.text(max_size=12)).map(
        lambda cut: text[: min(cut[:2])] + cut[2] + text[max(cut[:2]) :]
    )


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=60).map("".join))
@settings(max_examples=300, deadline=1000)
def test_any_rego(text: str) -> None:
    """Heads that are found stand in the text; loading tells what is wrong."""
    for head in read_rego(Module("a.rego", text)).heads:
        assert text[head.offset :].startswith(head.name)
    found = load([("a.rego", text)], SOURCE)
    assert found.policies or found.findings


@given(damaged(TEMPLATE), damaged(CONSTRAINT))
@settings(max_examples=300, deadline=1000)
def test_any_template_and_constraint(template: str, constraint: str) -> None:
    """What is read is judged by; what is not is told with a line of the file."""
    found = load([("t.yaml", template), ("c.yaml", constraint)], SOURCE)
    assert found.policies or found.findings
    lines = {"t.yaml": template.count("\n") + 2, "c.yaml": constraint.count("\n") + 2, "p": 1}
    for each in found.findings:
        assert isinstance(each, Finding)
        assert 0 <= each.line <= lines[each.path]
        assert each.mend


@given(st.sampled_from([text for _, text in BUNDLE] + [CONFTEST]).flatmap(damaged), st.integers(0, 2))
@settings(max_examples=200, deadline=1000)
def test_any_bundle(text: str, place: int) -> None:
    """Broken JSON, manifests and modules are findings."""
    files = [(path, text if place == at else given) for at, (path, given) in enumerate(BUNDLE)]
    found = load(files, PolicySource(path="b", entrypoint="authz.allow"))
    assert found.policies or found.findings


@given(st.text(alphabet="ab:- \n[]{}&*!|>'\"#,?%~0123.<", max_size=60) | st.text(max_size=40))
@settings(max_examples=500, deadline=1000)
def test_any_yaml(text: str) -> None:
    """Documents, or one error with a line of the text."""
    try:
        documents, line = read_documents(text), 1
    except YamlFaultError as error:
        documents, line = (), error.line
    assert 1 <= line <= len(text.splitlines()) + 1
    for document in documents:
        assert document.value is not None
        assert document.places[()]


@given(JSON, JSON)
@settings(max_examples=300, deadline=1000)
def test_any_schema_and_value(schema: Any, value: Any) -> None:  # noqa: ANN401
    """Schemas that mean nothing ask for nothing."""
    known = schema if isinstance(schema, dict) else {}
    misfit = list(misfits(known, with_defaults(known, value)))
    assert all(isinstance(message, str) for _, message in misfit)


@given(
    st.dictionaries(
        st.sampled_from(["kinds", "scope", "namespaces", "excludedNamespaces", "labelSelector", "name", "source", "x"]),
        JSON | st.lists(st.fixed_dictionaries({"kinds": JSON, "apiGroups": JSON}), max_size=2),
    ),
    JSON,
)
@settings(max_examples=300, deadline=1000)
def test_any_match_and_object(criteria: dict[str, Any], value: Any) -> None:  # noqa: ANN401
    """What is not refused is decided."""
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": value}
    if not list(match_problems(criteria)):
        assert matcher(criteria, {})(document) in {True, False, None}
