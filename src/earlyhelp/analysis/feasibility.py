"""Feasibility of the training and of the tools (Findings, 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import pandas as pd

from earlyhelp.analysis.instruments import below_cutoff, tool_rating_scores
from earlyhelp.analysis.participants import percent, shares, trained_people
from earlyhelp.analysis.quantities import (
    Answers,
    Formula,
    Rule,
    RulesOf,
    SameAs,
    Sum,
    Total,
    quantity,
)
from earlyhelp.study.design import PERSON_TYPES, Counted
from earlyhelp.study.raw import Pilot


def answers_to(
    columns: Callable[[Counted], Iterable[str]], by: tuple[str, ...] = (), n: str = "n"
) -> RulesOf:
    """The rule of a table of answers to questions of one survey, whom it was sent to known.

    Parameters
    ----------
    columns : callable
        The questions of a study.
    by, n
        As in `quantities.Answers`.
    """

    def rules(pilot: Pilot) -> Iterator[Rule]:
        asked = next(iter(columns(pilot.study.counted)), None)
        wave = pilot.wave_asking(asked) if asked else None
        if wave is None:
            return
        arms = wave.arms if asked in asked_of_everybody(pilot) else pilot.study.treated
        select = {"wave": wave.id, "arm": arms[0] if len(arms) == 1 else "all", "team": "all"}
        yield Answers(by, n, SameAs("total", "responses", "n", select=select))

    return rules


def asked_of_everybody(pilot: Pilot) -> set[str]:
    """Questions to all whom a survey was sent to, not those on training and tools alone."""
    return {*pilot.study.counted.prior_training, *pilot.study.counted.prior_tools}


@quantity(
    Formula("eligible", "attended + not_attended"),
    Formula("not_attended", "eligible - attended"),
    Formula("percent", "100 * attended / eligible"),
    Total("attended", "role", besides=("practitioners",)),
    SameAs("attended", "attended_and_used", "attended", {"role": "practitioners"}, {"role": "all"}),
)
def attendance(pilot: Pilot) -> pd.DataFrame:
    """Training attendance by role (RQ 1.3).

    Returns
    -------
    DataFrame
        role (each, "practitioners" for those who were to use the tools, "all"), eligible, attended
        (at least one part), both_parts, not_attended, percent (attended of eligible).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = attendance(open_pilot("tests/studies/complete"))
    >>> print(table.tail(1).round(1).to_string(index=False))
    role  eligible  attended  both_parts  not_attended  percent
     all        18        16          15             2     88.9
    """
    table = pilot.training_attendance
    parts = table[["part_1", "part_2"]] != pilot.study.counted.absent
    rows = []
    listed = pilot.answers("role", "training_attendance")
    for role in (*listed, "practitioners", "all") if pilot.has("training_attendance") else ():
        members = _of_role(pilot, table["role"], role)
        eligible, attended = int(members.sum()), int(parts[members].any(axis=1).sum())
        both = int(parts[members].all(axis=1).sum())
        missed, share = eligible - attended, percent(attended, eligible)
        rows.append((role, eligible, attended, both, missed, share))
    columns = ["role", "eligible", "attended", "both_parts", "not_attended", "percent"]
    return pd.DataFrame(rows, columns=columns)


def _of_role(pilot: Pilot, roles: pd.Series, role: str) -> pd.Series:
    if role == "all":
        return roles.notna()
    chosen = pilot.study.counted.practitioners if role == "practitioners" else (role,)
    return roles.isin(chosen)


@quantity(Formula("percent", "100 * n / total"))
def attendance_by_part(pilot: Pilot) -> pd.DataFrame:
    """How each part of the training was attended.

    Returns
    -------
    DataFrame
        part (1 or 2), session, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = attendance_by_part(open_pilot("tests/studies/complete"))
    >>> print(table.query("part == 1").round(1).to_string(index=False))
     part      session  n  total  percent
        1    scheduled 13     18     72.2
        1       mop-up  3     18     16.7
        1 not attended  2     18     11.1
    """
    register = {part: pilot.training_attendance[f"part_{part}"] for part in (1, 2)}
    sessions = (pilot.answers(f"part_{part}", "training_attendance") for part in register)
    return shares_by("part", register, tuple(dict.fromkeys(chain(*sessions))), "session")


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
    if not frames:
        return pd.DataFrame(columns=[key, name, "n", "total", "percent"])
    table: pd.DataFrame = pd.concat(frames, names=[key]).reset_index(key)
    return table.reset_index(drop=True)


def agreement(pilot: Pilot, questions: tuple[str, ...]) -> pd.DataFrame:
    """Agreement with statements of the post-training survey.

    Returns
    -------
    DataFrame
        question, total (answers), agree, percent (agreeing), mean.
    """
    words = pilot.study.counted.agreement
    agreeing = [value for value, word in enumerate(words, 1) if word in pilot.study.counted.agree]
    rows = []
    for question in questions:
        given = pilot.asking(question)[question].dropna()
        agree = int(given.isin(agreeing).sum())
        rows.append((question, len(given), agree, percent(agree, len(given)), given.mean()))
    return pd.DataFrame(rows, columns=["question", "total", "agree", "percent", "mean"])


def agreement_answers(pilot: Pilot, questions: tuple[str, ...]) -> pd.DataFrame:
    """Every answer to statements of the post-training survey.

    Returns
    -------
    DataFrame
        question, value (from 1), answer (its words), n, total, percent.
    """
    answers = {question: pilot.asking(question)[question] for question in questions}
    words = dict(enumerate(pilot.study.counted.agreement, 1))
    frame = shares_by("question", answers, tuple(words), "value")
    frame.insert(2, "answer", frame["value"].map(words))
    return frame


@quantity(answers_to(lambda counted: counted.training_views, ("question",), "agree"))
def training_views(pilot: Pilot) -> pd.DataFrame:
    """Views on the training (Figure 3.1) and on parts of it: columns of `agreement`.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = training_views(open_pilot("tests/studies/complete"))
    >>> print(table.tail(2).round(1).to_string(index=False))
              question  total  agree  percent  mean
    comfortable_asking      7      6     85.7   4.0
      roleplay_helpful      8      5     62.5   3.5
    """
    counted = pilot.study.counted
    return agreement(pilot, (*counted.training_views, *counted.training_parts))


@quantity(answers_to(lambda counted: counted.training_views, ("question",)))
def training_view_answers(pilot: Pilot) -> pd.DataFrame:
    """Every answer behind Figure 3.1: columns of `agreement_answers`.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = training_view_answers(open_pilot("tests/studies/complete"))
    >>> print(table.query("question == 'pace_right'").tail(2).to_string(index=False))
      question  value         answer  n  total  percent
    pace_right      4          agree  4      8     50.0
    pace_right      5 strongly agree  2      8     25.0
    """
    return agreement_answers(pilot, pilot.study.counted.training_views)


@quantity(answers_to(lambda counted: counted.know_more))
def know_more(pilot: Pilot) -> pd.DataFrame:
    """Wish to know more (RQ 1.5): columns of `agreement_answers`.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = know_more(open_pilot("tests/studies/complete"))
    >>> print(table.tail(2).to_string(index=False))
     question  value         answer  n  total  percent
    know_more      4          agree  3      8     37.5
    know_more      5 strongly agree  2      8     25.0
    """
    return agreement_answers(pilot, pilot.study.counted.know_more)


def _agreeing(pilot: Pilot) -> Iterator[Rule]:
    agree, by = pilot.study.counted.agree, ("question",)
    if not agree:
        return
    yield Sum("agree", "know_more", "n", "answer", agree, by)
    yield SameAs("total", "know_more", "total", select={"answer": agree[0]}, on=by)


@quantity(_agreeing, Answers(n="agree"))
def know_more_agreement(pilot: Pilot) -> pd.DataFrame:
    """Share wishing to know more (RQ 1.5): columns of `agreement`.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = know_more_agreement(open_pilot("tests/studies/complete"))
    >>> print(table.to_string(index=False))
     question  total  agree  percent  mean
    know_more      8      5     62.5  3.75
    """
    return agreement(pilot, pilot.study.counted.know_more)


@quantity(answers_to(lambda counted: counted.prior_training, ("question",)))
def prior_training(pilot: Pilot) -> pd.DataFrame:
    """Training of the kind before the pilot, baseline survey (training, RQ 1.2).

    Returns
    -------
    DataFrame
        question, answer, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = prior_training(open_pilot("tests/studies/complete"))
    >>> print(table.head(2).round(1).to_string(index=False))
                   question answer  n  total  percent
    prior_systemic_training    yes  4     18     22.2
    prior_systemic_training     no 12     18     66.7
    """
    return _prior(pilot, pilot.study.counted.prior_training)


@quantity(answers_to(lambda counted: counted.prior_tools, ("question",)))
def prior_tools(pilot: Pilot) -> pd.DataFrame:
    """Use of the tools before the pilot, baseline survey (tools, RQ 1.2).

    Returns
    -------
    DataFrame
        question, answer, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = prior_tools(open_pilot("tests/studies/complete"))
    >>> print(table.head(2).round(1).to_string(index=False))
     question answer  n  total  percent
    prior_ors    yes  1     18      5.6
    prior_ors     no 14     18     77.8
    """
    return _prior(pilot, pilot.study.counted.prior_tools)


def _prior(pilot: Pilot, questions: tuple[str, ...]) -> pd.DataFrame:
    none = shares_by("question", {}, (), "answer")
    frames = [
        shares_by(
            "question",
            {question: pilot.asking(question)[question]},
            pilot.answers(question),
            "answer",
        )
        for question in questions
    ]
    return pd.concat(frames, ignore_index=True) if frames else none


@quantity(answers_to(lambda counted: counted.frequency.values(), ("tool",)))
def tool_frequency(pilot: Pilot) -> pd.DataFrame:
    """How often practitioners say they used each tool (Table 3.1).

    Returns
    -------
    DataFrame
        tool, frequency, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = tool_frequency(open_pilot("tests/studies/complete"))
    >>> print(table.query("tool == 'ORS'").to_string(index=False))
    tool     frequency  n  total  percent
     ORS   no sessions  2     16    12.50
     ORS some sessions  5     16    31.25
     ORS most sessions  6     16    37.50
     ORS every session  3     16    18.75
    """
    columns = pilot.study.counted.frequency
    columns = {tool: columns[tool] for tool in pilot.tools if tool in columns}
    answers = {tool: pilot.asking(column)[column] for tool, column in columns.items()}
    listed = map(pilot.answers, columns.values())
    return shares_by("tool", answers, tuple(dict.fromkeys(chain(*listed))), "frequency")


def _regular(pilot: Pilot) -> Iterator[Rule]:
    often, by = pilot.study.counted.regularly, ("tool",)
    if not often:
        return
    yield SameAs("total", "tool_frequency", "total", select={"frequency": often[-1]}, on=by)
    yield Sum("n", "tool_frequency", "n", "frequency", often, by)


@quantity(_regular, Formula("percent", "100 * n / total"))
def regular_use(pilot: Pilot) -> pd.DataFrame:
    """Practitioners who say that they used a tool in most or all sessions (Table 3.1).

    Returns
    -------
    DataFrame
        tool, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = regular_use(open_pilot("tests/studies/complete"))
    >>> print(table.to_string(index=False))
    tool  n  total  percent
     ORS  9     16    56.25
     SRS  6     15    40.00
    """
    answers = tool_frequency(pilot)
    often = answers[answers["frequency"].isin(pilot.study.counted.regularly)]
    table = often.groupby("tool", sort=False).agg(n=("n", "sum"), total=("total", "first"))
    table["percent"] = [percent(*pair) for pair in table.to_numpy().tolist()]
    return table.reset_index()


def _reported_use(pilot: Pilot) -> pd.Series:
    """Whether each respondent reports any use; missing for those who gave no frequency."""
    columns = list(pilot.study.counted.frequency.values())
    answers = pilot.asking(*columns)[columns]
    used = (answers.notna() & (answers != pilot.study.counted.never)).any(axis=1)
    return used.astype("object").where(answers.notna().any(axis=1))


@quantity(Formula("percent", "100 * used / total"))
def reported_use(pilot: Pilot) -> pd.DataFrame:
    """Practitioners who report at endline that they used a tool in any session.

    Returns
    -------
    DataFrame
        role (each, "all"), used, total (gave a frequency), percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = reported_use(open_pilot("tests/studies/complete"))
    >>> print(table.tail(1).round(1).to_string(index=False))
    role  used  total  percent
     all    14     16     87.5
    """
    use, rows = _reported_use(pilot).dropna(), []
    frequency = pilot.study.counted.frequency.values()
    survey = pilot.asking(*frequency)
    roles = survey.loc[use.index, "role"] if "role" in survey else use
    asked = pilot.wave_asking("role", *frequency) if frequency else None
    listed = pilot.answers("role", asked.file) if asked else ()
    for role in (*listed, "all") if frequency else ():
        members = use[_of_role(pilot, roles, role)]
        used = int(members.sum())
        rows.append((role, used, len(members), percent(used, len(members))))
    return pd.DataFrame(rows, columns=["role", "used", "total", "percent"])


def _of_practitioners(pilot: Pilot) -> Iterator[Rule]:
    together = tuple(pilot.study.counted.roles_together)
    for column in ("attended", "used"):
        yield Total(column, "role", besides=together)
        for name, roles in pilot.study.counted.roles_together.items():
            yield Total(column, "role", total=name, parts=roles)


@quantity(Formula("percent", "100 * used / attended"), _of_practitioners)
def attended_and_used(pilot: Pilot) -> pd.DataFrame:
    """Practitioners who attended the training and who recorded use of a tool (Table 3.2).

    Returns
    -------
    DataFrame
        role (each that was to use the tools, those taken together, "all"), attended, used (attended
        and named in the tool records), percent (used of attended).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = attended_and_used(open_pilot("tests/studies/complete"))
    >>> print(table.tail(1).round(1).to_string(index=False))
    role  attended  used  percent
     all        14     9     64.3
    """
    columns = ["role", "attended", "used", "percent"]
    if not (pilot.has("training_attendance") and pilot.has("tool_use")):
        return pd.DataFrame(columns=columns)
    attended = trained_people(pilot)
    counted = pilot.study.counted
    groups: dict[str, tuple[str, ...]] = {role: (role,) for role in counted.practitioners}
    groups |= {**counted.roles_together, "all": counted.practitioners}
    rows = []
    for name, roles in groups.items():
        members = attended["role"].isin(roles)
        total, users = int(members.sum()), int((members & attended["used"]).sum())
        rows.append((name, total, users, percent(users, total)))
    return pd.DataFrame(rows, columns=columns)


def recorded_tools(pilot: Pilot) -> tuple[str, ...]:
    """The tools that there are records of."""
    return pilot.tools if pilot.has("tool_use") else ()


@quantity(Total("people", "person_type", ("tool",)), Total("completions", "person_type", ("tool",)))
def people_completing(pilot: Pilot) -> pd.DataFrame:
    """Children and adults who completed each tool (Figure 3.3).

    Returns
    -------
    DataFrame
        tool, person_type (child, adult, all), people, completions.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = people_completing(open_pilot("tests/studies/complete"))
    >>> print(table.query("tool == 'ORS'").to_string(index=False))
    tool person_type  people  completions
     ORS       child       6           11
     ORS       adult       3            4
     ORS         all       9           15
    """
    rows = []
    for tool in recorded_tools(pilot):
        of_tool = pilot.tool_use[pilot.tool_use["tool"] == tool]
        for kind in (*PERSON_TYPES, "all"):
            chosen = of_tool[(of_tool["person_type"] == kind) | (kind == "all")]
            rows.append((tool, kind, chosen["person_id"].nunique(), len(chosen)))
    return pd.DataFrame(rows, columns=["tool", "person_type", "people", "completions"])


@quantity(
    SameAs("people", "people_completing", "people", select={"person_type": "all"}, on=("tool",))
)
def completions_per_person(pilot: Pilot) -> pd.DataFrame:
    """Completions of a tool by the people who completed it.

    Returns
    -------
    DataFrame
        tool (or "each" for persons and tools taken as pairs), people, completions, mean,
        minimum, maximum.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = completions_per_person(open_pilot("tests/studies/complete"))
    >>> print(table.round(2).to_string(index=False))
    tool  people  completions  mean  minimum  maximum
     ORS       9           15  1.67        1        3
     SRS       8           14  1.75        1        3
    each      17           29  1.71        1        3
    """
    counts = pilot.tool_use.groupby(["tool", "person_id"]).size()
    rows = []
    tools = recorded_tools(pilot)
    for tool in (*tools, "each") if tools else ():
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
        month ("2022-11"), tool (or "all"), completions, practitioners, completions_rank,
        practitioners_rank (1 for the month with most, ties sharing the lower rank),
        completions_of_first, practitioners_of_first (ratio to the first month).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = use_by_month(open_pilot("tests/studies/complete"))
    >>> columns = ["month", "tool", "completions", "completions_rank", "practitioners"]
    >>> print(table[columns].tail(2).to_string(index=False))
      month tool  completions  completions_rank  practitioners
    2024-05  all            7                 3              3
    2024-06  all            1                 4              1
    """
    frames, tools = [], recorded_tools(pilot)
    for tool in (*tools, "all") if tools else ():
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
    if not frames:
        return pd.DataFrame(columns=["month", "tool", "completions", "practitioners"])
    return pd.concat(frames, ignore_index=True)


