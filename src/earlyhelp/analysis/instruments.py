"""Scores of the pilot's instruments, by their manuals.

A score is missing when any of its items is missing: no manual's rule for replacing items is
applied, because the report states none.
"""

from __future__ import annotations

import pandas as pd

from earlyhelp.analysis.quantities import free
from earlyhelp.study.design import Study
from earlyhelp.study.raw import TOOLS, Pilot, proqol_columns, tool_rating_columns, wai_columns

# Hatcher and Gillaspy (2006), WAI-SR scoring key.
WAI_DOMAINS = {"goal": (4, 6, 8, 11), "task": (1, 2, 10, 12), "bond": (3, 5, 7, 9)}
# Stamm (2010), raw scores of a subscale.
COMPASSION_BANDS = {"low": (10, 22), "average": (23, 41), "high": (42, 50)}
# Miller and Duncan (2000, 2004). Children's ORS cut-offs depend on an age we do not have.
CUTOFFS = {("ORS", "adult"): 25, ("SRS", "adult"): 36, ("SRS", "child"): 36}

ARMS = ("intervention", "comparison")
OUTCOMES = ("wai", "wai_goal", "wai_task", "wai_bond", "compassion_satisfaction")


def wai_total(responses: pd.DataFrame, study: Study) -> pd.Series:
    """Working Alliance Inventory total, the sum of its items; NaN when one is missing."""
    return responses[wai_columns(study)].sum(axis=1, skipna=False)


def wai_domains(responses: pd.DataFrame) -> pd.DataFrame:
    """Goal, task and bond scores, four items each (Hatcher and Gillaspy 2006)."""
    return pd.DataFrame(
        {
            domain: responses[[f"wai_{item:02d}" for item in items]].sum(axis=1, skipna=False)
            for domain, items in WAI_DOMAINS.items()
        }
    )


def compassion_satisfaction(responses: pd.DataFrame) -> pd.Series:
    """Compassion satisfaction, the sum of its ten ProQOL 5 items (Stamm 2010), 10 to 50."""
    return responses[proqol_columns()].sum(axis=1, skipna=False)


def compassion_band(scores: pd.Series) -> pd.Series:
    """Band of each compassion satisfaction score: low, average or high (Stamm 2010)."""
    return pd.cut(scores, [9, 22, 41, 50], labels=list(COMPASSION_BANDS)).astype("object")


def implementation_rating(
    responses: pd.DataFrame, study: Study, measure: str, tool: str
) -> pd.Series:
    """IAM or FIM score of one tool, the mean of its items (Weiner et al. 2017).

    Parameters
    ----------
    measure : {"iam", "fim"}
    tool : {"ORS", "SRS"}
    """
    return responses[tool_rating_columns(study, measure, tool)].mean(axis=1, skipna=False)


def below_cutoff(tool_use: pd.DataFrame) -> pd.Series:
    """Whether each completion scores below its tool's cut-off (Miller and Duncan).

    Missing without a score, and for children's ORS, whose cut-off depends on age.
    """
    keys = zip(tool_use["tool"], tool_use["person_type"], strict=True)
    cutoffs = pd.Series([CUTOFFS.get(key) for key in keys], index=tool_use.index, dtype="float64")
    known = tool_use["score"].notna() & cutoffs.notna()
    return (tool_use["score"] < cutoffs).astype("object").where(known)


def outcome_scores(pilot: Pilot) -> pd.DataFrame:
    """Every practitioner outcome score at baseline and endline.

    Returns
    -------
    DataFrame
        practitioner_id, team, unit, arm, wave, measure (one of `OUTCOMES`), score; one row per
        person, wave and measure, NaN where the score is missing.
    """
    study = pilot.study
    frames = []
    for wave, survey in (
        ("baseline", pilot.baseline_survey),
        ("endline", pilot.endline_survey),
    ):
        scores = {
            "wai": wai_total(survey, study),
            **{f"wai_{name}": score for name, score in wai_domains(survey).items()},
            "compassion_satisfaction": compassion_satisfaction(survey),
        }
        for measure in OUTCOMES:
            frame = survey[["practitioner_id", "team"]].copy()
            frame["unit"] = frame["team"].map(study.unit_of)
            frame["arm"] = frame["team"].map(study.arm_of)
            frame["wave"] = wave
            frame["measure"] = measure
            frame["score"] = scores[measure].astype("float64")
            frames.append(frame)
    return free(pilot, pd.concat(frames, ignore_index=True))


def tool_rating_scores(pilot: Pilot) -> pd.DataFrame:
    """IAM and FIM score of every post-training respondent.

    Returns
    -------
    DataFrame
        practitioner_id, team, measure ("iam", "fim"), tool ("ORS", "SRS"), score (1 to 5).
    """
    survey = pilot.post_training_survey
    frames = []
    for measure in ("iam", "fim"):
        for tool in TOOLS:
            frame = survey[["practitioner_id", "team"]].copy()
            frame["measure"] = measure
            frame["tool"] = tool
            frame["score"] = implementation_rating(survey, pilot.study, measure, tool)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)
