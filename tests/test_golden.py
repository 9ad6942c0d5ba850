"""The golden files: what every page and command shows of the complete study, down to the word.

`python tests/recorder.py` writes them; nothing here does.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

import matplotlib
import matplotlib.pyplot as plt
import pytest
from lint import zero_before_p, zero_in_p_cells
from recorder import GOLDEN, RECORDS, describe, describe_svg, opened_once

UPDATE = "`python tests/recorder.py` writes the golden files; look at what it changes"


@pytest.fixture(scope="module")
def study() -> Iterator[None]:
    with opened_once():
        yield


@pytest.fixture
def plain_style() -> Iterator[None]:
    """matplotlib's own style, whatever an earlier test or page has set."""
    with plt.rc_context():
        matplotlib.rcdefaults()
        yield


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize("name", RECORDS)
def test_it_shows_what_is_in_its_golden_file(name: str) -> None:
    path = GOLDEN / name
    golden = path.read_text("utf-8") if path.is_file() else ""
    now = RECORDS[name]()
    if now != golden:
        before, after = golden.splitlines(), now.splitlines()
        difference = difflib.unified_diff(before, after, path.name, "now", lineterm="", n=1)
        pytest.fail("\n".join([*difference, UPDATE]), pytrace=False)


def test_every_golden_file_belongs_to_a_page_or_command() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(RECORDS), UPDATE


@pytest.mark.parametrize("name", RECORDS)
def test_no_figure_has_a_legend_or_a_box(name: str) -> None:
    golden = (GOLDEN / name).read_text("utf-8")
    boxed = r"^ *(?:legend .*|sides .*(?:top|right).*)$"
    assert re.findall(boxed, golden, re.MULTILINE) == [], "label directly what a legend would name"


@pytest.mark.parametrize("name", RECORDS)
def test_every_p_is_written_without_a_zero(name: str) -> None:
    golden = (GOLDEN / name).read_text("utf-8")
    assert zero_before_p(golden) == []
    for table in re.findall(r"(?:^\|.*\n)+", golden, re.MULTILINE):
        rows = (line.strip("|").split("|") for line in table.replace("\\", "").splitlines())
        assert zero_in_p_cells([[cell.strip() for cell in row] for row in rows]) == []


@pytest.mark.usefixtures("plain_style")
def test_a_figure_is_described_by_its_texts_and_data() -> None:
    figure, axes = plt.subplots(figsize=(4, 3))
    bars = axes.bar([0, 1], [2, 3.33333], width=0.5, color="#ff0000", hatch="/", label="Both")
    axes.bar_label(bars, ["two", "three"], label_type="center")
    axes.errorbar([0], [1], yerr=[0.25], color="#000000")
    axes.plot([0, 1], [2, 3], "o--", color="#0000ff80", markersize=5)
    axes.set(title="People", xlabel="Wave", ylabel="n", ylim=(0, 4), xlim=(-1, 2))
    axes.set_xticks([0, 1], ["before", "after"])
    axes.set_yticks([0, 2])
    axes.grid(axis="y")
    axes.annotate("here", (1, 2), xytext=(0, 3), textcoords="offset points", weight="bold")
    axes.annotate("", (0, 1), (1, 1), arrowprops={"arrowstyle": "->"})
    axes.legend(title="Arm", loc="upper left")
    text = describe(figure)
    plt.close(figure)
    assert text.splitlines() == [
        "figure 4, 3 inches",
        "axes 1",
        "  title 'People': 12 #000000 center baseline",
        "  sides left, right, bottom, top",
        "  x axis 'Wave' (10 #000000 center top), linear, -1, 2: "
        "0 'before', 1 'after' (10 #000000 center top)",
        "  y axis 'n' (10 #000000 center bottom), linear, grid, 0, 4: "
        "0 '0', 2 '2' (10 #000000 right center_baseline)",
        "  box #ff0000 #00000000 solid / 1: (-0.25, 0), 0.5 by 2",
        "  box #ff0000 #00000000 solid / 1: (0.75, 0), 0.5 by 3.333",
        "  text 'two' at 0, 1 and 0, 0 points: 10 #000000 center center",
        "  text 'three' at 1, 1.667 and 0, 0 points: 10 #000000 center center",
        "  line #000000 - 1.5: x 0; y 1",
        "  segments #000000 1.5: (0, 0.75) (0, 1.25)",
        "  line #0000ff80 -- o 1.5 5: x 0, 1; y 2, 3",
        "  text 'here' at 1, 2 and 0, 3 points: 10 #000000 left baseline bold",
        "  text '' at 0, 1 from 1, 1 by arrow #1f77b4 #000000 solid 1",
        "  legend 'Arm', upper left, 1 wide, framed",
        "    'Both': #ff0000 #00000000 solid / 1",
    ]


def test_a_figure_with_something_that_no_word_is_known_for_is_refused() -> None:
    figure, axes = plt.subplots()
    axes.imshow([[1, 2]])
    with pytest.raises(TypeError, match="no words for"):
        describe(figure)
    plt.close(figure)


def test_a_drawing_is_described_element_by_element() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><a href="#x"><text x="1.6">Box</text></a></svg>'
    assert describe_svg(svg).splitlines() == ["svg", "  a href='#x'", "    text x='2' 'Box'"]
