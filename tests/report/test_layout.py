"""Tables of quantities: columns, heads, decimals and what each cell claims."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from helpers import ROOT, describe

from earlyhelp.analysis import feasibility, outcomes, participants
from earlyhelp.analysis.quantities import QUANTITIES, claiming
from earlyhelp.published.claims import claims_of
from earlyhelp.published.ledger import with_statuses
from earlyhelp.published.statuses import Marks
from earlyhelp.report.layout import LAYOUTS, filled, target
from earlyhelp.study.raw import open_pilot


def lay_out(frame: pd.DataFrame) -> pd.DataFrame:
    """The table of a quantity."""
    return LAYOUTS[target(frame.attrs["quantity"])].lay_out(frame)


def test_every_quantity_is_asked_for() -> None:
    claimed = {claim.quantity for claim in claims_of(ROOT / "data/rotherham")}
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    code += "".join(path.read_text() for path in (ROOT / "notebooks").glob("*.md"))
    assert {name for name in QUANTITIES if not re.search(rf"(?<!def )\b{name}\(", code)} <= claimed


def test_responses_have_teams_as_rows_and_waves_as_columns(mini: Path) -> None:
    table = lay_out(participants.responses(open_pilot(mini)))
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
    table = LAYOUTS["tbl-training-observations"].lay_out(frame)
    assert table.loc[0].tolist() == ["1", "\\<b\\>", "2", "3"]


def test_intervals_are_written_out(mini: Path) -> None:
    table = outcomes.estimates(open_pilot(mini)).query("measure == 'wai' and n == 3")
    shown = LAYOUTS["tbl-estimates"].lay_out(table)
    # P1, P2, P3 changed by 1, 2 and 0: mean 1, SD 1, t(2) quantile 4.303, 4.303/sqrt(3) = 2.48.
    assert shown.loc[0, ["Points", "Interval", "dz"]].tolist() == ["1.0", "−1.5 to 3.5", "1.00"]


def test_scores_of_the_tools_are_laid_out_by_who_gave_them(mini: Path) -> None:
    table = lay_out(feasibility.tool_scores(open_pilot(mini)))
    # ORS of adults: 24 and 30 against a cut-off of 25; one child's ORS has no cut-off here.
    assert table.to_numpy().tolist()[:2] == [
        ["ORS", "Children", "2", "2", "23.0", "4.2", "–"],
        ["ORS", "Adults", "2", "2", "27.0", "4.2", "50.0"],
    ]


def test_every_layout_fits_its_quantity(rotherham: Path) -> None:
    # The second names characteristics of people.
    pilots = [open_pilot(study) for study in (rotherham, ROOT / "tests/studies/three_arms")]
    for name in QUANTITIES:
        if layout := LAYOUTS.get(target(name)):
            tables = (QUANTITIES[name].compute(pilot) for pilot in pilots)
            shown = next((table for table in tables if len(table)), pd.DataFrame())
            assert len(layout.lay_out(shown)), name


def test_every_quantity_of_the_ledger_has_its_table_in_one_notebook(rotherham: Path) -> None:
    named = {claim.quantity for claim in claims_of(rotherham) if claim.quantity}
    shown = [
        name
        for path in (ROOT / "book/results").glob("*.ipynb")
        for cell in nbformat.read(path, 4).cells
        for output in cell.get("outputs", [])
        for name in re.findall(r":name: (tbl-[\w-]+)", str(output.data.get("text/markdown")))
    ]
    assert {name: shown.count(target(name)) for name in named} == dict.fromkeys(named, 1)


def test_cells_that_claim_something_else_are_marked(rotherham: Path) -> None:
    table = lay_out(participants.responses(with_statuses(open_pilot(rotherham))))
    # The report prints 18 and, elsewhere, 19.
    rows = table.set_index(["Arm", "Team"])["Baseline"]
    assert rows["Comparison", "Total"] == "{claim}`18 <responses-baseline-comparison>` {sup}`c`"
    assert rows["Intervention", "I1"] == "{claim}`9 <responses-baseline-i1>`"
    assert table.attrs["statuses"] == ("reproduced", "contradicted")


def test_numbers_that_are_missing_are_not_marked() -> None:
    frame = pd.DataFrame({"n": [1.0, None, 2.0], "status": ["assumed", "bounded", "bounded"]})
    table = filled(frame, {"n": ("n", 0)})
    assert table["n"].tolist() == ["1", "–", "2 {sup}`b`"]


def test_a_table_of_one_status_has_no_marks() -> None:
    frame = claiming(pd.DataFrame({"n": [1.0, 2.0]}), "assumed")
    table = filled(frame, {"n": ("n", 0)})
    assert (table["n"].tolist(), table.attrs["statuses"]) == (["1", "2"], ("assumed",))


@pytest.mark.parametrize("statuses", [None, "observed"])
def test_decimals_are_rounded_half_up_as_in_figures(statuses: str | None) -> None:
    # 5 of 16 are 31.25%, exactly between 31.2 and 31.3.
    frame = pd.DataFrame({"answer": ["yes"], "n": [5], "total": [16], "percent": [31.25]})
    frame = claiming(frame, statuses) if statuses else frame
    table = LAYOUTS["tbl-uploaded"].lay_out(frame)
    assert table["%"].tolist() == ["31.3"]


def test_names_are_shown_in_the_words_of_the_study(mini: Path) -> None:
    describe(
        mini,
        lambda resources: resources["post_training_survey"]["schema"]["fields"][4].update(
            title="Neither too fast nor too slow"
        ),
    )
    path = mini / "instruments.yml"
    path.write_text(path.read_text().replace("Working alliance (WAI)", "The alliance"))
    pilot = open_pilot(mini)
    assert "Neither too fast nor too slow" in lay_out(feasibility.training_views(pilot)).to_numpy()
    assert "The alliance" in lay_out(outcomes.paired_tests(pilot))["Measure"].tolist()


def test_rows_and_columns_of_nothing_but_free_numbers_are_left_out() -> None:
    heads = {"role": ("Role", None), "n": ("People", 0), "years": ("Years", 0)}
    frame = pd.DataFrame({"role": ["a", "b", "c"], "n": [1, 2, None], "years": [3, 4, 5]})
    statuses = pd.DataFrame(
        {
            "role": ["", "", ""],
            "n": ["reproduced", "illustrative", ""],
            "years": ["illustrative"] * 2 + ["determined"],
        }
    )
    frame.attrs["statuses"] = Marks(frame, statuses, statuses.map(lambda _: ""))
    table = filled(frame, heads)
    # What nobody knows is told by a dash beside what is known.
    assert table.to_numpy().tolist() == [["a", "1", "–"], ["c", "–", "5 {sup}`d`"]]
    table = filled(frame.head(2), heads)
    assert table.to_numpy().tolist() == [["a", "1"]]


def test_the_total_of_an_arm_stands_below_its_teams(rotherham: Path) -> None:
    table = lay_out(participants.responses(open_pilot(rotherham)))
    assert table["Team"].tolist() == ["I1", "I2", "I3", "Total", "C1", "C2", "Total"]


def test_a_table_has_the_columns_that_tell_its_rows_apart() -> None:
    studies = (ROOT / "tests/studies" / name for name in ("complete", "three_arms"))
    two, three = (lay_out(outcomes.between_tests(open_pilot(study))) for study in studies)
    assert list(two)[:2] == ["Measure", "Wave"]
    assert list(three)[:3] == ["Measure", "Arm", "Wave"]
