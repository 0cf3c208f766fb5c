"""A pin changes one value of a person's file, and leaves every other letter as it is."""

from __future__ import annotations

import pytest

from fairlead.declare.pinning import pin
from fairlead.declare.yaml_text import parse_yaml
from fairlead.kernel.errors import UsageError

COMMIT = "123456789012"
"""Without quotes it would be a number."""

HEAD = "# ours\nkind:   Model\n"
TAIL = "budget: {monthly: 5} # dear\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("environments: {dev: {}, prod: {}}\n", 'environments: {dev: {}, prod: {commit: "C"}}\n'),
        (
            "environments: {prod: { replicas: 2 }}   # two\n",
            'environments: {prod: {commit: "C",  replicas: 2 }}   # two\n',
        ),
        ("environments:\n  dev: {}\n  prod: {}\n", 'environments:\n  dev: {}\n  prod: {commit: "C"}\n'),
        ("environments:\n  prod: {commit: 4f2a9c1} # old\n", 'environments:\n  prod: {commit: "C"} # old\n'),
        (
            "environments:\n  prod:\n    # by hand\n    commit: '4f2a9c1'  # why\n    replicas: 2\n",
            'environments:\n  prod:\n    # by hand\n    commit: "C"  # why\n    replicas: 2\n',
        ),
        (
            "environments:\n    prod:\n        replicas: 2 # many\n",
            'environments:\n    prod:\n        commit: "C"\n        replicas: 2 # many\n',
        ),
        ("environments:\n  dev: {}\n\n", 'environments:\n  dev: {}\n  prod: {commit: "C"}\n\n'),
        (
            "environments:\n  dev:\n    replicas: 2\n    # more?\n\n# money\n",
            'environments:\n  dev:\n    replicas: 2\n    # more?\n  prod: {commit: "C"}\n\n# money\n',
        ),
        ("environments: {dev: {}}\n", 'environments: {prod: {commit: "C"}, dev: {}}\n'),
        (
            "environments:\r\n  prod:\r\n    replicas: 2\r\n",
            'environments:\r\n  prod:\r\n    commit: "C"\r\n    replicas: 2\r\n',
        ),
        (
            "environments: {\n  dev: {},\n  prod: {},  # both\n}\n",
            'environments: {\n  dev: {},\n  prod: {commit: "C"},  # both\n}\n',
        ),
    ],
)
def test_only_the_pin_changes(before: str, after: str) -> None:
    """In the style of the file, comments and line ends kept."""
    made = pin(f"{HEAD}{before}{TAIL}".encode(), "prod", COMMIT)
    assert made.decode() == f"{HEAD}{after.replace('C', COMMIT)}{TAIL}"
    node = parse_yaml(made)
    assert node is not None
    assert node.data["environments"]["prod"]["commit"] == COMMIT


def test_a_file_without_a_last_line_end() -> None:
    """Gets one where a line is added."""
    assert pin(b"environments:\n  dev: {}", "prod", "abc") == b'environments:\n  dev: {}\n  prod: {commit: "abc"}\n'


@pytest.mark.parametrize(
    "text",
    [
        "environments:\n  dev: &same {}\n  prod: *same\n",
        "environments: &all {prod: {}}\nother: *all\n",
        "environments:\n  prod: ~\n",
        "environments:\n  prod: &p\n    replicas: 2\nother: *p\n",
        "environments: [prod]\n",
        "a: [",
        "",
    ],
)
def test_what_would_change_more_is_left_to_a_person(text: str) -> None:
    """With what they have to write."""
    with pytest.raises(UsageError, match=r"environments\.prod"):
        pin(text.encode(), "prod", COMMIT)
