"""Expected values by hand."""

from __future__ import annotations

import pytest
from helpers import NO_CLAIMS

from earlyhelp.published.checks.base import Expression


@pytest.mark.parametrize(
    ("op", "of", "shown"),
    [
        ("sum", ["1", "2.5"], "1 + 2.5 = 3.5"),
        ("difference", ["1", "2"], "1 − 2 = −1"),
        ("product", ["2", "1.5"], "2 × 1.5 = 3"),
        ("quotient", ["1", "3"], "1 / 3 = 0.33"),
        ("quotient", ["100", "1"], "100 / 1 = 100"),
        ("percent", ["1", "8"], "1 / 8 = 12.5%"),
        ("percent", ["1", {"op": "sum", "of": ["1", "2"]}], "1 / (1 + 2) = 33.3%"),
    ],
)
def test_expressions_are_shown_with_their_value(op: str, of: list[object], shown: str) -> None:
    assert Expression.model_validate({"op": op, "of": of}).shown(NO_CLAIMS) == shown
