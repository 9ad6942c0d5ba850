"""Evidence of promise: practitioner outcomes and what may be said of them (Findings, 3.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import stats
from scipy.optimize import brentq
from statsmodels.regression.linear_model import OLS

from earlyhelp.analysis import randomisation
from earlyhelp.analysis.feasibility import TRAINED, agreement, agreement_answers
from earlyhelp.analysis.instruments import outcome_scores
from earlyhelp.analysis.participants import attended_training, described_people, percent
from earlyhelp.analysis.quantities import Answers, Formula, Given, Same, Sum, free, quantity
from earlyhelp.study.design import ARMS, BASELINE, COMPARISON, ENDLINE, INTERVENTION, WAVES
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import Pilot

# Intervals as computed, not rounded to two decimals.
pg.options["round.column.CI95"] = None

ANALYSIS_SETS = ("all", "trained", "users")
NOTHING = float("nan")
# Points below the maximum of a scale that count as near it.
NEAR = 5
BETWEEN = "intervention less comparison"
ADJUSTED = "endline adjusted for baseline"
PEOPLE = "people, units ignored"


def check_share(name: str, value: float) -> None:
    """Refuse a significance or confidence level outside (0, 1).

    Raises
    ------
    InputError

    Examples
    --------
    >>> check_share("alpha", 0.05)
    >>> check_share("alpha", 5)
    Traceback (most recent call last):
    earlyhelp.study.problems.InputError: parameters, alpha: found 5; expected a number in (0, 1)
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise InputError([Problem("parameters", None, name, repr(value), "a number in (0, 1)")])


@quantity(Answers(("question",), "agree", TRAINED))
def anticipated_outcomes(pilot: Pilot) -> pd.DataFrame:
    """Outcomes practitioners expected after the training (Figure E.1).

    Returns
    -------
    DataFrame
        Columns of `feasibility.agreement`.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = anticipated_outcomes(open_pilot("tests/studies/complete"))
    >>> print(table.head(2).to_string(index=False))
                 question  total  agree  percent  mean
    understand_principles      8      8    100.0  4.25
       confident_applying      8      5     62.5  3.50
    """
    return agreement(pilot, pilot.study.counted.anticipated_outcomes)


@quantity(Answers(("question",), asked=TRAINED))
def anticipated_outcome_answers(pilot: Pilot) -> pd.DataFrame:
    """Every answer behind Figure E.1.

    Returns
    -------
    DataFrame
        Columns of `feasibility.agreement_answers`.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = anticipated_outcome_answers(open_pilot("tests/studies/complete"))
    >>> print(table.query("question == 'upload_scores'").tail(2).to_string(index=False))
         question  value         answer  n  total  percent
    upload_scores      4          agree  2      8     25.0
    upload_scores      5 strongly agree  0      8      0.0
    """
    return agreement_answers(pilot, pilot.study.counted.anticipated_outcomes)


def score_maximum(pilot: Pilot, measure: str) -> int:
    """Highest possible score of an outcome measure (of `Instruments.outcomes`).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> score_maximum(open_pilot("tests/studies/complete"), "wai")
    84
    """
    return pilot.instruments.outcomes[measure].highest


@quantity(Given("scale_maximum"))
def outcome_summary(pilot: Pilot) -> pd.DataFrame:
    """Outcome scores by arm and wave (Evidence of outcomes, Figures 3.4 and 3.5).

    Returns
    -------
    DataFrame
        measure (of `Instruments.outcomes`), arm, wave, n, mean, sd, minimum, maximum,
        scale_maximum, domain_rank (of the mean among the subscales of a measure, 1 for the highest;
        NaN for measures that are no subscale).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = outcome_summary(open_pilot("tests/studies/complete"))
    >>> print(table.query("measure == 'wai_goal'").head(2).round(1).to_string(index=False))
     measure          arm     wave  n  mean  sd  minimum  maximum  scale_maximum  domain_rank
    wai_goal intervention baseline 11  21.9 2.5     16.0     25.0             28          1.0
    wai_goal intervention  endline  8  23.9 1.8     21.0     26.0             28          3.0
    """
    scores = outcome_scores(pilot)
    rows = []
    for measure in pilot.instruments.outcomes:
        for arm in ARMS:
            for wave in WAVES:
                values = _select(scores, measure, arm, wave)
                summary = (len(values), values.mean(), values.std(), values.min(), values.max())
                rows.append((measure, arm, wave, *summary, score_maximum(pilot, measure)))
    columns = ["measure", "arm", "wave", "n", "mean", "sd", "minimum", "maximum", "scale_maximum"]
    table = pd.DataFrame(rows, columns=columns)
    whole = table["measure"].map({n: s.part_of for n, s in pilot.instruments.outcomes.items()})
    domains = table[whole != ""].groupby([whole, "arm", "wave"])
    ranks = domains["mean"].rank(method="max", ascending=False)
    return table.assign(domain_rank=ranks)


