"""Tables laid out for readers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from earlyhelp import promise, sample, tables
from earlyhelp.raw import open_pilot


def test_responses_have_teams_as_rows_and_waves_as_columns(mini: Path) -> None:
    table = tables.responses(sample.responses(open_pilot(mini)))
    # Two people in each of four teams at baseline; P4 and P8 left before endline; post-training
    # asked the intervention arm only.
    assert table.columns.tolist() == ["Arm", "Team", "Baseline", "Post-training", "Endline"]
    rows = {row[1] + row[0]: row[2:] for row in table.to_numpy().tolist()}
    assert rows["AIntervention"] == ["2", "2", "2"]
    assert rows["BIntervention"] == ["2", "1", "1"]
    assert rows["TotalComparison"] == ["4", "–", "3"]


def test_names_from_files_are_escaped() -> None:
    frame = pd.DataFrame(
        {"training_part": [1], "session": ["<b>"], "facilitators": [2], "attendees": [3]}
    )
    assert tables.observations(frame).loc[0, "Observation"] == "Part 1\\: \\<b\\>"


def test_intervals_are_written_out(mini: Path) -> None:
    tests = promise.paired_tests(open_pilot(mini)).query("measure == 'wai' and n == 3")
    table = tables.changes(tests)
    # P1, P2, P3 changed by 1, 2 and 0: mean 1, SD 1, t(2) quantile 4.303, 4.303/sqrt(3) = 2.48.
    assert table.loc[0, "Mean change"] == "1.0"
    assert table.loc[0, "Interval"] == "−1.5 to 3.5"
