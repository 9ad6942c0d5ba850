"""People lost and the use of the tools, as far as printed figures determine them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pandas as pd

from earlyhelp.possible.extremes import EXACT, OUTER
from earlyhelp.possible.printed_group import printed_interval
from earlyhelp.published.claims import parse_interval
from earlyhelp.published.identified.ranges import (
    TOLD,
    IdentifiedSets,
    RangeRow,
    ranged,
    tidied,
)
from earlyhelp.published.printed import PrintedFigures


def loss(sets: IdentifiedSets, measure: str) -> pd.DataFrame:
    """Worst case for those lost: endline scores anywhere on the scale (Horowitz and Manski 2000).

    Of everybody with a score at baseline, so by intention to treat. No assumption is made about why
    people did not answer again.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> table = loss(sets, "wai")
    >>> print(table[["population", "low", "high", "status"]].round(1).to_string(index=False))
                      population   low  high  status
                    intervention  53.3  76.5 bounded
                      comparison  48.4  70.9 bounded
    intervention less comparison -17.6  28.1 bounded
    intervention less comparison -17.4  28.3 bounded
    """
    outcome, ends, rows = sets.outcomes[measure], {}, []
    for arm in outcome.arms:
        before, pairs = outcome.arms[arm].baseline, outcome.pairs[arm]
        low, high, found = sets.extreme(measure, arm, "endline sum of pairs")
        lost = before.n - pairs
        ends[arm] = (
            Fraction(int(low) + lost * before.low, before.n),
            Fraction(int(high) + lost * before.high, before.n),
        )
        label = "Endline mean of everybody with a baseline score"
        rows.append(ranged(label, arm, ends[arm], 1, TOLD[found], exact=found == EXACT))
    first, second = ends.values()
    gap = (first[0] - second[1], first[1] - second[0])
    rows.append(
        ranged("Difference of these endline means", sets.between, gap, 1, OUTER, exact=False)
    )
    base = [
        [Fraction(total, wave.n) for total in wave.totals]
        for wave in (arm.baseline for arm in outcome.arms.values())
    ]
    gains = (gap[0] - base[0][1] + base[1][0], gap[1] - base[0][0] + base[1][1])
    rows.append(
        ranged("Difference of their mean changes", sets.between, gains, 1, OUTER, exact=False)
    )
    return tidied(rows)


def use(sets: IdentifiedSets) -> pd.DataFrame:
    """Completions of the tools, and people who say they uploaded but are not in the records.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> table = use(sets)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].head(2).to_string(index=False))
                  quantity population  low  high     status
    Completions of the ORS   families 15.0  15.0 determined
    Completions of the SRS   families 14.0  14.0 determined
    """
    return tidied([*_completions(sets.printed), *_unrecorded(sets)])


def _completions(printed: PrintedFigures) -> Iterator[RangeRow]:
    how = "exact, from the mean per person"
    allowed = {}
    for tool in printed.values("people_completing", "tool"):
        mean = printed.figure("completions_per_person", "mean", tool=tool)
        people = sum(
            printed.count("people_completing", "people", tool=tool, person_type=kind)
            for kind in printed.values("people_completing", "person_type", tool=tool)
        )
        allowed[tool] = printed_interval(mean, "half-up").whole(people)
    if printed.within("use_by_team", "difference") == parse_interval("[0, 0]"):
        lows, highs = zip(*allowed.values(), strict=True)
        how += " of both tools, completed equally often"
        yield ranged("Completions of each tool", "families", (max(lows), min(highs)), 0, how)
        return
    for tool, ends in allowed.items():
        yield ranged(f"Completions of the {tool}", "families", ends, 0, how)


def _unrecorded(sets: IdentifiedSets) -> Iterator[RangeRow]:
    printed, never = sets.printed, sets.study.counted.never
    roles = printed.values("reported_use", "role")
    role = next((role for role in roles if printed.of("reported_use", "used", role=role)), None)
    if role is None:
        return
    answered = printed.respondents(treated := sets.arms[0], sets.study.waves[-1].id)
    users = max(
        sum(n for answer, n in frequency.items() if answer != never)
        for frequency in (
            printed.split(answered, "tool_frequency", "frequency", tool=tool)
            for tool in printed.values("tool_frequency", "tool")
        )
    )
    others = users - printed.count("reported_use", "used", role=role)
    recorded = printed.count("attended_and_used", "used", role=role)
    uploaded = printed.share(users, "uploaded", answer=sets.study.counted.affirmed)
    missing = uploaded - others - recorded
    reason = (
        f"{OUTER} above; the least is attained: at most {others} of those who uploaded are not "
        f"{role}s, and at most {recorded} of these are in the records"
    )
    label = f"Staff who say they uploaded scores (of {uploaded}) but are not in the records"
    yield ranged(label, treated, (max(0, missing), uploaded), 0, reason, exact=False)
