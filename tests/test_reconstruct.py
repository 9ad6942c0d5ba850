"""The reconstructed pilot gives back what the report prints, by arithmetic of its own.

Expected values are the report's; "Table 3.1" and the like name its tables, "3.2" its sections.
Only the test of twenty seeds uses the analysis; other figures are recomputed with pandas and scipy.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from helpers import change_claims
from reconstruct import main, reconstruct, write
from scipy import stats

from earlyhelp.analysis import outcomes, participants
from earlyhelp.cli import guarded
from earlyhelp.published.identified import stored
from earlyhelp.published.ledger import ledger
from earlyhelp.published.printed import read_printed
from earlyhelp.study.design import read_study
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import Pilot, open_pilot

STUDY = Path(__file__).parents[1] / "data" / "rotherham"
WAI = [f"wai_{item:02d}" for item in range(1, 13)]
DOMAINS = {"task": (1, 2, 10, 12), "bond": (3, 5, 7, 9), "goal": (4, 6, 8, 11)}
PROQOL = [f"proqol_{item:02d}" for item in (3, 6, 12, 16, 18, 20, 22, 24, 27, 30)]
FSW, SENIOR, PRACTITIONER, MANAGER = (
    "Family Support Worker",
    "Senior Family Support Worker",
    "Senior Practitioner",
    "Team Manager",
)
OTHER_SEEDS = (1, 2)


def shown(value: float, digits: int) -> str:
    """A value as the report prints it; ten digits first, so that .5 is .5 and not .49999."""
    exact = Decimal(f"{abs(value):.10f}")
    return str(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


@pytest.fixture(scope="module", params=("committed", *OTHER_SEEDS))
def raw(request: pytest.FixtureRequest) -> dict[str, pd.DataFrame]:
    """The committed files, and pilots drawn with other seeds."""
    if request.param == "committed":
        paths = (STUDY / "raw").glob("*.csv")
        return {path.stem: pd.read_csv(path) for path in paths}
    return reconstruct(read_study(STUDY), read_printed(STUDY), request.param)


@pytest.fixture(scope="module")
def waves(baseline: pd.DataFrame, endline: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {"baseline": baseline, "endline": endline}


@pytest.fixture(scope="module")
def baseline(raw: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return raw["baseline_survey"].set_index("practitioner_id")


@pytest.fixture(scope="module")
def endline(raw: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return raw["endline_survey"].set_index("practitioner_id")


def totals(frame: pd.DataFrame, columns: list[str], arm: str) -> pd.Series:
    """Totals of those in one arm who answered every item."""
    letter = {"intervention": "I", "comparison": "C"}[arm]
    return frame.loc[frame["team"].str.startswith(letter), columns].dropna().sum(axis=1)


def test_the_committed_files_are_what_the_code_writes(tmp_path: Path) -> None:
    for path in write(output=tmp_path):
        assert path.read_bytes() == (STUDY / "raw" / path.name).read_bytes(), path.name


def test_another_seed_gives_another_pilot(tmp_path: Path) -> None:
    write(1, tmp_path)
    name = "baseline_survey.csv"
    assert (tmp_path / name).read_bytes() != (STUDY / "raw" / name).read_bytes()


def test_every_step_that_draws_names_its_assumptions() -> None:
    """Whatever is drawn or set without a printed figure can be read on the page of assumptions."""
    code = (STUDY / "reconstruct.py").read_text("utf-8")
    how_alone = {"_answers", "_pick", "_sample"}  # they draw what their callers decide
    cited = set()
    for step in ast.parse(code).body:
        if isinstance(step, ast.FunctionDef) and step.name not in how_alone:
            names = {one.id for one in ast.walk(step) if isinstance(one, ast.Name)}
            ids = set(re.findall(r"R-[0-9]{2}", ast.get_docstring(step) or ""))
            assert ids or "rng" not in names, step.name
            cited |= ids
    stated = set(re.findall(r"^(R-[0-9]{2}) ", code, re.MULTILINE))
    page = (STUDY.parents[1] / "book/assumptions.md").read_text("utf-8")
    assert cited <= stated == set(re.findall(r"^\| \[(R-[0-9]{2})\]", page, re.MULTILINE))


def test_the_committed_files_are_valid() -> None:
    assert len(open_pilot(STUDY).raw["baseline_survey"]) == 45


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("baseline_survey", {"I1": 9, "I2": 5, "I3": 13, "C1": 7, "C2": 11}),
        ("post_training_survey", {"I1": 5, "I2": 2, "I3": 9}),
        ("endline_survey", {"I1": 7, "I2": 4, "I3": 7, "C1": 10, "C2": 12}),
    ],
)
def test_responses_per_team(
    raw: dict[str, pd.DataFrame], stem: str, expected: dict[str, int]
) -> None:
    """Table 2.2."""
    assert raw[stem]["team"].value_counts().to_dict() == expected


@pytest.mark.parametrize(
    ("wave", "arm", "expected"),
    [
        ("baseline", "comparison", (18, "66.3", "7.0")),
        ("endline", "comparison", (22, "66.9", "4.2")),
        ("baseline", "intervention", (27, "69.2", "5.1")),
        ("endline", "intervention", (17, "70.5", "3.9")),
    ],
)
def test_working_alliance_of_each_group(
    waves: dict[str, pd.DataFrame], wave: str, arm: str, expected: tuple[int, str, str]
) -> None:
    """3.2."""
    score = totals(waves[wave], WAI, arm)
    assert (len(score), shown(score.mean(), 1), shown(score.std(), 1)) == expected


@pytest.mark.parametrize(
    ("columns", "arm", "expected"),
    [
        (WAI, "intervention", (17, "1.22", "0.238")),
        (WAI, "comparison", (16, "0.41", "0.684")),
        (PROQOL, "intervention", (17, "1.01", "0.325")),
        (PROQOL, "comparison", (16, "0.20", "0.846")),
    ],
)
def test_paired_t_within_arms(
    baseline: pd.DataFrame,
    endline: pd.DataFrame,
    columns: list[str],
    arm: str,
    expected: tuple[int, str, str],
) -> None:
    """3.2; pairs are degrees of freedom and one."""
    change = (totals(endline, columns, arm) - totals(baseline, columns, arm)).dropna()
    test = stats.ttest_1samp(change, 0)
    assert (len(change), shown(test.statistic, 2), shown(test.pvalue, 3)) == expected


@pytest.mark.parametrize(
    ("columns", "expected"), [(WAI, ("0.39", "0.697")), (PROQOL, ("0.59", "0.558"))]
)
def test_t_between_arms_on_change(
    baseline: pd.DataFrame, endline: pd.DataFrame, columns: list[str], expected: tuple[str, str]
) -> None:
    """3.2; 31 degrees of freedom are those of 17 and 16 pairs with a pooled variance."""
    changes = [
        (totals(endline, columns, arm) - totals(baseline, columns, arm)).dropna()
        for arm in ("intervention", "comparison")
    ]
    test = stats.ttest_ind(*changes)
    assert (test.df, shown(test.statistic, 2), shown(test.pvalue, 3)) == (31, *expected)


@pytest.mark.parametrize("wave", ["baseline", "endline"])
@pytest.mark.parametrize("arm", ["intervention", "comparison"])
def test_working_alliance_domains(waves: dict[str, pd.DataFrame], wave: str, arm: str) -> None:
    """3.2 on Figure 3.4: every domain above 20 of 28, bond highest, goal and task similar."""
    mean = {
        domain: totals(waves[wave], [f"wai_{item:02d}" for item in items], arm).mean()
        for domain, items in DOMAINS.items()
    }
    assert min(mean.values()) > 20
    assert max(mean, key=mean.__getitem__) == "bond"
    assert abs(mean["goal"] - mean["task"]) < mean["bond"] - max(mean["goal"], mean["task"])


def test_compassion_satisfaction_of_each_group(
    baseline: pd.DataFrame, endline: pd.DataFrame
) -> None:
    """3.2 on Figure 3.5."""
    before, after = (
        {arm: totals(frame, PROQOL, arm) for arm in ("intervention", "comparison")}
        for frame in (baseline, endline)
    )
    assert [len(before[arm]) for arm in before] == [27, 18]
    assert [len(after[arm]) for arm in after] == [18, 22]
    assert 41 < before["comparison"].mean() < 42
    assert 41 < after["comparison"].mean() < 42
    assert before["intervention"].mean() > 42
    assert shown(after["intervention"].mean(), 1) == "41.6"


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("iam_ors", ("4.20", "0.65")),
        ("iam_srs", ("4.14", "0.61")),
        ("fim_ors", ("4.00", "0.78")),
        ("fim_srs", ("4.00", "0.80")),
    ],
)
def test_tool_ratings(
    raw: dict[str, pd.DataFrame], measure: str, expected: tuple[str, str]
) -> None:
    """3.1, research question 1.6 on the tools: mean and SD of people's means of five items."""
    items = [f"{measure}_{item}" for item in range(1, 6)]
    score = raw["post_training_survey"][items].mean(axis=1)
    assert len(score) == 16
    assert (shown(score.mean(), 2), shown(score.std(), 2)) == expected


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("prior_systemic_training", {"no": 31, "not sure": 9, "yes": 5}),
        ("prior_ors", {"no": 24, "not sure": 14, "yes": 7}),
        ("prior_srs", {"no": 26, "not sure": 13, "yes": 6}),
    ],
)
def test_prior_training_and_use(
    baseline: pd.DataFrame, column: str, expected: dict[str, int]
) -> None:
    """3.1, research questions 1.2; the third number of each is the rest of 45."""
    assert baseline[column].value_counts().to_dict() == expected


