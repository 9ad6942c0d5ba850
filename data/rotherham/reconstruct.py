"""Reconstruct the pilot's raw files: synthetic people whose data give back the printed figures.

`python data/rotherham/reconstruct.py` writes `raw/` beside this file, with `--output` another
folder, with `--seed` another draw. No build of a report runs it.

What the report prints is read from `claims.csv` beside `study.yml`. Scores of the outcome measures
are drawn from the set that `earlyhelp determine` stored: one of the pairs of changes that the
tests leave, each as likely, then a random walk (`walk`) from the data set stored for it. Ratings
are drawn uniformly (`one_group.draw`). What else is open is drawn from the same seeded generator
under these assumptions, which the page "Assumptions and readings" cites:

R-01  52 people answered a survey. The one intervention respondent who appears at endline only was
      away at baseline and training, so gives compassion satisfaction and is not sure about
      continuing, but has no Working Alliance Inventory and no rating of the tools.
R-02  The two Team Managers, one in each intervention unit, answered both surveys and are the two
      who report using the tools in no session; they rate families and difficulty at the neutral
      answer. Everybody else who rates the tools attended the training. ORS and SRS are used in an
      equal share of sessions.
R-03  Each tool was completed 112 times, equally often per team; a person is seen by one
      practitioner; nearly everybody who completed one tool completed the other, in the same
      sessions; use falls from month to month.
R-04  Practitioners in the administrative data who answered the endline survey report having
      uploaded, and all its Senior Family Support Workers answered. So as few as possible of those
      who report uploading are missing from it: two, the least that the printed figures allow (12
      uploaded, at most 5 of them not Senior Family Support Workers, at most 5 recorded).
R-05  Post-training respondents answered at baseline. At least as many attended scheduled sessions
      as were observed there; everybody else came to a mop-up session. Who was absent and who ill is
      free.
R-06  Characteristics are known for the 45 baseline respondents and two of the seven who joined at
      endline, and do not depend on arm or team. Years are whole; "just over seven" is below 7.3;
      Team Managers support no family. Bands of time in service but the longest, and who works how
      many hours, are assumed.
R-07  What is left of a printed count goes to the other answers: to "yes" or "not sure" for prior
      training and use; to the middle or below it for agreement; freely for preferred format and for
      not continuing. Those who agree divide freely into the two degrees of agreement.
R-08  Totals are whole numbers; a person's answers scatter about their mean, bond items higher.
R-09  Nothing is assumed of the SDs of compassion satisfaction; they are what the draw gives.
R-10  Printed t are magnitudes; whether scores rise or fall is drawn. Changes have an SD of at most
      12 points; the test between arms is on change scores with a pooled variance.
R-11  People are independent: no effect of team, no association between the two outcome measures.
R-12  Dates are working days of the months that the methods text gives; interviews are in March.
R-13  Interviews 01 and 03, quoted on their own work with families, are not the Team Manager's. The
      months in the role between the shortest and the longest are free.
R-14  Nobody in the comparison arm reports contact with the training or the tools; the report names
      no item on it and prints no number.
R-15  Who answered twice is free where no team's number follows: in the comparison arm, and the team
      of the intervention newcomer. So are the roles of those who were not trained; each comparison
      team has one Team Manager.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Annotated, Any, TypeVar

import numpy as np
import pandas as pd
from typer import Typer

from earlyhelp.cli.boundary import Command, guarded, number_option, option, run
from earlyhelp.possible import random_walk
from earlyhelp.possible.one_group import draw
from earlyhelp.possible.random_walk import Walk
from earlyhelp.published.claims import CLAIMS_FILE
from earlyhelp.published.identified import stored
from earlyhelp.published.identified.outcome import Outcome, outcomes, ratings
from earlyhelp.published.printed import PrintedFigures, read_printed
from earlyhelp.study.design import Study, read_study
from earlyhelp.study.dictionary import read_dictionary
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.rawtable import restate
from earlyhelp.study.scoring_keys import read_instruments

FSW, SENIOR, PRACTITIONER, MANAGER = (
    "Family Support Worker",
    "Senior Family Support Worker",
    "Senior Practitioner",
    "Team Manager",
)
TOOLS = ("ORS", "SRS")
TIME_IN_SERVICE = ("under 1 year", "1 to 2 years", "3 to 5 years", "over 5 years")
# Working Alliance Inventory, short revised: bond items (Hatcher and Gillaspy 2006, scoring key).
BOND_ITEMS = (3, 5, 7, 9)
DOMAIN_ITEMS = {"task": (1, 2, 10, 12), "bond": BOND_ITEMS, "goal": (4, 6, 8, 11)}

Rng = np.random.Generator
T = TypeVar("T")
# What is not printed but chosen, so that the printed figures can be given back.
# completions of each tool; 109 to 113 give back both means of 1.5.
COMPLETIONS = 112
# "just over seven" years practising.
MEAN_YEARS_BELOW = 7.3
# of totals.
GREATEST_SD_OF_CHANGE = 12
# Tried moves of the walk through an arm's data sets.
STEPS = 50_000


STUDY = Path(__file__).parent


def write(
    seed: int | None = None, output: Path | None = None, study_folder: Path = STUDY
) -> list[Path]:
    """Draw a pilot and write its raw files.

    Where they take the place of the study's own, the data dictionary states them anew.

    Parameters
    ----------
    seed : int, optional
        Of the draw; the study's `reconstruction_seed` by default.
    output : Path, optional
        Folder to write; the study's `raw` by default.
    study_folder : path
        Holds `study.yml` and `claims.csv`.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        When seed, study or output cannot be used.
    """
    study = read_study(study_folder)
    seed = study.reconstruction_seed if seed is None else seed
    if not isinstance(seed, int) or seed < 0:
        raise InputError([Problem("reconstruct", None, "seed", str(seed), "a whole number from 0")])
    printed = read_printed(study.folder)
    try:
        frames = reconstruct(study, printed, seed)
    except InputError:
        raise
    except (ArithmeticError, LookupError, ValueError) as error:
        # Figures that leave no people fail in as many ways as there are steps.
        raise _unsatisfiable(f"{type(error).__name__}: {error}", "figures that fit") from error
    output = output or study.folder / "raw"
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        found = error.strerror or "no folder"
        raise InputError([Problem(str(output), None, "", found, "a folder to write")]) from None
    paths = []
    for stem, frame in frames.items():
        paths.append(output / f"{stem}.csv")
        frame.to_csv(paths[-1], index=False, float_format="%g", lineterminator="\n")
    if output.resolve() == (study.folder / "raw").resolve():
        restate(study.folder)
    return paths


def reconstruct(study: Study, printed: PrintedFigures, seed: int) -> dict[str, pd.DataFrame]:
    """Draw every raw file except the framework matrix.

    Parameters
    ----------
    study : Study
    printed : PrintedFigures
        What the report prints, from `claims.csv`.
    seed : int
        Seeds one generator, of which each file has a stream of its own.

    Returns
    -------
    dict of DataFrame
        By file stem, with the columns of the data dictionary.
    """
    people_rng, score_rng, known_rng, training_rng, endline_rng, use_rng, rest_rng = (
        np.random.default_rng(seed).spawn(7)
    )
    people = _people(study, printed, people_rng)
    scores = _scores(study, printed, people, score_rng)
    known = _characteristics(study, printed, people, known_rng)
    frames = {
        "baseline_survey": _baseline(people, scores, known, known_rng),
        "post_training_survey": _post_training(study, printed, people, training_rng),
        "endline_survey": _endline(study, printed, people, scores, known, endline_rng),
        "training_attendance": _attendance(printed, people, rest_rng),
        "tool_use": _tool_use(study, printed, people, use_rng),
        "observations": _observations(printed),
        "interviews": _interviews(printed, rest_rng),
    }
    described = read_dictionary(study.folder).by_name
    return {
        stem: frame.reindex(columns=list(described[stem].table.by_name))
        for stem, frame in frames.items()
    }


def _until(draw: Callable[[], T], accept: Callable[[T], bool], tries: int = 20_000) -> T:
    """Draw until a draw is accepted."""
    for _ in range(tries):
        drawn = draw()
        if accept(drawn):
            return drawn
    raise _unsatisfiable(f"{accept.__name__}: none of {tries} draws", "one that agrees")


def _unsatisfiable(found: str, expected: str) -> InputError:
    return InputError([Problem(CLAIMS_FILE, None, "", found, expected)])


def _answers(counts: Mapping[Any, int], rng: Rng) -> list[Any]:
    """Each answer as often as counted, in random order."""
    if min(counts.values()) < 0:
        found = ", ".join(f"{answer}: {count}" for answer, count in counts.items())
        raise _unsatisfiable(found, "printed counts that leave none below 0")
    answers = [answer for answer, count in counts.items() for _ in range(count)]
    return [answers[index] for index in rng.permutation(len(answers))]


def _days(first: str, last: str, n: int, rng: Rng) -> list[str]:
    """Working days from first to last, both included (R-12)."""
    days = pd.bdate_range(first, last)
    return [f"{days[index]:%Y-%m-%d}" for index in rng.integers(len(days), size=n)]


# --- Who is there ---------------------------------------------------------------------------------


def _people(study: Study, printed: PrintedFigures, rng: Rng) -> pd.DataFrame:
    """Draw staff of both arms: role, and which files they are in (R-01, R-02, R-15)."""

    def every_team_records(staff: pd.DataFrame) -> bool:
        recording = staff.loc[staff["recorded"], "team"]
        return bool(recording.nunique() == staff["team"].nunique())

    intervention = _until(lambda: _intervention(study, printed, rng), every_team_records)
    comparison = _comparison(study, printed, rng)
    comparison = comparison.reindex(columns=intervention.columns, fill_value=False)
    people = pd.concat([intervention, comparison], ignore_index=True)
    people["arm"] = people["team"].map(study.arm_of)
    order = {team.id: number for number, team in enumerate(study.teams)}
    people = people.sort_values("team", key=lambda team: team.map(order), kind="stable")
    people["practitioner_id"] = [f"P{number:02d}" for number in range(1, len(people) + 1)]
    return people.set_index("practitioner_id")


def _intervention(study: Study, printed: PrintedFigures, rng: Rng) -> pd.DataFrame:
    """The eligible staff (R-01, R-02, R-15).

    They are the baseline respondents, one who joined at endline and one in no survey.
    """
    teams = [team.id for team in study.teams if team.arm == "intervention"]
    response = _response(printed, teams)
    team = [t for t in teams for _ in range(response["baseline"][t])]
    joined, silent = len(team), len(team) + 1
    team += [teams[rng.integers(len(teams))] for _ in range(2)]
    staff = pd.DataFrame({"team": team, "role": ""})
    for flag in ("endline", "attended", "post_training", "user", "uploaded", "recorded"):
        staff[flag] = False
    staff["baseline"] = staff.index < joined
    for t in teams:
        stay = response["endline"][t] - (team[joined] == t)
        staying = _pick(staff, staff["baseline"] & staff["team"].eq(t), stay, rng)
        staff.loc[staying, "endline"] = True
    unit = staff["team"].map(study.unit_of)
    for shared in unit.unique():
        manager = _pick(staff, staff["endline"] & unit.eq(shared), 1, rng)
        staff.loc[manager, "role"] = MANAGER
    staff["user"] = staff["endline"] & staff["role"].eq("")
    staff.loc[joined, "endline"] = True
    _assign_roles(staff, printed, joined, rng)
    for t, count in response["post_training"].items():
        answering = staff["attended"] & staff["team"].eq(t) & (staff.index != silent)
        staff.loc[_pick(staff, answering, count, rng), "post_training"] = True
    _assign_uploads(staff, printed, rng)
    return staff


def _response(printed: PrintedFigures, teams: list[str]) -> dict[str, dict[str, int]]:
    """Printed responses by wave and team."""
    return {
        wave: {team: printed.count("responses", "n", wave=wave, team=team) for team in teams}
        for wave in printed.values("responses", "wave", team=teams[0])
    }


def _pick(staff: pd.DataFrame, eligible: pd.Series, n: int, rng: Rng) -> np.ndarray:
    if not 0 <= n <= eligible.sum():
        raise _unsatisfiable(f"{n} people to choose from {eligible.sum()}", "as many or fewer")
    return np.sort(rng.choice(staff.index[eligible], n, replace=False))


def _assign_roles(staff: pd.DataFrame, printed: PrintedFigures, joined: int, rng: Rng) -> None:
    """Give roles so that those who attended and those who used the tools are as printed (R-15)."""
    attended = {
        role: printed.count("attendance", "attended", role=role)
        for role in (FSW, SENIOR, PRACTITIONER)
    }
    seniors = printed.count("reported_use", "used", role=SENIOR)
    users = rng.permutation(staff.index[staff["user"]])
    staff.loc[users[:seniors], "role"] = SENIOR
    others = _answers({FSW: attended[FSW], PRACTITIONER: attended[PRACTITIONER]}, rng)
    staff.loc[users[seniors:], "role"] = others[: len(users) - seniors]
    rest = rng.permutation(staff.index[staff["role"].eq("") & (staff.index != joined)])
    roles = others[len(users) - seniors :] + [SENIOR] * (attended[SENIOR] - seniors)
    staff.loc[rest[: len(roles)], "role"] = roles
    staff["attended"] = staff["role"].ne("")
    staff.loc[joined, "role"] = FSW
    staff.loc[rest[len(roles) :], "role"] = rng.choice([FSW, SENIOR], len(rest) - len(roles))


def _assign_uploads(staff: pd.DataFrame, printed: PrintedFigures, rng: Rng) -> None:
    """Say who is in the administrative data and who reports having uploaded (R-04)."""
    uploaded = printed.share(int(staff["user"].sum()), "uploaded", answer="yes")
    for role in (SENIOR, FSW, PRACTITIONER):
        count = printed.count("attended_and_used", "used", role=role)
        eligible = staff["attended"] & staff["role"].eq(role)
        certain = staff.index[eligible & staff["user"]]
        if role == SENIOR:
            chosen = _pick(staff, eligible & staff["user"], count, rng)
        else:
            more = _pick(staff, eligible & ~staff["user"], count - len(certain), rng)
            chosen = np.concatenate([certain, more])
        staff.loc[chosen, "recorded"] = True
    staff["uploaded"] = staff["user"] & staff["recorded"]
    missing = _pick(
        staff, staff["user"] & ~staff["recorded"], uploaded - int(staff["uploaded"].sum()), rng
    )
    staff.loc[missing, "uploaded"] = True


def _comparison(study: Study, printed: PrintedFigures, rng: Rng) -> pd.DataFrame:
    """Comparison staff: who answered at both waves is drawn team by team, roles freely (R-15)."""
    teams = [team.id for team in study.teams if team.arm == "comparison"]
    response = _response(printed, teams)
    pairs = printed.count("paired_tests", "df", measure="wai", arm="comparison") + 1
    limits = [min(response[wave][t] for wave in ("baseline", "endline")) for t in teams]
    both = _until(
        lambda: [int(rng.integers(limit + 1)) for limit in limits], lambda n: sum(n) == pairs
    )
    rows = []
    for t, paired in zip(teams, both, strict=True):
        left, joined = (response[wave][t] - paired for wave in ("baseline", "endline"))
        rows += [(t, True, True)] * paired + [(t, True, False)] * left
        rows += [(t, False, True)] * joined
    staff = pd.DataFrame(rows, columns=["team", "baseline", "endline"])
    staff["role"] = rng.choice([FSW, SENIOR, PRACTITIONER], len(staff), p=[0.4, 0.5, 0.1])
    for t in teams:
        staff.loc[_pick(staff, staff["team"].eq(t), 1, rng), "role"] = MANAGER
    return staff


# --- Outcome measures -----------------------------------------------------------------------------


def _scores(
    study: Study, printed: PrintedFigures, people: pd.DataFrame, rng: Rng
) -> dict[str, pd.DataFrame]:
    """Item answers of both outcome measures by wave (R-08 to R-11); index practitioner_id."""
    tables = _stored(study)
    printed_outcomes = outcomes(study, printed)
    waves: dict[str, list[pd.DataFrame]] = {"baseline": [], "endline": []}
    for measure, domains in (("wai", DOMAIN_ITEMS), ("compassion_satisfaction", {})):
        outcome, scale = printed_outcomes[measure], printed_outcomes[measure].scale
        walks = _walks(tables, outcome, GREATEST_SD_OF_CHANGE, rng)
        for wave, series in _allot(people, walks, rng).items():
            arm = people["arm"].loc[series.index]
            items = [
                _items(part, scale.items, (scale.minimum, scale.maximum), domains, rng)
                for _, part in series.groupby(arm)
            ]
            waves[wave].append(pd.concat(items).set_axis(scale.columns, axis=1))
    return {wave: pd.concat(parts, axis=1) for wave, parts in waves.items()}


def _stored(study: Study) -> stored.Identified:
    """Read the sets to draw from."""
    tables = stored.read(study.folder)
    place = f"{stored.FOLDER}/inputs.json"
    expected = f"what `earlyhelp determine {study.folder.name}` stores for the present figures"
    if tables is None:
        raise InputError([Problem(place, None, "", "no such file", expected)])
    return tables


def _walks(
    tables: stored.Identified, outcome: Outcome, greatest_sd: int, rng: Rng
) -> dict[str, Walk]:
    """One of the stored pairs of changes, and a walk from the people stored for each arm (R-10)."""
    possible = [
        pair
        for pair in stored.contrasts(tables, outcome)
        if max(change.sd for change in pair) <= greatest_sd
    ]
    if not possible:
        raise _unsatisfiable(f"no SD of change of at most {greatest_sd}", "a greater limit")
    changes = possible[rng.integers(len(possible))]
    return {
        arm: random_walk.draw(
            problem,
            stored.people(tables, outcome, arm, change),
            STEPS,
            Random(int(rng.integers(2**32))),
        )
        for (arm, problem), change in zip(outcome.arms.items(), changes, strict=True)
    }


def _allot(people: pd.DataFrame, walks: Mapping[str, Walk], rng: Rng) -> dict[str, pd.Series]:
    """Give totals to people in random order (R-11); who is left over has none (R-01)."""
    waves: dict[str, list[pd.Series]] = {"baseline": [], "endline": []}
    for arm, walked in walks.items():
        paired = walked.arm.pairs
        before, after = walked.scores
        staff = people[people["arm"].eq(arm)]
        both = staff["baseline"] & staff["endline"]
        groups = (
            (both, before[:paired], "baseline"),
            (both, after[:paired], "endline"),
            (staff["baseline"] & ~both, before[paired:], "baseline"),
            (staff["endline"] & ~both, after[paired:], "endline"),
        )
        for members, values, wave in groups:
            if len(values):
                waves[wave].append(pd.Series(values, index=staff.index[members]))
    return {wave: pd.concat(parts) for wave, parts in waves.items()}


def _items(
    totals: pd.Series,
    items: int,
    scale: tuple[int, int],
    domains: Mapping[str, tuple[int, ...]],
    rng: Rng,
) -> pd.DataFrame:
    """Answers that sum to each person's total, of one arm and wave (R-08)."""
    lift = np.zeros(items)
    for domain, numbers in domains.items():
        lift[np.array(numbers) - 1] = 0.5 if domain == "bond" else -0.25

    def draw() -> pd.DataFrame:
        rows = [_answer(int(total), lift, scale, rng) for total in totals]
        return pd.DataFrame(rows, index=totals.index)

    def as_described(frame: pd.DataFrame) -> bool:
        means = {
            domain: frame.iloc[:, np.array(numbers) - 1].sum(axis=1).mean()
            for domain, numbers in domains.items()
        }
        if not means:
            return True
        bond, goal, task = means["bond"], means["goal"], means["task"]
        return min(goal, task) > 20 and bond > max(goal, task) + 0.5 and abs(goal - task) < 0.5

    return _until(draw, as_described, tries=200)


