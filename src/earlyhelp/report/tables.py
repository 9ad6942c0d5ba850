"""Tidy frames laid out for readers: every cell a finished string, data escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import wraps
from math import isnan
from typing import Any, TypeVar, cast

import pandas as pd

from earlyhelp.analysis import participants
from earlyhelp.analysis.quantities import set_in
from earlyhelp.published.audit import Checked, with_severity
from earlyhelp.published.claims import Claim, Reading
from earlyhelp.published.identified.between_arms import OF_P
from earlyhelp.published.ledger import ledger_target
from earlyhelp.published.numbers import (
    as_p,
    chance,
    few_or_span,
    level,
    number,
    roundings,
    span,
    value_or_range,
    with_unit,
)
from earlyhelp.published.statuses import STATUSES, statuses_in
from earlyhelp.report.layout import (
    DESIGN_LABELS,
    GROUP,
    NEAR_HEAD,
    Columns,
    filled,
    formatted,
    label,
    marked,
)
from earlyhelp.report.myst import badge, escape, readings
from earlyhelp.report.page import where_shown
from earlyhelp.study.design import Criterion
from earlyhelp.study.raw import Pilot
from earlyhelp.trial.assumptions import DESIGNS
from earlyhelp.trial.design_grid import Sweep
from earlyhelp.trial.pilot_estimates import settles
from earlyhelp.trial.planning import needed
from earlyhelp.trial.progression import BANDS, MOST_TRIED

# Stages of the drawn participant flow beside the surveys, in its words.
STAGES = {
    "teams": "Teams",
    "randomised units": "Randomised units",
    "eligible for training": "Eligible for the training",
    "attended training": "Attended the training",
    "used the tools": "Recorded use of the tools",
}


def stages(pilot: Pilot, flow: pd.DataFrame) -> list[tuple[str, str]]:
    """Stages of the drawn participant flow and their words; last who has both scores, by outcome.

    Parameters
    ----------
    flow : DataFrame
        `participants.participant_flow`.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> stages(pilot, participants.participant_flow(pilot))[-1]
    ('compassion satisfaction paired', 'Compassion satisfaction at both waves')
    """
    words = dict(STAGES)
    words |= {
        participants.survey_name(wave.id): f"{wave.label} survey" for wave in pilot.study.waves
    }
    later = pilot.outcome_waves[1:]
    for scale in pilot.instruments.whole.values():
        name = scale.key.name
        for wave in later:
            both = "both waves" if len(later) == 1 else f"the first wave and {label(wave, flow)}"
            words[participants.paired_stage(pilot, name.lower(), wave)] = f"{name} at {both}"
    return [(stage, words[stage]) for stage in flow["stage"].unique() if stage in words]


Made = TypeVar("Made", bound=Callable[..., pd.DataFrame])


def _claiming(layout: Made) -> Made:
    """Let a layout of finished strings claim what the numbers it was given may claim."""

    @wraps(layout)
    def laid_out(frame: pd.DataFrame, *arguments: Any, **options: Any) -> pd.DataFrame:
        table = layout(frame, *arguments, **options)
        if not table.attrs.get("statuses"):
            table.attrs["statuses"] = statuses_in(frame)
        table.attrs["free"] = set_in(frame)
        return table

    return cast(Made, laid_out)


def ledger(
    frame: pd.DataFrame, claims: list[Claim], sources: Mapping[str, tuple[str, str]]
) -> pd.DataFrame:
    """Every printed figure beside the recomputed one (`ledger.ledger`); a row is a target.

    Parameters
    ----------
    sources : mapping
        Where the claims come from (`claim_cards.sources`).
    """
    shown = {claim.id: where_shown(claim) or "–" for claim in claims}
    origin = {name: _files_linked("; ".join(told)) for name, told in sources.items()}
    return pd.DataFrame(
        {
            "Claim": [f"[{escape(name)}]{{#{ledger_target(name)}}}" for name in frame["id"]],
            "Place": (frame["section"] + ": " + frame["place"]).map(escape),
            "About": (frame["subject"] + " (" + frame["population"] + ")").map(escape),
            **_printed_and_recomputed(frame),
            "Status": frame["status"].map(badge),
            "Shown in": frame["id"].map(shown),
            "From": frame["id"].map(origin).fillna("–"),
            "Rests on": frame["assumptions"].str.replace(";", ", "),
            "Note": frame["note"].map(escape),
        },
        dtype=str,
    )


def _files_linked(origin: str) -> str:
    r"""Where a claim comes from as MyST, its raw files with links to what their columns hold.

    Examples
    --------
    >>> print(_files_linked("tool_use.csv: month"))
    [tool\_use.csv](#tbl-codebook-tool-use)\: month
    """

    def linked(file: re.Match[str]) -> str:
        name = file[1].replace("\\_", "-")
        return f"[{file[0]}](#tbl-codebook-{name})"

    return re.sub(r"((?:[a-z0-9]|\\_)+)\.csv", linked, escape(origin))


def contradictions(frame: pd.DataFrame) -> pd.DataFrame:
    """The claims of a ledger that the data do not give back, with those they conflict with."""
    chosen = frame[frame["status"] == "contradicted"]
    return pd.DataFrame(
        {
            "Claim": [f"[{escape(name)}](#{ledger_target(name)})" for name in chosen["id"]],
            "Place": chosen["place"].map(escape),
            "About": chosen["subject"].map(escape),
            **_printed_and_recomputed(chosen),
            "Conflicts with": chosen["conflicts"].str.replace(";", ", ").map(escape),
            "Rests on": chosen["assumptions"].str.replace(";", ", "),
            "Note": chosen["note"].map(escape),
        },
        dtype=str,
    )


def _printed_and_recomputed(frame: pd.DataFrame) -> dict[str, pd.Series]:
    def told(name: str) -> pd.Series:
        figures = zip(frame[name], frame["unit"], strict=True)
        shown = [escape(with_unit(figure, unit)) if figure else "–" for figure, unit in figures]
        return pd.Series(shown, index=frame.index, dtype=str)

    return {"Printed": told("printed"), "Recomputed": told("recomputed")}


def words(readings: list[Reading]) -> pd.DataFrame:
    """How words that bind a number are read (`claims.read_words`)."""
    rows = [(escape(", ".join(r.phrases)), escape(r.interval), escape(r.why)) for r in readings]
    return pd.DataFrame(rows, columns=["Words", "Read as", "Why"], dtype=str)


def ledger_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Number of claims by section of the report and status."""
    counts = pd.crosstab(frame["section"], frame["status"], margins=True, margins_name="All")
    sections = [*dict.fromkeys(frame["section"]), "All"]
    statuses = [status for status in STATUSES if status in counts]
    table = counts.loc[sections, [*statuses, "All"]].astype(str).reset_index()
    table["section"] = table["section"].map(escape)
    return table.rename(columns={"section": "Section", **{s: s.capitalize() for s in statuses}})


def come_back(frame: pd.DataFrame, outcomes: Iterable[Checked]) -> str:
    """Say how many printed figures the data give back, do not fit others or are untested, as MyST.

    Parameters
    ----------
    frame : DataFrame
        The ledger (`ledger.ledger`).
    outcomes : iterable of Checked
        The audit of the printed figures.

    Examples
    --------
    >>> ledger = pd.DataFrame({"status": ["reproduced", "contradicted", "not testable"]})
    >>> come_back(ledger, []).partition(", words for figures included, ")[2].partition(";")[0]
    'the data give back 1, 1 do not fit others, and nothing tests the other 1'
    """
    came, odd = (int((frame["status"] == word).sum()) for word in ("reproduced", "contradicted"))
    impossible = with_severity(outcomes, "cannot all be true")
    return (
        f"Of {len(frame)} printed figures, words for figures included, the data give back {came}, "
        f"{odd} do not fit others, and nothing tests the other {len(frame) - came - odd}; "
        f"in {len(impossible)} places are [figures that cannot all be true](#audit-impossible)."
    )


def _range(frame: pd.DataFrame, name: str, decimals: int) -> list[str]:
    """A quantity's `_low` and `_high` as one cell."""
    ends = zip(frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
    return [span(low, high, decimals) for low, high in ends]


def progression(frame: pd.DataFrame) -> pd.DataFrame:
    """Progression criteria with intervals and chances of each band (`criteria.assess`)."""
    rows = []
    for row in frame.to_dict("records"):
        scale, decimals = (100, 0) if row["kind"] == "proportion" else (1, 2)
        low, high = (number(scale * row[end], decimals) for end in ("low", "high"))
        known = row["low"] == row["low"]
        rows.append(
            {
                "Criterion": escape(row["label"]),
                "Observed": _observed(row),
                "Band": _bands(row),
                "Interval": f"{low} to {high}" if known else number(None),
                "Chance of green, amber, red (%)": ", ".join(
                    chance(row[f"p_{band}"]) for band in BANDS
                )
                if known
                else number(None),
                "Status": badge(row["status"]),
                "Rests on": readings(row["rests_on"]) or number(None),
            }
        )
    return _with_readings(pd.DataFrame(rows, dtype=str), frame)


def _observed(row: Mapping[Hashable, Any]) -> str:
    """A share or a mean with its people; of two totals that are printed, both."""
    if isnan(row["estimate"]):
        return number(None)
    uncounted = isnan(row["total"])
    if row["kind"] == "mean":
        of = "n not printed" if uncounted else f"n = {row['total']:g}"
        return f"{number(row['estimate'], 2)} ({of})"
    if uncounted:
        return f"{number(100 * row['estimate'])}% (n not printed)"
    totals = [row["total"], *filter(pd.notna, [row["other"]])]
    shares = [
        f"{number(100 * row['successes'] / total)}% ({int(row['successes'])} of {total:g})"
        for total in totals
    ]
    return ("at most " if row["upper_bound"] else "") + " or ".join(shares)


def _bands(row: Mapping[Hashable, Any]) -> str:
    """The band of a criterion, or all that its upper bound leaves possible."""
    possible = BANDS[BANDS.index(row["best"]) : BANDS.index(row["worst"]) + 1]
    beside = f" (on the bound to {row['beside']})" if row["beside"] else ""
    return " or ".join(possible) + beside


def progression_clustered(assessed: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Intervals and chances of green side by side (`criteria.assess` by what heads its columns)."""
    first, *_ = assessed.values()
    shown = first["low"].notna()
    table = pd.DataFrame({"Criterion": first.loc[shown, "label"].map(escape)}, dtype=str)
    for head, frame in assessed.items():
        told = progression(frame)[shown]
        table[f"Interval, {head}"] = told["Interval"]
        table[f"Chance of green (%), {head}"] = [
            chance(p) if p == p else number(None) for p in frame.loc[shown, "p_green"]
        ]
    return table.reset_index(drop=True)


@_claiming
def combining_rule(frame: pd.DataFrame, target_power: float) -> pd.DataFrame:
    """How often all criteria together come out green (`criteria.combining_rule`)."""
    return pd.DataFrame(
        {
            "True share of each criterion": [
                "on its bound to green" if isnan(rate) else f"{number(100 * rate)}%"
                for rate in frame["rate"]
            ],
            "Chance that all together is green (%)": frame["chance"].map(chance),
            f"People per criterion for a chance of {level(target_power)}": [
                f"more than {MOST_TRIED}" if isnan(people) else number(people)
                for people in frame["people"]
            ],
        },
        dtype=str,
    )


def progression_bands(criteria: Iterable[Criterion]) -> pd.DataFrame:
    """The bands of a study's criteria and the reasons for them (`design.Criterion`)."""
    rows = []
    for criterion in criteria:
        bands = {
            name.capitalize(): " to ".join(f"{end:g}" for end in getattr(criterion, name))
            for name in BANDS
        }
        rows.append({"Criterion": escape(criterion.label)} | bands)
        rows[-1]["Reason"] = escape(criterion.reason)
    return pd.DataFrame(rows, dtype=str)


@_claiming
def allocations(frame: pd.DataFrame) -> pd.DataFrame:
    """Every way the units could have been drawn (`randomisation.allocations`)."""
    yes = {True: "yes", False: "no"}
    return pd.DataFrame(
        {
            "Intervention units": frame["allocation"].map(escape),
            "Drawn": frame["observed"].map(yes),
            "Difference": [number(value, 2) for value in frame["difference"]],
            "As large as drawn": frame["as_extreme"].map(yes).fillna(number(None)),
        },
        dtype=str,
    )


def tests_side_by_side(tests: pd.DataFrame, exact: pd.DataFrame) -> pd.DataFrame:
    """Tests of people (t) beside randomisation inference on unit means, of the change."""
    order = [list(exact["measure"]).index(measure) for measure in tests["measure"]]
    exact = exact.iloc[order]
    people: Columns = {"measure": ("Measure", None), "p": ("p of the t test of people", 3)}
    units: Columns = {"p": ("p of all allocations", 2), "smallest_p": ("Smallest p possible", 2)}
    parts = zip(formatted(tests, people), formatted(exact, units), strict=True)
    table = marked(*(pd.concat(part, axis=1) for part in parts))
    table.attrs["free"] = set_in(exact)
    return table


def pilot_power(frame: pd.DataFrame) -> pd.DataFrame:
    """What the pilot's units could detect (`planning.pilot_power`)."""
    powers: Columns = {
        name: (f"Power at {name.removeprefix('power_')} SD (%)", 0)
        for name in map(str, frame)
        if name.startswith("power_")
    }
    percent = frame.assign(**{name: 100 * frame[name] for name in map(str, powers)})
    return filled(
        percent,
        {
            "analysed": ("Analysed", None),
            "icc": ("ICC supposed", 2),
            "df": ("df", 0),
            "detectable": ("Detectable difference (SD)", 1),
            **powers,
        },
    )


ANALYSES = {
    "individual": "People: t test",
    "individual-baseline": "People: ANCOVA",
    "parallel": "t test of unit means at endline",
    "baseline": "ANCOVA of unit means",
    "change": "t test of unit mean change",
    "stepped-wedge": "Stepped wedge: GLS of unit means",
    "randomisation": "Randomisation test of unit means",
}


@_claiming
def sizes(frame: pd.DataFrame) -> pd.DataFrame:
    """How often tests reject without an effect (`simulation.sizes`)."""
    shown = frame.assign(size_low=100 * frame["size_low"], size_high=100 * frame["size_high"])
    return pd.DataFrame(
        {
            "Analysis": [ANALYSES[name] for name in frame["design"]],
            "Rejects without an effect (%)": _range(shown, "size", 1),
            "Monte Carlo error, at most (points)": [
                number(100 * error, 2) for error in frame["mc_error"]
            ],
            "Test": [_test(row) for row in frame.to_dict("records")],
        },
        dtype=str,
    )


def _test(row: Mapping[Hashable, Any]) -> str:
    """The verdict on a test, and in how many cells it is another."""
    others = {"rejects too often": row["barred"], "conservative": row["conservative"]}
    told = [f"{name} in {number(count)}" for name, count in others.items() if count]
    if not told or row["verdict"] in others:
        return str(row["verdict"])
    return f"{row['verdict']}; {', '.join(told)} of {number(row['cells'])} cells"


@_claiming
def simulated_pilot(frame: pd.DataFrame) -> pd.DataFrame:
    """Simulated size and power of the pilot's units (`simulation.simulated_pilot`)."""
    table = sizes(frame)
    powers = [name for name in map(str, frame) if name.startswith("power_")]
    percent = frame.assign(**{name: 100 * frame[name] for name in powers})
    for name in dict.fromkeys(name.rpartition("_")[0] for name in powers):
        effect = name.removeprefix("power_")
        table[f"Power at {effect} SD (%)"] = _range(percent, name, 0)
    return table


@_claiming
def unequal_sizes(frame: pd.DataFrame) -> pd.DataFrame:
    """Simulated less calculated power with unequal teams (`simulation.unequal_sizes`)."""
    points = frame.assign(excess_low=100 * frame["low"], excess_high=100 * frame["high"])
    return pd.DataFrame(
        {
            "Design": [DESIGN_LABELS[name] for name in frame["design"]],
            "Cells": [number(count) for count in frame["cells"]],
            "Median difference (points)": [number(100 * value, 1) for value in frame["median"]],
            "Range (points)": _range(points, "excess", 1),
            "Monte Carlo error, at most (points)": [
                number(100 * error, 1) for error in frame["mc_error"]
            ],
        },
        dtype=str,
    )


@_claiming
def compared(frame: pd.DataFrame) -> pd.DataFrame:
    """What each design asks of a service (`planning.compared`)."""
    return pd.DataFrame(
        {
            "Design": [DESIGN_LABELS[name] for name in frame["design"]],
            "Teams": _range(frame, "teams", 0),
            "People in a round": _range(frame, "people", 0),
            "Rounds": [number(count) for count in frame["rounds"]],
            "Months": [number(count) for count in frame["months"]],
            "Measurements": _range(frame, "measurements", 0),
            "Half-width of the interval (SD)": _range(frame, "half_width", 2),
        },
        dtype=str,
    )


@_claiming
def candidates(frame: pd.DataFrame) -> pd.DataFrame:
    """Room of each measure beside what trials would need (`pilot_estimates.candidates`)."""
    table = filled(frame, {"measure": ("Measure", None)})
    table["Largest improvement (SD)"] = _range(frame, "room", 1)
    table["Trial of"] = _teams(frame)
    table["Difference needed (SD)"] = _range(frame, "needed", 2)
    table["Enough room"] = frame["enough"].to_numpy()
    return table


@_claiming
def near_the_top(frame: pd.DataFrame) -> pd.DataFrame:
    """People at or near the top of the scale (`pilot_estimates.room`)."""
    table = filled(frame, {**GROUP, "n": ("n", 0)})
    table["At maximum"] = _range(frame, "top", 0)
    table[NEAR_HEAD] = _range(frame, "near", 0)
    return table


@_claiming
def room(frame: pd.DataFrame) -> pd.DataFrame:
    """Largest improvement of the mean that the scale still allows (`pilot_estimates.room`)."""
    table = filled(frame, GROUP)
    table["In points"] = _range(frame, "headroom", 1)
    table["SD"] = _range(frame, "sd", 1)
    table["In SDs"] = _range(frame, "headroom_sd", 1)
    return table


@_claiming
def stability(frame: pd.DataFrame) -> pd.DataFrame:
    """Change and correlation of those measured twice (`pilot_estimates.stability`)."""
    table = filled(frame, {"measure": ("Measure", None), "arm": ("Arm", None), "pairs": ("n", 0)})
    table["SD of change"] = _range(frame, "sd_change", 1)
    table["Mean change in SDs of change"] = _range(frame, "dz", 2)
    table["Correlation of the waves"] = _range(frame, "correlation", 2)
    return table


@_claiming
def gain_from_baseline(frame: pd.DataFrame) -> pd.DataFrame:
    """Variance left and teams needed, by measure (`pilot_estimates.gain_from_baseline`)."""
    chosen = frame[frame["design"] == "baseline"].reset_index(drop=True)
    words = [
        "Chosen range" if measure == "chosen" else label(measure, frame)
        for measure in chosen["measure"]
    ]
    table = pd.DataFrame({"Measure": [escape(word) for word in words]}, dtype=str)
    settled = [
        isnan(r_low) or settles((r_low, r_high))
        for r_low, r_high in zip(chosen["r_low"], chosen["r_high"], strict=True)
    ]
    table["Correlation of people's scores"] = _range(chosen, "r", 2)
    table["Individual autocorrelation"] = _range(chosen, "iac", 2)
    for head, name, decimals in (
        ("Variance left, people randomised", "factor", 2),
        ("Teams with baseline", "teams", 0),
    ):
        cells = zip(_range(chosen, name, decimals), settled, strict=True)
        table[head] = [cell if told else "not determined" for cell, told in cells]
    effects = zip(chosen["effect"], settled, strict=True)
    table.insert(3, "Effect (SD)", [f"{effect:g}" if told else "any" for effect, told in effects])
    return table.drop_duplicates(ignore_index=True)


def _teams(frame: pd.DataFrame) -> list[str]:
    """Numbers of teams with what they are."""
    named = zip(frame["teams"], frame["clusters"], strict=True)
    return [f"{escape(words)} ({count})" for words, count in named]


def _by_design(frame: pd.DataFrame, rows: str, decimals: int, head: str) -> pd.DataFrame:
    """Ranges with a column per design; the column `rows` heads the rows, under `head`."""
    cells = frame.rename(columns={"low": "x_low", "high": "x_high"})
    cells = cells.assign(cell=_range(cells, "x", decimals))
    wide = cells.pivot(index=rows, columns="design", values="cell")
    shown = [name for name in DESIGN_LABELS if name in wide]
    wide = wide.loc[list(dict.fromkeys(cells[rows])), shown].fillna("–")
    wide.index = pd.Index(
        [f"{row:g}" if rows == "effect" else row for row in wide.index], name=head
    )
    return wide.rename(columns=DESIGN_LABELS).reset_index()


@_claiming
def teams_needed(frame: pd.DataFrame) -> pd.DataFrame:
    """Teams needed over the whole range of ICCs (`planning.needed`)."""
    keys = ["design", "effect"]
    over = frame.groupby(keys, sort=False).agg(low=("low", "min"), high=("high", "max"))
    return _by_design(over.reset_index(), "effect", 0, "Effect (SD)")


def needed_for_width(frame: pd.DataFrame) -> pd.DataFrame:
    """Teams needed for an interval (`planning.needed_for_width`)."""
    return teams_needed(frame).rename(columns={"Effect (SD)": "Half-width (SD)"})


@_claiming
def teams_needed_in_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Teams needed for differences in points (`planning.needed_in_points`)."""
    names = ("points", "sd", "effect")
    keys = list(frame[list(names)].itertuples(index=False, name=None))
    table = _by_design(frame.assign(case=[str(key) for key in keys]), "case", 0, "case")
    heads = ("Difference (points)", "SD", "Difference (SD)")
    shown = [(f"{p:g}", number(sd, 1), number(effect, 2)) for p, sd, effect in dict.fromkeys(keys)]
    cases = pd.DataFrame(shown, columns=list(heads), dtype=str)
    return pd.concat([cases, table.drop(columns="case")], axis=1)


@_claiming
def responsiveness(frame: pd.DataFrame) -> pd.DataFrame:
    """Difference in SDs that trials of given sizes can find (`planning.responsiveness`)."""
    return _by_design(frame.assign(teams=_teams(frame)), "teams", 2, "Trial of")


def precision(frame: pd.DataFrame) -> pd.DataFrame:
    """Half-widths of the intervals of such trials (`planning.responsiveness`)."""
    return responsiveness(frame.assign(low=frame["half_low"], high=frame["half_high"]))


def assumptions(sweep: Sweep) -> pd.DataFrame:
    """The design grid in words (`design_grid.Sweep`)."""

    def several(values: Iterable[float]) -> str:
        return ", ".join(f"{value:g}" for value in values)

    rows = [
        ("Intracluster correlation (ICC)", several(sweep.icc)),
        ("Cluster autocorrelation", several(sweep.cac)),
        ("Individual autocorrelation", several(sweep.iac)),
        ("Effects (SD)", several(sweep.effect)),
        ("People in a team", f"{sweep.cluster_size:g}"),
        ("Coefficient of variation of team size", f"{sweep.cv:g}"),
        ("Share of these people without an outcome", f"{sweep.attrition:g}"),
    ]
    return pd.DataFrame(rows, columns=["Assumption", "Values"], dtype=str)


def next_steps(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Numbers on the themes of readiness, and what was said (`next_steps.next_steps`).

    Parameters
    ----------
    names : mapping
        Question in words, by id.
    """
    table = pd.DataFrame(
        {
            "Question": [escape(f"{q} {names.get(q, '')}".strip()) for q in frame["question"]],
            "Theme": [escape(theme.replace("-", " ")) for theme in frame["theme"]],
            "Rows by direction": [escape(words) for words in frame["evidence"]],
            "Number": [
                " and ".join(f"{escape(words)} {badge(status)}" for words, status in told) or "none"
                for told in map(zip, frame["numbers"], frame["statuses"])
            ],
            "Rests on": [readings(ids) or number(None) for ids in frame["rests_on"]],
        },
        dtype=str,
    )
    return _with_readings(table, frame)


def _with_readings(table: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """A table, without its column of readings where nothing rests on any."""
    told = len(frame) and frame["rests_on"].map(bool).any()
    return table if told else table.drop(columns="Rests on", errors="ignore")


def identified(frame: pd.DataFrame) -> pd.DataFrame:
    """Unpublished quantities with their value or range, status and how it was found.

    Parameters
    ----------
    frame : DataFrame
        As the functions of `published.identified` return it.
    """
    ranges = zip(frame["low"], frame["high"], frame["values"], frame["decimals"], strict=True)
    shown = pd.Series([value_or_range(*row) for row in ranges], index=frame.index, dtype=str)
    return pd.DataFrame(
        {
            "Quantity": frame["quantity"].map(escape),
            "Of whom": frame["population"].map(escape),
            "Value or range": shown.mask(frame["quantity"].str.endswith(OF_P), shown.map(as_p)),
            "Status": frame["status"].map(badge),
            "How": frame["how"].map(escape),
        },
        dtype=str,
    )


def how_many_teams(grid: Sweep, months: int, alpha: float, target_power: float) -> str:
    """Say how many teams a trial needs for the largest effect of a grid, as MyST.

    Parameters
    ----------
    months : int
        Between two measurements.
    alpha, target_power : float
        Level and power.

    Examples
    --------
    >>> from earlyhelp.trial.design_grid import read_sweep
    >>> grid = read_sweep("tests/studies/complete")
    >>> how_many_teams(grid, 5, 0.05, 0.8).partition(",")[0]
    '**How many teams?** To find a difference of 0.5 SD'
    """
    effect = max(grid.effect)
    largest = needed(grid, alpha, target_power).query("effect == @effect")
    teams = {
        design: span(float(rows["low"].min()), float(rows["high"].max()), 0)
        for design, rows in largest.groupby("design")
    }
    rounds = DESIGNS["stepped-wedge"].periods
    return (
        f"**How many teams?** To find a difference of {effect:g} SD, the largest that is "
        f"considered here, with a power of {number(100 * target_power)}%, a trial needs "
        f"{teams['parallel']} teams if they are compared once, {teams['baseline']} with a "
        f"baseline, and {teams['stepped-wedge']} if all change over in steps, which takes "
        f"{rounds} rounds of measurement in {(rounds - 1) * months} months, spaced as in the "
        f"pilot. A team is {grid.cluster_size:g} people, of whom "
        f"{number(100 - 100 * grid.attrition)}% have an outcome."
    )


@_claiming
def by_solution(frame: pd.DataFrame, points: int | None) -> pd.DataFrame:
    """What goes together, a row for each solution and arm (`within_arms.by_solution`).

    Parameters
    ----------
    points : int, optional
        From which a change is reliable.
    """
    heads = {
        "improved": "Improved",
        "reliably improved": f"Improved by {points} or more",
        "reliably worse": f"Worse by {points} or more",
    }
    rounded = {"sd": ("SD of change", 1), "d": ("d, baseline SD", 2), "dz": ("dz", 2)}
    columns = {
        "Solution": [number(value) for value in frame["solution"]],
        "Arm": [escape(label(arm, frame)) for arm in frame["arm"]],
        "Mean change": [number(value, 1) for value in frame["mean"]],
        **{
            head: _roundings(frame, name, decimals)
            for name, (head, decimals) in rounded.items()
            if f"{name}_low" in frame
        },
        **{head: _range(frame, name, 0) for name, head in heads.items() if f"{name}_low" in frame},
    }
    return pd.DataFrame(columns, dtype=str)


def _roundings(frame: pd.DataFrame, name: str, decimals: int) -> list[str]:
    """What a quantity's `_low` and `_high` may be rounded to; the range where that is much."""
    return [
        few_or_span(roundings(low, high, decimals), low, high, decimals)
        for low, high in zip(frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
    ]


@_claiming
def intervals(frame: pd.DataFrame) -> pd.DataFrame:
    """Estimates with intervals, one row a solution (`between_arms.intervals`)."""
    names = frame.columns[frame.columns.str.endswith("_mean")].str.removesuffix("_mean")
    heads = {name: label(name, frame).capitalize() for name in names}
    return pd.DataFrame(
        {
            head: [
                f"{number(mean, 1)} ({number(low, 1)} to {number(high, 1)})"
                for mean, low, high in frame[
                    [f"{name}_{end}" for end in ("mean", "low", "high")]
                ].to_numpy()
            ]
            for name, head in heads.items()
        },
        dtype=str,
    )


@_claiming
def clustered(frame: pd.DataFrame) -> pd.DataFrame:
    """Differences of every solution, or of all, a row for each ICC (`between_arms.clustered`)."""
    cells = frame.assign(
        icc=[number(icc, 2) for icc in frame["icc"]],
        effect=[number(effect, 2) for effect in frame["design_effect"]],
        head=[
            f"Solution {number(solution)}" if low == high else "All solutions"
            for solution, low, high in frame[["solution", "mean_low", "mean_high"]].to_numpy()
        ],
        cell=[
            f"{value_or_range(first, last, (), 1)} ({number(low, 1)} to {number(high, 1)})"
            for first, last, low, high in frame[["mean_low", "mean_high", "low", "high"]].to_numpy()
        ],
    )
    wide = cells.pivot(index=["icc", "effect"], columns="head", values="cell").reset_index()
    return wide.rename(columns={"icc": "ICC supposed", "effect": "Design effect"}).astype(str)
