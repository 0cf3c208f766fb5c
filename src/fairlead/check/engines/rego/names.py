"""Who is called: an unknown function is found at load, with its line, and not when the first input meets it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.check.engines.base import Fault
from fairlead.check.engines.rego.builtins import DROPPED, OTHERS, REFUSED
from fairlead.check.engines.rego.rules import Outline
from fairlead.check.engines.rego.source import Kind, Source

__all__ = ["Names", "call_faults", "local_names", "names_of"]


_KEYWORDS = frozenset({"as", "default", "else", "every", "if", "import", "in", "not", "package", "some", "with"})


@dataclass(frozen=True, slots=True)
class Names:
    """What the modules define together: the full paths of their rules, below `data`."""

    paths: frozenset[tuple[str, ...]]
    functions: frozenset[tuple[str, ...]]

    def answers(self, entrypoint: tuple[str, ...]) -> bool:
        """Whether a rule stands at this path, or below it."""
        return any(path[: len(entrypoint)] == entrypoint for path in self.paths)

    def clash(self, data: Mapping[str, Any]) -> str:
        """Why these rules cannot be asked over this data; '' where they can.

        Data at the path of a rule would be the answer in the rule's place: whoever brings data could silence a policy.
        """
        for path in sorted(self.paths):
            found: Any = data
            for depth, part in enumerate(path, 1):
                if part not in found:
                    break
                found = found[part]
                if depth == len(path) or not isinstance(found, Mapping):
                    return f"the data has a value at `{'.'.join(path[:depth])}`, where the policy has its rules"
        return ""

    def exact(self, entrypoint: tuple[str, ...]) -> bool:
        """Whether rules have precisely this path, and none a longer one."""
        return {path for path in self.paths if path[: len(entrypoint)] == entrypoint} == {entrypoint}


def names_of(outlines: Sequence[Outline]) -> Names:
    """What these modules define."""
    paths = {(*each.package, *_rule_path(each, at)) for each in outlines for at in range(len(each.rules))}
    functions = {(*each.package, *rule.path) for each in outlines for rule in each.rules if rule.arguments}
    return Names(frozenset(paths), frozenset(functions))


def _rule_path(found: Outline, at: int) -> tuple[str, ...]:
    rule = found.rules[at]
    return rule.path[:1] if rule.old_set else rule.path


def local_names(found: Outline, names: Names) -> frozenset[str]:
    """First words that mean something of the module's own: rules of its package, imports."""
    depth = len(found.package)
    ours = {path[depth] for path in names.paths if path[:depth] == found.package and len(path) > depth}
    return frozenset(ours | {each.alias for each in found.imports if each.path[0] in ("data", "input")})


def call_faults(source: Source, found: Outline, names: Names, known: Collection[str]) -> Iterator[Fault]:
    """A fault for each function that is called, or put in another's place, and not known or not allowed."""
    ours = local_names(found, names)
    imports = {each.alias: each.path for each in found.imports}
    heads = {rule.first + rule.default for rule in found.rules}
    for first, end, called in _references(source):
        if first in heads:
            continue
        path = _spelled(source, first, end)
        if path[0] in imports and path[0] in ours:
            path = (*imports[path[0]], *path[1:])
        elif path[0] in ours:
            path = ("data", *found.package, *path)
        if path[0] == "data":
            if called and path[1:] not in names.functions:
                yield source.fault(f"the function `{'.'.join(path)}` is not defined", first)
        elif message := _builtin_fault(".".join(path), known, called=called, old=found.first_version):
            yield source.fault(message, first)


def _references(source: Source) -> Iterator[tuple[int, int, bool]]:
    """Names with what follows upon them directly, and whether they are called; those not called only behind `as`."""
    for index, token in enumerate(source.tokens):
        if token.kind is not Kind.NAME or token.text in _KEYWORDS or source.word(index - 1) == ".":
            continue
        end = index + 1
        while True:
            if source.word(end) == "." and source.kind(end + 1) is Kind.NAME:
                end += 2
            elif _quoted(source, end):
                end += 3
            else:
                break
        if source.word(end) == "(" and source.joined(end):
            yield index, end, True
        elif source.word(index - 1) == "as" and end - index > 1:
            yield index, end, False


def _quoted(source: Source, index: int) -> bool:
    opens = source.word(index) == "[" and source.joined(index)
    return opens and source.kind(index + 1) in (Kind.STRING, Kind.RAW) and source.mates[index] == index + 2


def _spelled(source: Source, first: int, end: int) -> tuple[str, ...]:
    return tuple(source.plain(index) for index in range(first, end) if source.kind(index) is not Kind.MARK)


def _builtin_fault(name: str, known: Collection[str], *, called: bool, old: bool) -> str:
    if name in REFUSED:
        return f"`{name}` is refused: a policy may not reach out of its evaluation"
    if called and name in DROPPED and not old:
        return f"`{name}` is not known in version 1 of Rego"
    if not called or name in known:
        return ""
    if name in OTHERS or name in DROPPED:
        return f"`{name}` is not known to this engine; the engine `opa` knows it"
    return f"the function `{name}` is not known"
