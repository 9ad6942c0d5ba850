"""The search for people who have what printed figures leave possible, and what follows from them.

`search` finds people, which takes minutes. `derive` checks people against the figures and derives
every table from them, in seconds:

- changes: every sum and sum of squares of change that the paired and the between-arm test leave to
  an arm, with people who have it (a witness), or none where nobody can;
- examples: people who reach the least and the greatest of every quantity of the extremes;
- contrasts: the pairs of changes of both arms that the test between the arms leaves, both with a
  witness;
- extremes: the least and the greatest of counts and sums over all data sets of an arm; of the
  correlation and of differences between the arms, outer bounds and values that data sets attain;
- groups: what one group's n, mean and SD alone bound (`one_group.bounds`).

People are hard to find and easy to check. An end is exact when `bounds` shows that nobody exceeds
what its example reaches. Each arm's tables are exact unless a row says otherwise. Assumptions are
those of `two_waves`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import pandas as pd

from earlyhelp.analysis.outcomes import NEAR
from earlyhelp.possible import bounds, existence, extremes, one_group, two_waves
from earlyhelp.possible.existence import Person
from earlyhelp.possible.extremes import (
    ATTAINED,
    EXACT,
    OUTER,
    SIGNS,
    Each,
    PeopleOfArms,
    spread_known,
)
from earlyhelp.possible.printed_group import Figures
from earlyhelp.possible.two_waves import Change, WaveFigures
from earlyhelp.published.claims import CLAIMS_FILE
from earlyhelp.published.identified.outcome import Outcome, counts, outcomes, ratings, top_cutoffs
from earlyhelp.published.printed import PrintedFigures
from earlyhelp.study.design import Study
from earlyhelp.study.problems import InputError, Problem

# Of an arm's changes, people who have each; None where nobody can.
Decided = dict[str, dict[Change, "list[Person] | None"]]
Contrasts = list[tuple[Change, Change]]
# By arm or "between", quantity and end: people of each arm concerned.
Examples = Mapping[tuple[str, str, str], PeopleOfArms]
# Of the stored tables. A measure is the id of a scale, an arm one of the study or "between".
TABLE_COLUMNS = {
    "changes": ["measure", "arm", "total", "squares", "baseline", "endline"],
    "examples": ["measure", "arm", "quantity", "end", "of", "baseline", "endline"],
    "contrasts": [
        "measure",
        *(f"{arm}_{part}" for arm in ("treated", "reference") for part in ("total", "squares")),
    ],
    "extremes": ["measure", "arm", "quantity", "low", "high", "how"],
    "groups": ["measure", "arm", "wave", "quantity", "of", "low", "high"],
}


def _table(name: str, rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=TABLE_COLUMNS[name])


def search(of: Mapping[str, Outcome], each: Each) -> dict[str, pd.DataFrame]:
    """Find people who have each change, and people who reach each end."""
    changes: list[tuple[Any, ...]] = []
    examples: list[tuple[Any, ...]] = []
    for measure, outcome in of.items():
        decided = _decide(outcome, each)
        changes += _change_rows(measure, decided)
        examples += _example_rows(measure, dict(_reaching(outcome, decided, each)))
    return {"changes": _table("changes", changes), "examples": _table("examples", examples)}


def _change_rows(measure: str, decided: Decided) -> Iterator[tuple[Any, ...]]:
    for arm, of_arm in decided.items():
        for change, people in of_arm.items():
            yield measure, arm, change.total, change.squares, *existence.as_text(people or [])


def _example_rows(measure: str, examples: Examples) -> Iterator[tuple[Any, ...]]:
    for of, by_arm in examples.items():
        for name, people in by_arm.items():
            yield measure, *of, name, *existence.as_text(people)


def candidates(outcome: Outcome) -> dict[str, list[Change]]:
    """By arm, the changes that the tests leave, whether or not people can have them."""
    first, second = (two_waves.changes(arm) for arm in outcome.arms.values())
    both = two_waves.joint(first, second, outcome.between)
    return _by_arm(outcome, both)


def _decide(outcome: Outcome, each: Each) -> Decided:
    decided: Decided = {
        name: dict.fromkeys(changes) for name, changes in candidates(outcome).items()
    }
    asked = [
        (name, change)
        for name, changes in decided.items()
        for change in changes
        if change.squares <= bounds.most_squares(outcome.arms[name], change.total)
    ]
    tasks = [(outcome.arms[name], [change]) for name, change in asked]
    found = each(existence.people, tasks, f"{outcome.measure}: change")
    for (name, change), people in zip(asked, found, strict=True):
        decided[name][change] = people
    return decided


def _contrasts(outcome: Outcome, decided: Decided) -> Contrasts:
    """Return the pairs that the test between the arms leaves of changes that people can have."""
    first, second = (
        [change for change, people in of_arm.items() if people is not None]
        for of_arm in decided.values()
    )
    left = two_waves.joint(first, second, outcome.between)
    if not left:
        found = "no people agree with all of its printed figures"
        raise InputError([Problem(CLAIMS_FILE, None, outcome.measure, found, "some")])
    return left


def _reaching(
    outcome: Outcome, decided: Decided, each: Each
) -> Iterator[tuple[tuple[str, str, str], PeopleOfArms]]:
    """For every arm or "between", quantity and end, people who reach it."""
    left = _contrasts(outcome, decided)
    tasks = [
        (outcome, name, changes, [decided[name][change] or [] for change in changes], *task)
        for name, changes in _by_arm(outcome, left).items()
        for task in product(counts(outcome, name), SIGNS)
    ]
    for task, people in zip(tasks, each(_reach, tasks, f"{outcome.measure}: end"), strict=True):
        _, name, _, _, quantity, end = task
        yield (name, quantity, end), {name: people}
    for met in extremes.rows(outcome.measure, outcome.arms, decided, left, each):
        for end, placed in zip(SIGNS, met.people, strict=True):
            yield (met.arm, met.quantity, end), placed


def _by_arm(outcome: Outcome, left: Contrasts) -> dict[str, list[Change]]:
    return {arm: sorted({pair[index] for pair in left}) for index, arm in enumerate(outcome.arms)}


def _reach(
    outcome: Outcome,
    name: str,
    changes: list[Change],
    known: list[list[Person]],
    quantity: str,
    end: str,
) -> list[Person]:
    """People who reach an end; those who are known where they reach what nobody exceeds."""
    count = counts(outcome, name)[quantity]
    limit = dict(zip(SIGNS, count.ends(changes), strict=True))[end]
    reaching = (people for people in known if sum(map(count.worth, people)) == limit)
    return next(reaching, None) or _greatest(outcome, name, changes, quantity, end).people


def _greatest(
    outcome: Outcome, name: str, changes: list[Change], quantity: str, end: str
) -> existence.Greatest:
    """People who reach an end; for the least, value and bound have the other sign."""
    count, sign = counts(outcome, name)[quantity], SIGNS[end]

    def worth(person: Person) -> int:
        return sign * count.worth(person)

    return existence.greatest(outcome.arms[name], changes, worth)


def derive(
    study: Study, printed: PrintedFigures, found: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Check people against the printed figures and derive every table from them.

    Parameters
    ----------
    study, printed
        Scales and printed figures.
    found : mapping
        changes and examples, as `search` returns them.

    Raises
    ------
    InputError
        Rows of changes or examples that are not those asked for, people who do not agree with the
        figures, or nobody where people can be found.
    """
    rows: dict[str, list[tuple[Any, ...]]] = {
        name: [] for name in TABLE_COLUMNS if name != "groups"
    }
    for measure, outcome in outcomes(study, printed).items():
        decided = _checked_changes(outcome, found["changes"])
        left = _contrasts(outcome, decided)
        examples = _checked_examples(outcome, found["examples"], left)
        rows["changes"] += _change_rows(measure, decided)
        rows["examples"] += _example_rows(measure, examples)
        rows["contrasts"] += [(measure, *first[1:], *second[1:]) for first, second in left]
        rows["extremes"] += [(measure, *row) for row in _extremes(outcome, left, examples)]
    return {name: _table(name, of_table) for name, of_table in rows.items()} | {
        "groups": _groups(study, printed)
    }