def _answer(total: int, lift: np.ndarray, scale: tuple[int, int], rng: Rng) -> np.ndarray:
    """One person's answers, scattered about their mean and moved by ones to the total (R-08)."""
    scatter = rng.integers(-1, 2, len(lift))
    answer = np.clip(np.rint(total / len(lift) + lift + scatter), *scale).astype(int)
    while (short := total - answer.sum()) != 0:
        step = 1 if short > 0 else -1
        movable = np.flatnonzero((answer + step >= scale[0]) & (answer + step <= scale[1]))
        answer[rng.choice(movable)] += step
    return answer


# --- Surveys --------------------------------------------------------------------------------------


def _characteristics(
    study: Study, printed: PrintedFigures, people: pd.DataFrame, rng: Rng
) -> pd.DataFrame:
    """Background of everybody who gave it (R-06); index practitioner_id."""
    n = printed.count("people", "described", arm="all")
    joined = people.index[people["endline"] & ~people["baseline"]]
    at_baseline = people.index[people["baseline"]]
    late = rng.choice(joined, n - len(at_baseline), replace=False)
    index = at_baseline.append(pd.Index(np.sort(late)))
    manager = people.loc[index, "role"].eq(MANAGER)
    arm = people.loc[index, "arm"]
    most_common_time = _most_common(printed, "time_in_service")

    def draw() -> pd.DataFrame:
        years = _years(printed, n, rng)
        served = np.floor(years * rng.choice([1, 1, 0.75, 0.5], n))
        full = rng.random(n) < 0.75
        hours = np.where(
            full, float(study.counted.full_time_hours or 0), rng.choice([18.5, 22, 30], n)
        )
        return pd.DataFrame(
            {
                "time_in_service": [TIME_IN_SERVICE[i] for i in np.digitize(served, [1, 3, 6])],
                "years_practising": years,
                "qualification_level": _levels(printed, n, rng),
                "hours_per_week": hours,
                "families_supported": _families(printed, manager, rng),
            },
            index=index,
        )

    def alike(frame: pd.DataFrame) -> bool:
        numbers = frame.drop(columns="time_in_service")
        one, two = (numbers[arm.eq(a)] for a in ("intervention", "comparison"))
        difference = (one.mean() - two.mean()).abs() / numbers.std()
        most_common = frame["time_in_service"].value_counts()
        return (
            difference.max() < 0.25
            and most_common.index[0] == most_common_time
            and most_common.iloc[0] > most_common.iloc[1]
        )

    known = _until(draw, alike)
    for column, quantity in (
        ("prior_systemic_training", "prior_training"),
        ("prior_ors", "prior_tools"),
        ("prior_srs", "prior_tools"),
    ):
        counts = {
            answer: printed.count(quantity, "n", question=column, answer=answer)
            for answer in printed.values(quantity, "answer", question=column)
        }
        rest = "not sure" if "not sure" not in counts else "yes"
        answers = {**counts, rest: len(at_baseline) - sum(counts.values())}
        known.loc[at_baseline, column] = _answers(answers, rng)
    return known


