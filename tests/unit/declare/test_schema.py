"""The schemas say what the reader does, so that an editor and `fairlead check` agree."""

from __future__ import annotations

import json

import pytest

from fairlead.declare.schema import DIALECT, SCHEMAS, schema_of
from fairlead.declare.yaml_text import parse_yaml
from fairlead.flows.schema import schema, schema_text
from fairlead.kernel.errors import NotFoundError


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_whole(name: str) -> None:
    """Dialect, identity, a description for every field, and no field that is not declared."""
    text = schema_of(name)
    assert text["$schema"] == DIALECT
    assert text["$id"].endswith(f"/{name}.json")
    for definition in [text, *(each for each in text["$defs"].values() if "enum" not in each)]:
        assert definition["additionalProperties"] is False
        for field, said in definition["properties"].items():
            assert said.get("description") or "$ref" in said, field


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_example_of_a_schema_is_valid(name: str) -> None:
    """What an editor offers as an example is accepted by the reader's own types."""
    node = parse_yaml(json.dumps(schema_of(name)["examples"][0]).encode())
    assert node is not None
    assert isinstance(SCHEMAS[name].model_validate(node.data, strict=True), SCHEMAS[name])


def test_an_unknown_schema_is_refused() -> None:
    """The known ones are listed."""
    with pytest.raises(NotFoundError, match="workspace, model"):
        schema("cluster")
    assert json.loads(schema_text("model"))["title"] == "fairlead model"