def _select(scores: pd.DataFrame, measure: str, arm: str, wave: str) -> pd.Series:
    chosen = (scores["measure"] == measure) & (scores["arm"] == arm) & (scores["wave"] == wave)
    return scores.loc[chosen, "score"].dropna()


@quantity()
def domain_differences(pilot: Pilot) -> pd.DataFrame:
    """How far the means of two domains lie apart, of those that the study compares.

    Returns
    -------
    DataFrame
        first, second (measures), arm, wave, difference (absolute, points).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = domain_differences(open_pilot("tests/studies/complete"))
    >>> print(table.head(2).round(1).to_string(index=False))
       first   second        arm     wave  difference
    wai_goal wai_task comparison baseline         1.6
    wai_goal wai_task comparison  endline         0.7
    """
    columns = ["first", "second", "arm", "wave", "difference"]
    if pilot.study.counted.compared is None:
        return pd.DataFrame(columns=columns)
    first, second = pilot.study.counted.compared
    means = outcome_summary(pilot).pivot(index=["arm", "wave"], columns="measure", values="mean")
    difference = (means[first] - means[second]).abs().rename("difference").reset_index()
    return difference.assign(first=first, second=second)[columns]


def changes(pilot: Pilot, analysis_set: str = "all") -> pd.DataFrame:
    """Scores of the people measured at both waves.

    Parameters
    ----------
    analysis_set : {"all", "trained", "users"}
        Of the intervention arm: everybody, as the report's intention to treat has it; those who
        attended the training; or those whom the tool records name. The comparison arm is whole.

    Returns
    -------
    DataFrame
        measure, arm, unit, team, practitioner_id, baseline, endline, change.

    Raises
    ------
    InputError
        For an unknown analysis set.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = changes(open_pilot("tests/studies/complete"), "users")
    >>> print(table.query("measure == 'wai'").tail(2).to_string(index=False))
    measure          arm unit team practitioner_id  baseline  endline  change
        wai intervention   U2   I3             P03      70.0     77.0     7.0
        wai intervention   U2   I3             P07      69.0     74.0     5.0
    """
    if analysis_set not in ANALYSIS_SETS:
        found, expected = repr(analysis_set), f"one of: {', '.join(ANALYSIS_SETS)}"
        raise InputError([Problem("parameters", None, "analysis_set", found, expected)])
    keys = ["measure", "arm", "unit", "team", "practitioner_id"]
    wide = outcome_scores(pilot).pivot(index=keys, columns="wave", values="score")
    wide = wide.reindex(columns=list(WAVES)).dropna().reset_index().rename_axis(columns=None)
    if analysis_set != "all":
        kept = {
            "trained": pilot.training_attendance.loc[attended_training(pilot), "practitioner_id"],
            "users": pilot.tool_use["practitioner_id"],
        }[analysis_set]
        wide = wide[(wide["arm"] == COMPARISON) | wide["practitioner_id"].isin(kept)]
    return wide.assign(change=wide[ENDLINE] - wide[BASELINE]).reset_index(drop=True)


def _test(x: pd.Series, y: pd.Series, paired: bool, confidence: float) -> dict[str, Any]:
    """Test (t) of the mean of `x` less that of `y` (pooled variance unless paired)."""
    spread = (x - y).std() if paired else x.std() + y.std()
    if len(x) < 2 or len(y) < 2 or not spread > 0:
        return dict.fromkeys(("t", "t_size", "df", "p", "ci_low", "ci_high"), NOTHING)
    result = pg.ttest(x, y, paired=paired, correction=False, confidence=confidence).iloc[0]
    low, high = result.filter(like="CI").iloc[0]
    return {
        "t": float(result["T"]),
        "t_size": abs(float(result["T"])),
        "df": float(result["dof"]),
        "p": float(result["p_val"]),
        "ci_low": float(low),
        "ci_high": float(high),
    }


