"""The sets that printed figures identify: computed once, stored beside the figures, read often.

`write` stores in the study's `derived` folder

- changes.csv: every sum and sum of squares of change that the paired and the between-arm test leave
  to an arm, with people who have it (a witness), or none where nobody can;
- limits.csv: for sums of change with such impossible changes, the greatest sum of squares that any
  scores have (`bounds.most_squares`); what exceeds it is impossible, and what does not but has no
  people either, CP-SAT proved impossible;
- contrasts.csv: the pairs of changes of both arms that the test between the arms leaves, both with
  a witness;
- extremes.csv: the least and the greatest of counts and sums over all data sets of an arm; of the
  correlation and of differences between the arms, outer bounds and values that data sets attain;
- examples.csv: for every extreme and every attained value, people who have it;
- groups.csv: what one group's n, mean and SD alone bound (`samples.bounds`);
- inputs.json: the figures and the version of the method that all this was computed from, and the
  SHA-256 of each table.

People who reach an extreme are hard to find and easy to check. Those that are stored for the same
figures and method are kept; where none are, the search for them takes the most of half an hour.

Each arm's tables are exact unless a row says otherwise. Assumptions are those of `paired`.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from io import StringIO
from itertools import product
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from earlyhelp import attained, bounds, existence, paired, samples
from earlyhelp.attained import (
    ARMS,
    ATTAINED,
    END_NAMES,
    EXACT,
    OUTER,
    WAVES,
    Examples,
    Key,
    Tell,
    each,
    spread_known,
)
from earlyhelp.errors import InputError, Problem
from earlyhelp.existence import Person, Worth
from earlyhelp.paired import Arm, Change, TTest, Wave
from earlyhelp.printed import possible_sums, read_printed
from earlyhelp.samples import Figures
from earlyhelp.study import Scale, Study, read_study
from earlyhelp.textfile import read_text

FOLDER = "derived"
# Points below the scale's maximum that count as near it, as in `promise.ceiling`.
NEAR = 5
# Stamm (2010): compassion satisfaction of 42 and over is high.
HIGH_SATISFACTION = 42
# Jacobson and Truax (1991): reliable at 1.96 standard errors of a difference. Munder et al. (2010)
# give a reliability (alpha) above 0.80 for the short revised Working Alliance Inventory in both of
# their samples of clients; the amount is the greatest that this leaves.
RELIABLE, WAI_RELIABILITY = 1.96, 0.80


@dataclass(frozen=True)
class Outcome:
    """Printed figures of one measure, as problems that `paired` and `existence` take."""

    measure: str
    scale: Scale
    printed: Mapping[str, Any]
    pairs: Mapping[str, int]

    @cached_property
    def arms(self) -> dict[str, Arm]:
        """Both arms by name."""
        return {
            arm: Arm(
                self._wave(self.printed[arm]["baseline"]),
                self._wave(self.printed[arm]["endline"]),
                self.pairs[arm],
                TTest(self.pairs[arm] - 1, **self.printed[arm]["paired"]),
            )
            for arm in ARMS
        }

    @property
    def between(self) -> TTest:
        """Test of the change between the arms, pooled variance."""
        return TTest(sum(self.pairs.values()) - 2, **self.printed["between"])

    def figures(self, arm: str, wave: str) -> Figures:
        """One group's printed n, mean and SD on the scale of the total."""
        printed = self.printed[arm][wave]
        ends = (self.scale.total_minimum, self.scale.total_maximum)
        return Figures(printed["n"], printed["mean"], printed["sd"], *ends)

    def _wave(self, figures: Mapping[str, Any]) -> Wave:
        ends = (self.scale.total_minimum, self.scale.total_maximum)
        if "sd" in figures:
            return Wave.printed(Figures(figures["n"], figures["mean"], figures["sd"], *ends))
        sums = possible_sums(figures, ends)
        return Wave(figures["n"], *ends, (sums[0], sums[-1]))


def outcomes(study: Study, printed: Mapping[str, Any]) -> dict[str, Outcome]:
    """Outcome measures of a study by name."""
    scales = {"wai": study.measures.wai, "proqol": study.measures.proqol}
    return {
        name: Outcome(name, scale, printed[name], printed["pairs"])
        for name, scale in scales.items()
    }


