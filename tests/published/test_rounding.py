"""Rounding: one way for all that readers see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import earlyhelp
from earlyhelp.published.rounding import number

# Modules that write numbers for readers.
PACKAGE = Path(earlyhelp.__file__).parent
SHOWING = [*PACKAGE.glob("report/*.py"), PACKAGE / "trial/pilot_estimates.py"]


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (81.25, 1, "81.3"),  # half up, where half even gives 81.2
        (4.2, 2, "4.20"),
        (-0.04, 1, "0.0"),
        (-1.5, 0, "−2"),  # half up by size, with a minus sign
        (7, 0, "7"),
        (float("nan"), 1, "–"),
        (None, 1, "–"),
        ("x", 1, "–"),
    ],
)
def test_number(value: object, decimals: int, expected: str) -> None:
    assert number(value, decimals) == expected


@pytest.mark.parametrize("module", SHOWING, ids=lambda path: path.stem)
def test_no_number_for_readers_is_rounded_in_another_way(module: Path) -> None:
    # Formats round halves to even, and binary: 31.25 becomes 31.2 where `number` says 31.3.
    assert re.findall(r":\.\d[f%]", module.read_text("utf-8")) == []
