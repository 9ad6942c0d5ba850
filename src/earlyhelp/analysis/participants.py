"""Who was asked, who answered and who they were (Methods, Tables 2.1 to 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from earlyhelp.analysis.instruments import outcome_scores, tool_rating_scores
from earlyhelp.analysis.quantities import Formula, Given, SameAs, Total, labelled, quantity
from earlyhelp.study.design import Study, Wave
from earlyhelp.study.raw import Pilot

NUMERIC_CHARACTERISTICS = (
    "years_practising",
    "qualification_level",
    "hours_per_week",
    "families_supported",
)


# Kind of a response rate whose denominator are those who answered at all.
UPPER_BOUND = "upper bound"


def shares(answers: pd.Series, categories: tuple[Any, ...], name: str) -> pd.DataFrame:
    """Count answers.

    Returns
    -------
    DataFrame
        `name` (every category, in order), n, total (answers given), percent (0 to 100; NaN when
        nobody answered).
    """
    given = answers.dropna()
    counts = [int((given == category).sum()) for category in categories]
    total = len(given)
    return pd.DataFrame(
        {
            name: list(categories),
            "n": counts,
            "total": total,
            "percent": [percent(count, total) for count in counts],
        }
    )


def percent(n: int, total: int) -> float:
    """`n` of `total` in percent; NaN of nothing."""
    return 100 * n / total if total else float("nan")


def surveys(pilot: Pilot) -> dict[str, pd.DataFrame]:
    """The survey responses by wave.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> {wave: len(survey) for wave, survey in surveys(pilot).items()}
    {'baseline': 18, 'post_training': 8, 'endline': 23}
    """
    return {wave.id: pilot.survey(wave.id) for wave in pilot.study.waves}


@quantity(
    Total("n", "team", ("wave", "arm")),
    Total("n", "arm", ("wave",), {"team": "all"}),
)
def responses(pilot: Pilot) -> pd.DataFrame:
    """Survey responses (Table 2.2).

    Returns
    -------
    DataFrame
        wave, arm, team ("all" for the arm's total; arm "all" for the wave's), n.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = responses(open_pilot("tests/studies/complete"))
    >>> print(table.query("team == 'all'").head(3).to_string(index=False))
        wave          arm team  n
    baseline intervention  all 11
    baseline   comparison  all  7
    baseline          all  all 18
    """
    rows: list[tuple[str, str, str, int]] = []
    for wave in pilot.study.waves:
        placed = pilot.study.placed(pilot.survey(wave.id))
        for arm in wave.arms:
            counted = _by_team(pilot.study, placed, arm).items()
            rows += [(wave.id, arm, team, n) for team, n in counted]
        rows.append((wave.id, "all", "all", len(placed)))
    return pd.DataFrame(rows, columns=["wave", "arm", "team", "n"])


def _by_team(study: Study, placed: pd.DataFrame, arm: str) -> dict[str, int]:
    """People of an arm in each of its teams, and in "all"."""
    teams = placed.loc[placed["arm"] == arm, "team"]
    counted = {team: int((teams == team).sum()) for team in study.teams_of(arm)}
    return counted | {"all": len(teams)}


def survey_name(wave: str) -> str:
    """How tables of activities and stages call the survey of a wave.

    Examples
    --------
    >>> survey_name("post_training")
    'post-training survey'
    """
    return f"{wave.replace('_', '-')} survey"


def _survey_activities(pilot: Pilot) -> Iterator[SameAs]:
    for wave in pilot.study.waves:
        where = {"activity": survey_name(wave.id)}
        yield SameAs("n", "responses", "n", where, {"wave": wave.id}, ("arm", "team"))


@quantity(_survey_activities)
def data_collection(pilot: Pilot) -> pd.DataFrame:
    """Data collection and delivery by team (Table 2.1).

    Returns
    -------
    DataFrame
        activity, arm, team ("all" for the arm's total), n (people who took part), done (1 when
        anybody did, else 0). Interviews do not name a team; where one arm was treated, all were
        with it.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = data_collection(open_pilot("tests/studies/complete"))
    >>> print(table.query("activity == 'training' and team == 'all'").to_string(index=False))
    activity          arm team  n  done
    training intervention  all 16     1
    training   comparison  all  0     0
    """
    study = pilot.study
    first, *later = ({survey_name(wave): survey} for wave, survey in surveys(pilot).items())
    frames = dict(first)
    if pilot.has("training_attendance"):
        frames["training"] = pilot.training_attendance[attended_training(pilot)]
    if pilot.has("tool_use"):
        frames["tool use"] = pilot.tool_use.drop_duplicates("practitioner_id")
    for survey in later:
        frames |= survey
    rows = []
    for activity, frame in frames.items():
        for arm in study.arm_ids:
            counted = _by_team(study, study.placed(frame), arm).items()
            rows += [(activity, arm, team, n) for team, n in counted]
    if len(study.treated) == 1:
        with_whom = {
            arm: len(pilot.interviews) if arm in study.treated else 0 for arm in study.arm_ids
        }
        rows += [("interviews", arm, "all", n) for arm, n in with_whom.items()]
    table = pd.DataFrame(rows, columns=["activity", "arm", "team", "n"])
    return table.assign(done=(table["n"] > 0).astype(int))


def attended_training(pilot: Pilot) -> pd.Series:
    """Whether each person of the attendance list came to at least one part of the training."""
    parts = pilot.training_attendance[["part_1", "part_2"]]
    return (parts != pilot.study.counted.absent).any(axis=1)


def trained_people(pilot: Pilot) -> pd.DataFrame:
    """Those of the attendance list who came, and whether the tool records name them (`used`).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = trained_people(open_pilot("tests/studies/complete"))
    >>> len(table), int(table["used"].sum())
    (16, 9)
    """
    there = pilot.training_attendance[attended_training(pilot)]
    return there.assign(used=there["practitioner_id"].isin(pilot.tool_use["practitioner_id"]))


@quantity()
def fieldwork(pilot: Pilot) -> pd.DataFrame:
    """When each activity took place, from the dates in the raw files.

    Returns
    -------
    DataFrame
        activity ("all" for the whole), first, last (timestamps), first_year, last_year, months
        (calendar months from first to last, both counted), period ("September 2022", "September
        and October 2022", "November 2022 to February 2023"), short ("Sep", "Sep/Oct", "Nov–Feb").

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = fieldwork(open_pilot("tests/studies/complete"))
    >>> print(table[["activity", "months", "period", "short"]].tail(1).to_string(index=False))
    activity  months               period   short
         all       6 January to June 2024 Jan–Jun
    """
    first, *middle, last = _with_last(pilot.study)
    dates = {
        **_answered_on(pilot, first),
        "training observations": pilot.observations["observed_on"],
        **_answered_on(pilot, *middle),
        "tool use": pd.to_datetime(pilot.tool_use["month"], format="%Y-%m"),
        **_answered_on(pilot, *last),
        "interviews": pilot.interviews["conducted_on"],
    }
    given = {activity: pd.to_datetime(when).dropna() for activity, when in dates.items()}
    given["all"] = pd.concat(given.values())
    return pd.DataFrame(
        [{"activity": activity, **_period(when)} for activity, when in given.items() if len(when)]
    )


def _with_last(study: Study) -> tuple[Any, ...]:
    """The first wave, those between, and a list of the last, empty where there is one only."""
    first, *later = study.waves
    return (first, *later[:-1], later[-1:])


def _answered_on(pilot: Pilot, *waves: Wave) -> dict[str, pd.Series]:
    """Dates of the answers to surveys, where they are known."""
    return {
        survey_name(wave.id): pilot.survey(wave.id)["completed_on"]
        for wave in waves
        if "completed_on" in pilot.survey(wave.id)
    }


def _period(when: pd.Series) -> dict[str, object]:
    first, last = when.min(), when.max()
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    period, short = f"{last:%B %Y}", f"{last:%b}"
    if months > 1:
        start = f"{first:%B}" if first.year == last.year else f"{first:%B %Y}"
        period = f"{start} {'and' if months == 2 else 'to'} {period}"
        short = f"{first:%b}{'/' if months == 2 else '–'}{short}"
    return {
        "first": first,
        "last": last,
        "first_year": first.year,
        "last_year": last.year,
        "months": months,
        "period": period,
        "short": short,
    }


@quantity()
def training_observations(pilot: Pilot) -> pd.DataFrame:
    """Observed training sessions (Table 2.3).

    Returns
    -------
    DataFrame
        training_part, session, observed_on, facilitators, attendees; one row per observation.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = training_observations(open_pilot("tests/studies/complete"))
    >>> print(table.to_string(index=False))
     training_part   session observed_on  facilitators  attendees
                 1   morning  2024-02-06             2          9
                 2 afternoon  2024-02-13             1          6
    """
    columns = ["training_part", "session", "observed_on", "facilitators", "attendees"]
    hours = pilot.answers("session", "observations")
    table = pilot.observations.astype({"session": pd.CategoricalDtype(list(hours), ordered=True)})
    table = table[columns].sort_values(columns[:3], ignore_index=True).astype({"session": str})
    numbers = ["training_part", "facilitators", "attendees"]
    return table.astype(dict.fromkeys(numbers, "int64"))


@quantity(Total("n", "training_part"))
def observation_counts(pilot: Pilot) -> pd.DataFrame:
    """Number of observations.

    Returns
    -------
    DataFrame
        training_part ("1", "2", "all"), n.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = observation_counts(open_pilot("tests/studies/complete"))
    >>> print(table.to_string(index=False))
    training_part  n
                1  1
                2  1
              all  2
    """
    parts = pilot.observations["training_part"]
    rows = [(str(part), int((parts == part).sum())) for part in (1, 2)]
    seen = [*rows, ("all", len(parts))] if len(parts) else []
    return pd.DataFrame(seen, columns=["training_part", "n"])


@quantity(Total("n", "role"))
def interviewees(pilot: Pilot) -> pd.DataFrame:
    """Interviews by role, with the range of time in the role.

    Returns
    -------
    DataFrame
        role ("all" for the total), n, shortest_months, longest_months, longest_years.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = interviewees(open_pilot("tests/studies/complete"))
    >>> print(table.tail(1).round(1).to_string(index=False))
    role  n  shortest_months  longest_months  longest_years
     all  3             14.0            60.0            5.0
    """
    interviews = pilot.interviews
    listed = [*sorted(interviews["role"].dropna().unique()), "all"]
    roles, rows = listed if len(interviews) else [], []
    for role in roles:
        months = interviews.loc[(interviews["role"] == role) | (role == "all"), "months_in_role"]
        rows.append((role, len(months), months.min(), months.max(), months.max() / 12))
    columns = ["role", "n", "shortest_months", "longest_months", "longest_years"]
    return pd.DataFrame(rows, columns=columns)


def _paired(pilot: Pilot) -> Iterator[SameAs]:
    """Those who answered twice are those who were tested where every respondent has a score."""
    arm = ("arm",)
    for measure, later in product(pilot.instruments.whole, pilot.outcome_waves[1:]):
        scored = tuple(
            (
                SameAs("both", "outcome_summary", "n", {}, {"measure": measure, "wave": wave}, arm),
                SameAs("both", "responses", "n", {}, {"wave": wave, "team": "all"}, arm),
            )
            for wave in (pilot.study.first_wave, later)
        )
        again = {"wave": later}
        yield SameAs("both", "paired_tests", "n", again, {"measure": measure, **again}, arm, scored)


def _answered(pilot: Pilot) -> Iterator[SameAs]:
    first, *later = pilot.outcome_waves or (pilot.study.first_wave,)
    yield SameAs("before", "responses", "n", {}, {"wave": first, "team": "all"}, ("arm",))
    for wave in later:
        select = {"wave": wave, "team": "all"}
        yield SameAs("after", "responses", "n", {"wave": wave}, select, ("arm",))


@quantity(
    _answered,
    _paired,
    Formula("lost", "before - both"),
    Formula("new", "after - both"),
    Formula("distinct", "before + new"),
    Formula("retained_percent", "100 * both / before"),
    *(Total(column, "arm", ("wave",)) for column in ("both", "lost", "new", "distinct")),
)
def people(pilot: Pilot) -> pd.DataFrame:
    """Distinct people behind the responses to the first wave and to each later one.

    Returns
    -------
    DataFrame
        wave (the later one), arm ("all" for every), before, after, both (paired), lost (before
        only), new (after only), distinct (before or after), described (gave background
        characteristics), retained_percent (both of before).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = people(open_pilot("tests/studies/complete"))
    >>> print(table.drop(columns="wave").round(1).to_string(index=False))
             arm  before  after  both  lost  new  distinct  described  retained_percent
    intervention      11     16    10     1    6        17         12              90.9
      comparison       7      7     6     1    1         8          8              85.7
             all      18     23    16     2    7        25         20              88.9
    """
    described = described_people(pilot)["arm"]
    placed = {wave: pilot.study.placed(survey) for wave, survey in surveys(pilot).items()}
    rows = []
    for wave, arm in product(pilot.outcome_waves[1:], (*pilot.study.arm_ids, "all")):
        before, after = (
            set(people.loc[(people["arm"] == arm) | (arm == "all"), "practitioner_id"])
            for people in (placed[pilot.study.first_wave], placed[wave])
        )
        both, one, other = before & after, before - after, after - before
        counts = [len(group) for group in (before, after, both, one, other, before | after)]
        told_of = int(((described == arm) | (arm == "all")).sum())
        rows.append((wave, arm, *counts, told_of, percent(len(both), len(before))))
    columns = ["wave", "arm", "before", "after", "both", "lost", "new", "distinct", "described"]
    table = pd.DataFrame(rows, columns=[*columns, "retained_percent"])
    table.attrs["first_wave"] = pilot.study.first_wave
    return table


def _flow(pilot: Pilot) -> Iterator[SameAs]:
    """Where the number of each stage stands, too."""
    for arm in () if pilot.study.one_by_one else pilot.study.arm_ids:
        for stage, fact in (("teams", "teams"), ("randomised units", "units")):
            where = {"stage": stage, "arm": arm}
            yield SameAs("n", "design", "value", where, {"fact": f"{arm} {fact}"})
    for survey in pilot.study.waves:
        where = {"stage": survey_name(survey.id)}
        yield SameAs("n", "responses", "n", where, {"wave": survey.id, "team": "all"}, ("arm",))
    # The register and the question on use are of one arm where one was treated.
    if len(pilot.study.treated) == 1:
        for stage, column in ELIGIBLE.items():
            yield SameAs("n", "attendance", column, {"stage": stage}, {"role": "all"})
        users = {"stage": "used the tools"}
        yield SameAs("n", "attended_and_used", "used", users, {"role": "all"})
        for asked in pilot.tools[:1]:
            tool = {"tool": asked, "frequency": str(pilot.study.counted.never)}
            yield SameAs("n", "tool_frequency", "total", {"stage": "reported use"}, tool)
    for measure, scale in pilot.instruments.whole.items():
        name = scale.key.name.lower()
        for wave in pilot.outcome_waves:
            where, select = {"stage": f"{name} at {wave}"}, {"measure": measure, "wave": wave}
            yield SameAs("n", "outcome_summary", "n", where, select, ("arm",))
        for wave in pilot.outcome_waves[1:]:
            where = {"stage": paired_stage(pilot, name, wave)}
            select = {"measure": measure, "wave": wave}
            yield SameAs("n", "paired_tests", "n", where, select, ("arm",))


ELIGIBLE = {"eligible for training": "eligible", "attended training": "attended"}


def paired_stage(pilot: Pilot, name: str, wave: str) -> str:
    """Stage of those who have an outcome at the first wave and at a later one.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> paired_stage(open_pilot("tests/studies/three_arms"), "distress", "later")
    'distress paired with later'
    """
    several = len(pilot.outcome_waves) > 2
    return f"{name} paired with {wave}" if several else f"{name} paired"


@quantity(_flow)
def participant_flow(pilot: Pilot) -> pd.DataFrame:
    """Numbers at each stage, as a CONSORT flow diagram shows them (Eldridge et al. 2016).

    Returns
    -------
    DataFrame
        stage, arm, n. Stages that an arm did not go through are left out.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = participant_flow(open_pilot("tests/studies/complete"))
    >>> print(table.query("stage == 'baseline survey'").to_string(index=False))
              stage          arm  n
    baseline survey intervention 11
    baseline survey   comparison  7
    """
    first, *middle, last = _with_last(pilot.study)
    trained, used = _delivered(pilot)
    stages = [
        *_drawn(pilot),
        *_surveyed(pilot, first),
        *trained,
        *_surveyed(pilot, *middle),
        *used,
        *_surveyed(pilot, *last),
        *_scored(pilot),
    ]
    rows: list[tuple[str, str, int]] = []
    for stage, found, arms in stages:
        of_arms = [*found]
        rows += [(stage, arm, of_arms.count(arm)) for arm in arms]
    return pd.DataFrame(rows, columns=["stage", "arm", "n"])


# Its name, the arm of everybody who reached it, and the arms that went through it.
Stage = tuple[str, Iterable[str], tuple[str, ...]]


def _drawn(pilot: Pilot) -> Iterator[Stage]:
    study = pilot.study
    if study.one_by_one:
        return
    yield "teams", study.arm_of.values(), study.arm_ids
    if study.reference:
        of_units = {unit: study.arm_of[team] for team, unit in study.unit_of.items()}
        yield "randomised units", of_units.values(), study.arm_ids


def _surveyed(pilot: Pilot, *waves: Wave) -> Iterator[Stage]:
    for wave in waves:
        yield survey_name(wave.id), pilot.study.placed(pilot.survey(wave.id))["arm"], wave.arms


def _delivered(pilot: Pilot) -> tuple[list[Stage], list[Stage]]:
    """Stages of the training, and of the use of tools, as far as there are records."""
    study, register = pilot.study, pilot.training_attendance
    trained: dict[str, Iterable[str]] = {}
    used: dict[str, Iterable[str]] = {}
    if pilot.has("training_attendance"):
        trained["eligible for training"] = study.placed(register)["arm"]
        there = register[attended_training(pilot)]
        trained["attended training"] = study.placed(there)["arm"]
    if pilot.instruments.ratings:
        rated = tool_rating_scores(pilot).dropna().drop_duplicates("practitioner_id")
        used["rated the tools after training"] = rated["arm"]
    if pilot.has("tool_use"):
        users = pilot.tool_use.drop_duplicates("practitioner_id")
        if pilot.has("training_attendance"):
            # Practitioners who were trained, as `attended_and_used` counts them.
            there = trained_people(pilot)
            users = there[there["used"] & there["role"].isin(study.counted.practitioners)]
        used["used the tools"] = study.placed(users)["arm"]
    for frequency in [*study.counted.frequency.values()][:1]:
        survey = pilot.asking(frequency)
        used["reported use"] = study.placed(survey[survey[frequency].notna()])["arm"]
    before, after = (
        [(name, found, study.treated) for name, found in of.items()] for of in (trained, used)
    )
    return before, after


def _scored(pilot: Pilot) -> Iterator[Stage]:
    scores, arms = outcome_scores(pilot).dropna(subset="score"), pilot.study.arm_ids
    for measure, scale in pilot.instruments.whole.items():
        of_measure, name = scores[scores["measure"] == measure], scale.key.name.lower()
        by_wave = {wave: of_measure[of_measure["wave"] == wave] for wave in pilot.outcome_waves}
        for wave, there in by_wave.items():
            yield f"{name} at {wave}", there["arm"], arms
        before = by_wave[pilot.study.first_wave]["practitioner_id"]
        for wave in pilot.outcome_waves[1:]:
            paired = by_wave[wave]["practitioner_id"].isin(before)
            yield paired_stage(pilot, name, wave), by_wave[wave].loc[paired, "arm"], arms


def _rates(pilot: Pilot) -> Iterator[SameAs]:
    again, known = respondents(pilot), "people known to the study"
    for whom in (*ELIGIBLE, known):
        where = {"denominator": whom}
        yield SameAs("n", "responses", "n", where, {"team": "all"}, ("wave", "arm"))
    yield SameAs("n", "people", "both", {"denominator": again}, on=("wave", "arm"))
    yield SameAs("total", "people", "before", {"denominator": again}, on=("wave", "arm"))
    if len(pilot.study.treated) == 1:
        for whom, column in ELIGIBLE.items():
            yield SameAs("total", "attendance", column, {"denominator": whom}, {"role": "all"})
    # Only the arms that were treated have other files than the surveys.
    if pilot.study.reference and len(pilot.outcome_waves) == 2:
        where = {"denominator": known, "arm": pilot.study.reference}
        yield SameAs("total", "people", "distinct", where, on=("arm",))


def respondents(pilot: Pilot) -> str:
    """How response rates call those who answered at the first wave.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> respondents(open_pilot("tests/studies/complete"))
    'baseline respondents'
    """
    return f"{pilot.study.labels[pilot.study.first_wave].lower()} respondents"


@quantity(_rates, Formula("percent", "100 * n / total"))
def response_rates(pilot: Pilot) -> pd.DataFrame:
    """Response rate against each denominator the data offer; the report prints none.

    Returns
    -------
    DataFrame
        wave, arm, denominator (words), n, total, percent, kind. Against the first wave's
        respondents n counts those of them who answered again. The kind is a rate, or an upper bound
        where nobody can be in the denominator without having answered: no register lists the arm's
        staff.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = response_rates(open_pilot("tests/studies/complete"))
    >>> columns = ["wave", "denominator", "n", "total", "kind"]
    >>> print(table.query("arm == 'comparison'")[columns].to_string(index=False))
        wave               denominator  n  total        kind
    baseline people known to the study  7      8 upper bound
     endline      baseline respondents  6      7        rate
     endline people known to the study  7      8 upper bound
    """
    counted = responses(pilot)
    totals = counted[counted["team"] == "all"].itertuples(index=False)
    told = people(pilot)[["wave", "arm", "both", "before"]].to_numpy().tolist()
    again = {(wave, arm): (both, before) for wave, arm, both, before in told}
    register = pilot.training_attendance
    listed = {whom: pilot.study.placed(register)["arm"] for whom in ELIGIBLE}
    listed["attended training"] = listed["attended training"][attended_training(pilot)]
    rows: list[tuple[str, str, str, int, int]] = []
    for wave, arm, _, n in totals:
        if arm == "all":
            continue
        if wave in pilot.outcome_waves:
            rows.append((wave, arm, "people known to the study", n, len(_known_people(pilot, arm))))
        if wave in pilot.outcome_waves[1:]:
            rows.append((wave, arm, respondents(pilot), *again[wave, arm]))
        eligible, attended = (int((arms == arm).sum()) for arms in listed.values())
        if eligible:
            rows.append((wave, arm, "eligible for training", n, eligible))
        if eligible and wave == pilot.after_training:
            rows.append((wave, arm, "attended training", n, attended))
    table = pd.DataFrame(rows, columns=["wave", "arm", "denominator", "n", "total"])
    table["percent"] = [percent(*pair) for pair in table[["n", "total"]].to_numpy().tolist()]
    arms = set(listed["eligible for training"])
    unlisted = (table["denominator"] == "people known to the study") & ~table["arm"].isin(arms)
    table["kind"] = unlisted.map({True: UPPER_BOUND, False: "rate"})
    order = [*pilot.study.labels_of_waves, *pilot.study.arm_ids, *sorted({*table["denominator"]})]
    return table.sort_values(
        ["wave", "arm", "denominator"], key=lambda names: names.map(order.index), ignore_index=True
    )


def _known_people(pilot: Pilot, arm: str) -> set[str]:
    """People of an arm whom any raw file names."""
    frames = (*surveys(pilot).values(), pilot.training_attendance, pilot.tool_use)
    placed = pd.concat(map(pilot.study.placed, frames))
    return set(placed.loc[placed["arm"] == arm, "practitioner_id"])


def described_people(pilot: Pilot) -> pd.DataFrame:
    """Background characteristics, one row per person who gave any, the earlier answer first.

    Returns
    -------
    DataFrame
        practitioner_id, team, arm, time_in_service, `NUMERIC_CHARACTERISTICS` and what the study
        names as characteristics.
    """
    named = pilot.study.counted.characteristics
    columns = [*dict.fromkeys(["time_in_service", *NUMERIC_CHARACTERISTICS, *named])]
    known = ["practitioner_id", "team", "arm"]
    asked = [
        pilot.study.placed(survey)[known].join(survey[[name for name in columns if name in survey]])
        for survey in surveys(pilot).values()
        if {*columns} & {*survey}
    ]
    given = pd.concat(asked) if asked else pd.DataFrame(columns=known)
    given = given.reindex(columns=[*known, *columns]).dropna(subset=columns, how="all")
    return given.drop_duplicates("practitioner_id", ignore_index=True)


@quantity()
def characteristics(pilot: Pilot) -> pd.DataFrame:
    """Numeric background characteristics of respondents.

    Returns
    -------
    DataFrame
        characteristic (those asked for), arm ("all" for every), n, mean, sd, median, minimum,
        maximum.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = characteristics(open_pilot("tests/studies/complete"))
    >>> print(table.head(2).round(1).to_string(index=False))
      characteristic          arm  n  mean  sd  median  minimum  maximum
    years_practising intervention 11   6.0 4.7     6.0      0.5     15.0
    years_practising   comparison  8   6.0 3.2     5.5      2.0     11.0
    """
    given = described_people(pilot)
    rows = []
    asked = [name for name in NUMERIC_CHARACTERISTICS if pilot.wave_asking(name)]
    numbers, _ = named_characteristics(pilot)
    for characteristic, arm in product(
        dict.fromkeys([*asked, *numbers]), (*pilot.study.arm_ids, "all")
    ):
        values = given.loc[(given["arm"] == arm) | (arm == "all"), characteristic].dropna()
        summary = (values.mean(), values.std(), values.median(), values.min(), values.max())
        rows.append((characteristic, arm, len(values), *summary))
    columns = ["characteristic", "arm", "n", "mean", "sd", "median", "minimum", "maximum"]
    return pd.DataFrame(rows, columns=columns)


@quantity(Formula("percent", "100 * n / total"))
def characteristic_counts(pilot: Pilot) -> pd.DataFrame:
    """Background characteristics in categories.

    Returns
    -------
    DataFrame
        characteristic (time_in_service, qualification_level, working_hours), arm, category, n,
        total, percent, rank (1 for the most common, ties sharing the lower rank).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = characteristic_counts(open_pilot("tests/studies/complete"))
    >>> print(table.query("arm == 'comparison'").head(4).to_string(index=False))
     characteristic        arm     category  n  total  percent  rank
    time_in_service comparison under 1 year  1      8     12.5     4
    time_in_service comparison 1 to 2 years  2      8     25.0     2
    time_in_service comparison 3 to 5 years  1      8     12.5     4
    time_in_service comparison over 5 years  4      8     50.0     1
    """
    given = described_people(pilot)
    files = [wave.file for wave in pilot.study.waves]
    answers: dict[str, tuple[pd.Series, tuple[Any, ...]]] = {
        name: (given[name], pilot.answers(name, *files))
        for name in ("time_in_service", "qualification_level")
        if pilot.wave_asking(name)
    }
    full_time = pilot.study.counted.full_time_hours
    if full_time and pilot.wave_asking("hours_per_week"):
        full = given["hours_per_week"].dropna() >= full_time
        posts = full.map({True: "full time", False: "part time"})
        answers["working_hours"] = posts, ("full time", "part time")
    return _counted(given, answers, (*pilot.study.arm_ids, "all"))


def _counted(
    given: pd.DataFrame,
    answers: Mapping[str, tuple[pd.Series, tuple[Any, ...]]],
    arms: Iterable[str],
) -> pd.DataFrame:
    """Count answers and how common they are: characteristic by characteristic, arm by arm."""
    frames = []
    for (characteristic, (values, categories)), arm in product(answers.items(), arms):
        chosen = values[(given.loc[values.index, "arm"] == arm) | (arm == "all")]
        frame = shares(chosen, categories, "category")
        frame["rank"] = frame["n"].rank(method="max", ascending=False).astype(int)
        frame.insert(0, "arm", arm)
        frame.insert(0, "characteristic", characteristic)
        frame["category"] = frame["category"].astype(str)
        frames.append(frame)
    columns = ["characteristic", "arm", "category", "n", "total", "percent", "rank"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def named_characteristics(pilot: Pilot) -> tuple[list[str], list[str]]:
    """Which of the characteristics that a study names are numbers, and which listed answers.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> named_characteristics(open_pilot("tests/studies/three_arms"))
    (['age'], ['sex'])
    """
    numbers: list[str] = []
    listed: list[str] = []
    for name in pilot.study.counted.characteristics:
        is_number = is_numeric_dtype(pilot.asking(name)[name])
        (numbers if is_number else listed).append(name)
    return numbers, listed


@quantity(
    Formula("percent", "100 * n / total"),
    Total("n", "arm", ("characteristic", "category")),
)
def characteristics_by_arm(pilot: Pilot) -> pd.DataFrame:
    """Listed answers on who people are, for questions that the study names as such.

    Returns
    -------
    DataFrame
        characteristic, arm ("all" for every, where there are several), category, n, total,
        percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = characteristics_by_arm(open_pilot("tests/studies/three_arms"))
    >>> print(table.query("arm == 'usual'").round(1).to_string(index=False))
    characteristic   arm category  n  total  percent
               sex usual   female  5     13     38.5
               sex usual     male  6     13     46.2
               sex usual not said  2     13     15.4
    """
    given = described_people(pilot)
    _, listed = named_characteristics(pilot)
    answers = {name: (given[name], pilot.answers(name)) for name in listed}
    arms = pilot.study.arm_ids
    return _counted(given, answers, (*arms, "all") if len(arms) > 1 else arms).drop(columns="rank")


@quantity(Given("value"))
def design(pilot: Pilot) -> pd.DataFrame:
    """Facts of the design, from `study.yml`.

    Returns
    -------
    DataFrame
        fact, value (number or text); the labels of facts about an instrument begin with its own.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = design(open_pilot("tests/studies/complete"))
    >>> print(table.query("fact in ('teams', 'wai items')").to_string(index=False))
         fact value
        teams     5
    wai items    12
    >>> table.attrs["labels"]["wai item maximum"]
    'Working alliance (WAI): item maximum'
    """
    study, instruments = pilot.study, pilot.instruments
    parts = {name: instruments.parts(name) for name in instruments.whole}
    facts: dict[str, object] = {"teams": len(study.teams)} if study.teams else {}
    facts |= {
        "groups": len(study.arms),
        "waves": len(study.waves),
        "outcome measures": len(instruments.whole),
        **{f"{name} domains": len(domains) for name, domains in parts.items() if domains},
    }
    if study.tool_months:
        facts["months of tool use"] = len(study.tool_months)
    for arm in () if study.one_by_one else study.arm_ids:
        members = study.teams_of(arm)
        facts[f"{arm} teams"] = len(members)
        facts[f"{arm} units"] = len({study.unit_of[team] for team in members})
    if not study.one_by_one:
        units = [team.unit for team in study.teams]
        facts["teams in shared units"] = sum(units.count(unit) > 1 for unit in units)
    for name, scale in instruments.measured.items():
        if scale.key.items:
            facts[f"{name} items"] = scale.items
            facts[f"{name} item maximum"] = scale.maximum
        if scale.graded:
            facts[f"{name} total maximum"] = scale.total_maximum
    for name, domains in parts.items():
        if domains:
            facts[f"{name} domain maximum"] = max(scale.total_maximum for scale in domains)
    names = {name: scale.key.name for name, scale in instruments.measured.items()}
    names |= {name: pilot.labels[name] for name in (*names, *parts) if name in pilot.labels}
    words = {
        fact: f"{names[name]}: {rest}"
        for fact in facts
        for name, _, rest in [fact.partition(" ")]
        if name in names
    }
    facts.update(study.design)
    return labelled(pd.DataFrame(facts.items(), columns=["fact", "value"]), words)
