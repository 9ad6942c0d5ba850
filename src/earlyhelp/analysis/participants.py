"""Who was asked, who answered and who they were (Methods, Tables 2.1 to 2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pandas as pd

from earlyhelp.analysis.instruments import outcome_scores, tool_rating_scores
from earlyhelp.analysis.quantities import Formula, Given, Same, Total, labelled, quantity
from earlyhelp.study.design import (
    ALL_WAVES,
    ARMS,
    BASELINE,
    COMPARISON,
    ENDLINE,
    INTERVENTION,
    POST_TRAINING,
    WAVES,
)
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
    return {wave: pilot.survey(wave) for wave in ALL_WAVES}


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
        teams = surveys(pilot)[wave.id]["team"]
        for arm in wave.arms:
            members = [team.id for team in pilot.study.teams if team.arm == arm]
            rows += [(wave.id, arm, team, int((teams == team).sum())) for team in members]
            rows.append((wave.id, arm, "all", int(teams.isin(members).sum())))
        rows.append((wave.id, "all", "all", len(teams)))
    return pd.DataFrame(rows, columns=["wave", "arm", "team", "n"])


@quantity(
    Same(
        "n",
        "responses",
        "n",
        {"activity": "baseline survey"},
        {"wave": BASELINE},
        ("arm", "team"),
    ),
    Same(
        "n",
        "responses",
        "n",
        {"activity": "post-training survey"},
        {"wave": POST_TRAINING},
        ("arm", "team"),
    ),
    Same("n", "responses", "n", {"activity": "endline survey"}, {"wave": ENDLINE}, ("arm", "team")),
)
def data_collection(pilot: Pilot) -> pd.DataFrame:
    """Data collection and delivery by team (Table 2.1).

    Returns
    -------
    DataFrame
        activity, arm, team ("all" for the arm's total), n (people who took part), done (1 when
        anybody did, else 0). Interviews do not name a team; all were with the intervention arm.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = data_collection(open_pilot("tests/studies/complete"))
    >>> print(table.query("activity == 'training' and team == 'all'").to_string(index=False))
    activity          arm team  n  done
    training intervention  all 16     1
    training   comparison  all  0     0
    """
    attended = pilot.training_attendance[attended_training(pilot)]
    frames = {
        "baseline survey": pilot.baseline_survey,
        "training": attended,
        "tool use": pilot.tool_use.drop_duplicates("practitioner_id"),
        "post-training survey": pilot.post_training_survey,
        "endline survey": pilot.endline_survey,
    }
    rows = []
    for activity, frame in frames.items():
        for arm in ARMS:
            members = [team.id for team in pilot.study.teams if team.arm == arm]
            counts = [int((frame["team"] == team).sum()) for team in members]
            rows += [(activity, arm, team, n) for team, n in zip(members, counts, strict=True)]
            rows.append((activity, arm, "all", sum(counts)))
    rows.append(("interviews", INTERVENTION, "all", len(pilot.interviews)))
    rows.append(("interviews", COMPARISON, "all", 0))
    table = pd.DataFrame(rows, columns=["activity", "arm", "team", "n"])
    return table.assign(done=(table["n"] > 0).astype(int))


def attended_training(pilot: Pilot) -> pd.Series:
    """Whether each person of the attendance list came to at least one part of the training."""
    parts = pilot.training_attendance[["part_1", "part_2"]]
    return (parts != pilot.study.counted.absent).any(axis=1)


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
    dates = {
        "baseline survey": pilot.baseline_survey["completed_on"],
        "training observations": pilot.observations["observed_on"],
        "post-training survey": pilot.post_training_survey["completed_on"],
        "tool use": pd.to_datetime(pilot.tool_use["month"], format="%Y-%m"),
        "endline survey": pilot.endline_survey["completed_on"],
        "interviews": pilot.interviews["conducted_on"],
    }
    given = {activity: pd.to_datetime(when).dropna() for activity, when in dates.items()}
    given["all"] = pd.concat(given.values())
    return pd.DataFrame(
        [{"activity": activity, **_period(when)} for activity, when in given.items() if len(when)]
    )


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
    table = pilot.observations[columns].sort_values(columns[:2], ignore_index=True)
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
    return pd.DataFrame([*rows, ("all", len(parts))], columns=["training_part", "n"])


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
    roles = [*sorted(interviews["role"].dropna().unique()), "all"]
    rows = []
    for role in roles:
        months = interviews.loc[(interviews["role"] == role) | (role == "all"), "months_in_role"]
        rows.append((role, len(months), months.min(), months.max(), months.max() / 12))
    columns = ["role", "n", "shortest_months", "longest_months", "longest_years"]
    return pd.DataFrame(rows, columns=columns)


def _paired(pilot: Pilot) -> Iterator[Same]:
    """Those who answered twice are those who were tested where every respondent has a score."""
    arm = ("arm",)
    for measure in pilot.instruments.whole:
        scored = tuple(
            (
                Same("both", "outcome_summary", "n", {}, {"measure": measure, "wave": wave}, arm),
                Same("both", "responses", "n", {}, {"wave": wave, "team": "all"}, arm),
            )
            for wave in WAVES
        )
        yield Same("both", "paired_tests", "n", {}, {"measure": measure}, arm, scored)


@quantity(
    Same("baseline", "responses", "n", select={"wave": BASELINE, "team": "all"}, on=("arm",)),
    Same("endline", "responses", "n", select={"wave": ENDLINE, "team": "all"}, on=("arm",)),
    _paired,
    Formula("lost", "baseline - both"),
    Formula("new", "endline - both"),
    Formula("distinct", "baseline + new"),
    Formula("retained_percent", "100 * both / baseline"),
    Total("both", "arm"),
    Total("lost", "arm"),
    Total("new", "arm"),
    Total("distinct", "arm"),
)
def people(pilot: Pilot) -> pd.DataFrame:
    """Distinct people behind the responses.

    Returns
    -------
    DataFrame
        arm ("all" for both), baseline, endline, both (paired), lost (baseline only), new (endline
        only), distinct (baseline or endline), described (gave background characteristics),
        retained_percent (both of baseline).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = people(open_pilot("tests/studies/complete"))
    >>> print(table.round(1).to_string(index=False))
             arm  baseline  endline  both  lost  new  distinct  described  retained_percent
    intervention        11       16    10     1    6        17         12              90.9
      comparison         7        7     6     1    1         8          8              85.7
             all        18       23    16     2    7        25         20              88.9
    """
    arm_of = pilot.study.arm_of
    described = described_people(pilot)["arm"]
    rows = []
    for arm in (*ARMS, "all"):
        before, after = (
            set(survey.loc[(survey["team"].map(arm_of) == arm) | (arm == "all"), "practitioner_id"])
            for survey in (pilot.baseline_survey, pilot.endline_survey)
        )
        both = before & after
        rows.append(
            {
                "arm": arm,
                "baseline": len(before),
                "endline": len(after),
                "both": len(both),
                "lost": len(before - after),
                "new": len(after - before),
                "distinct": len(before | after),
                "described": int(((described == arm) | (arm == "all")).sum()),
                "retained_percent": percent(len(both), len(before)),
            }
        )
    return pd.DataFrame(rows)


def _flow(pilot: Pilot) -> Iterator[Same]:
    """Where the number of each stage stands, too."""
    for arm in ARMS:
        for stage, fact in (("teams", "teams"), ("randomised units", "units")):
            where = {"stage": stage, "arm": arm}
            yield Same("n", "design", "value", where, {"fact": f"{arm} {fact}"})
    for wave in ALL_WAVES:
        where = {"stage": f"{wave.replace('_', '-')} survey"}
        yield Same("n", "responses", "n", where, {"wave": wave, "team": "all"}, ("arm",))
    for stage, other, column in (
        ("eligible for training", "attendance", "eligible"),
        ("attended training", "attendance", "attended"),
    ):
        yield Same("n", other, column, {"stage": stage}, {"role": "all"})
    tool = {"tool": pilot.tools[0], "frequency": pilot.study.counted.never}
    yield Same("n", "tool_frequency", "total", {"stage": "reported use at endline"}, tool)
    for measure, scale in pilot.instruments.whole.items():
        name = scale.key.name.lower()
        for wave in WAVES:
            where, select = {"stage": f"{name} at {wave}"}, {"measure": measure, "wave": wave}
            yield Same("n", "outcome_summary", "n", where, select, ("arm",))
        where = {"stage": f"{name} paired"}
        yield Same("n", "paired_tests", "n", where, {"measure": measure}, ("arm",))


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
    study = pilot.study
    rows: list[tuple[str, str, int]] = []

    def add(stage: str, teams: pd.Series) -> None:
        arms = teams.map(study.arm_of)
        rows.extend((stage, arm, int((arms == arm).sum())) for arm in ARMS)

    add("teams", pd.Series([team.id for team in study.teams]))
    units = pd.Series([team.unit for team in study.teams])
    first = pd.Series([team.id for team in study.teams])[~units.duplicated()]
    add("randomised units", first)
    add("baseline survey", pilot.baseline_survey["team"])
    eligible = pilot.training_attendance
    frequency = study.counted.frequency[pilot.tools[0]]
    intervention_only = {
        "eligible for training": len(eligible),
        "attended training": int(attended_training(pilot).sum()),
        "post-training survey": len(pilot.post_training_survey),
        "rated the tools after training": int(
            tool_rating_scores(pilot).dropna()["practitioner_id"].nunique()
        ),
        "used the tools": int(pilot.tool_use["practitioner_id"].nunique()),
        "reported use at endline": int(pilot.endline_survey[frequency].notna().sum()),
    }
    rows.extend((stage, INTERVENTION, n) for stage, n in intervention_only.items())
    add("endline survey", pilot.endline_survey["team"])
    scores = outcome_scores(pilot).dropna(subset="score")
    for measure, scale in pilot.instruments.whole.items():
        of_measure, label = scores[scores["measure"] == measure], scale.key.name.lower()
        for wave in WAVES:
            add(f"{label} at {wave}", of_measure.loc[of_measure["wave"] == wave, "team"])
        paired = of_measure[of_measure["practitioner_id"].duplicated()]
        add(f"{label} paired", paired["team"])
    return pd.DataFrame(rows, columns=["stage", "arm", "n"])


@quantity(
    Same(
        "n",
        "responses",
        "n",
        {"denominator": "eligible for training"},
        {"team": "all"},
        ("wave", "arm"),
    ),
    Same(
        "n",
        "responses",
        "n",
        {"denominator": "attended training"},
        {"team": "all"},
        ("wave", "arm"),
    ),
    Same(
        "n",
        "responses",
        "n",
        {"denominator": "people known to the study"},
        {"team": "all"},
        ("wave", "arm"),
    ),
    Same("n", "people", "both", {"denominator": "baseline respondents"}, on=("arm",)),
    Same("total", "people", "baseline", {"denominator": "baseline respondents"}, on=("arm",)),
    Same(
        "total", "attendance", "eligible", {"denominator": "eligible for training"}, {"role": "all"}
    ),
    Same("total", "attendance", "attended", {"denominator": "attended training"}, {"role": "all"}),
    # Only the intervention arm has other files than the two surveys.
    Same(
        "total",
        "people",
        "distinct",
        {"denominator": "people known to the study", "arm": COMPARISON},
        on=("arm",),
    ),
    Formula("percent", "100 * n / total"),
)
def response_rates(pilot: Pilot) -> pd.DataFrame:
    """Response rate against each denominator the data offer; the report prints none.

    Returns
    -------
    DataFrame
        wave, arm, denominator (words), n, total, percent, kind. Against "baseline respondents", n
        counts those of them who answered again. The kind is a rate, or an upper bound where nobody
        can be in the denominator without having answered: no register lists the arm's staff.

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
    by_arm = people(pilot).set_index("arm")
    again, before = by_arm["both"].to_dict(), by_arm["baseline"].to_dict()
    attended = int(attended_training(pilot).sum())
    rows: list[tuple[str, str, str, int, int]] = []
    for wave, arm, _, n in totals:
        if arm != "all" and wave != POST_TRAINING:
            rows.append((wave, arm, "people known to the study", n, len(_known_people(pilot, arm))))
        if arm != "all" and wave == ENDLINE:
            rows.append((wave, arm, "baseline respondents", again[arm], before[arm]))
        if arm == INTERVENTION:
            rows.append((wave, arm, "eligible for training", n, len(pilot.training_attendance)))
        if arm == INTERVENTION and wave == POST_TRAINING:
            rows.append((wave, arm, "attended training", n, attended))
    table = pd.DataFrame(rows, columns=["wave", "arm", "denominator", "n", "total"])
    table["percent"] = [percent(*pair) for pair in table[["n", "total"]].to_numpy().tolist()]
    listed = set(pilot.training_attendance["team"].map(pilot.study.arm_of))
    unlisted = (table["denominator"] == "people known to the study") & ~table["arm"].isin(listed)
    table["kind"] = unlisted.map({True: UPPER_BOUND, False: "rate"})
    return table.sort_values(["wave", "arm", "denominator"], ignore_index=True)