def standardised_difference(
    t: float, df: float, scale: float, confidence: float
) -> tuple[float, float, float]:
    """Standardised mean difference behind a t statistic, with its exact interval.

    The interval inverts the noncentral t distribution (Cumming and Finch 2001), so that it leaves
    out nought exactly when the t test is significant at the same level.

    Parameters
    ----------
    t, df : float
        Statistic and degrees of freedom; NaN gives NaN.
    scale : float
        What turns t into the difference: the root of 1/n for pairs, of 1/n1 + 1/n2 for groups.
    confidence : float
        In (0, 1).

    Returns
    -------
    tuple of float
        Difference, lower and upper end.

    Examples
    --------
    >>> d, low, high = standardised_difference(t=2.5, df=9, scale=10**-0.5, confidence=0.95)
    >>> print(f"{d:.2f} ({low:.2f} to {high:.2f})")
    0.79 (0.06 to 1.49)
    """
    if math.isnan(t):
        return NOTHING, NOTHING, NOTHING
    reach = 10 + 5 * abs(t)

    def below(noncentrality: float) -> float:
        probability = float(stats.nct.cdf(t, df, noncentrality))
        # Far out, where the probability is 1 or 0, scipy gives up.
        return float(noncentrality < t) if math.isnan(probability) else probability

    def end(probability: float) -> float:
        return scale * float(brentq(lambda x: below(x) - probability, t - reach, t + reach))

    tail = (1 - confidence) / 2
    return t * scale, end(1 - tail), end(tail)


@quantity(Formula("n", "df + 1"))
def paired_tests(pilot: Pilot, confidence: float = 0.95, analysis_set: str = "all") -> pd.DataFrame:
    """Paired t test of endline against baseline within each arm.

    Parameters
    ----------
    confidence : float
        In (0, 1).
    analysis_set : {"all", "trained", "users"}
        See `changes`.

    Returns
    -------
    DataFrame
        measure, arm, n (pairs), mean_change, sd_change, t, t_size (without its sign), df, p,
        ci_low, ci_high (of the mean change), dz (mean change over its SD), dz_low,
        dz_high (exact). A test that cannot be done has NaN.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = paired_tests(open_pilot("tests/studies/complete"))
    >>> columns = ["measure", "arm", "n", "mean_change", "ci_low", "ci_high"]
    >>> print(table[columns].head(2).round(1).to_string(index=False))
    measure          arm  n  mean_change  ci_low  ci_high
        wai intervention  7          6.4     4.2      8.6
        wai   comparison  5         -0.8    -3.0      1.4
    """
    check_share("confidence", confidence)
    paired = changes(pilot, analysis_set)
    rows = []
    for measure in pilot.instruments.outcomes:
        for arm in ARMS:
            chosen = paired[(paired["measure"] == measure) & (paired["arm"] == arm)]
            change, n = chosen["change"], len(chosen)
            test = _test(chosen[ENDLINE], chosen[BASELINE], True, confidence)
            dz, low, high = standardised_difference(
                test["t"], test["df"], n**-0.5 if n else NOTHING, confidence
            )
            rows.append(
                {
                    "measure": measure,
                    "arm": arm,
                    "n": n,
                    "mean_change": change.mean(),
                    "sd_change": change.std(),
                    **test,
                    "dz": dz,
                    "dz_low": low,
                    "dz_high": high,
                }
            )
    return pd.DataFrame(rows)


