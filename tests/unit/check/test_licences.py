"""Licence expressions: what may be chosen, what binds, what nobody can know from an id, and no text that takes long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.licenses import canonicalize_license_expression

from fairlead.check.hub_licences import HUB_LICENCES, SILENT
from fairlead.check.licences import MAX_CHOICES, MAX_LENGTH, MAX_WORDS, LicenceTerms, licence_terms, spdx_id


@pytest.mark.parametrize(
    ("expression", "alternatives"),
    [
        ("MIT", [("mit",)]),
        ("Apache-2.0 OR MIT", [("apache-2.0",), ("mit",)]),
        ("Apache-2.0 AND MIT", [("apache-2.0", "mit")]),
        ("MIT OR ISC AND Zlib", [("isc", "zlib"), ("mit",)]),
        ("(MIT OR ISC) AND Zlib", [("isc", "zlib"), ("mit", "zlib")]),
        ("mit and mit", [("mit",)]),
        ("GPL-2.0-only WITH Classpath-exception-2.0", [("gpl-2.0-only with classpath-exception-2.0",)]),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0 OR MIT",
            [("gpl-2.0-only with classpath-exception-2.0",), ("mit",)],
        ),
        ("llama3.1", [("llama3.1",)]),
        ("openrail++ AND cc-by-nc-4.0", [("cc-by-nc-4.0", "openrail++")]),
    ],
)
def test_an_expression_offers_its_choices(expression: str, alternatives: list[tuple[str, ...]]) -> None:
    """AND binds more than OR, WITH more than AND; case does not matter."""
    terms = licence_terms(expression)
    assert terms.valid
    assert list(terms.alternatives) == alternatives
    assert set(terms.ids) == {each for choice in alternatives for each in choice}
    assert terms.unknown == ()


@pytest.mark.parametrize(
    ("hub", "spdx"),
    [
        ("apache-2.0", "Apache-2.0"),
        ("gpl-3.0", "GPL-3.0-only"),
        ("odc-by", "ODC-By-1.0"),
        ("llama3.1", ""),
        ("bsd", ""),
    ],
)
def test_ids_of_the_hub_are_those_of_spdx_where_it_has_them(hub: str, spdx: str) -> None:
    """One licence has one id in an allow-list, however the model's card calls it."""
    assert spdx_id(hub) == spdx
    assert licence_terms(hub).ids == ((spdx or hub).lower(),)


def test_the_hubs_list_is_whole_and_sound() -> None:
    """Each SPDX id is one; ids that say nothing are of the Hub too."""
    assert {
        "apache-2.0",
        "gemma",
        "openrail",
        "bigscience-bloom-rail-1.0",
        "cc-by-nc-4.0",
        "other",
    } <= HUB_LICENCES.keys()
    assert [each for each in HUB_LICENCES.values() if each and canonicalize_license_expression(each) != each] == []
    assert HUB_LICENCES.keys() >= SILENT


@pytest.mark.parametrize(
    "licence", ["other", "unknown", "LicenseRef-Acme", "acme-1.0", "NOASSERTION", "mit WITH nothing"]
)
def test_ids_that_say_nothing_are_told(licence: str) -> None:
    """Valid, but nobody knows the terms from it."""
    terms = licence_terms(licence)
    assert terms.valid
    assert terms.unknown == (licence.lower(),)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "  ",
        "MIT OR",
        "OR MIT",
        "MIT MIT",
        "(MIT",
        "MIT)",
        "()",
        "MIT WITH",
        "MIT, ISC",
        "MIT; rm",
        "\x00",
        "MIT AND OR ISC",
    ],
)
def test_what_is_no_expression_is_not_valid(expression: str) -> None:
    """Nothing of it is taken for a licence."""
    assert licence_terms(expression) == LicenceTerms(valid=False)


@pytest.mark.parametrize(
    "expression",
    [
        "(" * MAX_WORDS,
        "(" * 100_000 + "MIT" + ")" * 100_000,
        "A" * (MAX_LENGTH + 1),
        " OR ".join(["MIT"] * MAX_WORDS),
        " AND ".join(f"(a{at} OR b{at})" for at in range(MAX_CHOICES.bit_length())),
    ],
)
def test_what_is_beyond_the_limits_is_not_valid(expression: str) -> None:
    """Nesting, length and multiplied alternatives are bounded: no stack ends, no memory grows."""
    assert licence_terms(expression) == LicenceTerms(valid=False)


@given(st.text(alphabet="aA1.+-:() \tORANDWITHmit", max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never an exception, and a valid one always offers a choice."""
    terms = licence_terms(text)
    assert terms.valid == bool(terms.alternatives)
    assert all(choice and set(choice) <= set(terms.ids) for choice in terms.alternatives)