def test_characteristics(baseline: pd.DataFrame, endline: pd.DataFrame) -> None:
    """Methods, Practitioner surveys."""
    columns = list(baseline.loc[:, "time_in_service":"families_supported"])
    known = pd.concat([baseline[columns], endline[columns].dropna()])
    assert len(known) == 47
    assert known.index.is_unique
    assert known.notna().all(axis=None)
    assert known["time_in_service"].mode().tolist() == ["over 5 years"]
    years = known["years_practising"]
    assert (years.min(), years.max()) == (0, 20)
    assert 7 < years.mean() < 7.3
    level = known["qualification_level"]
    assert (level.min(), level.max(), level.mode().tolist()) == (1, 7, [6])
    assert 0.5 < (known["hours_per_week"] >= 37).mean() < 1
    families = known["families_supported"]
    assert (families.min(), families.max(), shown(families.mean(), 0)) == (0, 17, "9")


def test_characteristics_hardly_differ_between_arms(
    baseline: pd.DataFrame, endline: pd.DataFrame
) -> None:
    """Methods: no notable differences; here less than a quarter of an SD."""
    columns = list(baseline.loc[:, "years_practising":"families_supported"])
    known = pd.concat([baseline, endline])[["team", *columns]].dropna()
    means = known.groupby(known["team"].str[0])[columns].mean()
    assert ((means.loc["I"] - means.loc["C"]).abs() / known[columns].std() < 0.25).all()


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("pace_right", 16),
        ("balance_right", 16),
        ("complexity_right", 16),
        ("relevant_to_role", 16),
        ("well_organised", 16),
        ("high_quality", 16),
        ("comfortable_asking", 13),
        ("roleplay_helpful", 12),
        ("understand_principles", 16),
        ("confident_applying", 13),
        ("explain_benefits", 11),
        ("administer_tools", 13),
        ("upload_scores", 11),
        ("interpret_scores", 13),
    ],
)
def test_agreement(raw: dict[str, pd.DataFrame], item: str, expected: int) -> None:
    """Figure 3.1, Figure E.1 and 3.1, research question 1.4 on the training; of 16."""
    assert (raw["post_training_survey"][item] >= 4).sum() == expected