@quantity()
def use_by_team(pilot: Pilot) -> pd.DataFrame:
    """Completions and their practitioners by team.

    Returns
    -------
    DataFrame
        team (of the arms that had the tools, "all"), a column for each tool (completions),
        difference (of the first tool less the last), practitioners, people.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = use_by_team(open_pilot("tests/studies/complete"))
    >>> print(table.tail(2).to_string(index=False))
    team  ORS  SRS  difference  practitioners  people
      I3    5    4           1              4       4
     all   15   14           1              9      10
    """
    use = pilot.tool_use
    members = pilot.study.placed(use)["team"]
    teams, tools = pilot.study.teams_of(*pilot.study.treated), recorded_tools(pilot)
    rows = []
    for team in (*teams, "all") if tools else ():
        chosen = use[(members == team) | (team == "all")]
        used = [int((chosen["tool"] == tool).sum()) for tool in tools]
        people = (chosen["practitioner_id"].nunique(), chosen["person_id"].nunique())
        rows.append((team, *used, used[0] - used[-1], *people))
    columns = ["team", *tools, "difference", "practitioners", "people"]
    return pd.DataFrame(rows, columns=columns)


@quantity()
def tool_scores(pilot: Pilot) -> pd.DataFrame:
    """Scores of the tools, where a study supplies them.

    Returns
    -------
    DataFrame
        tool, person_type, completions, scored, mean, sd, below_cutoff_percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = tool_scores(open_pilot("tests/studies/complete"))
    >>> print(table.head(2).round(1).to_string(index=False))
    tool person_type  completions  scored  mean  sd  below_cutoff_percent
     ORS       child           11      10  26.3 4.1                   NaN
     ORS       adult            4       3  26.3 9.4                  66.7
    """
    use = pilot.tool_use.assign(below=below_cutoff(pilot))
    rows = []
    for tool in recorded_tools(pilot):
        for kind in PERSON_TYPES:
            chosen = use[(use["tool"] == tool) & (use["person_type"] == kind)]
            scores, below = chosen["score"].dropna(), chosen["below"].dropna()
            share = percent(int(below.sum()), len(below))
            rows.append((tool, kind, len(chosen), len(scores), scores.mean(), scores.std(), share))
    columns = ["tool", "person_type", "completions", "scored", "mean", "sd", "below_cutoff_percent"]
    return pd.DataFrame(rows, columns=columns)


