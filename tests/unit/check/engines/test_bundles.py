"""Which programs may share a server of opa."""

from __future__ import annotations

import pytest

from fairlead.check.engines.opa_bundles import Text, bundles


def text(package: str, words: str = "") -> Text:
    """A module of a package."""
    return (f"package {package}\n{words}", False, tuple(package.split(".")))


PACK = (text("packs.owner"), text("packs.price"))
LIBRARY, OTHER_LIBRARY = text("lib", "x := 1"), text("lib", "x := 2")


@pytest.mark.parametrize(
    ("programs", "servers"),
    [
        ([PACK, PACK, (text("other"),)], 1),
        ([(text("a"), LIBRARY), (text("b"), LIBRARY)], 1),
        ([(text("a"), LIBRARY), (text("b"), OTHER_LIBRARY), (text("c"), LIBRARY)], 2),
        ([(text("a"),), (text("a.b"),)], 2),
        ([(text("a.b"),), (text("a"),), (text("a.c"),)], 2),
        ([(text("a", "x"), text("a", "y")), (text("a", "x"),)], 2),
    ],
)
def test_programs_share_where_neither_sees_the_other(programs: list[tuple[Text, ...]], servers: int) -> None:
    """The same library may be shared; another of its name, or a package within a package, may not."""
    made = bundles(programs)
    assert len(made) == servers
    assert all(any(set(each) <= set(bundle) for bundle in made) for each in programs)
    assert all(len(set(bundle)) == len(bundle) for bundle in made)