def _known_people(pilot: Pilot, arm: str) -> set[str]:
    """People of an arm whom any raw file names."""
    frames = (
        pilot.baseline_survey,
        pilot.post_training_survey,
        pilot.endline_survey,
        pilot.training_attendance,
        pilot.tool_use,
    )
    arm_of = pilot.study.arm_of
    return {
        person
        for frame in frames
        for person, team in zip(frame["practitioner_id"], frame["team"], strict=True)
        if arm_of[team] == arm
    }


def described_people(pilot: Pilot) -> pd.DataFrame:
    """Background characteristics, one row per person who gave any, the earlier answer first.

    Returns
    -------
    DataFrame
        practitioner_id, team, arm, time_in_service and `NUMERIC_CHARACTERISTICS`.
    """
    columns = ["time_in_service", *NUMERIC_CHARACTERISTICS]
    given = pd.concat(
        survey[["practitioner_id", "team", *columns]]
        for survey in (pilot.baseline_survey, pilot.endline_survey)
    ).dropna(subset=columns, how="all")
    given = given.drop_duplicates("practitioner_id", ignore_index=True)
    given.insert(2, "arm", given["team"].map(pilot.study.arm_of))
    return given


@quantity()
def characteristics(pilot: Pilot) -> pd.DataFrame:
    """Numeric background characteristics of respondents.

    Returns
    -------
    DataFrame
        characteristic, arm ("all" for both), n, mean, sd, median, minimum, maximum.

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
    for characteristic, arm in product(NUMERIC_CHARACTERISTICS, (*ARMS, "all")):
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
    hours = given["hours_per_week"].dropna()
    full = hours >= pilot.study.counted.full_time_hours
    answers: dict[str, tuple[pd.Series, tuple[Any, ...]]] = {
        name: (given[name], pilot.answers(name, "baseline_survey", "endline_survey"))
        for name in ("time_in_service", "qualification_level")
    }
    answers["working_hours"] = (
        full.map({True: "full time", False: "part time"}),
        ("full time", "part time"),
    )
    frames = []
    for (characteristic, (values, categories)), arm in product(answers.items(), (*ARMS, "all")):
        chosen = values[(given.loc[values.index, "arm"] == arm) | (arm == "all")]
        frame = shares(chosen, categories, "category")
        frame["rank"] = frame["n"].rank(method="max", ascending=False).astype(int)
        frame.insert(0, "arm", arm)
        frame.insert(0, "characteristic", characteristic)
        frame["category"] = frame["category"].astype(str)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


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
    facts: dict[str, object] = {
        "teams": len(study.teams),
        "groups": len({team.arm for team in study.teams}),
        "waves": len(study.waves),
        "outcome measures": len(instruments.whole),
        **{f"{name} domains": len(domains) for name, domains in parts.items() if domains},
        "months of tool use": len(study.tool_months),
    }
    for arm in ARMS:
        members = [team for team in study.teams if team.arm == arm]
        facts[f"{arm} teams"] = len(members)
        facts[f"{arm} units"] = len({team.unit for team in members})
    units = [team.unit for team in study.teams]
    facts["teams in shared units"] = sum(units.count(unit) > 1 for unit in units)
    for name, scale in instruments.measured.items():
        facts[f"{name} items"] = scale.items
        facts[f"{name} item maximum"] = scale.maximum
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
