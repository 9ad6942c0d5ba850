"""Distributions of scores, as far as printed figures determine them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import product

import pandas as pd

from earlyhelp.analysis.quantities import claiming, labelled, matching
from earlyhelp.possible.extremes import EXACT
from earlyhelp.published.claims import parse_interval
from earlyhelp.published.identified.outcome import top_cutoffs
from earlyhelp.published.identified.ranges import (
    TOLD,
    IdentifiedSets,
    RangeRow,
    possible_sums,
    ranged,
    tidied,
)

HOW = "exact, over all data sets with the n, mean and SD of this group; the tests are left aside"
BY_DOMAIN = "exact, from the sum of scores and what the text says of the domains"
BY_SUM = "exact, from the sum of scores alone"


def top(sets: IdentifiedSets) -> pd.DataFrame:
    """People at and near the top of each outcome's scale, per arm and wave.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> table = top(sets)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].iloc[2:4].to_string(index=False))
                                           quantity            population  low  high     status
    Working alliance: people with 84 or more (of 8) intervention, endline  0.0   0.0 determined
    Working alliance: people with 79 or more (of 8) intervention, endline  0.0   1.0    bounded
    """
    return _of_groups(sets, _top_of_group)


def _of_groups(
    sets: IdentifiedSets, rows_of: Callable[[IdentifiedSets, str, str, str], Iterable[RangeRow]]
) -> pd.DataFrame:
    """Rows of every measure, arm and wave."""
    return tidied(
        row
        for measure, outcome in sets.outcomes.items()
        for arm, wave in product(outcome.arms, outcome.waves)
        for row in rows_of(sets, measure, arm, wave)
    )


def _top_of_group(sets: IdentifiedSets, measure: str, arm: str, wave: str) -> Iterator[RangeRow]:
    outcome = sets.outcomes[measure]
    n, position = outcome.groups[arm][wave].n, outcome.position(wave)
    bands = {f"high from {cutoff}": cutoff for cutoff in outcome.scale.high}
    for name, cutoff in (top_cutoffs(outcome) | bands).items():
        label = f"{outcome.scale.key.name}: people with {cutoff} or more (of {n})"
        if sets.has(measure, arm, f"{name}, {position}"):
            low, high, found = sets.extreme(measure, arm, f"{name}, {position}")
            ends, exact, how = (low, high), found == EXACT, TOLD[found]
        else:
            ends = _group(sets, measure, arm, wave, "at or above", str(cutoff))
            exact, how = True, BY_SUM
        yield ranged(label, sets.words(arm, wave), ends, 0, how, exact=exact)


def _group(
    sets: IdentifiedSets, measure: str, arm: str, wave: str, quantity: str, of: str
) -> tuple[float, float]:
    table = sets.stored.groups.astype(str)
    wanted = {"measure": measure, "arm": arm, "wave": wave, "quantity": quantity, "of": of}
    chosen = matching(table, wanted).iloc[0]
    return float(Fraction(chosen["low"])), float(Fraction(chosen["high"]))


def shape(sets: IdentifiedSets) -> pd.DataFrame:
    """Median and skewness of every group with a printed n, mean and SD.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> table = shape(sets)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].head(2).round(1).to_string(index=False))
                      quantity             population  low  high  status
      Working alliance: median intervention, baseline 62.0  68.5 bounded
    Working alliance: skewness intervention, baseline -2.2   2.6 bounded
    """
    names = {name: outcome.scale.key.name for name, outcome in sets.outcomes.items()}
    names |= {name: scale.key.name for name, scale in sets.instruments.ratings.items()}
    groups = sets.stored.groups
    chosen = groups[groups["quantity"].isin(["median", "skewness"])]
    return tidied(
        ranged(
            f"{names[measure]}: {quantity}",
            sets.words(arm, wave),
            (Fraction(str(low)), Fraction(str(high))),
            1,
            HOW,
        )
        for measure, arm, wave, quantity, _, low, high in chosen.itertuples(index=False)
    )


def items(sets: IdentifiedSets) -> pd.DataFrame:
    """Mean answer to an item, and three domains of a measure as the text has them.

    A total says no more of its items than their sum: every total of the scale is the sum of some
    answers. The text puts the mean of every domain above a limit and of one
    highest; it excludes no totals, since totals with these means can always be divided so.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> table = items(sets)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].iloc[[0, 4]].round(3).to_string(index=False))
                                           quantity             population   low  high     status
           Working alliance: mean answer to an item intervention, baseline 5.425 5.425 determined
    Compassion satisfaction: mean answer to an item intervention, baseline 4.110 5.000    bounded
    """
    return _of_groups(sets, _items_of_group)


def _items_of_group(sets: IdentifiedSets, measure: str, arm: str, wave: str) -> Iterator[RangeRow]:
    outcome = sets.outcomes[measure]
    group, number = outcome.at(arm, wave), outcome.scale.items
    label = f"{outcome.scale.key.name}: mean answer to an item"
    means = [Fraction(total, group.n * number) for total in possible_sums(group)]
    yield ranged(label, sets.words(arm, wave), means, 2, BY_SUM)
    domains = sets.instruments.parts(outcome.scale.id)
    within, ranks = (
        [
            sets.printed.within("outcome_summary", column, measure=domain.id, arm=arm, wave=wave)
            for domain in domains
        ]
        for column in ("mean", "domain_rank")
    )
    limits = {limit.low for limit in within if limit}
    first = [rank == parse_interval("[1, 1]") for rank in ranks]
    if len(domains) != 3 or len(limits) != 1 or None in within or first.count(True) != 1:
        return
    (above,), most = limits, outcome.scale.total_maximum // len(domains)
    names = [domain.key.name.lower() for domain in domains]
    highest = names.pop(first.index(True))
    parts = zip(
        (highest, " or of ".join(names)),
        domain_sums(group.totals, group.n, above, most),
        strict=True,
    )
    for name, sums in parts:
        ends = [Fraction(end, group.n) for end in sums]
        yield ranged(f"Mean of {name} (of {most})", sets.words(arm, wave), ends, 1, BY_DOMAIN)


def domain_sums(
    totals: tuple[int, int], n: int, above: Fraction, most: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Least and greatest sums of three domains with a common lower limit, one of them highest.

    Parameters
    ----------
    totals : (int, int)
        First and last sum of all three.
    n : int
        People.
    above : Fraction
        Below the mean of each domain.
    most : int
        Greatest score of a domain.

    Returns
    -------
    tuple
        Of the highest, and of another.
    """
    least = int(above * n // 1) + 1
    first, last = totals
    highest = max(least + 1, -(-(first + 2) // 3))
    other = min(n * most, (last - least) // 2 + (last - least) % 2) - 1
    return (highest, min(n * most, last - 2 * least)), (least, other)


def score_ranges(sets: IdentifiedSets, measure: str) -> pd.DataFrame:
    """Fewest and most people at each score, over all data sets of a group.

    Returns
    -------
    DataFrame
        arm, wave, score, low, high; scores that nobody can have are left out.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> table = score_ranges(sets, "wai")
    >>> print(table.query("score == 62").to_string(index=False))
             arm     wave  score  low  high
    intervention baseline     62    0     6
      comparison baseline     62    0     4
      comparison  endline     62    0     3
    """
    groups = sets.stored.groups
    chosen = groups[(groups["measure"] == measure) & (groups["quantity"] == "frequency")]
    table = pd.DataFrame(
        {
            "arm": chosen["arm"],
            "wave": chosen["wave"],
            "score": chosen["of"].astype(int),
            "low": chosen["low"].astype(int),
            "high": chosen["high"].astype(int),
        }
    )
    return labelled(claiming(table.reset_index(drop=True), "bounded"), sets.labels)
