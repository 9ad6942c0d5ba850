"""A study's progression criteria against what its pilot observed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from earlyhelp.analysis import feasibility, participants, readiness
from earlyhelp.analysis.quantities import FREE, claiming
from earlyhelp.analysis.randomisation import design_effect
from earlyhelp.analysis.small_numbers import told_safely
from earlyhelp.published.ledger import with_statuses
from earlyhelp.published.statuses import Statuses, cell_statuses, combined
from earlyhelp.study.raw import Pilot
from earlyhelp.trial import progression


def denominators(pilot: Pilot) -> dict[str, tuple[str, str, str]]:
    """The people who could have answered a survey, or answered again: wave, arm and who, by name.

    Those eligible for the training, or who attended it. No file lists the staff of an arm without
    training: those known from any survey are the nearest (`participants.response_rates`).
    """
    rates, study = participants.response_rates(pilot), pilot.study
    there = set(rates[["wave", "arm", "denominator"]].itertuples(index=False, name=None))
    again, found = participants.respondents(pilot), {}
    one_later = len(pilot.outcome_waves) == 2
    for wave in study.waves:
        for arm in wave.arms:
            where = f"{wave.id}_{arm}" if len(wave.arms) > 1 else wave.id
            for whom in ("attended training", "eligible for training", "people known to the study"):
                if (wave.id, arm, whom) in there:
                    found[f"response_{where}"] = (wave.id, arm, whom)
                    break
    for wave in study.waves:
        for arm in wave.arms:
            where = arm if one_later else f"{wave.id}_{arm}"
            if (wave.id, arm, again) in there:
                found[f"retention_{where}"] = (wave.id, arm, again)
    return found


def quantities(pilot: Pilot) -> tuple[str, ...]:
    """What a progression criterion can be about, by name."""
    return tuple(observed(pilot).index)


TREATED = "treated"


def observed(pilot: Pilot) -> pd.DataFrame:
    """Every quantity that a criterion can be about, by name.

    Returns
    -------
    DataFrame
        Indexed by quantity: successes and total of a proportion, mean, sd and total of a mean;
        share, of a proportion of which no count is printed; status, of the share or the mean; arm,
        of the people (`TREATED` for all that were treated); upper_bound, whether the share cannot
        be greater but may be less; other (total that the report prints as well); rests_on (readings
        behind it, tuple). An sd or total of a mean that the reconstruction has set freely is
        missing.
    """
    pilot = pilot if pilot.statuses else with_statuses(pilot)
    rows: list[dict[str, Any]] = []

    def add(
        name: str,
        frame: pd.DataFrame,
        keys: dict[str, str],
        *columns: str,
        arm: str = TREATED,
    ) -> None:
        chosen = frame[(frame[list(keys)] == pd.Series(keys)).all(axis=1)]
        if chosen.empty:
            return
        told = proportion(chosen, columns) if len(columns) == 2 else _mean(chosen, columns)
        bound = "kind" in chosen and chosen["kind"].iloc[0] == participants.UPPER_BOUND
        readings = behind(pilot, str(frame.attrs["quantity"]), keys, columns)
        if bound or len(columns) == 3 or readings["other"] == told.get("total"):
            readings["other"] = None
        rows.append({"quantity": name, **told, "arm": arm, "upper_bound": bound, **readings})

    yes = {"answer": str(pilot.study.counted.affirmed)}
    attendance = feasibility.attendance(pilot)
    add("attendance", attendance, {"role": "all"}, "attended", "eligible")
    used = feasibility.attended_and_used(pilot)
    add("tool_users", used, {"role": "all"}, "used", "attended")
    regular = feasibility.regular_use(pilot)
    for tool in pilot.tools:
        add(f"sessions_used_{tool.lower()}", regular, {"tool": tool}, "n", "total")
    add("recording", feasibility.uploaded(pilot), yes, "n", "total")
    add("continuation", feasibility.continuation(pilot), yes, "n", "total")
    for name in ("training", "tools"):
        keys = {"contact": name} | yes
        frame = readiness.contamination(pilot)
        add(f"contamination_{name}", frame, keys, "n", "total", arm=str(pilot.study.reference))
    rates = participants.response_rates(pilot)
    for name, (wave, arm, denominator) in denominators(pilot).items():
        keys = {"wave": wave, "arm": arm, "denominator": denominator}
        add(name, rates, keys, "n", "total", arm=arm)
    ratings = feasibility.tool_ratings(pilot)
    for name, scale in pilot.instruments.ratings.items():
        keys = {"measure": scale.instrument, "tool": scale.key.tool}
        add(name, ratings, keys, "n", "mean", "sd")
    columns = ["quantity", "successes", "total", "mean", "sd", "share", "status", "arm"]
    table = pd.DataFrame(rows)
    return (table if rows else pd.DataFrame(columns=columns)).set_index("quantity")


def proportion(chosen: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, Any]:
    """People of whom something is true and all of them; the share alone where both are free."""
    status = combined(cell_statuses(chosen, column)[0] for column in columns)
    printed = cell_statuses(chosen, "percent")[0] if "percent" in chosen else FREE
    if status == FREE != printed:
        return {"share": chosen["percent"].iloc[0] / 100, "status": printed}
    counts = zip(("successes", "total"), columns, strict=True)
    return {name: chosen[column].iloc[0] for name, column in counts} | {"status": status}


def _mean(chosen: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, Any]:
    claims = {column: cell_statuses(chosen, column)[0] for column in columns}
    moments = zip(("total", "mean", "sd"), columns, strict=True)
    known = {
        name: None if claims[column] == FREE else chosen[column].iloc[0] for name, column in moments
    }
    return known | {"status": claims[columns[1]]}


def behind(
    pilot: Pilot, quantity: str, keys: dict[str, str], columns: tuple[str, ...]
) -> dict[str, Any]:
    """Readings behind numbers of a reconstructed study, and what else is printed of the last."""
    statuses = pilot.statuses
    if not isinstance(statuses, Statuses) or pilot.study.provenance == "observed":
        return {"other": None, "rests_on": ()}
    others = statuses.otherwise(quantity, columns[-1], keys)
    rests_on = tuple(statuses.rests_on(quantity, columns, keys))
    return {"other": others[0] if others else None, "rests_on": rests_on}


def unsettled(pilot: Pilot) -> list[str]:
    """Labels of the criteria that no printed figure bears on, which nothing can be said of.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> unsettled(open_pilot("tests/studies/complete"))[:2]
    ['Recorded use of the tools', 'Baseline response, comparison']
    """
    if pilot.study.progression is None:
        return []
    seen = observed(pilot)["status"]
    return [c.label for c in pilot.study.progression.criteria if seen.get(c.quantity) == FREE]


@told_safely
def assess(pilot: Pilot, confidence: float = 0.95, icc: float = 0.0) -> pd.DataFrame:
    """The study's criteria against what was observed.

    What the reconstruction has set freely is no observation: its criteria (`unsettled`) are left
    out.

    Parameters
    ----------
    confidence : float
        Level of the intervals.
    icc : float
        How alike people of a randomised unit are supposed to be (intracluster correlation), people
        spread evenly over the units of their arm.

    Returns
    -------
    DataFrame
        Columns of `progression.assess`, then successes (of a proportion), other, rests_on and
        status (of `observed`), label, the ends of all bands (lowest, highest) and the bounds
        between them (amber_low, amber_high); empty when the study sets no criteria.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> row = assess(open_pilot("tests/studies/complete")).iloc[0]
    >>> print(f"{row['label']}: {row['successes']:.0f} of {row['total']:.0f}, {row['best']}")
    Came to the training: 16 of 18, green
    """
    if pilot.study.progression is None:
        return pd.DataFrame()
    seen = observed(pilot)
    study = pilot.study
    arms = {arm: (arm,) for arm in study.arm_ids} | {TREATED: study.treated}
    # Who was allocated alone shares a unit with nobody: its size is that of one person.
    teams = {name: study.teams_of(*of) for name, of in arms.items() if not study.one_by_one}
    units = {name: len({study.unit_of[team] for team in of}) for name, of in teams.items()}
    sizes = seen["total"] / seen["arm"].map(units).astype(float)
    seen["design_effect"] = [design_effect(max(size, 1.0), icc) for size in sizes.fillna(1.0)]
    free = seen.index[seen["status"] == FREE]
    stated = [c for c in pilot.study.progression.criteria if c.quantity not in free]
    table = progression.assess(stated, seen, confidence)
    told = seen.loc[table["quantity"], ["successes", "other", "rests_on", "status"]]
    return table.assign(
        **{name: told[name].to_numpy() for name in map(str, told)},
        label=[c.label for c in stated],
        lowest=[min(*c.red, *c.green) for c in stated],
        highest=[max(*c.red, *c.green) for c in stated],
        amber_low=[c.amber[0] for c in stated],
        amber_high=[c.amber[1] for c in stated],
        higher_is_better=[c.higher_is_better for c in stated],
    )


def combining_rule(pilot: Pilot, wanted: float = 0.8) -> pd.DataFrame:
    """How often the study's rule says green, if the true proportions were known.

    Criteria on proportions that were observed, with their numbers of people; upper bounds and
    means are left aside. The numbers of people follow from the result, so that readers who are not
    told of small numbers get none.

    Parameters
    ----------
    wanted : float
        Chance of green that a pilot should have.

    Returns
    -------
    DataFrame
        Columns of `progression.operating_characteristics`; empty where no criterion is on a
        proportion.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> print(combining_rule(open_pilot("tests/studies/complete")).round(2).to_string(index=False))
     rate  chance  people
     0.90    1.00     1.0
     0.85    0.92    10.0
     0.70    0.07     NaN
      NaN    0.37     NaN
    """
    table = assess(pilot)
    if pilot.study.progression is None or table.empty or pilot.told_from > 1:
        return pd.DataFrame()
    shares = table[(table["kind"] == "proportion") & ~table["upper_bound"] & table["total"].notna()]
    totals = dict(zip(shares["quantity"], shares["total"].astype(int), strict=True))
    stated = [c for c in pilot.study.progression.criteria if c.quantity in totals]
    if not stated:
        return pd.DataFrame()
    rule = pilot.study.progression.rule
    found = progression.operating_characteristics(
        stated, [totals[c.quantity] for c in stated], rule, wanted=wanted
    )
    return claiming(found, "assumed")
