"""Evidence of promise: practitioner outcomes and what may be said of them (Findings, 3.2)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq

from earlyhelp.analysis import randomisation
from earlyhelp.analysis.feasibility import agreement, agreement_answers, answers_to
from earlyhelp.analysis.instruments import outcome_scores
from earlyhelp.analysis.participants import (
    attended_training,
    described_people,
    named_characteristics,
    percent,
)
from earlyhelp.analysis.quantities import (
    Formula,
    Given,
    Rule,
    SameAs,
    Sum,
    free,
    labelled,
    matching,
    quantity,
)
from earlyhelp.study.design import Counted, contrast
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import Pilot

ANALYSIS_SETS = ("all", "trained", "users")
UNKNOWN = float("nan")
# Points below the maximum of a scale that count as near it.
NEAR = 5
ADJUSTED = "adjusted for the first wave"
PEOPLE = "people, units ignored"
UNITS = "unit means"


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


def _anticipated(counted: Counted) -> tuple[str, ...]:
    return counted.anticipated_outcomes


@quantity(answers_to(_anticipated, ("question",), "agree"))
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


@quantity(answers_to(_anticipated, ("question",)))
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
        scale_maximum (NaN without a scale), domain_rank (of the mean among the subscales of a
        measure, 1 for the highest; NaN for measures that are no subscale).

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
    for measure, arm, wave in groups(pilot):
        values = _select(scores, "score", measure, arm, wave)
        summary = (len(values), values.mean(), values.std(), values.min(), values.max())
        scale = pilot.instruments.outcomes[measure]
        top = scale.highest if scale.graded else UNKNOWN
        rows.append((measure, arm, wave, *summary, top))
    columns = ["measure", "arm", "wave", "n", "mean", "sd", "minimum", "maximum", "scale_maximum"]
    table = pd.DataFrame(rows, columns=columns)
    whole = table["measure"].map({n: s.part_of for n, s in pilot.instruments.outcomes.items()})
    domains = table[whole != ""].groupby([whole, "arm", "wave"])
    ranks = domains["mean"].rank(method="max", ascending=False)
    return table.assign(domain_rank=ranks)


def groups(pilot: Pilot) -> list[tuple[str, str, str]]:
    """Every outcome, arm and wave that was measured, in order.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> groups(open_pilot("tests/studies/complete"))[:2]
    [('wai', 'intervention', 'baseline'), ('wai', 'intervention', 'endline')]
    """
    return [
        (measure, arm, wave.id)
        for measure, scale in pilot.instruments.outcomes.items()
        for arm in pilot.study.arm_ids
        for wave in pilot.study.waves
        if wave.file in scale.files and arm in wave.arms
    ]


def later(pilot: Pilot, measure: str) -> list[str]:
    """The waves at which an outcome is measured again."""
    return list(dict.fromkeys(wave for name, _, wave in groups(pilot) if name == measure))[1:]


def _select(table: pd.DataFrame, column: str, measure: str, arm: str, wave: str) -> pd.Series:
    return matching(table, {"measure": measure, "arm": arm, "wave": wave})[column].dropna()


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
    """Scores of the people measured at the first wave and at a later one.

    Parameters
    ----------
    analysis_set : {"all", "trained", "users"}
        Of the arms that were treated: everybody, as intention to treat has it; those who attended
        the training; or those whom the tool records name. The reference arm is whole.

    Returns
    -------
    DataFrame
        measure, arm, unit, team, practitioner_id, wave (the later one), before, after, change.

    Raises
    ------
    InputError
        For an unknown analysis set.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = changes(open_pilot("tests/studies/complete"), "users")
    >>> print(table.query("measure == 'wai'").tail(2).to_string(index=False))
    measure          arm unit team practitioner_id    wave  before  after  change
        wai intervention   U2   I3             P03 endline    70.0   77.0     7.0
        wai intervention   U2   I3             P07 endline    69.0   74.0     5.0
    """
    if analysis_set not in ANALYSIS_SETS:
        found, expected = repr(analysis_set), f"one of: {', '.join(ANALYSIS_SETS)}"
        raise InputError([Problem("parameters", None, "analysis_set", found, expected)])
    keys = ["measure", "arm", "unit", "team", "practitioner_id"]
    scores, first = outcome_scores(pilot).dropna(subset="score"), pilot.study.first_wave
    at_first = scores["wave"] == first
    before = scores[at_first].rename(columns={"score": "before"}).drop(columns="wave")
    after = scores[~at_first].rename(columns={"score": "after"})
    table = before.merge(after, on=keys)[[*keys, "wave", "before", "after"]]
    if analysis_set != "all":
        kept = {
            "trained": pilot.training_attendance.loc[attended_training(pilot), "practitioner_id"],
            "users": pilot.tool_use["practitioner_id"],
        }[analysis_set]
        whole = table["arm"] == pilot.study.reference
        table = table[whole | table["practitioner_id"].isin(kept)]
    table = table.sort_values(keys, kind="stable", ignore_index=True)
    return table.assign(change=table["after"] - table["before"])


def _test(x: pd.Series, y: pd.Series, paired: bool, confidence: float) -> dict[str, Any]:
    """Test (t) of the mean of `x` less that of `y` (pooled variance unless paired)."""
    # Here, as it takes long to import and most steps compute no test.
    import pingouin as pg

    pg.options["round.column.CI95"] = None  # intervals as computed, not to two decimals
    spread = (x - y).std() if paired else x.std() + y.std()
    if len(x) < 2 or len(y) < 2 or not spread > 0:
        return dict.fromkeys(TESTED, UNKNOWN)
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
        return UNKNOWN, UNKNOWN, UNKNOWN
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
    """Paired t test of each later wave against the first, within each arm.

    Parameters
    ----------
    confidence : float
        In (0, 1).
    analysis_set : {"all", "trained", "users"}
        See `changes`.

    Returns
    -------
    DataFrame
        measure, arm, wave (the later one), n (pairs), mean_change, sd_change, t, t_size (without
        its sign), df, p, ci_low, ci_high (of the mean change), dz (mean change over its SD),
        dz_low, dz_high (exact). A test that cannot be done has NaN.

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
    for measure, arm, wave in groups(pilot):
        if wave == pilot.study.first_wave:
            continue
        chosen = matching(paired, {"measure": measure, "arm": arm, "wave": wave})
        change, n = chosen["change"], len(chosen)
        test = _test(chosen["after"], chosen["before"], True, confidence)
        scale = n**-0.5 if n else UNKNOWN
        effect = standardised_difference(test["t"], test["df"], scale, confidence)
        rows.append((measure, arm, wave, n, change.mean(), change.std(), *test.values(), *effect))
    return pd.DataFrame(rows, columns=[*PAIRED, *TESTED, "dz", "dz_low", "dz_high"])


