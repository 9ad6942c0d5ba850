"""Tidy frames laid out for readers: every cell a finished string, data escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pandas as pd

from earlyhelp.published.ledger import Claim, Reading, ledger_target
from earlyhelp.published.rounding import number
from earlyhelp.report.labels import DESIGN_LABELS, label
from earlyhelp.report.myst import escape
from earlyhelp.report.page import STATUSES as ALL_STATUSES
from earlyhelp.report.page import badge, where_shown
from earlyhelp.study.design import Criterion
from earlyhelp.trial.design_grid import Sweep


def _filled(frame: pd.DataFrame, columns: Mapping[str, tuple[str, int | None]]) -> pd.DataFrame:
    """Choose and head columns; a number of decimals formats numbers, None escapes words."""
    cells = {
        head: [escape(label(c)) if decimals is None else number(c, decimals) for c in frame[name]]
        for name, (head, decimals) in columns.items()
    }
    return pd.DataFrame(cells, dtype=str)


def responses(frame: pd.DataFrame) -> pd.DataFrame:
    """Table 2.2: waves as columns, teams and totals as rows (`participants.responses`)."""
    waves = list(dict.fromkeys(frame["wave"]))
    of_arm = frame[frame["arm"] != "all"].assign(order=range((frame["arm"] != "all").sum()))
    wide = of_arm.pivot_table(
        index=["arm", "team"], columns="wave", values="n", sort=False, aggfunc="first"
    ).reset_index()
    wide["team"] = wide["team"].replace("all", "Total")
    wide = wide.sort_values("arm", ascending=False, kind="stable")
    columns = {"arm": ("Arm", None), "team": ("Team", None)}
    return _filled(wide, columns | {wave: (label(wave), 0) for wave in waves})


def activities(frame: pd.DataFrame) -> pd.DataFrame:
    """Table 2.1: teams as rows, activities as columns, people in the cells."""
    shown = frame[frame["team"] != "all"]
    wide = shown.pivot(index=["arm", "team"], columns="activity", values="n")
    wide = wide[list(dict.fromkeys(shown["activity"]))].reset_index()
    wide = wide.sort_values(["arm", "team"], ascending=[False, True])
    columns: dict[str, tuple[str, int | None]] = {"arm": ("Arm", None), "team": ("Team", None)}
    heads = {name: (name.capitalize(), 0) for name in wide.columns[2:]}
    return _filled(wide, columns | heads)


def observations(frame: pd.DataFrame) -> pd.DataFrame:
    """Table 2.3 (`participants.training_observations`)."""
    named = frame.assign(
        observation=[
            f"Part {part}: {session}"
            for part, session in zip(frame["training_part"], frame["session"], strict=True)
        ]
    )
    return _filled(
        named,
        {
            "observation": ("Observation", None),
            "facilitators": ("Facilitators", 0),
            "attendees": ("Attendees", 0),
        },
    )


def people(frame: pd.DataFrame) -> pd.DataFrame:
    """Distinct people by arm (`participants.people`)."""
    return _filled(
        frame,
        {
            "arm": ("Arm", None),
            "baseline": ("Baseline", 0),
            "endline": ("Endline", 0),
            "both": ("Both waves", 0),
            "lost": ("Baseline only", 0),
            "new": ("Endline only", 0),
            "distinct": ("Distinct people", 0),
        },
    )


def response_rates(frame: pd.DataFrame) -> pd.DataFrame:
    """Response rates by denominator (`participants.response_rates`)."""
    return _filled(
        frame,
        {
            "wave": ("Wave", None),
            "arm": ("Arm", None),
            "denominator": ("Out of", None),
            "n": ("n", 0),
            "total": ("N", 0),
            "percent": ("%", 1),
        },
    )


def characteristics(frame: pd.DataFrame) -> pd.DataFrame:
    """Numeric characteristics by arm (`participants.characteristics`)."""
    return _filled(
        frame,
        {
            "characteristic": ("Characteristic", None),
            "arm": ("Arm", None),
            "n": ("n", 0),
            "mean": ("Mean", 1),
            "sd": ("SD", 1),
            "median": ("Median", 1),
            "minimum": ("Min", 0),
            "maximum": ("Max", 0),
        },
    )


def characteristic_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Characteristics in categories, all arms together (`participants.characteristic_counts`)."""
    shown = frame[(frame["arm"] == "all") & (frame["n"] > 0)]
    return _filled(
        shown,
        {
            "characteristic": ("Characteristic", None),
            "category": ("Answer", None),
            "n": ("n", 0),
            "percent": ("%", 1),
        },
    )