@quantity()
def between_tests(
    pilot: Pilot, confidence: float = 0.95, analysis_set: str = "all"
) -> pd.DataFrame:
    """Pooled t test of the intervention arm against the comparison arm.

    Parameters
    ----------
    confidence, analysis_set
        As in `paired_tests`; the analysis set bears on the change only.

    Returns
    -------
    DataFrame
        measure, contrast ("change" among the paired, as in the report; "baseline" and "endline"
        among all scores of the wave), n_intervention, n_comparison, difference (of means), t,
        t_size (without its sign), df, p, ci_low, ci_high (of the difference). The
        baseline has no t and no p: where the arms come from a draw, a difference is chance (CONSORT
        2010, item 15).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = between_tests(open_pilot("tests/studies/complete"))
    >>> columns = ["measure", "contrast", "difference", "ci_low", "ci_high", "t"]
    >>> print(table[columns].head(2).round(1).to_string(index=False))
    measure contrast  difference  ci_low  ci_high   t
        wai   change         7.2     4.4     10.0 5.7
        wai baseline        -0.2    -5.1      4.7 NaN
    """
    check_share("confidence", confidence)
    paired, scores = changes(pilot, analysis_set), outcome_scores(pilot)
    rows = []
    for measure in pilot.instruments.outcomes:
        of_measure = paired[paired["measure"] == measure]
        samples = {
            "change": [of_measure.loc[of_measure["arm"] == arm, "change"] for arm in ARMS],
            **{wave: [_select(scores, measure, arm, wave) for arm in ARMS] for wave in WAVES},
        }
        for contrast, (x, y) in samples.items():
            test = _test(x, y, False, confidence)
            if contrast == BASELINE:
                test |= dict.fromkeys(("t", "t_size", "p"), NOTHING)
            rows.append(
                {
                    "measure": measure,
                    "contrast": contrast,
                    "n_intervention": len(x),
                    "n_comparison": len(y),
                    "difference": x.mean() - y.mean(),
                    **test,
                }
            )
    return pd.DataFrame(rows)


def _people(estimate: str, arm: str) -> dict[str, str]:
    """The rows of `estimates` that count people."""
    return {"analysed": PEOPLE, "estimate": estimate, "arm": arm}


@quantity(
    *(
        Same("n", "paired_tests", "n", _people("change", arm), on=("measure", "arm"))
        for arm in ARMS
    ),
    *(
        Sum("n", "paired_tests", "n", "arm", ARMS, ("measure",), _people(estimate, BETWEEN))
        for estimate in ("change", ADJUSTED)
    ),
)
def estimates(pilot: Pilot, confidence: float = 0.95, analysis_set: str = "all") -> pd.DataFrame:
    """Change in each arm and difference between the arms, with intervals.

    Units were randomised, so that intervals come from unit means: t intervals of mean changes with
    a variance pooled over the arms, and cluster-level analysis of covariance (endline on arm and
    baseline, least squares). The same of people takes them as independent, as `paired_tests` and
    `between_tests` do, which makes intervals too narrow.

    Parameters
    ----------
    confidence : float
        In (0, 1).
    analysis_set : {"all", "trained", "users"}
        See `changes`.

    Returns
    -------
    DataFrame
        measure, analysed ("unit means" or `PEOPLE`), estimate ("change" or `ADJUSTED`), arm (or
        `BETWEEN`), n (units or people measured twice), value (points), ci_low, ci_high, df, d
        (value over the SD at baseline, pooled over the arms: Morris 2008, without the factor for
        small samples), dz (mean change over its SD; of people). What cannot be estimated is NaN.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = estimates(open_pilot("tests/studies/complete"))
    >>> columns = ["analysed", "estimate", "n", "value", "ci_low", "ci_high", "d"]
    >>> chosen = table[(table["measure"] == "wai") & (table["arm"] == BETWEEN)]
    >>> print(chosen[columns].round(1).to_string(index=False))
                 analysed                      estimate  n  value  ci_low  ci_high   d
               unit means                        change  4    7.9     1.9     14.0 1.7
               unit means endline adjusted for baseline  4    8.3   -11.8     28.5 1.8
    people, units ignored                        change 12    7.2     4.4     10.0 1.5
    people, units ignored endline adjusted for baseline 12    7.6     5.5      9.6 1.6
    """
    check_share("confidence", confidence)
    paired, scores = changes(pilot, analysis_set), outcome_scores(pilot)
    within = paired_tests(pilot, confidence=confidence, analysis_set=analysis_set)
    within = within.rename(columns={"mean_change": "value"})
    between = between_tests(pilot, confidence=confidence, analysis_set=analysis_set)
    between = between[between["contrast"] == "change"].rename(columns={"difference": "value"})
    between = between.assign(arm=BETWEEN, n=between["n_intervention"] + between["n_comparison"])
    tested = pd.concat([within, between]).assign(analysed=PEOPLE, estimate="change")
    rows = []
    for measure in pilot.instruments.outcomes:
        people = paired[paired["measure"] == measure]
        units = people.groupby(["arm", "unit"], as_index=False)[[*WAVES, "change"]].mean()
        fitted = [
            *(_fitted(units, "unit means", "change", arm, confidence) for arm in (*ARMS, BETWEEN)),
            _fitted(units, "unit means", ADJUSTED, BETWEEN, confidence),
            _fitted(people, PEOPLE, ADJUSTED, BETWEEN, confidence),
        ]
        of_people = tested[tested["measure"] == measure]
        of_measure = pd.concat([pd.DataFrame(fitted[:-1]), of_people, pd.DataFrame(fitted[-1:])])
        groups = [_select(scores, measure, arm, BASELINE) for arm in ARMS]
        rows.append(of_measure.assign(measure=measure, d=of_measure["value"] / _pooled_sd(*groups)))
    columns = ["measure", "analysed", "estimate", "arm", "n", "value", "ci_low", "ci_high", "df"]
    return pd.concat(rows, ignore_index=True)[[*columns, "d", "dz"]]


