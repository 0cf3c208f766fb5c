"""Whose requests may keep to a release: customers, and headers that are still there when a release is chosen."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from fairlead.domain.release_strategy import ReleaseStrategy


@pytest.mark.parametrize("sticky", ["", "customer", "header:x-session", "header:cookie"])
def test_what_reaches_the_choice_is_taken(sticky: str) -> None:
    """The customer, or a header of the client's own."""
    assert ReleaseStrategy(sticky=sticky).sticky == sticky


@pytest.mark.parametrize("sticky", ["header:authorization", "header:x-api-key", "header:x-fairlead-customer"])
def test_a_key_is_no_way_to_tell_a_customer(sticky: str) -> None:
    """Keys go no further than the gateway's script; the mend is named."""
    with pytest.raises(ValidationError, match="use `customer`"):
        ReleaseStrategy(sticky=sticky)


@pytest.mark.parametrize("sticky", ["customers", "header:", "header:X-Session", "cookie:x"])
def test_another_form_is_refused(sticky: str) -> None:
    """Names of headers are told in lower case."""
    with pytest.raises(ValidationError):
        ReleaseStrategy(sticky=sticky)
