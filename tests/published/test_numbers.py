"""Rounding: one way for all that readers see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import earlyhelp
from earlyhelp.published.numbers import chance, number, printed_number, round_like, span

# Modules that write numbers for readers.
PACKAGE = Path(earlyhelp.__file__).parent
SHOWING = [
    *PACKAGE.glob("report/*.py"),
    *PACKAGE.glob("published/**/*.py"),
    *(
        path
        for name in ("analysis", "paper", "qualitative", "trial")
        for path in PACKAGE.glob(f"{name}/*.py")
        # What the first refuses is told with three significant digits; the second hides decimals
        # before anything is written.
        if path.name not in ("assumptions.py", "small_numbers.py")
    ),
    PACKAGE / "cli/samples.py",
    PACKAGE / "cli/study.py",
    *(PACKAGE.parents[1] / "notebooks").glob("*.md"),
]


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
    ],
)
def test_number(value: object, decimals: int, expected: str) -> None:
    assert number(value, decimals) == expected


def test_a_text_is_no_number() -> None:
    with pytest.raises(TypeError, match="not the text '3'"):
        number("3")


@pytest.mark.parametrize("module", SHOWING, ids=lambda path: path.stem)
def test_no_number_for_readers_is_rounded_in_another_way(module: Path) -> None:
    # Formats round halves to even, and binary: 31.25 becomes 31.2 where `number` says 31.3. What
    # docstrings show is not for readers; in drawings a format places lines and no results.
    code = re.sub(r'"""(.*?)"""', "", module.read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(r":,?\.(?:\d|\{\w+\})[efg%]|\bround\(.*,|\.round\(", code) == []


@pytest.mark.parametrize(
    ("low", "high", "decimals", "shown"),
    [
        (11.32, 27.84, 1, "11.3 to 27.9"),
        (-1.21, -1.19, 1, "−1.3 to −1.1"),
        (0.25, 0.25 + 1e-15, 1, "0.3"),
        (2, 12, 0, "2 to 12"),
        (1.1, 1.1 + 2e-15, 1, "1.1"),
        (float("nan"), 1, 1, "–"),
    ],
)
def test_ranges_lose_none_of_their_values(
    low: float, high: float, decimals: int, shown: str
) -> None:
    assert span(low, high, decimals) == shown


@pytest.mark.parametrize(
    ("value", "printed", "expected"),
    [
        (81.25, "81.2", "81.3"),
        (68.75, "68.8", "68.8"),
        (0.2375, ".238", ".238"),
        (0.6844, "0.684", "0.684"),
        (-0.04, "0.0", "0.0"),
        (-1.25, "1.2", "-1.3"),
        (4.0, "4.00", "4.00"),
        (1500.0, "1,500", "1,500"),
        (9, "nine", "nine"),
        (9.49, "nine", "nine"),
        (4, "Four", "Four"),
        (13, "nine", "13"),
        # 100 × 0.285 is 28.499999999999996 in binary.
        (100 * 0.285, "29", "29"),
        (1.005, "1.00", "1.01"),
    ],
)
def test_values_are_rounded_half_up_and_written_like_the_printed(
    value: float, printed: str, expected: str
) -> None:
    assert round_like(value, printed) == expected


@pytest.mark.parametrize("text", ["", "some", "nan", "inf", "1.2.3"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a number as printed"):
        printed_number(text)


@pytest.mark.parametrize("probability", [0, 1e-9, 1])
def test_nothing_has_no_chance_and_nothing_is_certain(probability: float) -> None:
    assert chance(probability) in ("below 0.1", "above 99.9")