def interviewees(frame: pd.DataFrame) -> pd.DataFrame:
    """Interviews by role (`participants.interviewees`)."""
    return _filled(frame, {"role": ("Role", None), "n": ("Interviews", 0)})


def shares(frame: pd.DataFrame, **heads: str) -> pd.DataFrame:
    """Counts with percentages: `heads` names the category columns, in order."""
    columns: dict[str, tuple[str, int | None]] = {
        name: (head, None) for name, head in heads.items()
    }
    return _filled(frame, columns | {"n": ("n", 0), "total": ("Of", 0), "percent": ("%", 1)})


def agreement(frame: pd.DataFrame) -> pd.DataFrame:
    """People who agree with a statement (`feasibility.agreement`)."""
    return _filled(
        frame,
        {
            "question": ("Statement", None),
            "agree": ("Agree", 0),
            "total": ("Of", 0),
            "percent": ("%", 1),
        },
    )


def attendance(frame: pd.DataFrame) -> pd.DataFrame:
    """Training attendance by role (`feasibility.attendance`)."""
    return _filled(
        frame,
        {
            "role": ("Role", None),
            "eligible": ("Eligible", 0),
            "attended": ("Attended", 0),
            "not_attended": ("Did not attend", 0),
        },
    )


def attended_and_used(frame: pd.DataFrame) -> pd.DataFrame:
    """Table 3.2 (`feasibility.attended_and_used`)."""
    return _filled(
        frame,
        {
            "role": ("Role", None),
            "attended": ("Attended the training", 0),
            "used": ("Used the tools and recorded scores", 0),
            "percent": ("%", 1),
        },
    )


def people_completing(frame: pd.DataFrame) -> pd.DataFrame:
    """Figure 3.3 as a table (`feasibility.people_completing`)."""
    wide = frame.pivot(index="tool", columns="person_type", values="people").reset_index()
    return _filled(wide, {"tool": ("Tool", None), "child": ("Children", 0), "adult": ("Adults", 0)})


def completions_per_person(frame: pd.DataFrame) -> pd.DataFrame:
    """Completions per person (`feasibility.completions_per_person`)."""
    return _filled(
        frame[frame["tool"] != "each"],
        {
            "tool": ("Tool", None),
            "people": ("People", 0),
            "mean": ("Mean completions", 1),
            "minimum": ("Fewest", 0),
            "maximum": ("Most", 0),
        },
    )


def tool_scores(frame: pd.DataFrame) -> pd.DataFrame:
    """Scores recorded with the tools (`feasibility.tool_scores`)."""
    return _filled(
        frame,
        {
            "tool": ("Tool", None),
            "person_type": ("Completed by", None),
            "completions": ("Completions", 0),
            "scored": ("With a score", 0),
            "mean": ("Mean", 1),
            "sd": ("SD", 1),
            "below_cutoff_percent": ("Below the cut-off (%)", 1),
        },
    )


def tool_ratings(frame: pd.DataFrame) -> pd.DataFrame:
    """IAM and FIM by tool (`feasibility.tool_ratings`)."""
    return _filled(
        frame,
        {
            "measure": ("Measure", None),
            "tool": ("Tool", None),
            "mean": ("Mean", 2),
            "sd": ("SD", 2),
        },
    )


def outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """Outcome means and SDs by arm and wave (`outcomes.outcome_summary`)."""
    return _filled(
        frame,
        {
            "measure": ("Measure", None),
            "arm": ("Arm", None),
            "wave": ("Wave", None),
            "n": ("n", 0),
            "mean": ("Mean", 1),
            "sd": ("SD", 1),
            "scale_maximum": ("Scale maximum", 0),
        },
    )


def paired_tests(frame: pd.DataFrame) -> pd.DataFrame:
    """What the report prints of its paired tests (`outcomes.paired_tests`)."""
    return _filled(
        frame,
        {
            "measure": ("Measure", None),
            "arm": ("Arm", None),
            "n": ("Pairs", 0),
            "t_size": ("|t|", 2),
            "df": ("df", 0),
            "p": ("p", 3),
        },
    ).rename(columns={"|t|": "t (size)"})


def between_tests(frame: pd.DataFrame) -> pd.DataFrame:
    """What the report prints of its between-arm tests (`outcomes.between_tests`)."""
    return _filled(
        frame,
        {
            "measure": ("Measure", None),
            "t_size": ("t (size)", 2),
            "df": ("df", 0),
            "p": ("p", 3),
        },
    )


def _interval(frame: pd.DataFrame, low: str, high: str, decimals: int) -> pd.Series:
    return (
        frame[low]
        .map(lambda cell: number(cell, decimals))
        .str.cat(frame[high].map(lambda cell: number(cell, decimals)), sep=" to ")
    )


