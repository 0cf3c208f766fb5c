"""Which objects a constraint judges, decided as Gatekeeper decides it."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.check.policies.gatekeeper.match import match_problems, matcher
from fairlead.check.policies.yaml_documents import read_documents

POD = "{apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop-eu, labels: {app: web, tier: front}}}"
ROLE = "{apiVersion: rbac/v1, kind: ClusterRole, metadata: {name: admin}}"
SPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: shop-eu, labels: {team: a}}}"
FRESH = "{apiVersion: v1, kind: Pod, metadata: {generateName: web-, namespace: other}}"


def value(text: str) -> Any:  # noqa: ANN401
    """The object of a YAML text."""
    return read_documents(text)[0].value


@pytest.mark.parametrize(
    ("match", "pod", "role", "space", "fresh"),
    [
        ("{}", True, True, True, True),
        ('{kinds: [{apiGroups: [""], kinds: [Pod]}]}', True, False, False, True),
        ('{kinds: [{apiGroups: ["*"], kinds: ["*"]}]}', True, True, True, True),
        ("{kinds: [{apiGroups: [rbac]}]}", False, True, False, False),
        ("{scope: Cluster}", False, True, True, False),
        ("{scope: Namespaced}", True, False, False, True),
        ("{namespaces: [shop-*]}", True, True, True, False),
        ('{namespaces: ["*-eu"]}', True, True, True, False),
        ('{excludedNamespaces: ["*hop*"]}', False, True, False, True),
        ("{labelSelector: {matchLabels: {app: web}}}", True, False, False, False),
        ("{labelSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}", True, False, False, False),
        ("{labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}", False, True, True, True),
        ("{labelSelector: {matchExpressions: [{key: tier, operator: Exists}]}}", True, False, False, False),
        ("{labelSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}", False, True, True, True),
        ("{namespaceSelector: {matchLabels: {team: a}}}", True, True, True, None),
        ("{namespaceSelector: {matchLabels: {team: b}}}", False, True, False, None),
        ("{name: web-*}", True, False, False, True),
        ("{name: web-1}", True, False, False, False),
        ("{source: Original}", True, True, True, True),
        ("{source: Generated}", False, False, False, False),
    ],
)  # fmt: skip
def test_criteria(match: str, *, pod: bool, role: bool, space: bool, fresh: bool | None) -> None:
    """Each criterion alone; None where the labels of a namespace that nobody showed decide."""
    test = matcher(value(match) or {}, {"shop-eu": value(SPACE)})
    assert [test(value(each)) for each in (POD, ROLE, SPACE, FRESH)] == [pod, role, space, fresh]


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ("{kind: [Pod]}", "kinds, labelSelector"), ("{kinds: Pod}", "list"), ("{kinds: [Pod]}", "apiGroups"),
        ("{source: Anything}", "Generated"), ("{labelSelector: {matchExpressions: [{key: a, operator: Is}]}}", "NotIn"),
        ("{namespaceSelector: [a]}", "matchLabels"), ("{labelSelector: {matchLabels: [a]}}", "label: value"),
        ("{namespaces: shop}", "list"),
    ],
)  # fmt: skip
def test_what_nobody_understands_is_told(match: str, words: str) -> None:
    """A misspelt criterion would match everything, or nothing: it is refused, with those that there are."""
    ((_, _, mend),) = match_problems(value(match))
    assert words in mend