def test_wish_to_know_more_and_preferred_format(raw: dict[str, pd.DataFrame]) -> None:
    """3.1, research question 1.5 on the training (18.8, 31.3, 31.3, 18.8% of 16); 3.3, 3.3."""
    survey = raw["post_training_survey"]
    assert survey["know_more"].value_counts().to_dict() == {5: 3, 4: 5, 3: 5, 2: 3}
    assert (survey["preferred_format"] == "one full day").sum() == 12


def test_attendance_by_role(raw: dict[str, pd.DataFrame]) -> None:
    """3.1, research question 1.3 on the training."""
    staff = raw["training_attendance"]
    attended = staff["part_1"] != "not attended"
    assert staff.loc[attended, "role"].value_counts().to_dict() == {
        SENIOR: 12,
        FSW: 9,
        PRACTITIONER: 2,
        MANAGER: 2,
    }
    assert (~attended).sum() == 4
    assert staff.loc[~attended, "reason_not_attended"].notna().all()
    assert ((staff["part_2"] != "not attended") == attended).all()


def test_observed_attendees_fit_the_scheduled_sessions(raw: dict[str, pd.DataFrame]) -> None:
    """Table 2.3: 11 and 2 at part 1, 7 at part 2."""
    observed = raw["observations"]
    assert observed["attendees"].tolist() == [11, 2, 7]
    assert observed["facilitators"].tolist() == [2, 2, 2]
    for part, least in ((1, 13), (2, 7)):
        assert (raw["training_attendance"][f"part_{part}"] == "scheduled").sum() >= least