PAIRED = ("measure", "arm", "wave", "n", "mean_change", "sd_change")
TESTED = ("t", "t_size", "df", "p", "ci_low", "ci_high")


@quantity()
def between_tests(
    pilot: Pilot, confidence: float = 0.95, analysis_set: str = "all"
) -> pd.DataFrame:
    """Pooled t test of each arm against the reference.

    Parameters
    ----------
    confidence, analysis_set
        As in `paired_tests`; the analysis set bears on the change only.

    Returns
    -------
    DataFrame
        measure, arm (not the reference), wave, contrast ("change" from the first wave among the
        paired, or the wave, among all its scores), n_arm, n_reference, difference (of means), t,
        t_size (without its sign), df, p, ci_low, ci_high (of the difference). The first wave has no
        t and no p: where the arms come from a draw, a difference is chance (CONSORT 2010, item 15).
        Without rows where there is no reference.

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
    reference, first = str(pilot.study.reference), pilot.study.first_wave
    rows = []
    for measure, arm in product(pilot.instruments.outcomes, compared(pilot)):
        again = later(pilot, measure)
        values = {("change", wave): (paired, "change") for wave in again}
        values |= {(wave, wave): (scores, "score") for wave in (first, *again)}
        for (what, wave), (table, column) in values.items():
            x, y = (_select(table, column, measure, one, wave) for one in (arm, reference))
            test = _test(x, y, False, confidence)
            if what == first:
                test |= dict.fromkeys(("t", "t_size", "p"), UNKNOWN)
            difference = x.mean() - y.mean()
            rows.append((measure, arm, wave, what, len(x), len(y), difference, *test.values()))
    columns = ["measure", "arm", "wave", "contrast", "n_arm", "n_reference", "difference"]
    return pd.DataFrame(rows, columns=[*columns, *TESTED])


def compared(pilot: Pilot) -> tuple[str, ...]:
    """The arms that are compared with the reference; none where there is no reference.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> compared(open_pilot("tests/studies/complete"))
    ('intervention',)
    """
    return pilot.study.treated if pilot.study.reference else ()


def _people(estimate: str, arm: str) -> dict[str, str]:
    """The rows of `estimates` that count people."""
    return {"analysed": PEOPLE, "estimate": estimate, "arm": arm}


def _counted(pilot: Pilot) -> Iterator[Rule]:
    keys = ("measure", "wave")
    for arm in pilot.study.arm_ids:
        yield SameAs("n", "paired_tests", "n", _people("change", arm), on=("arm", *keys))
    for arm in compared(pilot):
        pair = (arm, str(pilot.study.reference))
        for estimate in ("change", ADJUSTED):
            where = _people(estimate, contrast(*pair))
            yield Sum("n", "paired_tests", "n", "arm", pair, keys, where)


@quantity(_counted)
def estimates(pilot: Pilot, confidence: float = 0.95, analysis_set: str = "all") -> pd.DataFrame:
    """Change in each arm and its difference from the reference, with intervals.

    Where units were allocated, intervals come from unit means: t intervals of mean changes with
    a variance pooled over the arms, and cluster-level analysis of covariance (later score on arm
    and first score, least squares), all arms in one model. The same of people takes them as
    independent, as `paired_tests` and `between_tests` do, which makes intervals too narrow. Where
    people were allocated one by one there are no units, and the analysis of covariance is on the
    teams they belong to as well.

    Parameters
    ----------
    confidence : float
        In (0, 1).
    analysis_set : {"all", "trained", "users"}
        See `changes`.

    Returns
    -------
    DataFrame
        measure, wave (the later one), analysed (`UNITS` or `PEOPLE`), estimate ("change" or
        `ADJUSTED`), arm (or `contrast` with the reference), n (units or people measured twice),
        value (points), ci_low, ci_high, df, d (value over the SD at the first wave, pooled over the
        arms: Morris 2008, without the factor for small samples), dz (mean change over its SD; of
        people), fewest (people of the smallest arm in it). What cannot be estimated is NaN.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = estimates(open_pilot("tests/studies/complete"))
    >>> columns = ["analysed", "estimate", "n", "value", "ci_low", "ci_high", "d"]
    >>> chosen = table.query("measure == 'wai' and arm == 'intervention less comparison'")
    >>> print(chosen[columns].round(1).to_string(index=False))
                 analysed                    estimate  n  value  ci_low  ci_high   d
               unit means                      change  4    7.9     1.9     14.0 1.7
               unit means adjusted for the first wave  4    8.3   -11.8     28.5 1.8
    people, units ignored                      change 12    7.2     4.4     10.0 1.5
    people, units ignored adjusted for the first wave 12    7.6     5.5      9.6 1.6
    """
    check_share("confidence", confidence)
    paired, scores = changes(pilot, analysis_set), outcome_scores(pilot)
    reference, alone = pilot.study.reference, pilot.study.arm_ids
    within = paired_tests(pilot, confidence=confidence, analysis_set=analysis_set)
    within = within.rename(columns={"mean_change": "value"})
    between = between_tests(pilot, confidence=confidence, analysis_set=analysis_set)
    between = between[between["contrast"] == "change"].rename(columns={"difference": "value"})
    between = between.assign(
        arm=[contrast(arm, reference) for arm in between["arm"]],
        n=between["n_arm"] + between["n_reference"],
    )
    tested = pd.concat([within, between]).assign(analysed=PEOPLE, estimate="change")
    means = paired.groupby(["measure", "wave", "arm", "unit"], as_index=False)[
        ["before", "after", "change"]
    ].mean()
    in_units, many = not pilot.study.one_by_one, len(pilot.study.teams) > 1
    blocks = ["team"] if many and not in_units else []
    columns = ["measure", "wave", "analysed", "estimate", "arm", "n", "value", "ci_low", "ci_high"]
    columns += ["df", "d", "dz"]
    rows = [] if waves_again(pilot) else [pd.DataFrame(columns=columns)]
    for measure, wave in waves_again(pilot):
        units, people, of_people = (
            matching(table, {"measure": measure, "wave": wave}) for table in (means, paired, tested)
        )
        fitted = [
            *(_fitted(units, UNITS, "change", (arm,), confidence) for arm in alone),
            *(
                _fitted(units, UNITS, estimate, (arm, reference), confidence)
                for estimate in ("change", ADJUSTED)
                for arm in compared(pilot)
            ),
        ]
        fitted = fitted if in_units else []
        adjusted = [
            _fitted(people, PEOPLE, ADJUSTED, (arm, reference), confidence, blocks)
            for arm in compared(pilot)
        ]
        parts = (pd.DataFrame(fitted), of_people, pd.DataFrame(adjusted))
        of_measure = pd.concat([part for part in parts if len(part)])
        at_first = (_select(scores, "score", measure, arm, pilot.study.first_wave) for arm in alone)
        d = of_measure["value"] / _pooled_sd(*at_first)
        rows.append(of_measure.assign(measure=measure, wave=wave, d=d))
    table = pd.concat(rows, ignore_index=True)[columns]
    arms = {arm: [arm] for arm in alone}
    arms |= {contrast(arm, reference): [arm, str(reference)] for arm in compared(pilot)}
    pairs = paired.value_counts(["measure", "wave", "arm"]).to_dict()
    table["fewest"] = [
        min(pairs.get((measure, wave, arm), 0) for arm in arms[name])
        for measure, wave, name in table[["measure", "wave", "arm"]].to_numpy()
    ]
    words = pilot.study.labels_of_waves
    then = [words[wave] for wave in table["wave"].unique()]
    told = " and ".join([f"adjusted for {words[pilot.study.first_wave].lower()}", *blocks])
    in_words = f"{then[0]} {told}" if len(then) == 1 else told.capitalize()
    table.attrs["graded"] = all(scale.graded for scale in pilot.instruments.outcomes.values())
    return labelled(table, {ADJUSTED: in_words} | ({} if in_units else {PEOPLE: "people"}))


def waves_again(pilot: Pilot) -> list[tuple[str, str]]:
    """Every outcome with each wave that measures it again, in order."""
    measured = pilot.instruments.outcomes
    return [(measure, wave) for measure in measured for wave in later(pilot, measure)]


def _fitted(
    frame: pd.DataFrame,
    analysed: str,
    estimate: str,
    arms: tuple[str | None, ...],
    confidence: float,
    blocks: Sequence[str] = (),
) -> dict[str, Any]:
    """Least squares of change, or of the later score adjusted for the first, on the arms.

    The later score is adjusted for the columns `blocks` as well. Of two arms the first less the
    second; of one arm its own. Slope and variance are those of all arms together.
    """
    there = {*frame["arm"]}
    known = [arm for arm in arms if arm in there] + sorted(there - {*arms})
    name = contrast(str(arms[0]), arms[1]) if len(arms) == 2 else arms[0]
    row: dict[str, Any] = {"analysed": analysed, "estimate": estimate, "arm": name}
    row["n"] = int(frame["arm"].isin(arms).sum())
    nothing = dict.fromkeys(("value", "ci_low", "ci_high", "df"), UNKNOWN)
    if not {*arms} <= {*known}:
        return row | nothing
    design = pd.DataFrame({arm: (frame["arm"] == arm).astype(float) for arm in known})
    signs: dict[str | None, float] = dict(zip(arms, (1.0, -1.0), strict=False))
    weights = [signs.get(arm, 0.0) for arm in known]
    if estimate == ADJUSTED:
        within = [pd.get_dummies(frame[name], drop_first=True, dtype=float) for name in blocks]
        design = pd.concat([design, frame["before"], *within], axis=1)
        weights += [0.0] * (len(design.columns) - len(weights))
    outcome = frame["after" if estimate == ADJUSTED else "change"]
    if np.linalg.matrix_rank(design) < len(weights):
        return row | nothing
    from statsmodels.regression.linear_model import OLS

    fit = OLS(outcome, design).fit()
    row |= {"value": float(np.dot(weights, fit.params)), "df": fit.df_resid}
    # Units that are all alike tell nothing of how units differ.
    told = fit.df_resid > 0 and fit.ssr > 1e-9
    ends = fit.t_test(weights).conf_int(1 - confidence)[0] if told else (UNKNOWN, UNKNOWN)
    return row | {"ci_low": float(ends[0]), "ci_high": float(ends[1])}


def _pooled_sd(*groups: pd.Series) -> float:
    """SD within groups; NaN where there is none, or it is 0."""
    df = sum(len(group) - 1 for group in groups if len(group))
    squares = sum(((group - group.mean()) ** 2).sum() for group in groups)
    return math.sqrt(squares / df) if df > 0 and squares > 0 else UNKNOWN


@quantity(
    Given("scale_maximum"),
    Given("best"),
    SameAs("n", "outcome_summary", "n", on=("measure", "arm", "wave")),
)
def ceiling(pilot: Pilot, within: int = NEAR) -> pd.DataFrame:
    """How close scores lie to the best end of their scale, the bottom where lower is better.

    Of what has no scale, a quantity or an answer of yes or no, there are no rows.

    Parameters
    ----------
    within : int
        Points from the best score that count as close, at least 0.

    Returns
    -------
    DataFrame
        measure, arm, wave, n, scale_maximum, best (score), at_best, at_best_percent, close (people
        within `within` points), close_percent, mean_percent (the mean between the scale's ends, 0
        to 100), headroom (from the mean to the best), headroom_sd (headroom over the SD).

    Raises
    ------
    InputError
        When `within` is not a whole number from 0.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = ceiling(open_pilot("tests/studies/complete"), within=10)
    >>> columns = ["measure", "arm", "wave", "n", "at_best", "close", "headroom"]
    >>> print(table[columns].head(2).round(1).to_string(index=False))
    measure          arm     wave  n  at_best  close  headroom
        wai intervention baseline 10        0      0      18.9
        wai intervention  endline  8        0      3      11.9
    """
    if isinstance(within, bool) or not isinstance(within, int) or within < 0:
        problem = Problem("parameters", None, "within", repr(within), "a whole number from 0")
        raise InputError([problem])
    scores = outcome_scores(pilot)
    rows = []
    for measure, arm, wave in groups(pilot):
        scale = pilot.instruments.outcomes[measure]
        if not scale.graded:
            continue
        values, best = _select(scores, "score", measure, arm, wave), scale.best
        away = scale.better * (best - values)
        n, at_best, close = len(values), int((away == 0).sum()), int((away <= within).sum())
        told = (at_best, percent(at_best, n), close, percent(close, n))
        mean = 100 * (values.mean() - scale.lowest) / (scale.highest - scale.lowest)
        room, sd = scale.better * (best - values.mean()), values.std()
        in_sds = room / sd if sd > 0 else UNKNOWN
        rows.append((measure, arm, wave, n, scale.highest, best, *told, mean, room, in_sds))
    columns = ["measure", "arm", "wave", "n", "scale_maximum", "best", "at_best"]
    columns += ["at_best_percent", "close", "close_percent", "mean_percent", "headroom"]
    return pd.DataFrame(rows, columns=[*columns, "headroom_sd"])


@quantity()
def design_effects(
    pilot: Pilot,
    icc: Sequence[float] = randomisation.ICCS,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """What clustering in the units would do to the tests of change against the reference.

    Parameters
    ----------
    icc : sequence of float
        Intra-cluster correlations to suppose, each in [0, 1]: four units cannot estimate one.
    confidence : float
        In (0, 1).

    Returns
    -------
    DataFrame
        measure, arm, wave, icc, units, n, cluster_size (mean people per unit, weighted by size as
        unequal units require: Eldridge, Ashby and Kerry 2006), design_effect (1 + (size - 1) icc),
        effective_n, difference (of mean changes), ci_low, ci_high, t (the test's t over the root of
        the design effect), df (units less 2), p, fewest (people of the smaller arm). Without rows
        where people were allocated one by one.

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
    level = (1 + confidence) / 2
    rows = []
    change = tests[(tests["contrast"] == "change") & (not pilot.study.one_by_one)]
    for test in change.to_dict("records"):
        key = {name: test[name] for name in ("measure", "wave")}
        pair = paired["arm"].isin([test["arm"], pilot.study.reference])
        sizes = matching(paired[pair], key).groupby("unit").size()
        n, units = int(sizes.sum()), len(sizes)
        size = (sizes**2).sum() / n if n else UNKNOWN
        error = (test["ci_high"] - test["ci_low"]) / 2 / stats.t.ppf(level, test["df"])
        named = [test[name] for name in ("measure", "arm", "wave")]
        fewest, middle = min(test["n_arm"], test["n_reference"]), test["difference"]
        for value in icc:
            effect = randomisation.design_effect(size, value)
            t, df = test["t"] / math.sqrt(effect), units - 2
            reach = stats.t.ppf(level, df) * error * math.sqrt(effect) if df > 0 else UNKNOWN
            p = float(2 * stats.t.sf(abs(t), df)) if df > 0 else UNKNOWN
            people = (float(value), units, n, size, effect, n / effect)
            rows.append((*named, *people, middle, middle - reach, middle + reach, t, df, p, fewest))
    columns = ["measure", "arm", "wave", "icc", "units", "n", "cluster_size", "design_effect"]
    columns += ["effective_n", "difference", "ci_low", "ci_high", "t", "df", "p", "fewest"]
    return pd.DataFrame(rows, columns=columns)


