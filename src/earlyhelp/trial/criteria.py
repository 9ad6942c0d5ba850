"""A study's progression criteria against what its pilot observed."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from earlyhelp.analysis import feasibility, participants, readiness
from earlyhelp.analysis.instruments import ARMS
from earlyhelp.study.raw import Pilot
from earlyhelp.trial import progression

# What a progression criterion can be about; `observed` has each.
Quantity = Literal[
    "attendance",
    "tool_users",
    "sessions_used",
    "recording",
    "response_baseline_intervention",
    "response_baseline_comparison",
    "response_post_training",
    "response_endline_intervention",
    "response_endline_comparison",
    "retention_intervention",
    "retention_comparison",
    "iam_ors",
    "iam_srs",
    "fim_ors",
    "fim_srs",
    "continuation",
    "contamination_training",
    "contamination_tools",
]
# The people who could have answered, by wave and arm. No file lists the staff of the comparison
# arm: those known from either survey are the nearest, and fewer than all, so rates come out high.
DENOMINATORS = {
    "response_baseline_intervention": ("baseline", "intervention", "eligible for training"),
    "response_baseline_comparison": ("baseline", "comparison", "people known to the study"),
    "response_post_training": ("post_training", "intervention", "attended training"),
    "response_endline_intervention": ("endline", "intervention", "eligible for training"),
    "response_endline_comparison": ("endline", "comparison", "people known to the study"),
    **{f"retention_{arm}": ("endline", arm, "baseline respondents") for arm in ARMS},
}


def observed(pilot: Pilot) -> pd.DataFrame:
    """Every quantity that a criterion can be about by name.

    Returns
    -------
    DataFrame
        Indexed by quantity: successes and total of a proportion; mean, sd and total of a mean.
    """
    trained = feasibility.attendance(pilot).set_index("role").loc["all"]
    users = feasibility.attended_and_used(pilot).set_index("role").loc["all"]
    frequency = feasibility.tool_frequency(pilot).set_index(["tool", "frequency"])["n"].loc["ORS"]
    proportions = {
        "attendance": (trained["attended"], trained["eligible"]),
        "tool_users": (users["used"], users["attended"]),
        "sessions_used": (frequency[["most sessions", "every session"]].sum(), frequency.sum()),
        "recording": _answer(feasibility.uploaded(pilot)),
        "continuation": _answer(feasibility.continuation(pilot)),
    }
    contact = readiness.contamination(pilot)
    for name in ("training", "tools"):
        proportions[f"contamination_{name}"] = _answer(contact[contact["contact"] == name])
    rates = participants.response_rates(pilot).set_index(["wave", "arm", "denominator"])
    for quantity, key in DENOMINATORS.items():
        proportions[quantity] = (rates.loc[key, "n"], rates.loc[key, "total"])
    rows = [(name, n, total, None, None) for name, (n, total) in proportions.items()]
    ratings = feasibility.tool_ratings(pilot)[["measure", "tool", "n", "mean", "sd"]]
    for measure, tool, n, mean, sd in ratings.itertuples(index=False):
        rows.append((f"{measure}_{tool.lower()}", None, n, mean, sd))
    columns = ["quantity", "successes", "total", "mean", "sd"]
    return pd.DataFrame(rows, columns=columns).set_index("quantity")


def _answer(shares: pd.DataFrame, answer: str = "yes") -> tuple[int, int]:
    (row,) = shares[shares["answer"] == answer].to_dict("records")
    return int(row["n"]), int(row["total"])


def assess(pilot: Pilot, confidence: float = 0.95) -> pd.DataFrame:
    """The study's criteria against what was observed.

    Returns
    -------
    DataFrame
        Columns of `progression.assess`, then successes (of a proportion), label, status, and the
        bounds amber_low and amber_high between the bands; empty when the study sets no criteria.
    """
    if pilot.study.progression is None:
        return pd.DataFrame()
    stated = pilot.study.progression.criteria
    seen = observed(pilot)
    table = progression.assess(stated, seen, confidence)
    return table.assign(
        successes=seen.loc[table["quantity"], "successes"].to_numpy(),
        label=[c.label for c in stated],
        status=[c.status for c in stated],
        amber_low=[c.amber[0] for c in stated],
        amber_high=[c.amber[1] for c in stated],
        higher_is_better=[c.higher_is_better for c in stated],
    )