def _span(printed: PrintedFigures, characteristic: str) -> np.ndarray:
    """Whole numbers between the printed ends of a characteristic."""
    least, greatest = (
        printed.count("characteristics", end, characteristic=characteristic, arm="all")
        for end in ("minimum", "maximum")
    )
    return np.arange(least, greatest + 1)


def _most_common(printed: PrintedFigures, characteristic: str) -> str:
    """The category that the report calls the most common."""
    (claim,) = printed.of("characteristic_counts", "rank", characteristic=characteristic)
    return claim.keys["category"]


def _years(printed: PrintedFigures, n: int, rng: Rng) -> np.ndarray:
    """Whole years, fewer people the more years; the mean between its bounds (R-06)."""
    values = _span(printed, "years_practising")
    words = printed.within("characteristics", "mean", characteristic="years_practising", arm="all")
    above = float(words.low) if words else values[0]
    weights = np.linspace(2, 0.2, len(values))
    return _sample(values, weights, n, rng, lambda x: above < x.mean() < MEAN_YEARS_BELOW)


def _levels(printed: PrintedFigures, n: int, rng: Rng) -> np.ndarray:
    """Qualification levels with the printed most common one (R-06)."""
    values = _span(printed, "qualification_level")
    most_common = int(_most_common(printed, "qualification_level"))
    weights = np.where(values == most_common, 2.0, 0.5)
    return _sample(values, weights, n, rng, lambda x: np.bincount(x).argmax() == most_common)