def _fitted(
    frame: pd.DataFrame, analysed: str, estimate: str, arm: str, confidence: float
) -> dict[str, Any]:
    """Least squares of change, or of endline adjusted for baseline, on the arms."""
    n = len(frame) if arm == BETWEEN else int((frame["arm"] == arm).sum())
    row = {"analysed": analysed, "estimate": estimate, "arm": arm, "n": n}
    treated = (frame["arm"] == INTERVENTION).astype(float)
    design = pd.DataFrame({INTERVENTION: treated, COMPARISON: 1 - treated})
    weights = {INTERVENTION: [1.0, 0.0], COMPARISON: [0.0, 1.0], BETWEEN: [1.0, -1.0]}[arm]
    if estimate == ADJUSTED:
        design, weights = design.assign(baseline=frame[BASELINE]), [*weights, 0.0]
    outcome = frame[ENDLINE if estimate == ADJUSTED else "change"]
    if np.linalg.matrix_rank(design) < len(weights):
        return row | dict.fromkeys(("value", "ci_low", "ci_high", "df"), NOTHING)
    fit = OLS(outcome, design).fit()
    row |= {"value": float(np.dot(weights, fit.params)), "df": fit.df_resid}
    # Units that are all alike tell nothing of how units differ.
    known = fit.df_resid > 0 and fit.ssr > 1e-9
    ends = fit.t_test(weights).conf_int(1 - confidence)[0] if known else (NOTHING, NOTHING)
    return row | {"ci_low": float(ends[0]), "ci_high": float(ends[1])}


def _pooled_sd(x: pd.Series, y: pd.Series) -> float:
    """SD within two groups; NaN where there is none, or it is 0."""
    df = len(x) + len(y) - 2
    squares = ((x - x.mean()) ** 2).sum() + ((y - y.mean()) ** 2).sum()
    return math.sqrt(squares / df) if df > 0 and squares > 0 else NOTHING


@quantity(Given("scale_maximum"), Same("n", "outcome_summary", "n", on=("measure", "arm", "wave")))
def ceiling(pilot: Pilot, within: int = NEAR) -> pd.DataFrame:
    """How close scores lie to the top of their scale.

    Parameters
    ----------
    within : int
        Points below the maximum that count as close, at least 0.

    Returns
    -------
    DataFrame
        measure, arm, wave, n, scale_maximum, at_maximum, at_maximum_percent, close (people within
        `within` points), close_percent, mean_percent (the mean between the scale's ends, 0 to
        100), headroom (maximum less mean), headroom_sd (headroom over the SD).

    Raises
    ------
    InputError
        When `within` is not a whole number from 0.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = ceiling(open_pilot("tests/studies/complete"), within=10)
    >>> columns = ["measure", "arm", "wave", "n", "at_maximum", "close", "headroom"]
    >>> print(table[columns].head(2).round(1).to_string(index=False))
    measure          arm     wave  n  at_maximum  close  headroom
        wai intervention baseline 10           0      0      18.9
        wai intervention  endline  8           0      3      11.9
    """
    if isinstance(within, bool) or not isinstance(within, int) or within < 0:
        problem = Problem("parameters", None, "within", repr(within), "a whole number from 0")
        raise InputError([problem])
    scores = outcome_scores(pilot)
    rows = []
    for measure, scale in pilot.instruments.outcomes.items():
        top, bottom = scale.highest, scale.lowest
        for arm in ARMS:
            for wave in WAVES:
                values = _select(scores, measure, arm, wave)
                at_top, close = int((values == top).sum()), int((values >= top - within).sum())
                headroom, sd = top - values.mean(), values.std()
                rows.append(
                    {
                        "measure": measure,
                        "arm": arm,
                        "wave": wave,
                        "n": len(values),
                        "scale_maximum": top,
                        "at_maximum": at_top,
                        "at_maximum_percent": percent(at_top, len(values)),
                        "close": close,
                        "close_percent": percent(close, len(values)),
                        "mean_percent": 100 * (values.mean() - bottom) / (top - bottom),
                        "headroom": headroom,
                        "headroom_sd": headroom / sd if sd > 0 else NOTHING,
                    }
                )
    return pd.DataFrame(rows)