@quantity()
def unit_changes(pilot: Pilot) -> pd.DataFrame:
    """Mean change of every unit that has paired people.

    Where people were allocated one by one each is a unit, and there are no rows.

    Returns
    -------
    DataFrame
        measure, arm, wave (the later one), unit, teams (in it, joined by " + "), pairs,
        mean_change; arms in the order of the study.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = unit_changes(open_pilot("tests/studies/complete"))
    >>> print(table.query("measure == 'wai'").drop(columns="wave").round(2).to_string(index=False))
    measure          arm unit   teams  pairs  mean_change
        wai intervention   U1 I1 + I2      5         6.60
        wai intervention   U2      I3      2         6.00
        wai   comparison   U3      C1      4        -0.25
        wai   comparison   U4      C2      1        -3.00
    """
    teams: dict[str, list[str]] = {}
    for team, unit in pilot.study.unit_of.items():
        teams.setdefault(unit, []).append(team)
    paired = changes(pilot)
    grouped = paired[paired["unit"].isin(teams)].groupby(["measure", "arm", "wave", "unit"])[
        "change"
    ]
    table = grouped.agg(pairs="size", mean_change="mean").reset_index()
    table.insert(4, "teams", table["unit"].map({unit: " + ".join(teams[unit]) for unit in teams}))
    order = [*pilot.instruments.outcomes, *pilot.study.arm_ids, *pilot.outcome_waves].index
    keys = ["measure", "arm", "wave"]
    return table.sort_values(
        keys, key=lambda names: names.map(order), kind="stable", ignore_index=True
    )