def _families(printed: PrintedFigures, manager: pd.Series, rng: Rng) -> np.ndarray:
    """Families supported, most often near the mean; Team Managers support the fewest (R-06)."""
    values = _span(printed, "families_supported")
    mean = printed.count("characteristics", "mean", characteristic="families_supported", arm="all")
    weights = 1 / (1 + (values - mean - 1.0) ** 2 / 16)

    def rounds_to_mean(others: np.ndarray) -> bool:
        total = others.sum() + manager.sum() * values[0]
        return bool(mean - 0.5 <= total / len(manager) < mean + 0.5)

    families = np.full(len(manager), values[0])
    families[~manager] = _sample(values, weights, int((~manager).sum()), rng, rounds_to_mean)
    return families


def _sample(
    values: np.ndarray, weights: np.ndarray, n: int, rng: Rng, accept: Callable[[np.ndarray], bool]
) -> np.ndarray:
    """Draw n values, the least and the greatest among them, that are accepted."""
    return _until(
        lambda: rng.choice(values, n, p=weights / weights.sum()),
        lambda x: x.min() == values[0] and x.max() == values[-1] and accept(x),
    )


def _respondents(people: pd.DataFrame, flag: str, days: tuple[str, str], rng: Rng) -> pd.DataFrame:
    """Who answered a survey, and when (R-12)."""
    frame = people.loc[people[flag], ["team", "role"]].copy()
    frame["completed_on"] = _days(*days, len(frame), rng)
    return frame