@pytest.mark.parametrize("tool", ["ors", "srs"])
def test_frequency_of_use(endline: pd.DataFrame, tool: str) -> None:
    """Table 3.1: 11.8, 64.7, 17.6 and 5.9% of 17."""
    assert endline[f"{tool}_frequency"].value_counts().to_dict() == {
        "some sessions": 11,
        "most sessions": 3,
        "no sessions": 2,
        "every session": 1,
    }


def test_engagement_and_difficulty(endline: pd.DataFrame) -> None:
    """Tables 3.3 and F.1."""
    assert endline["family_engagement"].value_counts().to_dict() == {
        "not engaged": 1,
        "neither engaged nor not engaged": 4,
        "somewhat engaged": 3,
        "engaged": 7,
        "very engaged": 2,
    }
    assert endline["difficulty"].value_counts().to_dict() == {
        "much harder": 1,
        "harder": 3,
        "neither easier nor harder": 10,
        "easier": 1,
        "much easier": 2,
    }


def test_uploading_continuing_and_contamination(endline: pd.DataFrame) -> None:
    """3.1: 80.0% of the 15 users uploaded, 9 of 18 would continue; 3.3: no contamination."""
    assert endline["uploaded_scores"].value_counts().to_dict() == {"yes": 12, "no": 3}
    answered = endline["continue_tools"].dropna()
    assert (len(answered), (answered == "yes").sum()) == (18, 9)
    contact = endline.loc[
        endline["team"].str.startswith("C"), ["contact_with_training", "contact_with_tools"]
    ]
    assert len(contact) == 22
    assert (contact == "no").all(axis=None)


def test_senior_family_support_workers_all_report_use(endline: pd.DataFrame) -> None:
    """3.1, research question 1.3 on the tools: all ten who responded."""
    seniors = endline[(endline["role"] == SENIOR) & endline["team"].str.startswith("I")]
    assert len(seniors) == 10
    assert seniors["ors_frequency"].isin(["some sessions", "most sessions", "every session"]).all()


def test_practitioners_in_the_administrative_data(raw: dict[str, pd.DataFrame]) -> None:
    """Table 3.2; all of them attended."""
    staff = raw["training_attendance"].set_index("practitioner_id")
    users = staff.loc[raw["tool_use"]["practitioner_id"].unique()]
    assert users["role"].value_counts().to_dict() == {FSW: 8, SENIOR: 5, PRACTITIONER: 2}
    assert (users["part_2"] != "not attended").all()


def test_family_reach(raw: dict[str, pd.DataFrame]) -> None:
    """Figure 3.3; one to five completions per person, 1.5 on average."""
    use = raw["tool_use"]
    for tool, people in (("ORS", {"child": 51, "adult": 24}), ("SRS", {"child": 50, "adult": 23})):
        of_tool = use[use["tool"] == tool]
        assert of_tool.groupby("person_type")["person_id"].nunique().to_dict() == people
        times = of_tool["person_id"].value_counts()
        assert (times.min(), times.max(), shown(times.mean(), 1)) == (1, 5, "1.5")


def test_both_tools_were_used_equally_often_in_each_team(raw: dict[str, pd.DataFrame]) -> None:
    """3.1, research question 1.3 on the tools."""
    times = raw["tool_use"].groupby(["team", "tool"]).size().unstack()
    assert len(times) == 3
    assert (times["ORS"] == times["SRS"]).all()


def test_use_falls_month_by_month(raw: dict[str, pd.DataFrame]) -> None:
    """3.1 on Figure 3.2: completions and practitioners, most in November."""
    months = raw["tool_use"].groupby("month")["practitioner_id"].agg(["size", "nunique"])
    assert months.index.tolist() == ["2022-11", "2022-12", "2023-01", "2023-02"]
    assert (months.diff().dropna() < 0).all(axis=None)


