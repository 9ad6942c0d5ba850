"""Other designs: three arms at three waves, and one arm before and after.

Their numbers are computed a second time here, from the raw files, by pingouin and statsmodels.
"""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path

import pandas as pd
import pingouin as pg
import pytest
import statsmodels.formula.api as smf
import yaml
from helpers import ROOT, describe, row, run_page, told

from earlyhelp.analysis import outcomes, participants
from earlyhelp.analysis.quantities import QUANTITIES
from earlyhelp.execution.notebooks import cells_of, read_notebook
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.trial import criteria
from earlyhelp.validate import study_files, validate

# Intervals as computed, not to two decimals.
pg.options["round.column.CI95"] = None

STUDIES = ROOT / "tests/studies"
DESIGNS = ("three_arms", "single_arm")
PAGES = sorted(path.stem for path in (ROOT / "notebooks").glob("*.md"))


@pytest.fixture(scope="module")
def three_arms() -> Pilot:
    return open_pilot(STUDIES / "three_arms")


@pytest.fixture(scope="module")
def single_arm() -> Pilot:
    return open_pilot(STUDIES / "single_arm")


def pairs(study: str, first: str, later: str, score: str) -> pd.DataFrame:
    """Who has a score in both files, read anew."""
    before, after = (pd.read_csv(STUDIES / study / f"raw/{name}.csv") for name in (first, later))
    both = before.merge(after, on=["practitioner_id", "team"], suffixes=("_0", "_1"))
    both = both.rename(columns={f"{score}_0": "before", f"{score}_1": "after"})
    both = both.dropna(subset=["before", "after"])
    return both.assign(change=both["after"] - both["before"], arm=both["team"].str[0])


LETTERS = {"G": "group", "I": "individual", "U": "usual"}
LATER = {"after": "after_scores", "later": "later_scores"}


@pytest.mark.parametrize(("letter", "wave"), list(product(LETTERS, LATER)))
def test_the_change_in_each_arm_from_the_first_wave(
    three_arms: Pilot, letter: str, wave: str
) -> None:
    people = pairs("three_arms", "start_scores", LATER[wave], "distress").query("arm == @letter")
    expected = pg.ttest(people["after"], people["before"], paired=True).iloc[0]
    found = row(outcomes.paired_tests(three_arms), arm=LETTERS[letter], wave=wave)
    assert found["n"] == len(people)
    assert found["mean_change"] == pytest.approx(people["change"].mean())
    assert found["mean_change"] < 0
    assert (found["t"], found["p"]) == pytest.approx((expected["T"], expected["p_val"]))
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(expected.filter(like="CI").iloc[0])


@pytest.mark.parametrize(("letter", "wave"), list(product("GI", LATER)))
def test_each_arm_against_the_reference(three_arms: Pilot, letter: str, wave: str) -> None:
    people = pairs("three_arms", "start_scores", LATER[wave], "distress")
    x, y = (people.query("arm == @one")["change"] for one in (letter, "U"))
    expected = pg.ttest(x, y, correction=False).iloc[0]
    tests = outcomes.between_tests(three_arms)
    found = row(tests, arm=LETTERS[letter], wave=wave, contrast="change")
    assert (found["n_arm"], found["n_reference"]) == (len(x), len(y))
    assert (found["t"], found["p"]) == pytest.approx((expected["T"], expected["p_val"]))


@pytest.mark.parametrize(("letter", "wave"), list(product("GI", LATER)))
def test_the_difference_of_unit_means_adjusted_for_the_first_wave(
    three_arms: Pilot, letter: str, wave: str
) -> None:
    people = pairs("three_arms", "start_scores", LATER[wave], "distress")
    means = people.groupby(["arm", "team"], as_index=False)[["before", "after"]].mean()
    fit = smf.ols("after ~ C(arm, Treatment('U')) + before", means).fit()
    term = f"C(arm, Treatment('U'))[T.{letter}]"
    found = row(
        outcomes.estimates(three_arms),
        wave=wave,
        analysed="unit means",
        estimate=outcomes.ADJUSTED,
        arm=f"{LETTERS[letter]} less usual",
    )
    assert found["value"] == pytest.approx(fit.params[term])
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(list(fit.conf_int().loc[term]))