def _shares(
    pilot: Pilot, column: str, name: str, chosen: pd.Series | slice = slice(None)
) -> pd.DataFrame:
    """Count the answers to a question of a survey, of everybody or of some."""
    answers = pilot.asking(column).loc[chosen, column]
    return shares(answers, pilot.answers(column), name)


@quantity(answers_to(lambda _: ["uploaded_scores"]))
def uploaded(pilot: Pilot) -> pd.DataFrame:
    """Whether those who used the tools uploaded the scores (RQ 1.1).

    Returns
    -------
    DataFrame
        answer, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = uploaded(open_pilot("tests/studies/complete"))
    >>> print(table.head(1).round(1).to_string(index=False))
    answer  n  total  percent
       yes 10     14     71.4
    """
    together = pilot.wave_asking("uploaded_scores", *pilot.study.counted.frequency.values())
    asked = together and pilot.study.counted.frequency
    used = _reported_use(pilot).eq(True) if asked else slice(None)
    return _shares(pilot, "uploaded_scores", "answer", used)


@quantity(answers_to(lambda _: ["family_engagement"]))
def engagement(pilot: Pilot) -> pd.DataFrame:
    """How engaged families were, as practitioners saw it (Table 3.3).

    Returns
    -------
    DataFrame
        engagement, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = engagement(open_pilot("tests/studies/complete"))
    >>> print(table.tail(2).to_string(index=False))
      engagement  n  total  percent
         engaged  7     16    43.75
    very engaged  0     16     0.00
    """
    return _shares(pilot, "family_engagement", "engagement")


