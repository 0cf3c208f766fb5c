# ruff: noqa: INP001 - a script, not a package
"""Writes what the packs' annotations and the schema of policies' input say into the pages that document them.

docs/packs/PACK.md has the rules of a pack, docs/packs/README.md the packs, docs/policy-input.md the fields; each stands
between its marks, the rest is written by hand.

Run: python tools/policy_pages.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

import fairlead.check
from fairlead.check.policies.packs import load_pack, pack_names, pack_rules
from fairlead.check.policies.plain_rules import PlainRule

DOCS = Path(__file__).parents[1] / "docs"
CHECK = Path(fairlead.check.__file__).parent


def with_rules(text: str, pack: str) -> str:
    """A pack's page with its rules as they are annotated now."""
    return _between(text, "rules", "\n".join(line for rule in pack_rules(pack) for line in _rule(rule)))


def with_packs(text: str) -> str:
    """The page of all packs with its table."""
    rows = [f"| [`{name}`]({name}.md) | {len(load_pack(name))} | {_first_sentence(name)} |" for name in pack_names()]
    return _between(text, "packs", "\n".join(["| pack | rules | what for |", "|---|---|---|", *rows, ""]))


def with_fields(text: str) -> str:
    """The page of the policies' input with the fields of the schema, those of models and those of the workspace."""
    schema = json.loads((CHECK / "policy_input.schema.json").read_text(encoding="utf-8"))
    for mark, root, name in (("model", "review.object", "model"), ("data", "data.fairlead", "data")):
        rows = [f"| `{path}` | {meaning} |" for path, meaning in _fields(schema["$defs"][name], root, schema["$defs"])]
        text = _between(text, mark, "\n".join(["| field | meaning |", "|---|---|", *rows, ""]))
    return text


def reads(rule: PlainRule) -> tuple[str, ...]:
    """The fields that a rule looks at, by its annotation."""
    found: tuple[str, ...] = tuple(_custom(rule)["reads"])
    return found


def _custom(rule: PlainRule) -> Mapping[str, Any]:
    text = rule.policy.modules[0].text
    block = text.partition("# METADATA\n")[2].partition("\npackage ")[0]
    notes = yaml.safe_load("\n".join(line.removeprefix("# ").removeprefix("#") for line in block.split("\n")))
    custom: Mapping[str, Any] = notes["custom"]
    return custom


def _rule(rule: PlainRule) -> Iterator[str]:
    known = rule.policy.rule
    yield f"### `{known.id}`: {known.title}\n"
    yield f"{known.reason}\n"
    yield f"- Severity: {known.rating.value}"
    yield f"- Judges: {', '.join(rule.notes.subjects)}"
    yield f"- Looks at: {', '.join(f'`{field}`' for field in reads(rule))}"
    yield f"- Reference: {known.reference}"
    yield f"- Mend: {known.mend}\n"
    if rule.notes.parameters:
        yield from _parameters(rule)


def _parameters(rule: PlainRule) -> Iterator[str]:
    yield "| parameter | default | meaning |"
    yield "|---|---|---|"
    for name, default in rule.notes.parameters.items():
        yield f"| `{name}` | {_shown(default)} | {rule.notes.descriptions[name]} |".replace("\n", " ")
    yield ""


def _shown(default: object) -> str:
    if isinstance(default, list) and default and all(isinstance(each, str) for each in default):
        return ", ".join(f"`{each}`" for each in default).replace("|", "\\|")
    return f"`{json.dumps(default)}`"


def _fields(schema: Mapping[str, Any], path: str, defs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "$ref" in schema:
        schema = {**defs[schema["$ref"].rpartition("/")[2]], **schema}
    if "description" in schema:
        yield path, schema["description"]
    for name, inner in schema.get("properties", {}).items():
        yield from _fields(_described(inner), f"{path}.{name}", defs)
    if "items" in schema and "properties" in schema["items"]:
        yield from _fields({**schema["items"], "description": "Each of them."}, f"{path}[]", defs)
    if isinstance(schema.get("additionalProperties"), dict):
        inner = schema["additionalProperties"]
        yield from _fields({"description": "Each of them, by name.", **inner}, f"{path}.*", defs)


def _described(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of what may be null, the part that says what it means; constants are said as they are."""
    if "const" in schema:
        return {"description": f"Always `{schema['const']}`."}
    return schema["anyOf"][0] if "anyOf" in schema else schema


def _first_sentence(pack: str) -> str:
    text = (DOCS / "packs" / f"{pack}.md").read_text(encoding="utf-8")
    return text.split("\n\n")[1].replace("\n", " ").partition(". ")[0].removesuffix(".") + "."


def _between(text: str, mark: str, content: str) -> str:
    begin, end = f"<!-- {mark}: begin -->\n", f"<!-- {mark}: end -->"
    return re.sub(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}{content}{end}", text, count=1, flags=re.DOTALL
    )


def main() -> None:
    """Write them."""
    pages = {DOCS / "packs" / f"{pack}.md": (with_rules, pack) for pack in pack_names()}
    for path, (write, pack) in pages.items():
        path.write_text(write(path.read_text(encoding="utf-8"), pack), encoding="utf-8")
    for path, rewrite in {DOCS / "packs" / "README.md": with_packs, DOCS / "policy-input.md": with_fields}.items():
        path.write_text(rewrite(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