def reliable_change(outcome: Outcome) -> int | None:
    """Points from which a change of score is reliable; None where no baseline SD is printed.

    1.96 standard errors of a difference, with the SD of both arms pooled at baseline.
    """
    waves = [outcome.printed[arm]["baseline"] for arm in ARMS]
    if outcome.measure != "wai" or not all("sd" in wave for wave in waves):
        return None
    squares = sum((wave["n"] - 1) * float(wave["sd"]) ** 2 for wave in waves)
    sd = sqrt(squares / sum(wave["n"] - 1 for wave in waves))
    return int(RELIABLE * sd * sqrt(2 * (1 - WAI_RELIABILITY))) + 1


# --- What it is computed from ---------------------------------------------------------------------

# Raise it whenever the same printed figures may give other tables: another method, limit, seed or
# quantity, or a release of the solver that finds other people. Moving or formatting code is none.
METHOD_VERSION = 2
PAIR = [f"{arm}_{part}" for arm in ARMS for part in ("total", "squares")]
COLUMNS = {
    "changes": ["measure", "arm", "total", "squares", "baseline", "endline"],
    "limits": ["measure", "arm", "total", "squares"],
    "contrasts": ["measure", *PAIR],
    "extremes": ["measure", "arm", "quantity", "low", "high", "how"],
    "examples": ["measure", "arm", "quantity", "end", "of", "baseline", "endline"],
}
TABLES = (*COLUMNS, "groups")
INPUTS = "inputs.json"


class _Inputs(BaseModel):
    """Content of inputs.json: what the tables were computed from, and the tables' own digests."""

    model_config = ConfigDict(extra="forbid", strict=True)

    method: int
    figures: dict[str, str]
    tables: dict[str, str]


def inputs(study: Study, printed: Mapping[str, Any]) -> dict[str, str]:
    """Every printed figure and every end of a scale that the tables depend on, by its place."""
    used = {name: printed[name] for name in ("pairs", "ratings")}
    used |= {o: {k: printed[o][k] for k in (*ARMS, "between")} for o in ("wai", "proqol")}
    used["scales"] = {
        name: getattr(study.measures, name).model_dump() for name in ("wai", "proqol", "iam", "fim")
    }
    return dict(_leaves(used))