def test_each_person_is_seen_by_one_practitioner(raw: dict[str, pd.DataFrame]) -> None:
    assert (raw["tool_use"].groupby("person_id")["practitioner_id"].nunique() == 1).all()


def test_interviews(raw: dict[str, pd.DataFrame]) -> None:
    """Methods, Interviews and focus groups: 18 months to eight years in the role."""
    interviews = raw["interviews"]
    assert sorted(interviews["role"]) == [
        FSW,
        SENIOR,
        SENIOR,
        "Senior Family Support Worker acting as manager",
        MANAGER,
    ]
    assert (interviews["months_in_role"].min(), interviews["months_in_role"].max()) == (18, 96)


def test_surveys_fall_in_the_months_of_the_methods_text(raw: dict[str, pd.DataFrame]) -> None:
    for stem, month in (
        ("baseline_survey", "2022-09"),
        ("post_training_survey", "2022-10"),
        ("endline_survey", "2023-02"),
    ):
        assert set(raw[stem]["completed_on"].str[:7]) == {month}
    assert set(raw["observations"]["observed_on"].str[:7]) == {"2022-09", "2022-10"}


def test_people_across_files(
    raw: dict[str, pd.DataFrame], baseline: pd.DataFrame, endline: pd.DataFrame
) -> None:
    """28 and 24 people in the surveys; team and role are a person's own, wherever they stand."""
    everyone = pd.concat(
        raw[stem][["practitioner_id", "team", "role"]]
        for stem in (
            "baseline_survey",
            "post_training_survey",
            "endline_survey",
            "training_attendance",
        )
    ).drop_duplicates()
    assert everyone["practitioner_id"].is_unique
    answered = pd.concat([baseline["team"], endline["team"]]).groupby(level=0).first()
    assert answered.str[0].value_counts().to_dict() == {"I": 28, "C": 24}
    eligible = raw["training_attendance"].set_index("practitioner_id")
    assert set(answered.index[answered.str.startswith("I")]) < set(eligible.index)
    trained = eligible.index[eligible["part_2"] != "not attended"]
    assert set(raw["post_training_survey"]["practitioner_id"]) <= set(trained)


def test_the_intervention_newcomer_has_no_alliance_score(
    baseline: pd.DataFrame, endline: pd.DataFrame
) -> None:
    """17 of the 18 intervention responses have a WAI total and rate the tools."""
    arm = endline[endline["team"].str.startswith("I")]
    newcomer = arm[~arm.index.isin(baseline.index)]
    assert len(newcomer) == 1
    assert (
        newcomer[[*WAI, "ors_frequency", "family_engagement", "difficulty"]].isna().all(axis=None)
    )
    assert newcomer[[*PROQOL, "continue_tools"]].notna().all(axis=None)