@quantity(answers_to(lambda _: ["difficulty"]))
def difficulty(pilot: Pilot) -> pd.DataFrame:
    """Ease of the tools beside those normally used (Table F.1).

    Returns
    -------
    DataFrame
        difficulty, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = difficulty(open_pilot("tests/studies/complete"))
    >>> print(table.tail(2).to_string(index=False))
     difficulty  n  total  percent
         easier  3     16    18.75
    much easier  1     16     6.25
    """
    return _shares(pilot, "difficulty", "difficulty")


def _of_groups(pilot: Pilot) -> Iterator[Rule]:
    quantities = {"family_engagement": "engagement", "difficulty": "difficulty"}
    for group, read in pilot.study.counted.grouped.items():
        if read.column not in quantities:
            continue
        name = quantities[read.column]
        where = {"group": group}
        yield Sum("n", name, "n", name, read.answers, where=where)
        yield SameAs("total", name, "total", where=where, select={name: read.answers[0]})


@quantity(
    answers_to(lambda counted: [group.column for group in counted.grouped.values()], ("group",)),
    _of_groups,
)
def grouped_answers(pilot: Pilot) -> pd.DataFrame:
    """Answers that the report reads together (RQ 1.4, 1.5).

    Returns
    -------
    DataFrame
        group, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = grouped_answers(open_pilot("tests/studies/complete"))
    >>> print(table.to_string(index=False))
               group  n  total  percent
    engaged families 12     16    75.00
              easier  4     16    25.00
              harder  5     16    31.25
    """
    rows = []
    for group, read in pilot.study.counted.grouped.items():
        given = pilot.asking(read.column)[read.column].dropna()
        n = int(given.isin(read.answers).sum())
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

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = tool_ratings(open_pilot("tests/studies/complete"))
    >>> print(table.head(2).round(2).to_string(index=False))
    measure tool  n  mean   sd  minimum  maximum  mean_percent
        iam  ORS  8  4.34 0.46     3.75      5.0         83.59
        iam  SRS  8  4.09 0.61     3.25      5.0         77.34
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


