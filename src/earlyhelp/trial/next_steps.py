"""The recommended next steps: evidence on readiness, theme by theme, with the numbers beside it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from earlyhelp.analysis import readiness
from earlyhelp.analysis.outcomes import UNKNOWN
from earlyhelp.analysis.quantities import FREE
from earlyhelp.published.numbers import level, number, span
from earlyhelp.study.design import read_questions
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import Pilot
from earlyhelp.study.textfile import is_there
from earlyhelp.study.yamlfile import Strict, Text, read_yaml
from earlyhelp.trial import criteria

NUMBERS_FILE = "next_steps.yml"


class ThemeNumber(Strict):
    """A number that bears on a theme of the readiness questions.

    Attributes
    ----------
    theme : str
        A theme that a row on readiness has in the framework matrix.
    words : str
        What the number counts.
    figure : str
        One of `figures`.
    """

    theme: Text
    words: Text
    figure: Text


PREFERS, ROOM, TEAMS = "prefers ", "room_", "teams_taking_part"


def figures(pilot: Pilot) -> list[str]:
    """What can stand beside a theme.

    What a progression criterion can be about, "prefers " and a format of the training, "room_" and
    a measure (its largest improvement at endline), "teams_taking_part" (of the fact
    `service_teams`).
    """
    formats = pilot.answers("preferred_format", "post_training_survey")
    rooms = (f"{ROOM}{measure}" for measure in pilot.instruments.whole)
    return [*criteria.quantities(pilot), *(f"{PREFERS}{name}" for name in formats), *rooms, TEAMS]


def read_numbers(folder: Path) -> list[ThemeNumber]:
    """Read `next_steps.yml` of a study folder; without it no theme has a number.

    Raises
    ------
    InputError
        With every problem of the file.

    Examples
    --------
    >>> from pathlib import Path
    >>> read_numbers(Path("tests/studies/complete"))[0].words
    'prefer one day'
    """
    path = folder / NUMBERS_FILE
    return read_yaml(path, list[ThemeNumber]) if is_there(path) else []


def unknown_numbers(numbers: list[ThemeNumber], pilot: Pilot) -> list[Problem]:
    """Problems of numbers with a figure that there is not, or a theme that no cell has.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> number = ThemeNumber(theme="weather", words="rainy days", figure="attendance")
    >>> problems = unknown_numbers([number], open_pilot("tests/studies/complete"))
    >>> [problem.found for problem in problems]
    ["'weather'"]
    """
    themes = sorted(set(_on_readiness(pilot)["theme"]))
    known = {
        "theme": (themes, "a theme of a question of readiness"),
        "figure": (figures(pilot), "one of"),
    }
    return [
        Problem(NUMBERS_FILE, None, f"{index}.{key}", repr(found), f"{what}: {', '.join(names)}")
        for index, item in enumerate(numbers)
        for key, (names, what) in known.items()
        if (found := getattr(item, key)) not in names
    ]


def _on_readiness(pilot: Pilot) -> pd.DataFrame:
    questions = read_questions(pilot.study.folder).values()
    asked = [question.id for question in questions if question.dimension == "readiness"]
    return pilot.framework_matrix[pilot.framework_matrix["research_question"].isin(asked)]


def next_steps(pilot: Pilot, room: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Evidence behind the recommended next steps, on the questions of readiness.

    Parameters
    ----------
    room : DataFrame
        As `pilot_estimates.room` returns it.

    Returns
    -------
    DataFrame
        question, theme, evidence (cells of the framework matrix by direction, in words), numbers
        (tuple; in words, counts with their Clopper-Pearson interval), their statuses (tuple) and
        the readings behind them (rests_on, tuple). What the reconstruction has set freely is left
        out, and so are counts for readers who are not told of small numbers.

    Raises
    ------
    InputError
        With every problem of the study's `next_steps.yml`.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> from earlyhelp.trial.pilot_estimates import room
    >>> pilot = open_pilot("tests/studies/complete")
    >>> steps = next_steps(pilot, room(pilot), confidence=0.95)
    >>> row = steps[steps["numbers"].map(bool)].iloc[0]
    >>> print(row["question"], row["theme"])
    3.3 course-form
    >>> print(row["numbers"][0])
    prefer one day: 5 of 8 (95% interval 24% to 91%)
    """
    given = read_numbers(pilot.study.folder)
    if problems := unknown_numbers(given, pilot):
        raise InputError(problems)
    numbers: dict[str, list[ThemeNumber]] = {}
    for item in given:
        numbers.setdefault(item.theme, []).append(item)
    seen, matrix = criteria.observed(pilot), _on_readiness(pilot)
    rows = []
    for (question, theme), cells in matrix.groupby(["research_question", "theme"]):
        counted = cells["direction"].value_counts().sort_index()
        evidence = ", ".join(f"{direction} {n}" for direction, n in counted.items())
        of_theme = numbers.get(str(theme), [])
        told = [_in_words(item, pilot, seen, room, confidence) for item in of_theme]
        words, statuses, behind = zip(*filter(None, told), strict=True) if any(told) else [()] * 3
        rests_on = tuple(sorted(set(chain(*behind))))
        rows.append((question, theme, evidence, words, statuses, rests_on))
    columns = ["question", "theme", "evidence", "numbers", "statuses", "rests_on"]
    return pd.DataFrame(rows, columns=columns)


