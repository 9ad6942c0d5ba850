"""Feasibility of the training and of the tools (Findings, 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from earlyhelp.analysis.instruments import below_cutoff, tool_rating_scores
from earlyhelp.analysis.participants import attended_training, percent, shares
from earlyhelp.analysis.quantities import Answers, Formula, Same, Sum, Total, quantity
from earlyhelp.study.raw import (
    DIFFICULTY,
    ENGAGEMENT,
    FREQUENCY,
    PART,
    ROLES,
    TOOLS,
    TRAINING_VIEWS,
    YES_NO,
    YES_NO_NOT_SURE,
    Pilot,
)

# Who was asked, in the intervention arm.
TRAINED, BASELINE, ENDLINE = (
    Same("total", "responses", "n", select={"wave": wave, "arm": arm, "team": "all"})
    for wave, arm in (
        ("post_training", "intervention"),
        ("baseline", "all"),
        ("endline", "intervention"),
    )
)
AGREEMENT = {1: "strongly disagree", 2: "disagree", 3: "neither", 4: "agree", 5: "strongly agree"}
# Table 3.2 counts those who were to use the tools; Team Managers were not.
PRACTITIONER_ROLES = (
    "Senior Family Support Worker",
    "Family Support Worker",
    "Senior Practitioner",
)


@quantity(
    Formula("eligible", "attended + not_attended"),
    Formula("not_attended", "eligible - attended"),
    Formula("percent", "100 * attended / eligible"),
    Total("attended", "role", besides=("practitioners",)),
    Same("attended", "attended_and_used", "attended", {"role": "practitioners"}, {"role": "all"}),
)
def attendance(pilot: Pilot) -> pd.DataFrame:
    """Training attendance by role (RQ 1.3).

    Returns
    -------
    DataFrame
        role (each of `ROLES`, "practitioners" for all but Team Managers, "all"), eligible,
        attended (at least one part), both_parts, not_attended, percent (attended of eligible).
    """
    table = pilot.training_attendance
    parts = table[["part_1", "part_2"]] != "not attended"
    rows = []
    for role in (*ROLES, "practitioners", "all"):
        members = _of_role(table["role"], role)
        eligible, attended = int(members.sum()), int(parts[members].any(axis=1).sum())
        rows.append(
            {
                "role": role,
                "eligible": eligible,
                "attended": attended,
                "both_parts": int(parts[members].all(axis=1).sum()),
                "not_attended": eligible - attended,
                "percent": percent(attended, eligible),
            }
        )
    return pd.DataFrame(rows)


def _of_role(roles: pd.Series, role: str) -> pd.Series:
    if role == "all":
        return roles.notna()
    return roles.isin(PRACTITIONER_ROLES) if role == "practitioners" else roles == role


@quantity(Formula("percent", "100 * n / total"))
def attendance_by_part(pilot: Pilot) -> pd.DataFrame:
    """How each part of the training was attended.

    Returns
    -------
    DataFrame
        part (1 or 2), session (scheduled, mop-up, not attended), n, total, percent.
    """
    register = pilot.training_attendance
    return shares_by("part", {part: register[f"part_{part}"] for part in (1, 2)}, PART, "session")


def shares_by(
    key: str,
    answers: Mapping[Any, pd.Series],
    categories: tuple[Any, ...],
    name: str,
) -> pd.DataFrame:
    """Count the answers to several questions.

    Returns
    -------
    DataFrame
        `key` (the question, in order), then the columns of `participants.shares`.
    """
    frames = {question: shares(given, categories, name) for question, given in answers.items()}
    table: pd.DataFrame = pd.concat(frames, names=[key]).reset_index(key)
    return table.reset_index(drop=True)


def agreement(survey: pd.DataFrame, questions: tuple[str, ...]) -> pd.DataFrame:
    """Agreement with statements answered from 1 (strongly disagree) to 5 (strongly agree).

    Returns
    -------
    DataFrame
        question, total (answers), agree (4 or 5), percent (agreeing), mean.
    """
    rows = []
    for question in questions:
        given = survey[question].dropna()
        agree = int((given >= 4).sum())
        rows.append((question, len(given), agree, percent(agree, len(given)), given.mean()))
    return pd.DataFrame(rows, columns=["question", "total", "agree", "percent", "mean"])


def agreement_answers(survey: pd.DataFrame, questions: tuple[str, ...]) -> pd.DataFrame:
    """Every answer to agreement statements.

    Returns
    -------
    DataFrame
        question, value (1 to 5), answer (its words), n, total, percent.
    """
    answers = {question: survey[question] for question in questions}
    frame = shares_by("question", answers, tuple(AGREEMENT), "value")
    frame.insert(2, "answer", frame["value"].map(AGREEMENT))
    return frame


@quantity(Answers(("question",), "agree", TRAINED))
def training_views(pilot: Pilot) -> pd.DataFrame:
    """Views on the training (Figure 3.1) and on the roleplay: columns of `agreement`."""
    return agreement(pilot.post_training_survey, (*TRAINING_VIEWS, "roleplay_helpful"))


@quantity(Answers(("question",), asked=TRAINED))
def training_view_answers(pilot: Pilot) -> pd.DataFrame:
    """Every answer behind Figure 3.1: columns of `agreement_answers`."""
    return agreement_answers(pilot.post_training_survey, TRAINING_VIEWS)


@quantity(Answers(asked=TRAINED))
def know_more(pilot: Pilot) -> pd.DataFrame:
    """Wish to know more about systemic practice (RQ 1.5): columns of `agreement_answers`."""
    return agreement_answers(pilot.post_training_survey, ("know_more",))


@quantity(
    Sum("agree", "know_more", "n", "answer", ("agree", "strongly agree"), ("question",)),
    Same("total", "know_more", "total", select={"answer": "agree"}, on=("question",)),
    Answers(n="agree"),
)
def know_more_agreement(pilot: Pilot) -> pd.DataFrame:
    """Share wishing to know more (RQ 1.5): columns of `agreement`."""
    return agreement(pilot.post_training_survey, ("know_more",))


@quantity(Answers(("question",), asked=BASELINE))
def prior_training(pilot: Pilot) -> pd.DataFrame:
    """Formal systemic training before the pilot, baseline survey (training, RQ 1.2).

    Returns
    -------
    DataFrame
        question (prior_systemic_training), answer, n, total, percent.
    """
    return _prior(pilot, ("prior_systemic_training",))


@quantity(Answers(("question",), asked=BASELINE))
def prior_tools(pilot: Pilot) -> pd.DataFrame:
    """Use of the tools before the pilot, baseline survey (tools, RQ 1.2).

    Returns
    -------
    DataFrame
        question (prior_ors, prior_srs), answer, n, total, percent.
    """
    return _prior(pilot, ("prior_ors", "prior_srs"))


def _prior(pilot: Pilot, questions: tuple[str, ...]) -> pd.DataFrame:
    answers = {question: pilot.baseline_survey[question] for question in questions}
    return shares_by("question", answers, YES_NO_NOT_SURE, "answer")


@quantity(Answers(("tool",), asked=ENDLINE))
def tool_frequency(pilot: Pilot) -> pd.DataFrame:
    """How often practitioners say they used each tool (Table 3.1).

    Returns
    -------
    DataFrame
        tool, frequency, n, total, percent.
    """
    answers = {tool: pilot.endline_survey[f"{tool.lower()}_frequency"] for tool in TOOLS}
    return shares_by("tool", answers, FREQUENCY, "frequency")


@quantity(
    Same("total", "tool_frequency", "total", select={"frequency": FREQUENCY[-1]}, on=("tool",)),
    Sum("n", "tool_frequency", "n", "frequency", FREQUENCY[2:], ("tool",)),
    Formula("percent", "100 * n / total"),
)
def regular_use(pilot: Pilot) -> pd.DataFrame:
    """Practitioners who say that they used a tool in most or all sessions (Table 3.1).

    Returns
    -------
    DataFrame
        tool, n, total, percent.
    """
    answers = tool_frequency(pilot)
    often = answers[answers["frequency"].isin(FREQUENCY[2:])]
    table = often.groupby("tool", sort=False).agg(n=("n", "sum"), total=("total", "first"))
    table["percent"] = [percent(*pair) for pair in table.to_numpy().tolist()]
    return table.reset_index()


def _reported_use(pilot: Pilot) -> pd.Series:
    """Whether each endline respondent reports any use; missing for those who gave no frequency."""
    answers = pilot.endline_survey[["ors_frequency", "srs_frequency"]]
    used = (answers.notna() & (answers != "no sessions")).any(axis=1)
    return used.astype("object").where(answers.notna().any(axis=1))


@quantity(Formula("percent", "100 * used / total"))
def reported_use(pilot: Pilot) -> pd.DataFrame:
    """Practitioners who report at endline that they used a tool in any session.

    Returns
    -------
    DataFrame
        role (each of `ROLES`, "all"), used, total (gave a frequency), percent.
    """
    use = _reported_use(pilot).dropna()
    roles = pilot.endline_survey.loc[use.index, "role"]
    rows = []
    for role in (*ROLES, "all"):
        members = use[_of_role(roles, role)]
        used = int(members.sum())
        rows.append((role, used, len(members), percent(used, len(members))))
    return pd.DataFrame(rows, columns=["role", "used", "total", "percent"])


@quantity(
    Formula("percent", "100 * used / attended"),
    Total("attended", "role", besides=("FSW and Senior Practitioner",)),
    Total("used", "role", besides=("FSW and Senior Practitioner",)),
)
def attended_and_used(pilot: Pilot) -> pd.DataFrame:
    """Practitioners who attended the training and who recorded use of a tool (Table 3.2).

    Returns
    -------
    DataFrame
        role (`PRACTITIONER_ROLES`, "FSW and Senior Practitioner", "all"), attended, used (attended
        and named in the tool records), percent (used of attended).
    """
    attended = pilot.training_attendance[attended_training(pilot)]
    used = attended["practitioner_id"].isin(pilot.tool_use["practitioner_id"])
    groups: dict[str, tuple[str, ...]] = {role: (role,) for role in PRACTITIONER_ROLES}
    groups["FSW and Senior Practitioner"] = ("Family Support Worker", "Senior Practitioner")
    groups["all"] = PRACTITIONER_ROLES
    rows = []
    for name, roles in groups.items():
        members = attended["role"].isin(roles)
        total, users = int(members.sum()), int((members & used).sum())
        rows.append((name, total, users, percent(users, total)))
    return pd.DataFrame(rows, columns=["role", "attended", "used", "percent"])


@quantity(Total("people", "person_type", ("tool",)), Total("completions", "person_type", ("tool",)))
def people_completing(pilot: Pilot) -> pd.DataFrame:
    """Children and adults who completed each tool (Figure 3.3).

    Returns
    -------
    DataFrame
        tool (ORS, SRS), person_type (child, adult, all), people, completions.
    """
    rows = []
    for tool in TOOLS:
        of_tool = pilot.tool_use[pilot.tool_use["tool"] == tool]
        for kind in ("child", "adult", "all"):
            chosen = of_tool[(of_tool["person_type"] == kind) | (kind == "all")]
            rows.append((tool, kind, chosen["person_id"].nunique(), len(chosen)))
    return pd.DataFrame(rows, columns=["tool", "person_type", "people", "completions"])


@quantity(
    Same("people", "people_completing", "people", select={"person_type": "all"}, on=("tool",))
)
def completions_per_person(pilot: Pilot) -> pd.DataFrame:
    """Completions of a tool by the people who completed it.

    Returns
    -------
    DataFrame
        tool (ORS, SRS; "each" for persons and tools taken as pairs), people, completions, mean,
        minimum, maximum.
    """
    counts = pilot.tool_use.groupby(["tool", "person_id"]).size()
    rows = []
    for tool in (*TOOLS, "each"):
        chosen = counts[(counts.index.get_level_values("tool") == tool) | (tool == "each")]
        summary = (chosen.mean(), chosen.min(), chosen.max())
        rows.append((tool, len(chosen), int(chosen.sum()), *summary))
    columns = ["tool", "people", "completions", "mean", "minimum", "maximum"]
    return pd.DataFrame(rows, columns=columns)


@quantity()
def use_by_month(pilot: Pilot) -> pd.DataFrame:
    """Completions and practitioners using the tools by month (Figure 3.2).

    Returns
    -------
    DataFrame
        month ("2022-11"), tool (ORS, SRS, all), completions, practitioners, completions_rank,
        practitioners_rank (1 for the month with most, ties sharing the lower rank),
        completions_of_first, practitioners_of_first (ratio to the first month).
    """
    frames = []
    for tool in (*TOOLS, "all"):
        use = pilot.tool_use[(pilot.tool_use["tool"] == tool) | (tool == "all")]
        by_month = use.groupby("month")["practitioner_id"]
        frame = pd.DataFrame(
            {"completions": by_month.size(), "practitioners": by_month.nunique()}
        ).reindex(list(pilot.study.tool_months), fill_value=0)
        for column in ("completions", "practitioners"):
            frame[f"{column}_rank"] = frame[column].rank(method="max", ascending=False).astype(int)
            frame[f"{column}_of_first"] = frame[column] / (frame[column].iloc[0] or float("nan"))
        frame.insert(0, "tool", tool)
        frames.append(frame.rename_axis("month").reset_index())
    return pd.concat(frames, ignore_index=True)


@quantity(Formula("difference", "ORS - SRS"))
def use_by_team(pilot: Pilot) -> pd.DataFrame:
    """Completions and their practitioners by team.

    Returns
    -------
    DataFrame
        team (intervention teams, "all"), ORS, SRS (completions), difference (ORS less SRS),
        practitioners, people.
    """
    use = pilot.tool_use
    teams = [team.id for team in pilot.study.teams if team.arm == "intervention"]
    rows = []
    for team in (*teams, "all"):
        chosen = use[(use["team"] == team) | (team == "all")]
        ors, srs = (int((chosen["tool"] == tool).sum()) for tool in TOOLS)
        people = (chosen["practitioner_id"].nunique(), chosen["person_id"].nunique())
        rows.append((team, ors, srs, ors - srs, *people))
    columns = ["team", *TOOLS, "difference", "practitioners", "people"]
    return pd.DataFrame(rows, columns=columns)


@quantity()
def tool_scores(pilot: Pilot) -> pd.DataFrame:
    """ORS and SRS scores, where a study supplies them (Rotherham could not).

    Returns
    -------
    DataFrame
        tool, person_type, completions, scored, mean, sd, below_cutoff_percent.
    """
    use = pilot.tool_use.assign(below=below_cutoff(pilot))
    rows = []
    for tool in TOOLS:
        for kind in ("child", "adult"):
            chosen = use[(use["tool"] == tool) & (use["person_type"] == kind)]
            scores, below = chosen["score"].dropna(), chosen["below"].dropna()
            share = percent(int(below.sum()), len(below))
            rows.append((tool, kind, len(chosen), len(scores), scores.mean(), scores.std(), share))
    columns = ["tool", "person_type", "completions", "scored", "mean", "sd", "below_cutoff_percent"]
    return pd.DataFrame(rows, columns=columns)


@quantity(Answers(asked=ENDLINE))
def uploaded(pilot: Pilot) -> pd.DataFrame:
    """Whether those who used the tools uploaded the scores (RQ 1.1).

    Returns
    -------
    DataFrame
        answer, n, total, percent.
    """
    used = _reported_use(pilot).eq(True)
    return shares(pilot.endline_survey.loc[used, "uploaded_scores"], YES_NO, "answer")


@quantity(Answers(asked=ENDLINE))
def engagement(pilot: Pilot) -> pd.DataFrame:
    """How engaged families were, as practitioners saw it (Table 3.3).

    Returns
    -------
    DataFrame
        engagement, n, total, percent.
    """
    return shares(pilot.endline_survey["family_engagement"], ENGAGEMENT, "engagement")


@quantity(Answers(asked=ENDLINE))
def difficulty(pilot: Pilot) -> pd.DataFrame:
    """Ease of the tools beside those normally used (Table F.1).

    Returns
    -------
    DataFrame
        difficulty, n, total, percent.
    """
    return shares(pilot.endline_survey["difficulty"], DIFFICULTY, "difficulty")


@quantity(Answers(("group",), asked=ENDLINE))
def grouped_answers(pilot: Pilot) -> pd.DataFrame:
    """Answers that the report reads together (RQ 1.4, 1.5).

    Returns
    -------
    DataFrame
        group, n, total, percent.
    """
    endline = pilot.endline_survey
    groups = {
        "engaged families": ("family_engagement", ENGAGEMENT[2:]),
        "easier": ("difficulty", DIFFICULTY[3:]),
        "harder": ("difficulty", DIFFICULTY[:2]),
    }
    rows = []
    for group, (question, answers) in groups.items():
        given = endline[question].dropna()
        n = int(given.isin(answers).sum())
        rows.append((group, n, len(given), percent(n, len(given))))
    return pd.DataFrame(rows, columns=["group", "n", "total", "percent"])


@quantity()
def tool_ratings(pilot: Pilot) -> pd.DataFrame:
    """Ratings of each tool, such as its appropriateness and feasibility (RQ 1.6).

    Returns
    -------
    DataFrame
        measure (the instrument), tool, n, mean, sd, minimum, maximum, mean_percent (the mean
        between the scale's ends, 0 to 100).
    """
    scores = tool_rating_scores(pilot)
    rows = []
    for scale in pilot.instruments.ratings.values():
        measure, tool = scale.instrument, scale.key.tool
        given = scores.loc[(scores["measure"] == measure) & (scores["tool"] == tool), "score"]
        given = given.dropna()
        summary = (len(given), given.mean(), given.std(), given.min(), given.max())
        share = 100 * (given.mean() - scale.lowest) / (scale.highest - scale.lowest)
        rows.append((measure, tool, *summary, share))
    columns = ["measure", "tool", "n", "mean", "sd", "minimum", "maximum", "mean_percent"]
    return pd.DataFrame(rows, columns=columns)


@quantity()
def rating_differences(pilot: Pilot) -> pd.DataFrame:
    """Difference between the two tools' mean ratings (RQ 1.6).

    Returns
    -------
    DataFrame
        measure, difference (absolute, points of the 1 to 5 scale).
    """
    means = tool_ratings(pilot).pivot(index="measure", columns="tool", values="mean")
    difference = (means["ORS"] - means["SRS"]).abs().loc[["iam", "fim"]]
    return difference.rename("difference").reset_index()


@quantity(Answers(asked=ENDLINE))
def continuation(pilot: Pilot) -> pd.DataFrame:
    """Whether practitioners would like to go on using the tools (RQ 1.6).

    Returns
    -------
    DataFrame
        answer, n, total, percent.
    """
    return shares(pilot.endline_survey["continue_tools"], YES_NO_NOT_SURE, "answer")