# More ways of drawing the units than these are not listed.
MOST_ALLOCATIONS = 20_000


def allocations(pilot: Pilot, measure: str, arm: str, wave: str) -> pd.DataFrame:
    """Difference in mean change under every allocation of the units (`randomisation`).

    The allocations are a matter of the design: where a unit has no mean they are listed all the
    same, with NaN for every difference and for whether it is as extreme. None is listed where there
    are more than `MOST_ALLOCATIONS`, or no units.

    Parameters
    ----------
    measure : str
    arm : str
        The one that is compared with the reference.
    wave : str
        The later one.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> table = allocations(pilot, "wai", "intervention", "endline")
    >>> print(table.head(2).round(3).to_string(index=False))
    allocation  difference  observed  as_extreme
       U1 + U2       7.925      True        True
       U1 + U3       1.675     False       False
    """
    treated, units = _units(pilot, arm), _units(pilot, arm, str(pilot.study.reference))
    if not units or math.comb(len(units), len(treated)) > MOST_ALLOCATIONS:
        columns = ["allocation", "difference", "observed", "as_extreme"]
        return free(pilot, pd.DataFrame(columns=columns), "allocations")
    changed = matching(unit_changes(pilot), {"measure": measure, "wave": wave})
    # Readers are not told the mean of a small unit.
    means = changed.set_index("unit")["mean_change"].dropna()
    known = set(units) <= set(means.index)
    table = randomisation.allocations(pd.Series(means).reindex(units, fill_value=0.0), treated)
    if not known:
        table = table.assign(difference=UNKNOWN, as_extreme=UNKNOWN)
    return free(pilot, table, "allocations")


