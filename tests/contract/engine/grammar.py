"""Random rules of Rego, mostly about negation: what they are about is often undefined."""

from __future__ import annotations

from random import Random

__all__ = ["DOCUMENT", "PRELUDE", "rule"]

DOCUMENT = {"n": 1, "s": "s", "o": {"a": {"b": 1}, "c": None, "s": [1]}, "l": [3, 1, 2], "t": True, "fa": False}

PRELUDE = """
id(a) := a
pos(a) if a
two(a, b) if a == b
undef if input.nothing
none := 1 if input.nothing
names contains "s"
"""
"""What the rules call and refer to."""

TERMS = [
    *("input.n", "input.missing", "input.o.a.b", "input.o.zz", "input.o", "input.l", "input.s", "x", "y", "undef"),
    *("data.d.k", "data.d.zz", "input.o[input.s]", "input.l[x]", "input.l[input.missing]", "input.t", "input.fa"),
    *('input.o["a"]', "input.l[0]", "names"),
]
NUMBERS = [
    *("input.n", "input.missing", "1", "x", "input.l[0]", "input.o.a.b", "count(input.l)", "none", "-input.n", "2"),
]


def number(pick: Random, depth: int) -> str:
    """Something that is a number, if it is anything."""
    if depth <= 0:
        return pick.choice(NUMBERS)
    inner = number(pick, depth - 1)
    return pick.choice(
        [pick.choice(NUMBERS), f"{inner} {pick.choice('+-*')} {number(pick, 0)}", f"({inner} + 1)", f"id({inner})"]
    )


def term(pick: Random, depth: int) -> str:
    """A term of any kind."""
    if depth <= 0:
        return pick.choice(TERMS)
    inner, other = term(pick, depth - 1), term(pick, depth - 1)
    shapes = [
        *(f"id({inner})", f"pos({inner})", f"two({inner}, {other})", f"[{inner}, {other}]", f'{{"k": {inner}}}'),
        *(f'object.get(input, "missing", {inner})', f"id({inner}).k", f"input.o[{inner}]", number(pick, depth)),
        f"[e{depth} | e{depth} := input.l[_]; {statement(pick, depth - 1)}]",
        f"{{e{depth} | some e{depth} in input.l; {statement(pick, depth - 1)}}}",
    ]
    return pick.choice([*shapes, pick.choice(TERMS), pick.choice(TERMS)])


def condition(pick: Random, depth: int) -> str:
    """An expression that may follow `not`."""
    shapes = [
        f"{term(pick, depth)} {pick.choice(['==', '!='])} {term(pick, depth)}",
        f"{number(pick, depth)} {pick.choice(['==', '!=', '<', '>'])} {number(pick, depth)}",
        f"{term(pick, depth)} in {pick.choice(['input.l', 'input.missing', '[1, 2]', '{x}', 'input.o'])}",
        f"two({term(pick, depth)}, {term(pick, depth)})",
        f"pos({term(pick, depth)})",
        term(pick, depth),
    ]
    return pick.choice(shapes)


def statement(pick: Random, depth: int) -> str:
    """A statement of a body."""
    told = condition(pick, depth)
    negated = [f"not {told}", f"not ({told})", f"not {told} with input.n as 5", f'not {told} with input as {{"n": 7}}']
    return pick.choice([*negated, f"not {told}", told, f"every w in input.l {{ {told} }}"])


def rule(pick: Random) -> str:
    """A rule `p`, on one or more lines."""
    between = pick.choice(["\n\t", "; ", "\n\n  "])
    first = pick.choice(["some y in input.l", "y := 2"])
    further = [statement(pick, 2) for _ in range(pick.choice([1, 1, 2]))]
    return f"p if {{ {between.join([first, 'x := input.n', *further])} }}"
