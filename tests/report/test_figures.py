"""Figures: what they draw and that they are the same each time."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from earlyhelp.analysis import feasibility, participants
from earlyhelp.report import figures
from earlyhelp.report.layout import LAYOUTS
from earlyhelp.study.raw import open_pilot

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with plt.rc_context():
        figures.use_style()
        yield
        plt.close("all")


def svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return figures.in_font_of_text(buffer.getvalue())


def barplot(frame: pd.DataFrame, hue: str = "", **columns: str) -> Figure:
    figure, (axes,) = figures.side_by_side(2)
    sns.barplot(frame, hue=hue or None, ax=axes, **columns, **figures.BARS)
    return figures.bars(figure, frame, hue)


def completing(study: Path) -> Figure:
    frame = feasibility.people_completing(open_pilot(study))
    return barplot(frame, x="people", y="tool", hue="person_type")


def test_every_bar_says_whose_it_is(mini: Path) -> None:
    axes = completing(mini).axes[0]
    bars = [bar for container in axes.containers for bar in container]
    named = [text.get_text().partition(":")[0] for text in axes.texts[: len(bars)]]
    assert set(named) == {"Adults", "All", "Children"}


def test_counts_write_n_and_percent_on_the_bars(mini: Path) -> None:
    drawn = svg(barplot(feasibility.difficulty(open_pilot(mini)), x="n", y="difficulty"))
    # All three intervention respondents found the tools easier.
    assert ">3 (100.0%)</text>" in drawn


def test_a_bar_says_the_same_percentage_as_the_table_beside_it() -> None:
    # 5 of 16 are 31.25%, exactly between 31.2 and 31.3.
    frame = pd.DataFrame({"answer": ["yes"], "n": [5], "total": [16], "percent": [31.25]})
    (row,) = LAYOUTS["tbl-uploaded"].lay_out(frame).to_dict("records")
    assert row["%"] == "31.3"
    assert ">5 (31.3%)</text>" in svg(barplot(frame, x="n", y="answer"))


def test_text_stays_text_in_the_families_of_the_pages(mini: Path) -> None:
    drawn = svg(completing(mini))
    families = re.findall(r"<text[^>]*font-family: ([^;]*);", drawn)
    assert len(families) == drawn.count("<text") > 0
    css = (ROOT / "book/_static/report.css").read_text("utf-8")
    (of_pages,) = re.findall(r"--pst-font-family-base: (.*);", css)
    assert set(families) == {of_pages.replace('"', "'")}


def test_lines_of_a_name_end_at_the_axis_in_any_font() -> None:
    answer = "a name that is too long for one line of the figure"
    drawn = svg(barplot(pd.DataFrame({"answer": [answer], "n": [5]}), x="n", y="answer"))
    lines = re.findall(r"text-anchor: (\w+);[^>]*>(?:A name|one line)", drawn)
    assert lines == ["end", "end"]


def test_a_number_that_claims_something_else_bears_its_letter() -> None:
    frame = pd.DataFrame({"stage": ["a", "b"], "arm": ["new", "new"], "n": [3, 4]})
    frame["status"] = ["reproduced", "contradicted"]
    drawn = svg(figures.flow(frame, [("a", "First"), ("b", "Second")]))
    assert ">First: 3<" in drawn
    assert ">Second: 4ᶜ<" in drawn


def test_an_arrow_leads_only_to_those_who_are_among_the_ones_above() -> None:
    names = ["eligible for training", "attended training", "endline survey"]
    frame = pd.DataFrame({"stage": names, "arm": "new", "n": [9, 7, 8]})

    def arrows(stages: list[str]) -> int:
        return len(figures.flow(frame, [(one, one) for one in stages]).axes[0].texts) - 1

    # Beside the arm's name each box has its words, and each arrow none.
    assert arrows(names) == 3 + 1
    # More answered than attended: they are no part of them.
    assert arrows(names[1:]) == 2


def test_bytes_are_the_same_each_time(mini: Path) -> None:
    frame = feasibility.training_view_answers(open_pilot(mini))
    assert svg(figures.agreement(frame)) == svg(figures.agreement(frame))


def test_illustrative_figures_say_so(mini: Path) -> None:
    figure = completing(mini)
    assert "not a finding" in svg(figures.mark(figure, "illustrative"))


def test_other_figures_bear_no_mark(mini: Path) -> None:
    figure = completing(mini)
    assert "not a finding" not in svg(figures.mark(figure, "reproduced"))


def test_flow_leaves_out_stages_an_arm_did_not_go_through(mini: Path) -> None:
    stages = [("baseline survey", "Baseline"), ("used the tools", "Used the tools")]
    drawn = svg(figures.flow(participants.participant_flow(open_pilot(mini)), stages))
    # Four people in each arm at baseline; P1, P2 and P3 used the tools.
    assert drawn.count("Baseline: 4") == 2
    assert drawn.count("Used the tools: 3") == 1


def assessment(**changes: object) -> pd.DataFrame:
    row = {
        "kind": "proportion",
        "label": "Attended",
        "estimate": 0.75,
        "low": 0.2,
        "high": 0.99,
        "best": "amber",
        "upper_bound": False,
        "lowest": 0.0,
        "highest": 1.0,
        "amber_low": 0.5,
        "amber_high": 0.8,
        "higher_is_better": True,
        "p_green": 0.3,
        "p_amber": 0.5,
        "p_red": 0.2,
    }
    return pd.DataFrame([row | changes])


def test_progression_names_bands_by_letter_in_their_order() -> None:
    figure = figures.progression(assessment())
    texts = {text.get_text(): text.get_position()[0] for text in figure.axes[0].texts}
    assert texts["R"] < texts["A"] < texts["G"]
    assert "G 30% A 50% R 20%" in texts


def test_progression_turns_bands_round_where_low_is_good() -> None:
    figure = figures.progression(assessment(higher_is_better=False))
    texts = {text.get_text(): text.get_position()[0] for text in figure.axes[0].texts}
    assert texts["G"] < texts["A"] < texts["R"]


def test_an_upper_bound_points_down_and_has_no_chances() -> None:
    nothing = dict.fromkeys(("low", "high", "p_green", "p_amber", "p_red"), float("nan"))
    figure = figures.progression(assessment(upper_bound=True, **nothing))
    (axes,) = figure.axes
    assert [line.get_marker() for line in axes.lines] == ["<"]
    assert not any("%" in text.get_text() for text in axes.texts)
    assert "upper bound" in [text.get_text() for text in axes.texts]


def test_bands_differ_in_their_marker() -> None:
    shapes = {marker for marker, _ in figures.BAND_MARKS.values()}
    assert len(shapes) == len(figures.BAND_MARKS)


def names_of(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_arms_and_differences_stand_below_one_another_on_a_phones_width() -> None:
    spread = {"measure": "wai", "n": 9, "mean": 60.0, "ci_low": 55.0, "ci_high": 65.0}
    means = pd.DataFrame(
        [
            {**spread, "arm": a, "wave": w}
            for a in ("intervention", "comparison")
            for w in ("baseline", "endline")
        ]
    )
    rows = [("endline", 2.0), ("change", -1.0), ("change", 1.0)]
    contrasts = pd.DataFrame(rows, columns=["contrast", "difference"])
    contrasts = contrasts.assign(ci_low=-5.0, ci_high=5.0)
    figure = figures.arms_compared(means, contrasts, 84, "New less old")
    upper, lower = figure.axes
    # A phone has 390 points of a 96th of an inch; text of nine points stays above seven.
    assert 390 / 96 / figure.get_size_inches()[0] > 7 / 9
    assert names_of(upper)[4:8] == [
        f"{wave}: {arm} (n = 9)"
        for wave in ("baseline", "endline")
        for arm in ("intervention", "comparison")
    ]
    assert names_of(lower) == ["2.0", "\u22121.0", "1.0", "endline", "Change", "or"]


def test_many_equal_scores_may_overlap() -> None:
    people = [(arm, wave) for arm in ("new", "old") for wave in ("baseline", "endline")] * 28
    scores = pd.DataFrame(people, columns=["arm", "wave"]).assign(score=40)
    figure, panels = figures.side_by_side(3.4, columns=2, sharey=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for axes, (arm, look) in zip(panels, figures.looks(["new", "old"]).items(), strict=True):
            rows = scores[scores["arm"] == arm]
            sns.swarmplot(rows, x="wave", y="score", ax=axes, **figures.points(scores, look))
        svg(figure)


def test_teams_needed_have_a_row_for_each_design_and_a_column_for_each_effect() -> None:
    needed = pd.DataFrame(
        [
            (design, effect, icc, 10, 100 * icc + 20)
            for design in ("parallel", "baseline")
            for effect in (0.2, 0.5)
            for icc in (0.01, 0.1)
        ],
        columns=["design", "effect", "icc", "low", "high"],
    )
    first, second, *others = figures.teams_needed(needed, {"Our teams": 9}).axes
    assert [axes.get_title("left") for axes in (first, second)] == [
        "Effect 0.2 SD",
        "Effect 0.5 SD",
    ]
    assert [axes.get_ylabel().split() for axes in (first, *others[::2])] == [
        ["Teams,", "parallel"],
        ["Teams", "with", "baseline"],
    ]
    assert [names_of(axes) for axes in (first, second)] == [
        ["10 to 30"],
        ["10 to 30", "Our teams: 9"],
    ]
    # Lower edge, upper edge and the mark at nine.
    assert [list(line.get_ydata()) for line in first.lines] == [[10, 10], [21, 30], [9, 9]]


def test_simulation_check_has_a_panel_per_design() -> None:
    stored = pd.DataFrame(
        {
            "design": ["parallel", "baseline"],
            "power": [0.8, 0.81],
            "power_simulated": [0.79, 0.82],
            "power_mc_error": 0.01,
        }
    )
    drawn = figures.simulation_check(stored).axes
    titles = [axes.get_title("left").split() for axes in drawn]
    points = [line.get_ydata()[0] for axes in drawn for line in axes.lines[:1]]
    assert points == pytest.approx([-1, 1])
    assert titles == [["Teams,", "parallel"], ["Teams", "with", "baseline"]]


def test_changes_have_a_row_for_every_wave_and_arm() -> None:
    columns = ["measure", "arm", "wave", "mean_change", "ci_low", "ci_high"]
    rows = [
        ("calm", "new", "June", 2.0, 1.0, 3.0),
        ("calm", "new", "July", 4.0, 2.0, 6.0),
        ("calm", "old", "July", 0.5, 0.0, 1.0),
        ("hope", "old", "June", -1.0, -2.0, 0.0),
    ]
    calm, hope = figures.changes(pd.DataFrame(rows, columns=columns)).axes
    assert [axes.get_title("left") for axes in (calm, hope)] == ["calm", "hope"]
    names = ["June: new", "June: old", "July: new", "July: old"]
    # What was not measured keeps its row, so that the rows of all panels are the same.
    assert names_of(calm) == ["2.0", "–", "4.0", "0.5", *names]
    assert names_of(hope)[:4] == ["–", "\u22121.0", "–", "–"]
    intervals = [lines.get_segments()[0].tolist() for lines in calm.collections]
    assert intervals[0] == [[1.0, 0.0], [3.0, 0.0]]
    assert intervals[3] == [[0.0, 3.0], [1.0, 3.0]]
    new, _, _, old, zero = calm.lines
    assert (new.get_color(), new.get_marker()) != (old.get_color(), old.get_marker())
    assert zero.get_xdata() == [0, 0]


def left(values: tuple[float, ...], low: float, high: float) -> pd.DataFrame:
    row = {"quantity": "Mean change", "population": "new", "low": low, "high": high}
    told = {"decimals": 1, "status": "bounded", "ci_low": -9.0, "ci_high": 9.0}
    return pd.DataFrame([{**row, "values": values, **told}])


@pytest.mark.parametrize(
    ("values", "low", "high", "drawn", "said"),
    [
        ((-1.4, 2.7), -1.4, 2.7, [-1.4, 2.7], "\u22121.4 or 2.7"),
        ((), 3.0, 3.0, [3.0], "3.0"),
        ((), -5.0, 6.0, [-5.0, 6.0], "\u22125.0 to 6.0"),
    ],
)
def test_few_possible_values_are_points_and_many_a_range(
    values: tuple[float, ...], low: float, high: float, drawn: list[float], said: str
) -> None:
    (axes,) = figures.left_open({"calm": left(values, low, high)}).axes
    possible, zero = axes.lines
    assert list(possible.get_xdata()) == drawn
    assert (possible.get_linestyle() == "None") == (possible.get_marker() == "D")
    assert (possible.get_marker() == "|") == (not values and low < high)
    assert names_of(axes) == [said, "Mean change, new"]
    assert list(zero.get_xdata()) == [0, 0]


def test_solutions_of_a_correlation_lie_about_its_row() -> None:
    rows = [(0.1, 1, 2.0, 2.0, -3.0, 7.0), (0.1, 2, -1.0, -1.0, -4.0, 2.0)]
    columns = ["icc", "solution", "mean_low", "mean_high", "low", "high"]
    (axes,) = figures.alike({"calm": pd.DataFrame(rows, columns=columns)}).axes
    heights = [line.get_ydata()[0] for line in axes.lines[:2]]
    assert heights == pytest.approx([-0.125, 0.125])
    assert names_of(axes) == ["\u22124.0 to 7.0", "ICC 0.10"]


def test_the_name_of_a_line_stands_at_the_last_month_that_is_drawn() -> None:
    months = pd.DataFrame({"tool": "ORS", "month": ["May", "June", "July"], "n": [5, 3, None]})
    _, (axes,) = figures.side_by_side(2)
    figures.name_lines(axes, months, "n")
    assert [text.xy for text in axes.texts] == [(1, 3)]