def _units(pilot: Pilot, *arms: str) -> list[str]:
    unit_of = pilot.study.unit_of
    return sorted({unit_of[team] for team in pilot.study.teams_of(*arms) if team in unit_of})


@quantity(Given("units"), Given("allocations"), Given("smallest_p"))
def randomisation_tests(pilot: Pilot) -> pd.DataFrame:
    """Exact test of the change over every allocation of the units of an arm and the reference.

    The statistic is the difference of the arms' means of unit means; two-sided.

    Returns
    -------
    DataFrame
        measure, arm, wave, units, treated_units, allocations, difference, p (both NaN when a unit
        has no pairs, or for more than `MOST_ALLOCATIONS`), smallest_p (that any data could give),
        fewest (pairs of the smaller arm). Without rows where people were allocated one by one.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = randomisation_tests(open_pilot("tests/studies/complete"))
    >>> columns = ["measure", "units", "allocations", "difference", "p", "smallest_p"]
    >>> print(table[columns].head(1).round(3).to_string(index=False))
    measure  units  allocations  difference     p  smallest_p
        wai      4            6       7.925 0.333       0.333
    """
    rows, pairs = [], changes(pilot).value_counts(["measure", "wave", "arm"]).to_dict()
    tested = () if pilot.study.one_by_one else compared(pilot)
    for (measure, wave), arm in product(waves_again(pilot), tested):
        people = (pairs.get((measure, wave, one), 0) for one in (arm, pilot.study.reference))
        treated, units = _units(pilot, arm), _units(pilot, arm, str(pilot.study.reference))
        table = allocations(pilot, measure, arm, wave)
        found = (UNKNOWN, UNKNOWN)
        if len(table) and table["difference"].notna().all():
            found = table["difference"][table["observed"]].iloc[0], randomisation.p_value(table)
        drawn = (len(units), len(treated), math.comb(len(units), len(treated)))
        smallest = randomisation.smallest_p(len(units), len(treated))
        rows.append((measure, arm, wave, *drawn, *found, smallest, min(people)))
    columns = ["measure", "arm", "wave", "units", "treated_units", "allocations", "difference"]
    return pd.DataFrame(rows, columns=[*columns, "p", "smallest_p", "fewest"])