def _ratings_of_two(pilot: Pilot) -> Iterator[Rule]:
    tools: dict[str, list[str]] = {}
    for scale in pilot.instruments.ratings.values():
        tools.setdefault(scale.instrument, []).append(scale.key.tool)
    for measure, rated in tools.items():
        for column, tool in (("first_mean", rated[0]), ("second_mean", rated[-1])):
            chosen = {"measure": measure}
            yield SameAs(column, "tool_ratings", "mean", chosen, {**chosen, "tool": tool})


@quantity(_ratings_of_two, Formula("difference", "first_mean - second_mean"))
def rating_differences(pilot: Pilot) -> pd.DataFrame:
    """Mean ratings of the first tool and the last, and how far they are apart (RQ 1.6).

    Returns
    -------
    DataFrame
        measure, first, second (tools), first_mean, second_mean, difference (first less second,
        points of the scale).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = rating_differences(open_pilot("tests/studies/complete"))
    >>> print(table.round(2).to_string(index=False))
    measure first second  first_mean  second_mean  difference
        iam   ORS    SRS        4.34         4.09        0.25
        fim   ORS    SRS        4.19         3.07        1.12
    """
    rated = tool_ratings(pilot).groupby("measure", sort=False)
    ends = {"first": rated.first(), "second": rated.last()}
    table = pd.DataFrame({end: rows["tool"] for end, rows in ends.items()})
    for end, rows in ends.items():
        table[f"{end}_mean"] = rows["mean"]
    table["difference"] = table["first_mean"] - table["second_mean"]
    return table.reset_index()


@quantity(answers_to(lambda _: ["continue_tools"]))
def continuation(pilot: Pilot) -> pd.DataFrame:
    """Whether practitioners would like to go on using the tools (RQ 1.6).

    Returns
    -------
    DataFrame
        answer, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = continuation(open_pilot("tests/studies/complete"))
    >>> print(table.head(1).to_string(index=False))
    answer  n  total  percent
       yes  9     16    56.25
    """
    return _shares(pilot, "continue_tools", "answer")
