"""`sprintf` as Go has it. The expected texts were printed by Go 1.26."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.check.engines.go_format import go_format


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("%v %v %v %v", [1000000.5, 123456.7, 0.0001, 0.00001], "1.0000005e+06 123456.7 0.0001 1e-05"),
        ("%v %v %v", [-2.5e8 - 0.5, 5e-324, 1.5], "-2.500000005e+08 5e-324 1.5"),
        ("%08.3f|%+d|%x|%6.2f|%-8s|", [-1.5, 3, "hi", 1.5, "ab"], "-001.500|+3|6869|  1.50|ab      |"),
        ("%x|%X|%o|%b|%e|%c", [-255, 255, 8, 5, 1234.5, 65], "-ff|FF|10|101|1.234500e+03|A"),
        ("%d %s", [], "%!d(MISSING) %!s(MISSING)"),
        ("%s", ["a", 1, 2.5], "a%!(EXTRA int64=1, float64=2.5)"),
        ("%s %d", [1, "a"], "%!s(int64=1) %!d(string=a)"),
        ("%z %", [1], "%!z(int64=1) %!(NOVERB)"),
        ("%[2]s %s %[5]s %[1]s", ["a", "b"], "b %!s(MISSING) %!s(BADINDEX) a"),
        ("100%% %.2s|%q", ["abc", 'a"b'], '100% ab|"a\\"b"'),
        ("%5t", ["true"], "%!t(string=true)"),
        ("no verbs", [], "no verbs"),
    ],
)
def test_as_go_prints_it(text: str, values: list[str | float], expected: str) -> None:
    """Verbs, flags, widths, and what Go says about verbs and values that do not fit."""
    assert go_format(text, values) == expected


@given(
    st.text("%svdxfq[]123.0-+# z", max_size=30),
    st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(), max_size=4),
)
def test_any_format_is_answered(text: str, values: list[str | float]) -> None:
    """Nothing a policy formats makes the worker stumble, nor grow without bound."""
    assert len(go_format(text, values)) < 60_000