@quantity()
def design_effects(
    pilot: Pilot,
    icc: Sequence[float] = (0.0, 0.01, 0.05, 0.1, 0.2),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """What clustering in the randomised units would do to the between-arm tests of change.

    Parameters
    ----------
    icc : sequence of float
        Intra-cluster correlations to suppose, each in [0, 1]: four units cannot estimate one.
    confidence : float
        In (0, 1).

    Returns
    -------
    DataFrame
        measure, icc, units, n, cluster_size (mean people per unit, weighted by size as unequal
        units require: Eldridge, Ashby and Kerry 2006), design_effect (1 + (size - 1) icc),
        effective_n, difference (of mean changes), ci_low, ci_high, t (the test's t over the root of
        the design effect), df (units less 2), p.

    Raises
    ------
    InputError
        With every impossible value.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = design_effects(open_pilot("tests/studies/complete"), icc=(0.0, 0.1))
    >>> columns = ["measure", "icc", "n", "design_effect", "effective_n", "df"]
    >>> print(table[columns].head(2).round(2).to_string(index=False))
    measure  icc  n  design_effect  effective_n  df
        wai  0.0 12           1.00        12.00   2
        wai  0.1 12           1.28         9.35   2
    """
    problems = [
        Problem("parameters", None, "icc", repr(value), "a number in [0, 1]")
        for value in icc
        if not 0 <= value <= 1
    ]
    if problems:
        raise InputError(problems)
    check_share("confidence", confidence)
    paired, tests = changes(pilot), between_tests(pilot, confidence)
    tested = tests[tests["contrast"] == "change"].set_index("measure")
    level = (1 + confidence) / 2
    rows = []
    for measure in pilot.instruments.outcomes:
        sizes = paired.loc[paired["measure"] == measure].groupby("unit").size()
        n, units = int(sizes.sum()), len(sizes)
        size = (sizes**2).sum() / n if n else NOTHING
        test = tested.loc[measure]
        error = (test["ci_high"] - test["ci_low"]) / 2 / stats.t.ppf(level, test["df"])
        for value in icc:
            effect = randomisation.design_effect(size, value)
            t, df = test["t"] / math.sqrt(effect), units - 2
            reach = stats.t.ppf(level, df) * error * math.sqrt(effect) if df > 0 else NOTHING
            p = 2 * stats.t.sf(abs(t), df) if df > 0 else NOTHING
            rows.append(
                {
                    "measure": measure,
                    "icc": float(value),
                    "units": units,
                    "n": n,
                    "cluster_size": size,
                    "design_effect": effect,
                    "effective_n": n / effect,
                    "difference": test["difference"],
                    "ci_low": test["difference"] - reach,
                    "ci_high": test["difference"] + reach,
                    "t": t,
                    "df": df,
                    "p": float(p),
                }
            )
    return pd.DataFrame(rows)


@quantity()
def unit_changes(pilot: Pilot) -> pd.DataFrame:
    """Mean change of every randomised unit that has paired people.

    Returns
    -------
    DataFrame
        measure, arm, unit, teams (in it, joined by " + "), pairs, mean_change; intervention first.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = unit_changes(open_pilot("tests/studies/complete"))
    >>> print(table.query("measure == 'wai'").round(2).to_string(index=False))
    measure          arm unit   teams  pairs  mean_change
        wai intervention   U1 I1 + I2      5         6.60
        wai intervention   U2      I3      2         6.00
        wai   comparison   U3      C1      4        -0.25
        wai   comparison   U4      C2      1        -3.00
    """
    teams: dict[str, list[str]] = {}
    for team in pilot.study.teams:
        teams.setdefault(team.unit, []).append(team.id)
    grouped = changes(pilot).groupby(["measure", "arm", "unit"])["change"]
    table = grouped.agg(pairs="size", mean_change="mean").reset_index()
    table.insert(3, "teams", table["unit"].map({unit: " + ".join(teams[unit]) for unit in teams}))
    order = [*pilot.instruments.outcomes, *ARMS].index
    return table.sort_values(
        ["measure", "arm"], key=lambda names: names.map(order), kind="stable", ignore_index=True
    )


def allocations(pilot: Pilot, measure: str) -> pd.DataFrame:
    """Difference in mean change under every allocation of the units (`randomisation`).

    The allocations are a matter of the design: where a unit has no mean they are listed all the
    same, with NaN for every difference and for whether it is as extreme.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = allocations(open_pilot("tests/studies/complete"), "wai")
    >>> print(table.head(2).round(3).to_string(index=False))
    allocation  difference  observed  as_extreme
       U1 + U2       7.925      True        True
       U1 + U3       1.675     False       False
    """
    units = sorted(set(pilot.study.unit_of.values()))
    means = _unit_means(pilot, measure)
    table = randomisation.allocations(means.reindex(units, fill_value=0.0), _treated(pilot))
    known = len(means) == len(units)
    table = table if known else table.assign(difference=NOTHING, as_extreme=NOTHING)
    return free(pilot, table, "allocations")


def _unit_means(pilot: Pilot, measure: str) -> pd.Series:
    table = unit_changes(pilot)
    return table[table["measure"] == measure].set_index("unit")["mean_change"]


def _treated(pilot: Pilot) -> list[str]:
    return sorted({team.unit for team in pilot.study.teams if team.arm == INTERVENTION})


@quantity(Given("units"), Given("allocations"), Given("smallest_p"))
def randomisation_tests(pilot: Pilot) -> pd.DataFrame:
    """Exact test of the change over every allocation of the randomised units.

    The statistic is the difference of the arms' means of unit means; two-sided.

    Returns
    -------
    DataFrame
        measure, units, intervention_units, allocations, difference, p (both NaN when a unit has no
        pairs), smallest_p (that any data could give).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = randomisation_tests(open_pilot("tests/studies/complete"))
    >>> print(table.head(1).round(3).to_string(index=False))
    measure  units  intervention_units  allocations  difference     p  smallest_p
        wai      4                   2            6       7.925 0.333       0.333
    """
    treated, units = _treated(pilot), set(pilot.study.unit_of.values())
    rows = []
    for measure in pilot.instruments.outcomes:
        difference = p = NOTHING
        if len(_unit_means(pilot, measure)) == len(units):
            table = allocations(pilot, measure)
            difference = float(table.loc[table["observed"], "difference"].iloc[0])
            p = randomisation.p_value(table)
        rows.append(
            {
                "measure": measure,
                "units": len(units),
                "intervention_units": len(treated),
                "allocations": math.comb(len(units), len(treated)),
                "difference": difference,
                "p": p,
                "smallest_p": randomisation.smallest_p(len(units), len(treated)),
            }
        )
    return pd.DataFrame(rows)


@quantity()
def arm_differences(pilot: Pilot) -> pd.DataFrame:
    """Differences between the arms in numeric characteristics (Methods, Practitioner surveys).

    Returns
    -------
    DataFrame
        characteristic, n_intervention, n_comparison, difference (of means), standardised (over the
        pooled SD), p (pooled t test; for words in a report, not for a table: see `between_tests`).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = arm_differences(open_pilot("tests/studies/complete"))
    >>> print(table.tail(1).round(2).to_string(index=False))
        characteristic  n_intervention  n_comparison  difference  standardised    p
    families_supported              12             8       -0.71         -0.22 0.63
    """
    given = described_people(pilot)
    rows = []
    for characteristic in ("years_practising", "hours_per_week", "families_supported"):
        x, y = (given.loc[given["arm"] == arm, characteristic].dropna() for arm in ARMS)
        test = _test(x, y, False, 0.95)
        rows.append(
            {
                "characteristic": characteristic,
                "n_intervention": len(x),
                "n_comparison": len(y),
                "difference": x.mean() - y.mean(),
                "standardised": (x.mean() - y.mean()) / _pooled_sd(x, y),
                "p": test["p"],
            }
        )
    return pd.DataFrame(rows)