@quantity()
def arm_differences(pilot: Pilot) -> pd.DataFrame:
    """Differences from the reference in numeric characteristics (Methods, Practitioner surveys).

    Returns
    -------
    DataFrame
        characteristic, arm, n_arm, n_reference, difference (of means), standardised (over the
        pooled SD), p (pooled t test; for words in a report, not for a table: see `between_tests`).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> table = arm_differences(open_pilot("tests/studies/complete"))
    >>> print(table.drop(columns="arm").tail(1).round(2).to_string(index=False))
        characteristic  n_arm  n_reference  difference  standardised    p
    families_supported     12            8       -0.71         -0.22 0.63
    """
    given = described_people(pilot)
    rows = []
    asked = ("years_practising", "hours_per_week", "families_supported")
    numbers, _ = named_characteristics(pilot)
    named = dict.fromkeys([*filter(pilot.wave_asking, asked), *numbers])
    for characteristic, arm in product(named, compared(pilot)):
        x, y = (
            given.loc[given["arm"] == one, characteristic].dropna()
            for one in (arm, pilot.study.reference)
        )
        difference, p = x.mean() - y.mean(), _test(x, y, False, 0.95)["p"]
        effect = difference / _pooled_sd(x, y)
        rows.append((characteristic, arm, len(x), len(y), difference, effect, p))
    columns = ["characteristic", "arm", "n_arm", "n_reference", "difference", "standardised", "p"]
    return pd.DataFrame(rows, columns=columns)