def test_item_answers_vary_within_people(baseline: pd.DataFrame) -> None:
    """Not every item of a person carries the same answer (all at the maximum excepted)."""
    spread = baseline[WAI].max(axis=1) - baseline[WAI].min(axis=1)
    assert (spread > 0).mean() > 0.9


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The script as it is run from a command line."""

    def run(*options: str) -> int:
        monkeypatch.setattr(sys, "argv", ["reconstruct.py", *options])
        return guarded(main)

    return run


def test_the_script_names_what_it_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: Callable[..., int]
) -> None:
    assert script("--output", str(tmp_path)) == 0
    assert capsys.readouterr().out.splitlines() == [str(p) for p in _written(tmp_path)]


def _written(folder: Path) -> list[Path]:
    stems = (
        "baseline_survey",
        "post_training_survey",
        "endline_survey",
        "training_attendance",
        "tool_use",
        "observations",
        "interviews",
    )
    return [folder / f"{stem}.csv" for stem in stems]


def test_a_negative_seed_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: Callable[..., int]
) -> None:
    assert script("--seed", "-1", "--output", str(tmp_path)) == 1
    assert "seed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_a_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: Callable[..., int]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert script("--output", str(file)) == 1
    assert str(file) in capsys.readouterr().err


@pytest.fixture
def study_copy(tmp_path: Path) -> Path:
    """The study's description and printed figures alone, to be spoilt."""
    folder = tmp_path / "study"
    folder.mkdir()
    for name in ("study.yml", "instruments.yml", "datapackage.json", "claims.csv", "words.yml"):
        shutil.copy(STUDY / name, folder)
    return folder


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        ("responses-endline-i2", {"printed": "40"}),  # more than answered at baseline
        ("responses-baseline-i3", {"select": "wave=baseline;arm=intervention;team=X3"}),
        ("trained-fsw", {"printed": "90"}),
        ("uploaded-percent", {"printed": "81.0"}),
    ],
)
def test_figures_that_nobody_can_have_are_told(
    study_copy: Path, tmp_path: Path, claim: str, changes: dict[str, str]
) -> None:
    shutil.copytree(STUDY / "derived", study_copy / "derived")
    change_claims(study_copy, claim, changes)
    with pytest.raises(InputError):
        write(output=tmp_path / "raw", study_folder=study_copy)
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize(
    ("claim", "p"),
    [
        ("wai-between-p", "0.700"),  # p of t = 0.39 is 0.697 to 0.701
        ("wai-intervention-paired-p", "0.500"),
    ],
)
def test_tests_that_nobody_can_have_are_told_when_the_sets_are_computed(
    study_copy: Path, tmp_path: Path, claim: str, p: str
) -> None:
    change_claims(study_copy, claim, {"printed": p})
    with pytest.raises(InputError, match="no people agree"):
        stored.write(study_copy, lambda text: None, tmp_path / "derived")
    assert not (tmp_path / "derived").exists()


def test_without_stored_sets_nothing_is_drawn(study_copy: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"inputs\.json.*no such file.*earlyhelp determine"):
        write(output=tmp_path / "raw", study_folder=study_copy)


def test_sets_of_other_figures_are_refused(study_copy: Path, tmp_path: Path) -> None:
    shutil.copytree(STUDY / "derived", study_copy / "derived")
    change_claims(study_copy, "wai-intervention-baseline-mean", {"printed": "69.3"})
    with pytest.raises(InputError, match=r"sha256.*earlyhelp determine"):
        write(output=tmp_path / "raw", study_folder=study_copy)
    assert not (tmp_path / "raw").exists()


@pytest.mark.slow
def test_another_seed_gives_another_pilot_and_the_ledger_still_holds(tmp_path: Path) -> None:
    """Twenty seeds: every status as recorded, and what is determined the same to the last digit."""
    recorded = set(ledger(open_pilot(STUDY))["id"])
    determined = determined_numbers(open_pilot(STUDY))
    pilots = set()
    for seed in range(1, 21):
        folder = tmp_path / f"seed_{seed}"
        shutil.copytree(STUDY, folder)
        write(seed, study_folder=folder)
        pilot = open_pilot(folder)
        table = ledger(pilot)
        assert set(table["id"]) == recorded
        assert table.loc[~table["agrees"], "id"].tolist() == [], seed
        assert determined_numbers(pilot) == determined, seed
        pilots.add((folder / "raw/baseline_survey.csv").read_bytes())
    assert len(pilots) == 20


def determined_numbers(pilot: Pilot) -> dict[str, float]:
    """What the book marks as determined, as the data have it; floats are not rounded.

    The size of the paired d of the alliance in the intervention arm is determined up to the order
    of floating-point sums, so it is taken from whole numbers: the square of the sum of changes over
    their sum of squares (23**2 / 363 = 46**2 / 1452).
    """
    # As the table of the book shows it: who gave characteristics is free.
    people = participants.people(pilot).set_index("arm").drop(columns=["wave", "described"])
    numbers = {
        f"{arm} {column}": float(value)
        for arm, row in people.iterrows()
        for column, value in row.items()
    }
    change = outcomes.changes(pilot).query("measure == 'wai' and arm == 'intervention'")["change"]
    squares = Fraction(int((change**2).sum()))
    numbers["d"] = float(Fraction(int(change.sum())) ** 2 / squares)
    for frame, value in (
        (participants.response_rates(pilot), "percent"),
        (outcomes.randomisation_tests(pilot), "smallest_p"),
    ):
        numbers |= {f"{value} {number}": float(x) for number, x in enumerate(frame[value])}
    return numbers