def _leaves(tree: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", str(value)


@dataclass(frozen=True)
class Identified:
    """The stored tables of one study."""

    changes: pd.DataFrame
    limits: pd.DataFrame
    contrasts: pd.DataFrame
    extremes: pd.DataFrame
    examples: pd.DataFrame
    groups: pd.DataFrame


def read(study_folder: str | Path) -> Identified | None:
    """Read the stored tables of a study; None for observed data, which have nothing to identify.

    Raises
    ------
    InputError
        A file is missing, is not as it was stored, or was computed from other figures or by another
        method. Each problem names the command that stores what is needed.
    """
    study = read_study(study_folder)
    if study.provenance == "observed":
        return None
    command = f"`earlyhelp determine {shlex.quote(str(study.folder))}`"
    expected = f"what {command} stores"
    folder = study.folder / FOLDER
    known = _read_inputs(folder / INPUTS, expected)
    problems = list(_differences(known, inputs(study, read_printed(study.folder)), command))
    tables = {}
    for name in TABLES:
        file = f"{name}.csv"
        try:
            text = read_text(folder / file, expected)
        except InputError as error:
            problems += error.problems
            continue
        if _digest(text) != known.tables.get(file):
            found = "another text than the one that was stored"
            problems.append(Problem(file, None, "", found, expected))
        elif not problems:
            tables[name] = pd.read_csv(StringIO(text), keep_default_na=False)
    if problems:
        raise InputError(replace(p, file=f"{FOLDER}/{p.file}") for p in problems)
    return Identified(**tables)


def _read_inputs(path: Path, expected: str) -> _Inputs:
    try:
        return _Inputs.model_validate_json(read_text(path, expected))
    except InputError as error:
        problems = error.problems
    except ValidationError as error:
        places = {".".join(map(str, item["loc"][:1])) for item in error.errors()}
        found = "a text of another form"
        problems = [Problem(path.name, None, place, found, expected) for place in sorted(places)]
    raise InputError(replace(p, file=f"{FOLDER}/{p.file}") for p in problems)


def _differences(known: _Inputs, present: dict[str, str], command: str) -> Iterator[Problem]:
    if known.method != METHOD_VERSION:
        expected = f"{METHOD_VERSION}, the present method: run {command}"
        yield Problem(INPUTS, None, "method", str(known.method), expected)
    for place in sorted(known.figures.keys() | present.keys()):
        found, now = (figures.get(place, "nothing") for figures in (known.figures, present))
        if found != now:
            yield Problem(INPUTS, None, place, found, f"{now}, as it is now: run {command}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _known(study: Study, printed: Mapping[str, Any]) -> Examples:
    """People who reach ends, from what is stored for the same figures; none where nothing is."""
    try:
        stored = read(study.folder)
    except InputError:
        return {}
    return {} if stored is None else examples(stored, outcomes(study, printed))


def examples(stored: Identified, of: Mapping[str, Outcome]) -> dict[Key, dict[str, list[Person]]]:
    """Stored people who reach ends, by measure, arm or "between", quantity and end; then by arm."""
    found: dict[Key, dict[str, list[Person]]] = {}
    for row in stored.examples.itertuples(index=False):
        measure, arm, quantity, end, name, before, after = map(str, row)
        people = existence.from_text(before, after, of[measure].pairs[name])
        found.setdefault((measure, arm, quantity, end), {})[name] = people
    return found


def write(study_folder: str | Path, tell: Tell, output: Path | None = None) -> list[Path]:
    """Compute the tables of a study and store them.

    Parameters
    ----------
    study_folder : path
        Holds `study.yml` and `printed.yml`.
    tell : callable
        Is told what is being computed.
    output : Path, optional
        Folder to write; the study's `derived` by default.

    Raises
    ------
    InputError
        Figures that nobody can have.
    """
    study = read_study(study_folder)
    printed = read_printed(study.folder)
    tables = compute(study, printed, _known(study, printed), tell)
    texts = {
        f"{name}.csv": tables[name].to_csv(index=False, lineterminator="\n") for name in TABLES
    }
    known = _Inputs(
        method=METHOD_VERSION,
        figures=inputs(study, printed),
        tables={name: _digest(text) for name, text in texts.items()},
    )
    texts[INPUTS] = known.model_dump_json(indent=1) + "\n"
    output = output or study.folder / FOLDER
    output.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (output / name).write_text(text, "utf-8", newline="\n")
    return [output / name for name in texts]


def compute(
    study: Study, printed: Mapping[str, Any], known: Examples, tell: Tell
) -> dict[str, pd.DataFrame]:
    """Compute every table; see the module's text for what each holds.

    Parameters
    ----------
    study, printed
        Scales and printed figures.
    known : mapping
        People who reach ends, as an earlier computation from the same figures found them. Whoever
        is not known is searched for, which takes far longer.
    tell : callable
        Is told what is being computed.
    """
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    for outcome in outcomes(study, printed).values():
        decided, limits = _decided(outcome, tell)
        rows["limits"] += [(outcome.measure, *limit) for limit in limits]
        rows["changes"] += [
            (outcome.measure, arm, change.total, change.squares, *existence.as_text(people or []))
            for arm, of_arm in decided.items()
            for change, people in of_arm.items()
        ]
        left = _contrasts(outcome, decided)
        if not left:
            found = "no people agree with all of its printed figures"
            raise InputError([Problem("printed.yml", None, outcome.measure, found, "some")])
        rows["contrasts"] += [
            (outcome.measure, first.total, first.squares, second.total, second.squares)
            for first, second in left
        ]
        for end in _ends(outcome, decided, left, known, tell):
            rows["extremes"].append((outcome.measure, end.arm, end.quantity, *end.values, end.how))
            rows["examples"] += [
                (outcome.measure, end.arm, end.quantity, name, of, *existence.as_text(people))
                for name, by_arm in zip(END_NAMES, end.people, strict=False)
                for of, people in by_arm.items()
            ]
    tables = {name: pd.DataFrame(rows[name], columns=COLUMNS[name]) for name in COLUMNS}
    return tables | {"groups": groups(study, printed, tell)}


# --- Change ---------------------------------------------------------------------------------------

Decided = dict[str, dict[Change, "list[Person] | None"]]


def candidates(outcome: Outcome) -> dict[str, list[Change]]:
    """By arm, the changes that the tests leave, whether or not people can have them."""
    first, second = (paired.changes(arm) for arm in outcome.arms.values())
    both = paired.joint(first, second, outcome.between)
    return {arm: sorted({pair[index] for pair in both}) for index, arm in enumerate(ARMS)}


def _decided(outcome: Outcome, tell: Tell) -> tuple[Decided, list[tuple[str, int, int]]]:
    """For every change that the tests leave to an arm, people who have it, or None.

    Also the limits that exclude some of them: arm, sum of changes, greatest sum of squares.
    """
    left = [(arm, change) for arm, found in candidates(outcome).items() for change in found]
    limits = {
        (arm, total): bounds.most_squares(outcome.arms[arm], total)
        for arm, total in sorted({(arm, change.total) for arm, change in left})
    }

    def decide(task: tuple[str, Change]) -> list[Person] | None:
        arm, change = task
        if change.squares > limits[arm, change.total]:
            return None
        return existence.people(outcome.arms[arm], [change])

    decided: Decided = {arm: {} for arm in ARMS}
    found = each(decide, left, f"{outcome.measure}: change", tell)
    for (arm, change), people in zip(left, found, strict=True):
        decided[arm][change] = people
    excluding = {(arm, c.total) for arm, c in left if c.squares > limits[arm, c.total]}
    return decided, [(*place, limit) for place, limit in limits.items() if place in excluding]


def _contrasts(outcome: Outcome, decided: Decided) -> list[tuple[Change, Change]]:
    """Return the pairs that the test between the arms leaves of changes that people can have."""
    first, second = (
        [change for change, people in decided[arm].items() if people is not None] for arm in ARMS
    )
    return paired.joint(first, second, outcome.between)


# --- Extremes over all data sets ------------------------------------------------------------------


class _End(NamedTuple):
    """Least and greatest value of a quantity, and by arm the people found who have them."""

    arm: str
    quantity: str
    values: tuple[float, float]
    how: str
    people: tuple[Mapping[str, list[Person]], ...] = ()


def _ends(
    outcome: Outcome,
    decided: Decided,
    left: list[tuple[Change, Change]],
    known: Examples,
    tell: Tell,
) -> Iterator[_End]:
    beyond = [_End(*found, OUTER) for found in outer(outcome, left)]
    for index, arm in enumerate(ARMS):
        yield from _extremes(outcome, arm, sorted({pair[index] for pair in left}), known, tell)
        yield from (end for end in beyond if end.arm == arm)
    yield from (end for end in beyond if end.arm == "between")
    for found in attained.rows(outcome.measure, outcome.arms, decided, left, known, tell):
        yield _End(found.arm, found.quantity, found.ends, ATTAINED, found.people)


def _extremes(
    outcome: Outcome, arm: str, changes: list[Change], known: Examples, tell: Tell
) -> Iterator[_End]:
    problem, asked = outcome.arms[arm], counts(outcome, arm)

    def search(task: tuple[str, str]) -> existence.Greatest:
        quantity, end = task
        worth, ends = asked[quantity]
        sign = 1 if end == "high" else -1
        limit = max(sign * value for value in ends(changes))
        people = known.get((outcome.measure, arm, quantity, end), {}).get(arm, [])
        if people and sign * sum(map(worth, people)) == limit:
            return existence.Greatest(people, limit, limit)
        return existence.greatest(problem, changes, lambda person: sign * worth(person), most=limit)

    tasks = list(product(asked, END_NAMES))
    found = each(search, tasks, f"{outcome.measure}, {arm}: extreme", tell)
    for quantity, least, most in zip(asked, found[::2], found[1::2], strict=True):
        proved = most.value == most.bound and least.value == least.bound
        people = ({arm: least.people}, {arm: most.people})
        yield _End(arm, quantity, (-least.bound, most.bound), EXACT if proved else OUTER, people)


class Count(NamedTuple):
    """A count or sum as each person's part in it, and ends that it cannot exceed (`bounds`)."""

    worth: Worth
    ends: Callable[[list[Change]], tuple[int, int]]


def counts(outcome: Outcome, arm: str) -> dict[str, Count]:
    """Counts and sums of an arm whose extremes are asked for."""
    problem = outcome.arms[arm]
    asked = {"improved": _risen(problem, 1)}
    points = reliable_change(outcome)
    if points is not None:
        asked["reliably improved"] = _risen(problem, points)
        asked["reliably worse"] = _risen(problem, points, sign=-1)
        for (index, wave), (name, cutoff) in product(enumerate(WAVES), _cutoffs(outcome).items()):
            asked[f"{name}, {wave}"] = _high(outcome, arm, index, cutoff)
    asked["endline sum of pairs"] = Count(
        lambda person: 0 if person[0] is None or person[1] is None else person[1],
        partial(bounds.endline_sums, problem),
    )
    return asked


def _risen(arm: Arm, points: int, sign: int = 1) -> Count:
    """People who rise, or with the sign -1 fall, by some points or more."""

    def ends(changes: list[Change]) -> tuple[int, int]:
        return bounds.risen(arm, [c._replace(total=sign * c.total) for c in changes], points)

    return Count(lambda person: int(sign * existence.moved(person) >= points), ends)


def _high(outcome: Outcome, arm: str, index: int, cutoff: int) -> Count:
    """People whose score at a wave is at or above a cut-off; bounded by that group's figures."""

    def ends(changes: list[Change]) -> tuple[int, int]:
        figures = outcome.figures(arm, WAVES[index])
        found = samples.bounds(figures, [cutoff])
        ((low, high),) = [(b.low, b.high) for b in found if b.quantity == "at or above"]
        return int(low), int(high)

    return Count(lambda person: int((person[index] or 0) >= cutoff), ends)


def outer(
    outcome: Outcome, left: list[tuple[Change, Change]]
) -> Iterator[tuple[str, str, tuple[float, float]]]:
    """Yield bounds of the correlation and of the ANCOVA-adjusted difference, where SDs are printed.

    No data set lies outside; nothing says that one attains them.
    """
    for index, (name, arm) in enumerate(outcome.arms.items()):
        if spread_known([arm]):
            changes = sorted({pair[index] for pair in left})
            ends = [paired.correlation_bounds(arm, change) for change in changes]
            yield name, "correlation", (min(low for low, _ in ends), max(high for _, high in ends))
    first, second = outcome.arms.values()
    if spread_known((first, second)):
        yield "between", "adjusted difference", paired.adjusted_bounds(first, second, left)


def _cutoffs(outcome: Outcome) -> dict[str, int]:
    top = outcome.scale.total_maximum
    return {"at the maximum": top, f"within {NEAR} points": top - NEAR}


# --- Single groups --------------------------------------------------------------------------------


def groups(study: Study, printed: Mapping[str, Any], tell: Tell) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for name, arm, wave, figures, cutoffs in _printed_groups(study, printed):
        tell(f"{name}, {arm}, {wave}: every frequency, median, skewness")
        rows += [
            (name, arm, wave, bound.quantity, "" if bound.of is None else bound.of, *ends)
            for bound in samples.bounds(figures, cutoffs)
            if (ends := (bound.low, bound.high)) != (0, 0)
        ]
    for outcome in outcomes(study, printed).values():
        for (arm, problem), (index, wave) in product(outcome.arms.items(), enumerate(WAVES)):
            scores = (problem.baseline, problem.endline)[index]
            if scores.variance is None:
                cutoffs = [HIGH_SATISFACTION, *_cutoffs(outcome).values()]
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
    columns = ["measure", "arm", "wave", "quantity", "of", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype({"of": str, "low": str, "high": str})


def _at_or_above(wave: Wave, cutoff: int) -> tuple[int, int]:
    """Fewest and most people at or above a cut-off, by the sum of scores alone."""
    possible = [
        number
        for number in range(wave.n + 1)
        if number * cutoff + (wave.n - number) * wave.low <= wave.totals[1]
        and number * wave.high + (wave.n - number) * (cutoff - 1) >= wave.totals[0]
    ]
    return possible[0], possible[-1]


def _printed_groups(
    study: Study, printed: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, Figures, list[int]]]:
    """Groups with a printed n, mean and SD; with the scores whose shares above are asked for."""
    for outcome in outcomes(study, printed).values():
        for arm, wave in product(ARMS, WAVES):
            figures = outcome.printed[arm][wave]
            if "sd" in figures:
                cutoffs = [*_cutoffs(outcome).values()]
                yield outcome.measure, arm, wave, outcome.figures(arm, wave), sorted(cutoffs)
    for name, figures in printed["ratings"].items():
        scale = getattr(study.measures, name.partition("_")[0])
        known = Figures(
            figures["n"], figures["mean"], figures["sd"], scale.minimum, scale.maximum, scale.items
        )
        yield name, "intervention", "post_training", known, [4, scale.maximum]
