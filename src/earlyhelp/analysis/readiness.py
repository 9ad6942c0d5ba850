"""Readiness for trial (Findings, 3.3)."""

from __future__ import annotations

from itertools import chain

import pandas as pd

from earlyhelp.analysis.feasibility import answers_to, shares_by, use_by_team
from earlyhelp.analysis.participants import attended_training, percent, shares
from earlyhelp.analysis.quantities import quantity
from earlyhelp.study.raw import Pilot


@quantity(answers_to(lambda _: ["preferred_format"]))
def training_format(pilot: Pilot) -> pd.DataFrame:
    """Preferred format of the training (RQ 3.3).

    Returns
    -------
    DataFrame
        format, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = training_format(open_pilot("tests/studies/complete"))
    >>> print(table.round(1).to_string(index=False))
           format  n  total  percent
     one full day  5      8     62.5
    two half days  2      8     25.0
    no preference  1      8     12.5
    """
    answers = pilot.asking("preferred_format")["preferred_format"]
    return shares(answers, pilot.answers("preferred_format"), "format")


@quantity()
def contamination(pilot: Pilot) -> pd.DataFrame:
    """Contact of the reference arm with the training and the tools (RQ 3.4).

    Returns
    -------
    DataFrame
        contact ("training", "tools"), answer, n, total, percent.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = contamination(open_pilot("tests/studies/complete"))
    >>> print(table.head(2).round(1).to_string(index=False))
     contact answer  n  total  percent
    training    yes  1      7     14.3
    training     no  6      7     85.7
    """
    columns = {contact: f"contact_with_{contact}" for contact in ("training", "tools")}
    columns = {contact: name for contact, name in columns.items() if pilot.wave_asking(name)}
    answers = {contact: pilot.asking(column)[column] for contact, column in columns.items()}
    listed = map(pilot.answers, columns.values())
    return shares_by("contact", answers, tuple(dict.fromkeys(chain(*listed))), "answer")


@quantity()
def team_consistency(pilot: Pilot) -> pd.DataFrame:
    """Delivery by team of the arms that were trained (RQ 3.2).

    Returns
    -------
    DataFrame
        team, eligible, attended, attended_percent, used (attended and recorded use),
        used_percent (of attended), completions, completions_per_user.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = team_consistency(open_pilot("tests/studies/complete"))
    >>> columns = ["team", "eligible", "attended", "used", "used_percent", "completions"]
    >>> print(table[columns].round(1).to_string(index=False))
    team  eligible  attended  used  used_percent  completions
      I1         5         5     2          40.0           14
      I2         5         5     3          60.0            6
      I3         8         6     4          66.7            9
    """
    attended = attended_training(pilot)
    register = pilot.training_attendance
    users = register["practitioner_id"].isin(pilot.tool_use["practitioner_id"])
    by_team = use_by_team(pilot).set_index("team")
    tools = by_team.columns.drop(["difference", "practitioners", "people"])
    completed, recorders = by_team[tools].sum(axis=1), by_team["practitioners"]
    rows = []
    for team in by_team.index.drop("all", errors="ignore"):
        members = register["team"] == team
        eligible, came = int(members.sum()), int((members & attended).sum())
        used = int((members & attended & users).sum())
        shares = percent(came, eligible), used, percent(used, came)
        made, recorded = int(completed[team]), int(recorders[team])
        per_user = made / recorded if recorded else float("nan")
        rows.append((team, eligible, came, *shares, made, per_user))
    columns = ["team", "eligible", "attended", "attended_percent", "used", "used_percent"]
    columns += ["completions", "completions_per_user"]
    return pd.DataFrame(rows, columns=columns)