def _baseline(
    people: pd.DataFrame, scores: Mapping[str, pd.DataFrame], known: pd.DataFrame, rng: Rng
) -> pd.DataFrame:
    """Outcome measures and background of those who answered (R-12)."""
    frame = _respondents(people, "baseline", ("2022-09-05", "2022-09-16"), rng)
    return frame.join(known).join(scores["baseline"]).reset_index()


def _post_training(
    study: Study, printed: PrintedFigures, people: pd.DataFrame, rng: Rng
) -> pd.DataFrame:
    """Views on training and outcomes, and ratings of the tools, of those who attended (R-07)."""
    frame = _respondents(people, "post_training", ("2022-10-10", "2022-10-28"), rng)
    n = len(frame)
    counted = study.counted
    expected = counted.anticipated_outcomes
    for item in (*counted.training_views, *counted.training_parts, *expected):
        if item in expected:
            agree = printed.count("anticipated_outcomes", "agree", question=item)
        else:
            agree = printed.share(n, "training_views", question=item)
        strongly = int(rng.integers(agree // 4, agree // 2 + 1))
        disagree = int(rng.integers((n - agree) // 2 + 1))
        counts = {5: strongly, 4: agree - strongly, 3: n - agree - disagree, 2: disagree}
        frame[item] = _answers(counts, rng)
    know_more = printed.split(n, "know_more", "answer")
    frame["know_more"] = _answers(dict(zip((5, 4, 3, 2), know_more.values(), strict=True)), rng)
    full_day = printed.count("training_format", "n", format="one full day")
    halves = int(rng.integers(n - full_day + 1))
    formats = {
        "one full day": full_day,
        "two half days": halves,
        "no preference": n - full_day - halves,
    }
    frame["preferred_format"] = _answers(formats, rng)
    return pd.concat([frame, _tool_ratings(study, printed, frame.index, rng)], axis=1).reset_index()


def _tool_ratings(study: Study, printed: PrintedFigures, index: pd.Index, rng: Rng) -> pd.DataFrame:
    """Appropriateness and feasibility items; who rates one high tends to rate all high (R-08)."""
    favour = rng.standard_normal(len(index))
    parts = []
    scales = read_instruments(study.folder).ratings
    for name, (*_, known) in ratings(study, printed).items():
        totals = draw(known, 1, int(rng.integers(2**32)))[0]
        rank = np.argsort(np.argsort(favour + 0.5 * rng.standard_normal(len(index))))
        (items,) = known.numbers_of_items
        allowed = (int(known.minimum), int(known.maximum))
        answers = _items(pd.Series(totals[rank], index), items, allowed, {}, rng)
        parts.append(answers.set_axis(scales[name].columns, axis=1))
    return pd.concat(parts, axis=1)


def _endline(
    study: Study,
    printed: PrintedFigures,
    people: pd.DataFrame,
    scores: Mapping[str, pd.DataFrame],
    known: pd.DataFrame,
    rng: Rng,
) -> pd.DataFrame:
    """Outcome measures; use of the tools in one arm (R-02, R-07), contact in the other (R-14)."""
    frame = _respondents(people, "endline", ("2023-02-01", "2023-02-24"), rng)
    frame = frame.join(known[~people.loc[known.index, "baseline"]]).join(scores["endline"])
    staff = people.loc[frame.index]
    intervention = staff["arm"].eq("intervention")
    users = frame.index[staff["user"]]
    others = frame.index[intervention & staff["baseline"] & ~staff["user"]]
    none = "no sessions"
    frequency = printed.split(int(intervention.sum()), "tool_frequency", "frequency", tool="ORS")
    del frequency[none]
    frame.loc[others, "ors_frequency"] = none
    frame.loc[users, "ors_frequency"] = _answers(frequency, rng)
    frame["srs_frequency"] = frame["ors_frequency"]
    frame.loc[users, "uploaded_scores"] = staff.loc[users, "uploaded"].map(
        {True: "yes", False: "no"}
    )
    fields = read_dictionary(study.folder).by_name["endline_survey"].table.by_name
    for column, quantity, neutral in (
        ("family_engagement", "engagement", "neither engaged nor not engaged"),
        ("difficulty", "difficulty", "neither easier nor harder"),
    ):
        counts = {
            answer: printed.count(quantity, "n", **{quantity: answer})
            - (len(others) if answer == neutral else 0)
            for answer in fields[column].answers
        }
        frame.loc[others, column] = neutral
        frame.loc[users, column] = _answers(counts, rng)
    frame.loc[intervention, "continue_tools"] = "not sure"
    rated = frame["ors_frequency"].notna()
    yes = printed.count("continuation", "n", answer="yes")
    not_yes = int(rated.sum()) - yes
    no = int(rng.integers(not_yes + 1))
    answers = {"yes": yes, "no": no, "not sure": not_yes - no}
    frame.loc[rated, "continue_tools"] = _answers(answers, rng)
    frame.loc[~intervention, ["contact_with_training", "contact_with_tools"]] = "no"
    return frame.reset_index()


# --- Delivery -------------------------------------------------------------------------------------


def _attendance(printed: PrintedFigures, people: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """The eligible intervention staff and how they attended each part (R-05)."""
    frame = people.loc[people["arm"].eq("intervention"), ["team", "role"]].copy()
    attended = people.loc[frame.index, "attended"]
    sessions = _sessions(printed)
    for part in (1, 2):
        observed = sum(row["attendees"] for row in sessions if row["training_part"] == part)
        scheduled = int(rng.integers(observed, attended.sum()))
        counts = {"scheduled": scheduled, "mop-up": attended.sum() - scheduled}
        frame[f"part_{part}"] = "not attended"
        frame.loc[attended, f"part_{part}"] = _answers(counts, rng)
    frame.loc[~attended, "reason_not_attended"] = rng.choice(
        ["absence", "illness"], (~attended).sum()
    )
    return frame.reset_index()


def _tool_use(
    study: Study, printed: PrintedFigures, people: pd.DataFrame, rng: Rng
) -> pd.DataFrame:
    """One row per completion (R-03)."""
    team = people.loc[people["recorded"], "team"]

    def draw() -> pd.DataFrame:
        persons = _persons(printed, team, rng)
        sessions = persons.loc[persons.index.repeat(persons[list(TOOLS)].max(axis=1))]
        sessions = _with_months(sessions, study.tool_months, rng)
        number = sessions.groupby("person_id").cumcount()
        parts = [sessions[number < sessions[tool]].assign(tool=tool) for tool in TOOLS]
        return pd.concat(parts, ignore_index=True)

    def as_printed(completions: pd.DataFrame) -> bool:
        each = completions.groupby(["tool", "person_id"]).size().groupby("tool")
        least, most = _completions(printed)
        reached = each.min().eq(least) & each.max().eq(most)
        return bool(reached.all()) and _even_and_falling(completions)

    completions = _until(draw, as_printed)
    completions = completions.sort_values(
        ["month", "practitioner_id", "person_id", "tool"], kind="stable"
    )
    completions["completion_id"] = [f"U{number:03d}" for number in range(1, len(completions) + 1)]
    return completions


def _completions(printed: PrintedFigures) -> tuple[int, int]:
    """Fewest and most completions of a person, the same for both tools."""
    least, most = (
        printed.count("completions_per_person", end, tool="ORS") for end in ("minimum", "maximum")
    )
    return least, most


def _even_and_falling(completions: pd.DataFrame) -> bool:
    """Whether each team used both tools equally often, and use fell from month to month."""
    by_team = completions.groupby(["team", "tool"]).size().unstack()
    by_month = completions.groupby(["tool", "month"])["practitioner_id"].agg(["size", "nunique"])
    falls = (by_month.groupby("tool").diff().dropna() < 0).all(axis=None)
    return bool(falls and (by_team["ORS"] == by_team["SRS"]).all())


def _persons(printed: PrintedFigures, team: pd.Series, rng: Rng) -> pd.DataFrame:
    """Children and adults, their practitioner, and how often they completed each tool (R-03)."""
    _, most = _completions(printed)
    rows = []
    for kind in ("child", "adult"):
        srs_only = int(rng.integers(3))
        ors, srs = (
            printed.count("people_completing", "people", tool=tool, person_type=kind)
            for tool in ("ORS", "SRS")
        )
        both = srs - srs_only
        rows += [(kind, True, True)] * both + [(kind, False, True)] * srs_only
        rows += [(kind, True, False)] * (ors - both)
    shuffled = [rows[index] for index in rng.permutation(len(rows))]
    persons = pd.DataFrame(shuffled, columns=["person_type", "ORS", "SRS"])
    persons["person_id"] = [f"F{number:02d}" for number in range(1, len(persons) + 1)]
    seen_by = np.concatenate([team.index, rng.choice(team.index, len(persons) - len(team))])
    persons["practitioner_id"] = seen_by
    persons["team"] = persons["practitioner_id"].map(team)
    counts = np.ones(len(persons), dtype=int)
    regular = np.flatnonzero(persons["ORS"] & persons["SRS"])
    counts[rng.choice(regular)] = most
    while (counts * persons["ORS"]).sum() < COMPLETIONS:
        more = rng.choice(regular)
        counts[more] += counts[more] < most
    for tool in TOOLS:
        persons[tool] = counts * persons[tool]
    return _even(persons, most, rng)


def _even(persons: pd.DataFrame, maximum: int, rng: Rng) -> pd.DataFrame:
    """Make both tools as frequent in each team by a few sessions without one (R-03)."""
    for _, group in persons.groupby("team"):
        short = int(group["ORS"].sum() - group["SRS"].sum())
        step = 1 if short > 0 else -1
        both = group["ORS"].gt(0) & group["SRS"].gt(0)
        movable = group.index[both & (group["SRS"] + step).between(1, maximum)]
        persons.loc[rng.permutation(movable)[: abs(short)], "SRS"] += step
    return persons


def _with_months(sessions: pd.DataFrame, months: tuple[str, ...], rng: Rng) -> pd.DataFrame:
    """Give each session a month, a person's sessions in order of time (R-03)."""
    weights = 0.6 ** np.arange(len(months))
    drawn = rng.choice(len(months), len(sessions), p=weights / weights.sum())
    order = np.lexsort((drawn, sessions["person_id"].to_numpy(dtype=str)))
    return sessions.sort_values("person_id", kind="stable").assign(
        month=[months[index] for index in drawn[order]]
    )


def _sessions(printed: PrintedFigures) -> list[dict[str, Any]]:
    """The observed sessions with their printed numbers of people."""
    sessions = []
    for part in printed.values("training_observations", "training_part"):
        for session in printed.values("training_observations", "session", training_part=part):
            row: dict[str, Any] = {"training_part": int(part), "session": session}
            for column in ("facilitators", "attendees"):
                row[column] = printed.count(
                    "training_observations", column, training_part=part, session=session
                )
            sessions.append(row)
    return sessions


def _observations(printed: PrintedFigures) -> pd.DataFrame:
    """Observed training sessions; their dates are free (R-12)."""
    frame = pd.DataFrame(_sessions(printed))
    frame["observation_id"] = [f"observation_{number}" for number in range(1, len(frame) + 1)]
    frame["observed_on"] = frame["training_part"].map({1: "2022-09-27", 2: "2022-10-04"})
    return frame


def _interviews(printed: PrintedFigures, rng: Rng) -> pd.DataFrame:
    """Interviewees; which interview is whose is free but for R-13."""
    given = [
        role
        for role in printed.values("interviewees", "role")
        if role != "all"
        for _ in range(printed.count("interviewees", "n", role=role))
    ]
    roles = _until(
        lambda: [str(role) for role in rng.permutation(given)],
        lambda drawn: MANAGER not in (drawn[0], drawn[2]),
    )
    least = printed.count("interviewees", "shortest_months", role="all")
    most = 12 * printed.count("interviewees", "longest_years", role="all")
    between = rng.integers(least + 1, most, len(roles) - 2)
    return pd.DataFrame(
        {
            "interview_id": [f"interview_{number:02d}" for number in range(1, len(roles) + 1)],
            "role": roles,
            "months_in_role": rng.permutation([least, most, *between]),
            "conducted_on": sorted(_days("2023-03-01", "2023-03-24", len(roles), rng)),
        }
    )


app = Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=Command)
def script(
    seed: Annotated[Any, number_option("of the draw; the study's own by default")] = None,
    output: Annotated[Path | None, option("FOLDER", "the study's raw/ by default")] = None,
) -> None:
    """Write the raw files from the printed figures and name each."""
    for path in write(seed, output):
        print(path)


def main() -> int:
    """Write what the command line asks for."""
    return run(app, Path(sys.argv[0]).name, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(guarded(main))
