"""Raw files: what is accepted, what is refused and how the refusal reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from earlyhelp.errors import InputError
from earlyhelp.raw import open_pilot


def problems(study: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        open_pilot(study)
    return [str(problem) for problem in caught.value.problems]


def edit(study: Path, stem: str, old: str, new: str) -> None:
    path = study / "raw" / f"{stem}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_numbers_dates_and_words_get_their_types(mini: Path) -> None:
    pilot = open_pilot(mini)
    survey = pilot.endline_survey
    # P1 answered 6 to the first item, written so in the file.
    assert survey.loc[0, "wai_01"] == 6
    assert survey["completed_on"].dtype == "datetime64[us]"
    assert survey.loc[0, "ors_frequency"] == "some sessions"


def test_an_empty_cell_is_missing(mini: Path) -> None:
    survey = open_pilot(mini).endline_survey
    assert np.isnan(survey.loc[0, "years_practising"])
    assert pd.isna(survey.loc[0, "contact_with_tools"])


def test_qualitative_files_may_be_absent(mini: Path) -> None:
    assert not (mini / "raw/framework_matrix.csv").exists()
    assert open_pilot(mini).framework_matrix.empty


def test_columns_may_stand_in_any_order(mini: Path) -> None:
    path = mini / "raw/observations.csv"
    path.write_text(
        "attendees,facilitators,observed_on,session,training_part,observation_id\n"
        "3,2,2024-02-01,morning,1,O1\n"
    )
    assert open_pilot(mini).observations.loc[0, "attendees"] == 3


def test_byte_order_mark_and_windows_line_ends_are_accepted(mini: Path) -> None:
    expected = open_pilot(mini).observations
    path = mini / "raw/observations.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(open_pilot(mini).observations, expected)


def test_missing_file(mini: Path) -> None:
    (mini / "raw/tool_use.csv").unlink()
    assert problems(mini) == ["tool_use.csv: found no such file; expected raw/tool_use.csv"]


def test_empty_file(mini: Path) -> None:
    (mini / "raw/tool_use.csv").write_bytes(b"")
    assert problems(mini) == ["tool_use.csv: found an empty file; expected a header row and data"]


def test_missing_and_extra_columns_are_told_together(mini: Path) -> None:
    edit(mini, "observations", "attendees", "people")
    missing, extra = problems(mini)
    assert missing == (
        "observations.csv, row 1, column attendees: found no such column; expected this column"
    )
    assert extra.startswith("observations.csv, row 1, column people: found an unknown column")


def test_repeated_column(mini: Path) -> None:
    edit(mini, "observations", "facilitators,attendees", "attendees,attendees")
    assert any("found 2 columns of this name; expected one" in text for text in problems(mini))


def test_value_off_its_scale_names_row_and_column(mini: Path) -> None:
    edit(mini, "endline_survey", "6,5,5", "8,5,5")
    assert problems(mini) == [
        "endline_survey.csv, row 2, column wai_01: found '8'; "
        "expected a whole number from 1 to 7, or nothing"
    ]


@pytest.mark.parametrize("text", ["5.0", " 5", "five", "٥", "1e0", "-1"])
def test_a_whole_number_is_digits_only(mini: Path, text: str) -> None:
    edit(mini, "observations", "morning,2024-02-01,2", f"morning,2024-02-01,{text}")
    assert "a whole number from 0 to 50" in problems(mini)[0]


@pytest.mark.parametrize("text", ["2024-02-30", "01/02/2024", "2024-2-1", "20240201"])
def test_a_date_that_is_no_date(mini: Path, text: str) -> None:
    edit(mini, "observations", "2024-02-01", text)
    assert problems(mini) == [
        f"observations.csv, row 2, column observed_on: found {text!r}; "
        "expected a date such as 2022-09-14"
    ]


def test_duplicate_id(mini: Path) -> None:
    edit(mini, "tool_use", "T2", "T1")
    assert problems(mini) == [
        "tool_use.csv, row 3, column completion_id: found 'T1' again; expected each id once"
    ]


def test_unknown_team(mini: Path) -> None:
    edit(mini, "baseline_survey", "P8,D", "P8,Z")
    assert problems(mini) == [
        "baseline_survey.csv, row 9, column team: found 'Z'; expected one of: A, B, C, D"
    ]


def test_comparison_team_in_an_intervention_file(mini: Path) -> None:
    edit(mini, "training_attendance", "P1,A", "P1,C")
    assert "expected one of: A, B" in problems(mini)[0]


def test_a_person_is_in_one_team(mini: Path) -> None:
    edit(mini, "training_attendance", "P1,A", "P1,B")
    assert problems(mini)[0] == (
        "training_attendance.csv, row 2, column team: found 'B'; expected 'A', as elsewhere"
    )


def test_a_person_is_child_or_adult(mini: Path) -> None:
    edit(mini, "tool_use", "T2,F1,child", "T2,F1,adult")
    assert problems(mini) == [
        "tool_use.csv, row 3, column person_type: found 'adult'; expected 'child', as above"
    ]


def test_questions_of_the_other_arm_stay_empty(mini: Path) -> None:
    path = mini / "raw/endline_survey.csv"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].removesuffix(",,") + ",no,"
    path.write_text("\n".join(lines) + "\n")
    assert problems(mini) == [
        "endline_survey.csv, row 2, column contact_with_training: "
        "found 'no' in the intervention arm; expected nothing"
    ]


def test_wrong_encoding_names_the_row(mini: Path) -> None:
    path = mini / "raw/training_attendance.csv"
    path.write_bytes(path.read_bytes().replace(b"illness", "fièvre".encode("latin-1")))
    assert problems(mini) == [
        "training_attendance.csv, row 5: found the byte 0xe8; expected text in UTF-8"
    ]


def test_row_of_another_length(mini: Path) -> None:
    edit(mini, "observations", "2024-02-01,2,3", "2024-02-01,2")
    assert problems(mini) == ["observations.csv, row 2: found 5 cells; expected 6 cells"]


def test_open_quote(mini: Path) -> None:
    edit(mini, "observations", "O1", '"O1')
    assert problems(mini)[0].endswith("expected comma-separated values")


def test_problems_of_all_files_are_told_at_once(mini: Path) -> None:
    edit(mini, "observations", "morning", "noon")
    edit(mini, "tool_use", "2024-03", "2024-05")
    edit(mini, "endline_survey", "6,5,5", "9,5,5")
    assert len(problems(mini)) == 3


def test_problems_follow_the_rows_of_the_file(mini: Path) -> None:
    path = mini / "raw/tool_use.csv"
    path.write_text(path.read_text().replace("2024-04", "never").replace("adult", "dog"))
    rows = [int(text.split("row ")[1].split(",")[0]) for text in problems(mini)]
    # Rows 4 and 7 have a wrong month, rows 5 to 7 a wrong kind of person.
    assert rows == [4, 5, 6, 7, 7]