def test_less_is_better(three_arms: Pilot) -> None:
    found = row(outcomes.ceiling(three_arms), arm="group", wave="later")
    people = pd.read_csv(STUDIES / "three_arms/raw/later_scores.csv").query("team < 'H'")
    scores = people["distress"].dropna()
    assert found["best"] == 0
    assert found["headroom"] == pytest.approx(scores.mean())
    assert found["close"] == (scores <= 5).sum()
    assert three_arms.labels["distress"] == "Distress, less is better"


def test_exact_tests_draw_the_units_of_two_arms(three_arms: Pilot) -> None:
    found = row(outcomes.randomisation_tests(three_arms), arm="group", wave="later")
    assert found[["units", "treated_units", "allocations"]].tolist() == [6, 3, 20]


def test_more_allocations_than_can_be_listed_have_no_p(
    three_arms: Pilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "MOST_ALLOCATIONS", 19)
    # Opened anew: a pilot keeps what was computed from it.
    pilot = open_pilot(three_arms.study.folder)
    assert outcomes.randomisation_tests(pilot)["p"].isna().all()


def test_people_are_told_apart_at_each_later_wave(three_arms: Pilot) -> None:
    table = participants.people(three_arms)
    assert list(table["wave"].unique()) == ["after", "later"]
    before, after = (
        set(pd.read_csv(STUDIES / f"three_arms/raw/{name}_scores.csv")["practitioner_id"])
        for name in ("start", "later")
    )
    both = row(table, wave="later", arm="all")
    assert (both["both"], both["lost"]) == (len(before & after), len(before - after))


def test_a_single_arm_has_its_change(single_arm: Pilot) -> None:
    people = pairs("single_arm", "before", "after", "wellbeing")
    expected = pg.ttest(people["after"], people["before"], paired=True).iloc[0]
    found = row(outcomes.paired_tests(single_arm), arm="course")
    assert (found["n"], found["t"]) == pytest.approx((len(people), expected["T"]))


@pytest.mark.parametrize(
    "quantity",
    [
        *("between_tests", "design_effects", "randomisation_tests", "arm_differences"),
        *("attendance", "tool_frequency", "training_views", "use_by_month", "tool_ratings"),
        *("contamination", "team_consistency", "characteristics", "observation_counts"),
    ],
)
def test_what_a_single_arm_with_two_scores_has_not_is_an_empty_table(
    single_arm: Pilot, quantity: str
) -> None:
    assert QUANTITIES[quantity].compute(single_arm).empty


@pytest.mark.parametrize("study", DESIGNS)
def test_every_quantity_can_be_computed_and_its_rules_be_read(study: str) -> None:
    pilot = open_pilot(STUDIES / study)
    for quantity in QUANTITIES.values():
        quantity.compute(pilot)
        quantity.rules(pilot)


@pytest.mark.parametrize("study", DESIGNS)
def test_every_file_of_a_wave_is_an_input_of_the_report(study: str) -> None:
    files = {path.name for path in study_files(STUDIES / study)}
    assert {path.name for path in (STUDIES / study / "raw").iterdir()} <= files


def of_the_study(study: str) -> list[str]:
    """The pages that a study has something for."""
    folder = STUDIES / study
    sources = {page: read_notebook(ROOT / f"notebooks/{page}.md") for page in PAGES}
    return [page for page, notebook in sources.items() if cells_of(notebook, folder)]


@pytest.mark.parametrize(
    ("study", "page"), [(study, page) for study in DESIGNS for page in of_the_study(study)]
)
def test_every_page_of_the_study_runs(study: str, page: str) -> None:
    run_page(page, STUDIES / study)