Told = tuple[str, str, tuple[str, ...]]


def _in_words(
    item: ThemeNumber, pilot: Pilot, seen: pd.DataFrame, room: pd.DataFrame, confidence: float
) -> Told | None:
    """A number in words, its status and readings; None where there is none, or only a free one."""
    if item.figure.startswith(ROOM):
        measure = item.figure.removeprefix(ROOM)
        left = room[(room["measure"] == measure) & (room["wave"] == pilot.outcome_waves[-1])]
        low, high = left["headroom_sd_low"].min(), left["headroom_sd_high"].max()
        return f"{item.words}: {span(low, high, 1)} SD", room.attrs["status"], ()
    if item.figure == TEAMS:
        service = pilot.study.design.get("service_teams")
        words = f"{item.words}: {len(pilot.study.teams)} of {service}"
        return (words, "design fact", ()) if service else None
    if pilot.told_from > 1:
        # Counts with intervals, and means with their number of people.
        return None
    found = seen.loc[item.figure].to_dict() if item.figure in seen.index else _format(item, pilot)
    if found["status"] == FREE:
        return None
    words = _figure_in_words(found, confidence)
    return (f"{item.words}: {words}", found["status"], found["rests_on"]) if words else None


def _format(item: ThemeNumber, pilot: Pilot) -> dict[str, Any]:
    """What `criteria.observed` would tell of a format of the training that people prefer."""
    given, name = readiness.training_format(pilot), item.figure.removeprefix(PREFERS)
    given = given[given["format"] == name]
    found = criteria.proportion(given, ("n", "total"))
    behind = criteria.behind(pilot, "training_format", {"format": name}, ("n", "total"))
    return {"share": UNKNOWN, "upper_bound": False} | found | behind


def _figure_in_words(found: Mapping[Any, Any], confidence: float) -> str:
    """A share, a count or a mean of `criteria.observed`; nothing where nobody answered."""
    if pd.notna(found["share"]):
        return f"{number(100 * found['share'])}% (n not printed)"
    if not found["total"] or pd.isna(found["total"]):
        return ""
    if pd.isna(found["successes"]):
        mean, sd = number(found["mean"], 1), number(found["sd"], 1)
        return f"mean {mean} (SD {sd}, n = {int(found['total'])})"
    n, total = int(found["successes"]), int(found["total"])
    if found["upper_bound"]:
        return f"at most {n} of {total}"
    return _with_interval(n, total, confidence)


def _with_interval(n: int, total: int, confidence: float) -> str:
    low, high = proportion_confint(n, total, alpha=1 - confidence, method="beta")
    ends = f"{number(100 * low)}% to {number(100 * high)}%"
    return f"{n} of {total} ({level(confidence)} interval {ends})"