def _of_measure(table: pd.DataFrame, measure: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows of a measure, each with its line in the file, without the measure."""
    rows = table[table["measure"] == measure].drop(columns="measure")
    return ((int(row[0]) + 2, row[1:]) for row in rows.itertuples(name=None))


def _checked_changes(outcome: Outcome, table: pd.DataFrame) -> Decided:
    decided: Decided = {arm: {} for arm in outcome.arms}
    told = []
    expected = "people who give back the printed figures, or nobody where there are none"
    for line, (name, total, squares, before, after) in _of_measure(table, outcome.measure):
        try:
            arm, change = outcome.arms[name], Change(outcome.pairs[name], int(total), int(squares))
            people = existence.from_text(before, after, change.pairs) if before else None
        except (KeyError, ValueError):
            told.append(Problem("changes.csv", line, "", f"{name}, {total}, {squares}", expected))
            continue
        decided[name][change] = people
        if people is not None:
            wrong = not existence.agrees(arm, change, people)
        else:
            within = change.squares <= bounds.most_squares(arm, change.total)
            wrong = within and existence.people(arm, [change]) is not None
        if wrong:
            told.append(Problem("changes.csv", line, "baseline", before or "nobody", expected))
    for name, changes in candidates(outcome).items():
        if list(decided[name]) != changes:
            place = f"{outcome.measure}, {name}"
            listed = f"{len(decided[name])} changes"
            expected = f"the {len(changes)} that the tests leave, in order"
            told.append(Problem("changes.csv", None, place, listed, expected))
    if told:
        raise InputError(told)
    return decided


def _checked_examples(outcome: Outcome, table: pd.DataFrame, left: Contrasts) -> Examples:
    asked = [
        *((name, quantity) for name in outcome.arms for quantity in counts(outcome, name)),
        *extremes.asked(outcome.arms),
    ]
    found: dict[tuple[str, str, str], dict[str, list[Person]]] = {
        (*of, end): {} for of in asked for end in SIGNS
    }
    pairs = [dict(zip(outcome.arms, pair, strict=True)) for pair in left]
    told = []
    expected = "people who give back the printed figures"
    for line, (*of, name, before, after) in _of_measure(table, outcome.measure):
        try:
            people = existence.from_text(before, after, outcome.pairs[name])
            found[tuple(of)][name] = people
        except (KeyError, ValueError):
            told.append(Problem("examples.csv", line, "", ", ".join([*of, name]), expected))
    for (arm, quantity, end), people_of in found.items():
        if [*people_of] != ([*outcome.arms] if arm == "between" else [arm]):
            place = f"{outcome.measure}, {arm}, {quantity}, {end}"
            named = " and ".join(people_of) or "nobody"
            told.append(Problem("examples.csv", None, place, named, "people of each arm"))
        elif not any(
            all(
                existence.agrees(outcome.arms[name], pair[name], of)
                for name, of in people_of.items()
            )
            for pair in pairs
        ):
            place = f"{outcome.measure}, {arm}, {quantity}, {end}"
            told.append(Problem("examples.csv", None, place, "people who do not", expected))
    if told:
        raise InputError(told)
    return found


def _extremes(
    outcome: Outcome, left: Contrasts, examples: Examples
) -> Iterator[tuple[str, str, float, float, str]]:
    """Arm or "between", quantity, least and greatest value, and how far they are known."""
    beyond = list(_beyond(outcome, left))
    for arm, changes in _by_arm(outcome, left).items():
        for quantity, count in counts(outcome, arm).items():
            reached = [sum(map(count.worth, examples[arm, quantity, end][arm])) for end in SIGNS]
            known = [
                value
                if value == limit
                # The arithmetic excludes too little here: the solver has to exclude it again.
                else sign * _greatest(outcome, arm, changes, quantity, end).bound
                for value, limit, (end, sign) in zip(
                    reached, count.ends(changes), SIGNS.items(), strict=True
                )
            ]
            low, high = map(float, known)
            yield arm, quantity, low, high, EXACT if reached == known else OUTER
        yield from (row for row in beyond if row[0] == arm)
    yield from (row for row in beyond if row[0] == "between")
    for arm, quantity in extremes.asked(outcome.arms):
        low, high = (
            extremes.value(outcome.arms, quantity, examples[arm, quantity, end]) for end in SIGNS
        )
        yield arm, quantity, low, high, ATTAINED


def _beyond(outcome: Outcome, left: Contrasts) -> Iterator[tuple[str, str, float, float, str]]:
    """Yield bounds of the correlation and of the ANCOVA-adjusted difference, where SDs are printed.

    No data set lies outside; nothing says that one attains them.
    """
    for name, changes in _by_arm(outcome, left).items():
        if spread_known([outcome.arms[name]]):
            ends = [two_waves.correlation_bounds(outcome.arms[name], change) for change in changes]
            lows, highs = zip(*ends, strict=True)
            yield name, "correlation", min(lows), max(highs), OUTER
    first, second = outcome.arms.values()
    if spread_known((first, second)):
        yield (
            "between",
            "adjusted difference",
            *two_waves.adjusted_bounds(first, second, left),
            OUTER,
        )


def _groups(study: Study, printed: PrintedFigures) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for name, arm, wave, figures, cutoffs in _printed_groups(study, printed):
        rows += [
            (name, arm, wave, bound.quantity, "" if bound.of is None else bound.of, *ends)
            for bound in one_group.bounds(figures, cutoffs)
            # A page shows none of the horns index.
            if bound.quantity != "horns index" and (ends := (bound.low, bound.high)) != (0, 0)
        ]
    for outcome in outcomes(study, printed).values():
        for arm, wave in product(outcome.arms, outcome.waves):
            scores = outcome.at(arm, wave)
            if scores.variance is None:
                cutoffs = [*outcome.scale.high, *top_cutoffs(outcome).values()]
                rows += [
                    (
                        outcome.measure,
                        arm,
                        wave,
                        "at or above",
                        cutoff,
                        *_at_or_above(scores, cutoff),
                    )
                    for cutoff in cutoffs
                ]
    return _table("groups", rows).astype({"of": str, "low": str, "high": str})


def _at_or_above(wave: WaveFigures, cutoff: int) -> tuple[int, int]:
    """Fewest and most people at or above a cut-off, by the sum of scores alone."""
    possible = [
        number
        for number in range(wave.n + 1)
        if number * cutoff + (wave.n - number) * wave.low <= wave.totals[1]
        and number * wave.high + (wave.n - number) * (cutoff - 1) >= wave.totals[0]
    ]
    return possible[0], possible[-1]


def _printed_groups(
    study: Study, printed: PrintedFigures
) -> Iterator[tuple[str, str, str, Figures, list[int]]]:
    """Groups with a printed n, mean and SD; with the scores whose shares above are asked for."""
    for outcome in outcomes(study, printed).values():
        maximum = outcome.scale.total_maximum
        for arm, wave in product(outcome.arms, outcome.waves):
            if figures := outcome.figures(arm, wave):
                yield outcome.measure, arm, wave, figures, [maximum - NEAR, maximum]
    for name, (arm, wave, figures) in ratings(study, printed).items():
        yield name, arm, wave, figures, [4, int(figures.maximum)]