@pytest.mark.parametrize("study", DESIGNS)
def test_pages_without_data_are_left_out(study: str) -> None:
    assert of_the_study(study) == ["codebook", "index", "promise", "readiness", "sample"]


@pytest.mark.parametrize("study", DESIGNS)
def test_a_criterion_can_be_on_what_there_is(study: str) -> None:
    pilot = open_pilot(STUDIES / study)
    assert all(name.startswith(("response_", "retention_")) for name in criteria.quantities(pilot))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A writable copy of the miniature study."""
    return Path(shutil.copytree(STUDIES / "mini", tmp_path / "mini"))


def without(study: Path, stem: str, *keys: str) -> None:
    """Take a file and what is counted of it out of a study."""

    def change(resources: dict[str, dict]) -> None:
        del resources[stem]
        for resource in resources.values():
            keys = resource["schema"].get("foreignKeys", [])
            kept = [key for key in keys if key["reference"]["resource"] != stem]
            resource["schema"]["foreignKeys"] = kept

    describe(study, change)
    (study / f"raw/{stem}.csv").unlink()
    if stem == "tool_use":
        path = study / "instruments.yml"
        path.write_text(path.read_text("utf-8").split("\nORS:")[0], "utf-8")
    path = study / "study.yml"
    content = yaml.safe_load(path.read_text("utf-8"))
    for key in keys:
        content["counted"].pop(key, None)
        content.pop(key, None)
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


@pytest.mark.parametrize(
    ("stem", "keys", "empty"),
    [
        ("training_attendance", ["absent", "practitioners", "roles_together"], "attendance"),
        ("tool_use", ["tool_months"], "use_by_month"),
        ("observations", [], "observation_counts"),
    ],
)
def test_a_file_that_a_study_has_not_leaves_an_empty_table(
    copied: Path, stem: str, keys: list[str], empty: str
) -> None:
    without(copied, stem, *keys)
    validate(copied)
    assert QUANTITIES[empty].compute(open_pilot(copied)).empty
    for page in ("sample", "promise", "readiness", "feasibility_training", "feasibility_tools"):
        run_page(page, copied)


def test_what_is_counted_is_asked_somewhere(copied: Path) -> None:
    path = copied / "study.yml"
    path.write_text(path.read_text("utf-8").replace("- pace_right", "- pace_wrong"), "utf-8")
    assert any(
        "counted: found 'pace_wrong'" in problem for problem in told(lambda: validate(copied))
    )


def test_a_file_is_read_by_what_the_study_states(copied: Path) -> None:
    path = copied / "study.yml"
    path.write_text(path.read_text("utf-8").replace("  absent: not attended\n", ""), "utf-8")
    assert any("counted.absent: found nothing" in one for one in told(lambda: validate(copied)))


def test_a_pilot_that_measures_only_once_has_a_page_without_changes(tmp_path: Path) -> None:
    study = Path(shutil.copytree(STUDIES / "single_arm", tmp_path / "single_arm"))

    def without_score(resources: dict[str, dict]) -> None:
        fields = resources["after"]["schema"]["fields"]
        fields[:] = [field for field in fields if field["name"] != "wellbeing"]

    describe(study, without_score)
    path = study / "raw/after.csv"
    pd.read_csv(path, dtype=str).drop(columns="wellbeing").to_csv(path, index=False)
    run_page("promise", study)
    assert outcomes.estimates(open_pilot(study)).empty


def test_the_file_of_a_wave_that_is_left_out_is_told_once(tmp_path: Path) -> None:
    study = Path(shutil.copytree(STUDIES / "three_arms", tmp_path / "three_arms"))
    path = study / "study.yml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "after_scores" not in line), "utf-8")
    (problem,) = told(lambda: validate(study))
    assert "after_scores: found a resource that nothing reads" in problem