def changes(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean changes with interval and effect size, which the report leaves out."""
    table = _filled(
        frame,
        {
            "measure": ("Measure", None),
            "arm": ("Arm", None),
            "mean_change": ("Mean change", 1),
            "sd_change": ("SD of change", 1),
            "dz": ("d (paired)", 2),
        },
    )
    table.insert(3, "Interval", _interval(frame, "ci_low", "ci_high", 1).to_numpy())
    table["Interval of d"] = _interval(frame, "dz_low", "dz_high", 2).to_numpy()
    return table


def differences(frame: pd.DataFrame) -> pd.DataFrame:
    """Differences between arms with interval and effect size, which the report leaves out."""
    table = _filled(
        frame,
        {
            "measure": ("Measure", None),
            "contrast": ("Contrast", None),
            "difference": ("Difference", 1),
            "p": ("p", 3),
            "g": ("Hedges' g", 2),
        },
    )
    table.insert(3, "Interval", _interval(frame, "ci_low", "ci_high", 1).to_numpy())
    table["Interval of g"] = _interval(frame, "g_low", "g_high", 2).to_numpy()
    return table


def ceiling(frame: pd.DataFrame) -> pd.DataFrame:
    """Closeness to the scale's maximum (`outcomes.ceiling`)."""
    return _filled(
        frame,
        {
            "measure": ("Measure", None),
            "arm": ("Arm", None),
            "wave": ("Wave", None),
            "headroom": ("Points below maximum", 1),
            "headroom_sd": ("In SDs", 1),
            "at_maximum": ("At maximum", 0),
            "close": ("Within five points", 0),
            "n": ("n", 0),
        },
    )


def design_effects(frame: pd.DataFrame) -> pd.DataFrame:
    """What clustering would do to a test (`outcomes.design_effects`)."""
    return _filled(
        frame,
        {
            "measure": ("Measure", None),
            "icc": ("ICC supposed", 2),
            "design_effect": ("Design effect", 2),
            "effective_n": ("Effective n", 1),
            "t": ("t", 2),
            "df": ("df", 0),
            "p": ("p", 3),
        },
    )


def unit_changes(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean change by randomised unit (`outcomes.unit_changes`)."""
    return _filled(
        frame,
        {
            "measure": ("Measure", None),
            "arm": ("Arm", None),
            "unit": ("Unit", None),
            "teams": ("Teams", None),
            "pairs": ("Pairs", 0),
            "mean_change": ("Mean change", 1),
        },
    )


def randomisation_tests(frame: pd.DataFrame) -> pd.DataFrame:
    """Exact tests over all allocations (`outcomes.randomisation_tests`)."""
    return _filled(
        frame,
        {
            "measure": ("Measure", None),
            "units": ("Units", 0),
            "allocations": ("Allocations", 0),
            "p": ("p", 2),
            "smallest_p": ("Smallest p possible", 2),
        },
    )


def team_consistency(frame: pd.DataFrame) -> pd.DataFrame:
    """Delivery by team (`readiness.team_consistency`)."""
    return _filled(
        frame,
        {
            "team": ("Team", None),
            "eligible": ("Eligible", 0),
            "attended": ("Attended", 0),
            "used": ("Used the tools", 0),
            "completions": ("Completions", 0),
        },
    )


def ledger(frame: pd.DataFrame, claims: list[Claim]) -> pd.DataFrame:
    """Every printed figure beside the recomputed one (`ledger.ledger`); a row is a target."""
    shown = {claim.id: where_shown(claim) or "–" for claim in claims}
    return pd.DataFrame(
        {
            "Claim": [f"[{escape(name)}]{{#{ledger_target(name)}}}" for name in frame["id"]],
            "Place": (frame["section"] + ": " + frame["place"]).map(escape),
            "About": (frame["subject"] + " (" + frame["population"] + ")").map(escape),
            **_printed_and_recomputed(frame),
            "Status": frame["status"].map(badge),
            "Shown in": frame["id"].map(shown),
            "Note": frame["note"].map(escape),
        },
        dtype=str,
    )


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
            "Note": chosen["note"].map(escape),
        },
        dtype=str,
    )


def _printed_and_recomputed(frame: pd.DataFrame) -> dict[str, pd.Series]:
    printed = (frame["printed"] + " " + frame["unit"]).str.strip()
    return {
        "Printed": printed.map(escape),
        "Recomputed": frame["recomputed"].map(escape).replace("", "–"),
    }


def words(readings: list[Reading]) -> pd.DataFrame:
    """How words that bind a number are read (`ledger.read_words`)."""
    rows = [(escape(", ".join(r.phrases)), escape(r.interval), escape(r.why)) for r in readings]
    return pd.DataFrame(rows, columns=["Words", "Read as", "Why"], dtype=str)


def ledger_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Number of claims by section of the report and status."""
    counts = pd.crosstab(frame["section"], frame["status"], margins=True, margins_name="All")
    sections = [*dict.fromkeys(frame["section"]), "All"]
    statuses = [status for status in ALL_STATUSES if status in counts]
    table = counts.loc[sections, [*statuses, "All"]].astype(str).reset_index()
    table["section"] = table["section"].map(escape)
    return table.rename(columns={"section": "Section", **{s: s.capitalize() for s in statuses}})


def _range(frame: pd.DataFrame, name: str, decimals: int) -> list[str]:
    """A quantity's `_low` and `_high` as one cell; a single value where they print alike."""
    cells = []
    for low, high in zip(frame[f"{name}_low"], frame[f"{name}_high"], strict=True):
        ends = number(low, decimals), number(high, decimals)
        cells.append(ends[0] if ends[0] == ends[1] else " to ".join(ends))
    return cells


def progression(frame: pd.DataFrame, status: Callable[[str], str]) -> pd.DataFrame:
    """Progression criteria with intervals and chances of each band (`criteria.assess`).

    Parameters
    ----------
    status : callable
        What a quantity of a stated status may claim in this study (`Page.status`).
    """
    rows = []
    for row in frame.to_dict("records"):
        counted = row["kind"] == "proportion"
        scale, decimals, unit = (100, 0, " %") if counted else (1, 2, "")
        found = f"{int(row['successes'])} of {row['total']}" if counted else f"n = {row['total']}"
        low, high = (number(scale * row[end], decimals) for end in ("low", "high"))
        rows.append(
            {
                "Criterion": escape(row["label"]),
                "Observed": f"{number(scale * row['estimate'], decimals)}{unit} ({found})",
                "Interval": f"{low} to {high}",
                "Band": row["band"],
                "Chance of green, amber, red (%)": ", ".join(
                    number(100 * row[f"p_{band}"]) for band in ("green", "amber", "red")
                ),
                "Status": badge(status(row["status"])),
            }
        )
    return pd.DataFrame(rows, dtype=str)


def progression_bands(criteria: Iterable[Criterion]) -> pd.DataFrame:
    """The bands of a study's criteria and the reasons for them (`design.Criterion`)."""
    rows = []
    for criterion in criteria:
        bands = {
            name.capitalize(): " to ".join(f"{end:g}" for end in getattr(criterion, name))
            for name in ("green", "amber", "red")
        }
        rows.append({"Criterion": escape(criterion.label)} | bands)
        rows[-1]["Reason"] = escape(criterion.reason)
    return pd.DataFrame(rows, dtype=str)


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
    """t tests of people beside randomisation inference on unit means, of the change."""
    both = tests.merge(exact, on="measure", suffixes=("", "_exact"))
    return _filled(
        both,
        {
            "measure": ("Measure", None),
            "p": ("p of the t test of people", 3),
            "p_exact": ("p of all allocations", 2),
            "smallest_p": ("Smallest p possible", 2),
        },
    )


def pilot_power(frame: pd.DataFrame) -> pd.DataFrame:
    """What the pilot's units could detect (`pilot_estimates.pilot_power`)."""
    powers: dict[str, tuple[str, int | None]] = {
        name: (f"Power at {name.removeprefix('power_')} SD (%)", 0)
        for name in map(str, frame)
        if name.startswith("power_")
    }
    percent = frame.assign(**{name: 100 * frame[name] for name in powers})
    return _filled(
        percent,
        {
            "analysed": ("Analysed", None),
            "icc": ("ICC supposed", 2),
            "df": ("df", 0),
            "detectable": ("Detectable difference (SD)", 1),
            **powers,
        },
    )


def simulated_pilot(frame: pd.DataFrame) -> pd.DataFrame:
    """Simulated power of the pilot's units (`pilot_estimates.simulated_pilot`)."""
    shown = frame.assign(power_low=100 * frame["low"], power_high=100 * frame["high"])
    return pd.DataFrame(
        {
            "Design": [DESIGN_LABELS[name] for name in frame["design"]],
            "Effect (SD)": [number(value, 1) for value in frame["effect"]],
            "Power (%)": _range(shown, "power", 0),
            "Monte Carlo error (%), at most": [number(100 * x, 1) for x in frame["mc_error"]],
        },
        dtype=str,
    )


def candidates(frame: pd.DataFrame) -> pd.DataFrame:
    """Room of each measure beside what trials would need (`pilot_estimates.candidates`)."""
    table = _filled(frame, {"measure": ("Measure", None)})
    table["Largest improvement (SD)"] = _ranges_or_least(frame, "room", 1)
    table["Teams"] = [
        f"{escape(words)} ({count})"
        for words, count in zip(frame["teams"], frame["clusters"], strict=True)
    ]
    table["Difference needed (SD)"] = _range(frame, "needed", 2)
    table["Enough room"] = frame["enough"].to_numpy()
    return table


def _ranges_or_least(frame: pd.DataFrame, name: str, decimals: int) -> list[str]:
    """Ranges; "at least" where the upper end is infinite."""
    return [
        f"at least {number(low, decimals)}" if high == float("inf") else shown
        for low, high, shown in zip(
            frame[f"{name}_low"],
            frame[f"{name}_high"],
            _range(frame.replace(float("inf"), float("nan")), name, decimals),
            strict=True,
        )
    ]


def near_the_top(frame: pd.DataFrame) -> pd.DataFrame:
    """People at or near the top of the scale (`pilot_estimates.room`)."""
    table = _filled(frame, GROUP | {"n": ("n", 0)})
    table["At maximum"] = _range(frame, "top", 0)
    table["Within five points"] = _range(frame, "near", 0)
    return table


def room(frame: pd.DataFrame) -> pd.DataFrame:
    """Largest improvement of the mean that the scale still allows (`pilot_estimates.room`)."""
    table = _filled(frame, GROUP)
    table["In points"] = _range(frame, "headroom", 1)
    table["SD"] = _range(frame, "sd", 1)
    table["In SDs"] = _ranges_or_least(frame, "headroom_sd", 1)
    return table


GROUP: dict[str, tuple[str, int | None]] = {
    "measure": ("Measure", None),
    "arm": ("Arm", None),
    "wave": ("Wave", None),
}


def stability(frame: pd.DataFrame) -> pd.DataFrame:
    """Change and correlation of those measured twice (`pilot_estimates.stability`)."""
    table = _filled(frame, {"measure": ("Measure", None), "arm": ("Arm", None), "pairs": ("n", 0)})
    table["SD of change"] = _range(frame, "sd_change", 1)
    table["Mean change in SDs of change"] = _range(frame, "dz", 2)
    table["Correlation of the waves"] = _range(frame, "correlation", 2)
    return table


def gain_from_baseline(frame: pd.DataFrame) -> pd.DataFrame:
    """Variance left and teams needed, by measure (`pilot_estimates.gain_from_baseline`)."""
    chosen = frame[frame["design"] == "baseline"].reset_index(drop=True)
    words = [
        "Chosen range" if measure == "chosen" else label(measure) for measure in chosen["measure"]
    ]
    table = pd.DataFrame({"Measure": [escape(word) for word in words]}, dtype=str)
    table["Size of the correlation"] = _range(chosen, "r", 2)
    table["Variance left, people randomised"] = _range(chosen, "factor", 2)
    table["Effect (SD)"] = [f"{effect:g}" for effect in chosen["effect"]]
    table["Teams with baseline"] = _range(chosen, "teams", 0)
    return table


def reliability(frame: pd.DataFrame) -> pd.DataFrame:
    """Cronbach's alpha (`pilot_estimates.reliability`)."""
    table = _filled(
        frame,
        {"measure": ("Measure", None), "wave": ("Wave", None), "n": ("n", 0), "alpha": ("α", 2)},
    )
    return table.assign(Interval=_interval(frame, "low", "high", 2).to_numpy())


def _by_design(frame: pd.DataFrame, rows: str, decimals: int) -> pd.DataFrame:
    """Ranges with a column per design; `rows` names the column that heads the rows."""
    cells = frame.rename(columns={"low": "x_low", "high": "x_high"})
    cells = cells.assign(cell=_range(cells, "x", decimals))
    wide = cells.pivot(index=rows, columns="design", values="cell")
    shown = [name for name in DESIGN_LABELS if name in wide]
    wide = wide.loc[list(dict.fromkeys(cells[rows])), shown].fillna("–")
    return wide.rename(columns=DESIGN_LABELS).reset_index()


def teams_needed(frame: pd.DataFrame) -> pd.DataFrame:
    """Teams needed over the whole range of ICCs (`pilot_estimates.needed`)."""
    keys = ["design", "effect"]
    over = frame.groupby(keys, sort=False).agg(low=("low", "min"), high=("high", "max"))
    table = _by_design(over.reset_index(), "effect", 0)
    return table.assign(effect=table["effect"].map("{:g}".format)).rename(
        columns={"effect": "Effect (SD)"}
    )


def teams_needed_in_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Teams needed for differences in points (`pilot_estimates.needed_in_points`)."""
    table = _by_design(frame, "effect", 0)
    return table.assign(effect=table["effect"].map("{:g}".format)).rename(
        columns={"effect": "Difference (points)"}
    )


def teams_needed_binary(frame: pd.DataFrame) -> pd.DataFrame:
    """Teams needed for a binary outcome (`pilot_estimates.needed_binary`)."""
    words = [
        f"{number(100 * p0)} % to {number(100 * p1)} %"
        for p0, p1 in zip(frame["control"], frame["intervention"], strict=True)
    ]
    table = _by_design(frame.assign(change=words), "change", 0)
    return table.rename(columns={"change": "Control to intervention"})


def responsiveness(frame: pd.DataFrame) -> pd.DataFrame:
    """Difference in SDs that trials of given sizes can find (`pilot_estimates.responsiveness`)."""
    words = [
        f"{escape(teams)} ({count})"
        for teams, count in zip(frame["teams"], frame["clusters"], strict=True)
    ]
    table = _by_design(frame.assign(teams=words), "teams", 2)
    return table.rename(columns={"teams": "Teams"})


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
        ("Share of people without an outcome", f"{sweep.attrition:g}"),
    ]
    return pd.DataFrame(rows, columns=["Assumption", "Values"], dtype=str)


def next_steps(
    frame: pd.DataFrame, names: Mapping[str, str], status: Callable[[str], str]
) -> pd.DataFrame:
    """Evidence and numbers behind the recommended next steps (`pilot_estimates.next_steps`).

    Parameters
    ----------
    names : mapping
        Question in words, by id.
    status : callable
        As in `progression`.
    """
    return pd.DataFrame(
        {
            "Question": [escape(f"{q} {names.get(q, '')}".strip()) for q in frame["question"]],
            "Theme": [escape(theme.replace("-", " ")) for theme in frame["theme"]],
            "Cells by direction": [escape(words) for words in frame["evidence"]],
            "Number": [
                f"{escape(words)} {badge(status(claim))}" if words else "none"
                for words, claim in frame[["number", "status"]].to_numpy()
            ],
        },
        dtype=str,
    )


def identified(frame: pd.DataFrame) -> pd.DataFrame:
    """Unpublished quantities with their value or range, status and how it was found.

    Parameters
    ----------
    frame : DataFrame
        As the functions of `determined` return it.
    """
    ranges = zip(frame["low"], frame["high"], frame["values"], frame["decimals"], strict=True)
    return pd.DataFrame(
        {
            "Quantity": frame["quantity"].map(escape),
            "Of whom": frame["population"].map(escape),
            "Value or range": [_value_or_range(*row) for row in ranges],
            "Status": frame["status"].map(badge),
            "How": frame["how"].map(escape),
        },
        dtype=str,
    )


def identified_by_measure(frames: Mapping[str, pd.DataFrame], *quantities: str) -> pd.DataFrame:
    """Chosen unpublished quantities of several measures, in the order they are asked for.

    Parameters
    ----------
    frames : mapping
        Per measure, as the functions of `determined` return it.
    quantities : str
        Those that a frame does not have are left out.
    """
    chosen = []
    for measure, frame in frames.items():
        for population in dict.fromkeys(frame["population"]):
            rows = frame[frame["population"] == population].set_index("quantity", drop=False)
            rows = identified(rows.loc[[name for name in quantities if name in rows.index]])
            rows.insert(0, "Measure", escape(label(measure)))
            chosen.append(rows.drop(columns="How"))
    return pd.concat(chosen, ignore_index=True)


def _value_or_range(low: float, high: float, values: tuple[float, ...], decimals: int) -> str:
    """All values if they are few, otherwise the range, rounded outwards so that it loses none.

    Ends that differ but would look alike are shown with as many decimals as it takes.
    """
    if low == high:
        return number(low, decimals)
    shown = list(dict.fromkeys(number(value, decimals) for value in values))
    if 2 <= len(shown) <= 4:
        return " or ".join(shown)
    while number(low, decimals) == number(high, decimals) and decimals < 6:
        decimals += 1
    # Twelve significant digits first: the last ones of a float must not widen a range.
    rounded = [
        float(Decimal(f"{end:.12g}").quantize(Decimal(1).scaleb(-decimals), way))
        for end, way in ((low, ROUND_FLOOR), (high, ROUND_CEILING))
    ]
    return " to ".join(number(end, decimals) for end in rounded)
