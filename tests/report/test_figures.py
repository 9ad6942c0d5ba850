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


def test_bars_of_one_colour_are_told_by_their_pattern(mini: Path) -> None:
    patterns = [{bar.get_hatch() for bar in bars} for bars in completing(mini).axes[0].containers]
    assert patterns == [{hatch} for hatch in figures.HATCHES[: len(patterns)]]


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
    (legend,) = figure.legends
    assert legend.get_texts()[-1].get_text() == "Upper bound"


def test_bands_differ_in_their_marker() -> None:
    shapes = {marker for marker, _ in figures.BAND_MARKS.values()}
    assert len(shapes) == len(figures.BAND_MARKS)


def test_designs_differ_in_line_and_marker() -> None:
    lines, markers, _ = zip(*figures.DESIGN_STYLES.values(), strict=True)
    assert len(set(lines)) == len(set(markers)) == len(figures.DESIGN_STYLES)


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
    assert [text.get_text() for text in upper.get_yticklabels()] == [
        f"{wave}: {arm} (n = 9)"
        for wave in ("baseline", "endline")
        for arm in ("intervention", "comparison")
    ]
    assert [text.get_text() for text in lower.get_yticklabels()] == ["endline", "Change", "or"]
    assert [text.get_text() for text in lower.texts] == ["2.0", "\u22121.0", "1.0"]


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


def test_marked_numbers_of_teams_are_drawn() -> None:
    needed = pd.DataFrame(
        {"design": "parallel", "effect": 0.5, "icc": [0.01, 0.1], "low": [10, 20], "high": [10, 30]}
    )
    (axes,) = figures.teams_needed(needed, {"Our teams": 9}).axes
    assert [text.get_text() for text in axes.texts] == ["Our teams: 9"]
    # Upper edge, lower edge and the mark at nine.
    heights = [list(line.get_ydata()) for line in axes.lines]
    assert heights == [[10, 30], [10, 20], [9, 9]]


def test_simulation_check_has_a_panel_per_design() -> None:
    stored = pd.DataFrame(
        {
            "design": ["parallel", "baseline"],
            "power": [0.8, 0.81],
            "power_simulated": [0.79, 0.82],
            "power_mc_error": 0.01,
        }
    )
    titles = [axes.get_title().split() for axes in figures.simulation_check(stored).axes]
    assert titles == [["Teams,", "parallel"], ["Teams", "with", "baseline"]]


def test_changes_stand_side_by_side_with_their_intervals() -> None:
    columns = ["measure", "arm", "wave", "mean_change", "ci_low", "ci_high"]
    rows = [
        ("calm", "new", "June", 2.0, 1.0, 3.0),
        ("calm", "new", "July", 4.0, 2.0, 6.0),
        ("calm", "old", "July", 0.5, 0.0, 1.0),
        ("hope", "old", "June", -1.0, -2.0, 0.0),
    ]
    drawn = figures.changes(pd.DataFrame(rows, columns=columns))
    calm, hope = drawn.axes
    assert [axes.get_title() for axes in drawn.axes] == ["calm", "hope"]
    assert calm.get_ylabel() == "Mean change with its interval"
    assert [tick.get_text() for tick in calm.get_xticklabels()] == ["June", "July"]
    assert calm.get_xlim() == (-0.5, 1.5)
    new, old, zero = calm.lines
    assert new.get_xydata().tolist() == [[-0.06, 2.0], [0.94, 4.0]]
    assert old.get_xydata()[1].tolist() == [1.06, 0.5]
    assert [line.get_label() for line in (new, old)] == ["new", "old"]
    assert (new.get_color(), new.get_marker()) != (old.get_color(), old.get_marker())
    assert zero.get_ydata() == [0, 0]
    assert (zero.get_color(), zero.get_linewidth()) == (figures.MUTED, 1)
    first, second = (lines.get_segments() for lines in calm.collections)
    assert [segment.tolist() for segment in first] == [
        [[-0.06, 1.0], [-0.06, 3.0]],
        [[0.94, 2.0], [0.94, 6.0]],
    ]
    assert second[-1].tolist() == [[1.06, 0.0], [1.06, 1.0]]
    assert hope.lines[1].get_ydata()[0] == -1.0
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == ["new", "old"]
    assert not legend.get_frame_on()
