"""Scores of the pilot's instruments, by the keys of the study's `instruments.yml`."""

from __future__ import annotations

import pandas as pd

from earlyhelp.analysis.quantities import free
from earlyhelp.study.raw import Pilot
from earlyhelp.study.scoring_keys import Scale


def score(answers: pd.DataFrame, scale: Scale) -> pd.Series:
    """Score of each respondent; NaN where more items are missing than the instrument allows.

    Parameters
    ----------
    answers : DataFrame
        Holds the columns of the scale.
    scale : Scale
        Its key. A missing item that is allowed counts as the mean of those answered.
    """
    turned = {name: scale.minimum + scale.maximum - answers[name] for name in scale.key.reversed}
    given = answers[scale.columns].assign(**turned)
    answered = given.notna().sum(axis=1)
    many = scale.items if scale.about.score == "sum" else 1
    many = 100 if scale.yes_or_no else many
    scores = given.sum(axis=1) * many / answered
    return scores.where(answered >= scale.items - scale.about.missing)


def below_cutoff(pilot: Pilot) -> pd.Series:
    """Whether each completion of a tool scores below the cut-off for the kind of person.

    Missing without a score and where the study states no cut-off.
    """
    use = pilot.tool_use
    known = {
        (tool, kind): cutoff
        for tool, scale in pilot.instruments.scales.items()
        for kind, cutoff in scale.key.cutoffs.items()
    }
    keys = zip(use["tool"], use["person_type"], strict=True)
    cutoffs = pd.Series([known.get(key) for key in keys], index=use.index, dtype="float64")
    there = use["score"].notna() & cutoffs.notna()
    return (use["score"] < cutoffs).astype("object").where(there)


SCORES = ["practitioner_id", "team", "unit", "arm", "wave", "measure", "score"]


def outcome_scores(pilot: Pilot) -> pd.DataFrame:
    """Every outcome score of every wave that measures it.

    Returns
    -------
    DataFrame
        practitioner_id, team, unit, arm, wave, measure (of `Instruments.outcomes`), score; one row
        per person, wave and measure, NaN where the score is missing. Readers who are not told of
        small numbers get no row.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> scores = outcome_scores(open_pilot("tests/studies/complete"))
    >>> print(scores.query("measure == 'wai'").head(2).to_string(index=False))
    practitioner_id team unit          arm     wave measure  score
                P01   I1   U1 intervention baseline     wai   66.0
                P02   I1   U1 intervention baseline     wai   61.0
    """
    study = pilot.study
    frames = [pd.DataFrame(columns=SCORES)] if not pilot.instruments.outcomes else []
    for wave in study.waves:
        survey = pilot.survey(wave.id)
        for measure, scale in pilot.instruments.outcomes.items():
            if wave.file not in scale.files:
                continue
            frame = study.placed(survey)
            frame["wave"] = wave.id
            frame["measure"] = measure
            frame["score"] = score(survey, scale)
            frames.append(frame)
    scores = pd.concat(frames, ignore_index=True)
    return free(pilot, scores if pilot.told_from == 1 else scores.iloc[:0], "outcome_scores")


def tool_rating_scores(pilot: Pilot) -> pd.DataFrame:
    """Score of every respondent on every scale that rates a tool.

    Returns
    -------
    DataFrame
        practitioner_id, team, unit, arm, measure (the instrument), tool, score.
    """
    columns = ["practitioner_id", "team", "unit", "arm", "measure", "tool", "score"]
    frames = [pd.DataFrame(columns=columns)] if not pilot.instruments.ratings else []
    for scale in pilot.instruments.ratings.values():
        survey = pilot.asking(*scale.columns)
        frame = pilot.study.placed(survey)
        frame["measure"] = scale.instrument
        frame["tool"] = scale.key.tool
        frame["score"] = score(survey, scale)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
