"""Figures: what they draw and that they are the same each time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from earlyhelp import feasibility, figures, sample
from earlyhelp.raw import open_pilot


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with plt.rc_context():
        figures.use_style()
        yield
        plt.close("all")


def svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def test_counts_write_n_and_percent_on_the_bars(mini: Path) -> None:
    drawn = svg(figures.counts(feasibility.difficulty(open_pilot(mini)), "difficulty"))
    # All three intervention respondents found the tools easier.
    assert ">3 (100.0 %)</text>" in drawn


def test_text_stays_text(mini: Path) -> None:
    assert "<text" in svg(
        figures.people_completing(feasibility.people_completing(open_pilot(mini)))
    )


def test_bytes_are_the_same_each_time(mini: Path) -> None:
    frame = feasibility.training_view_answers(open_pilot(mini))
    assert svg(figures.agreement(frame)) == svg(figures.agreement(frame))


def test_illustrative_figures_say_so(mini: Path) -> None:
    figure = figures.use_by_month(feasibility.use_by_month(open_pilot(mini)))
    assert "not a finding" in svg(figures.mark(figure, "illustrative"))


def test_other_figures_bear_no_mark(mini: Path) -> None:
    figure = figures.use_by_month(feasibility.use_by_month(open_pilot(mini)))
    assert "not a finding" not in svg(figures.mark(figure, "reproduced"))


def test_flow_leaves_out_stages_an_arm_did_not_go_through(mini: Path) -> None:
    stages = [("baseline survey", "Baseline"), ("used the tools", "Used the tools")]
    drawn = svg(figures.flow(sample.participant_flow(open_pilot(mini)), stages))
    # Four people in each arm at baseline; P1, P2 and P3 used the tools.
    assert drawn.count("Baseline: 4") == 2
    assert drawn.count("Used the tools: 3") == 1
