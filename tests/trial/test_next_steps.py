"""The next steps: numbers beside themes, from the report or from scipy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from earlyhelp.published.ledger import with_statuses
from earlyhelp.study.design import read_study
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.trial import next_steps, pilot_estimates


def test_next_steps_have_evidence_and_numbers(rotherham: Path) -> None:
    pilot: Pilot = open_pilot(rotherham)
    steps = next_steps.next_steps(pilot, pilot_estimates.room(pilot)).set_index(
        ["question", "theme"]
    )
    questions = set(steps.index.get_level_values("question"))
    assert questions == {f"3.{number}" for number in range(1, 7)}
    # RQ 3.3: 12 of 16 would have liked one day; scipy: Clopper-Pearson 48% to 93%.
    exact = stats.binomtest(12, 16).proportion_ci(method="exact")
    (words,) = steps.loc[("3.3", "training-format"), "numbers"]
    assert f"12 of 16 (95% interval {exact.low:.0%} to {exact.high:.0%})" in words
    # Two numbers of one theme stand side by side.
    words, statuses = steps.loc[("3.6", "monitoring-delivery"), ["numbers", "statuses"]]
    assert words[1].startswith("recorded use: 15 of 23")
    assert statuses == ("determined", "reproduced")
    # The report prints no count behind its sentence on contamination.
    assert steps.loc[("3.4", "randomisation"), "numbers"] == ()


def with_numbers(pilot: Pilot, folder: Path, text: str) -> Pilot:
    """Let a pilot have another folder with other numbers of its next steps."""
    (folder / next_steps.NUMBERS_FILE).write_text(text, encoding="utf-8")
    for name in ("study.yml", "research_questions.yml"):
        (folder / name).write_bytes((pilot.study.folder / name).read_bytes())
    return replace(pilot, study=read_study(folder))


def test_numbers_of_next_steps_come_from_the_study(rotherham: Path, tmp_path: Path) -> None:
    text = "- {theme: refresher-training, words: recorded, figure: tool_users}\n"
    pilot = with_numbers(with_statuses(open_pilot(rotherham)), tmp_path, text)
    steps = next_steps.next_steps(pilot, pd.DataFrame())
    # Table 3.2: 15 of the 23 who attended.
    (row,) = steps[steps["numbers"].map(bool)].to_dict("records")
    assert row["theme"] == "refresher-training"
    assert row["numbers"][0].startswith("recorded: 15 of 23 (")


def test_an_upper_bound_is_told_as_one(rotherham: Path, tmp_path: Path) -> None:
    text = "- {theme: taking-part, words: answered, figure: response_endline_comparison}\n"
    pilot = with_numbers(with_statuses(open_pilot(rotherham)), tmp_path, text)
    steps = next_steps.next_steps(pilot, pd.DataFrame())
    (row,) = steps[steps["numbers"].map(bool)].to_dict("records")
    assert row["numbers"] == ("answered: at most 22 of 24",)


def test_a_study_without_numbers_still_has_its_next_steps(mini: Path) -> None:
    pilot = open_pilot(mini)
    assert next_steps.read_numbers(mini) == []
    steps = next_steps.next_steps(pilot, pilot_estimates.room(pilot))
    assert not steps["numbers"].map(bool).any()


def test_numbers_that_fit_nothing_are_all_told(rotherham: Path, tmp_path: Path) -> None:
    wrong = "- {theme: x, words: y, figure: happiness}\n- {theme: x, words: z, figure: room_ors}\n"
    pilot = with_numbers(open_pilot(rotherham), tmp_path, wrong)
    with pytest.raises(InputError) as caught:
        next_steps.next_steps(pilot, pd.DataFrame())
    told = [(problem.column, problem.found) for problem in caught.value.problems]
    assert told[:2] == [("0.theme", "'x'"), ("0.figure", "'happiness'")]
    assert told[3] == ("1.figure", "'room_ors'")


def test_themes_that_no_cell_has_are_all_told(rotherham: Path, tmp_path: Path) -> None:
    wrong = "".join(
        f"- {{theme: {theme}, words: y, figure: recording}}\n" for theme in ("here", "there")
    )
    pilot = with_numbers(open_pilot(rotherham), tmp_path, wrong)
    with pytest.raises(InputError) as caught:
        next_steps.next_steps(pilot, pd.DataFrame())
    assert [problem.found for problem in caught.value.problems] == ["'here'", "'there'"]
