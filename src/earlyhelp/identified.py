"""The sets that printed figures identify: computed once, stored beside the figures, read often.

`compute` takes many minutes and writes, in the study's `derived` folder,

- changes.csv: every sum and sum of squares of change that the paired and the between-arm test leave
  to an arm, with people who have it (a witness), or none, where CP-SAT proved that nobody can;
- contrasts.csv: the pairs of changes of both arms that the test between the arms leaves, both with
  a witness;
- extremes.csv: the least and the greatest of counts and sums over all data sets of an arm; of the
  correlation and of differences between the arms, outer bounds and values that data sets attain;
- groups.csv: what one group's n, mean and SD alone bound (`samples.bounds`);
- inputs.json: the SHA-256 of what all this was computed from, and of each table.

Each arm's tables are exact unless a row says otherwise. Assumptions are those of `paired`.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import product
from math import sqrt
from pathlib import Path
from typing import Any

import pandas as pd

from earlyhelp import attained, existence, paired, samples
from earlyhelp.attained import ARMS, EXACT, OUTER, WAVES, Tell, each, spread_known
from earlyhelp.errors import InputError, Problem
from earlyhelp.existence import Person, Worth
from earlyhelp.paired import Arm, Change, TTest, Wave
from earlyhelp.printed import possible_sums, read_printed
from earlyhelp.samples import Figures
from earlyhelp.study import Scale, Study, read_study
from earlyhelp.textfile import is_there, read_text

FOLDER = "derived"
INPUTS = "inputs.json"
# Raise it whenever the same figures may give other results; moving or formatting code is none.
METHOD_VERSION = 1
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


def inputs_hash(study_folder: str | Path) -> str:
    """SHA-256 of the printed figures, the measures' scales and the version of the method."""
    study = read_study(study_folder)
    measures = study.measures
    scales = (measures.wai, measures.proqol, measures.iam, measures.fim)
    given = (METHOD_VERSION, read_printed(study.folder), [scale.model_dump() for scale in scales])
    return _digest(json.dumps(given, sort_keys=True, default=str))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Identified:
    """The stored tables of one study."""

    changes: pd.DataFrame
    contrasts: pd.DataFrame
    extremes: pd.DataFrame
    groups: pd.DataFrame
    inputs: str


TABLES = ("changes", "contrasts", "extremes", "groups")


def read(study_folder: Path) -> Identified | None:
    """Read the stored tables; None where a study has none.

    Raises
    ------
    InputError
        A table is missing or not as it was stored, or all were computed from other figures or by
        another method. The problem names the command that stores what is needed.
    """
    folder = study_folder / FOLDER
    if not is_there(folder / INPUTS) and not any(is_there(folder / f"{n}.csv") for n in TABLES):
        return None
    expected = f"what `earlyhelp determine {shlex.quote(str(study_folder))}` stores"

    def problem(name: str, column: str, found: str) -> Problem:
        return Problem(name, None, column, found, expected)

    text = read_text(folder / INPUTS, expected)
    try:
        known = json.loads(text)
        inputs, digests = str(known["sha256"]), dict(known["tables"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InputError([problem(INPUTS, "", "a text of another form")]) from None
    problems, texts = [], {}
    if inputs != inputs_hash(study_folder):
        problems.append(problem(INPUTS, "sha256", "results for other printed figures or methods"))
    for name in TABLES:
        try:
            texts[name] = read_text(folder / f"{name}.csv", expected)
        except InputError as error:
            problems += error.problems
            continue
        if _digest(texts[name]) != digests.get(name):
            problems.append(problem(f"{name}.csv", "", "another text than the one that was stored"))
    if problems:
        raise InputError(problems)
    tables = {name: pd.read_csv(StringIO(texts[name]), keep_default_na=False) for name in TABLES}
    return Identified(**tables, inputs=inputs)


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
    inputs = inputs_hash(study_folder)
    tables = compute(study, read_printed(study.folder), tell)
    output = output or study.folder / FOLDER
    output.mkdir(parents=True, exist_ok=True)
    paths = [output / f"{name}.csv" for name in TABLES]
    for name, path in zip(TABLES, paths, strict=True):
        tables[name].to_csv(path, index=False, lineterminator="\n")
    digests = {path.stem: _digest(path.read_text("utf-8")) for path in paths}
    paths.append(output / INPUTS)
    paths[-1].write_text(
        json.dumps({"sha256": inputs, "tables": digests}, indent=1) + "\n", "utf-8"
    )
    return paths


def compute(study: Study, printed: Mapping[str, Any], tell: Tell) -> dict[str, pd.DataFrame]:
    """Compute every table; see the module's text for what each holds."""
    changes, contrasts, extremes = [], [], []
    for outcome in outcomes(study, printed).values():
        decided = _decided(outcome, tell)
        changes += [_change_row(outcome.measure, arm, *item) for arm, item in _flat(decided)]
        left = _contrasts(outcome, decided)
        if not left:
            found = "no people agree with all of its printed figures"
            raise InputError([Problem("printed.yml", None, outcome.measure, found, "some")])
        contrasts += [
            (outcome.measure, first.total, first.squares, second.total, second.squares)
            for first, second in left
        ]
        for index, arm in enumerate(ARMS):
            of_arm = sorted({pair[index] for pair in left})
            extremes += [
                (outcome.measure, arm, *row) for row in _extremes(outcome, arm, of_arm, tell)
            ]
        extremes += [(outcome.measure, "between", *row) for row in _adjusted(outcome, left)]
        extremes += attained.rows(outcome.measure, outcome.arms, decided, left, tell)
    columns = ["measure", "arm", "total", "squares", "baseline", "endline"]
    pair = [f"{arm}_{part}" for arm in ARMS for part in ("total", "squares")]
    return {
        "changes": pd.DataFrame(changes, columns=columns),
        "contrasts": pd.DataFrame(contrasts, columns=["measure", *pair]),
        "extremes": pd.DataFrame(
            extremes, columns=["measure", "arm", "quantity", "low", "high", "how"]
        ),
        "groups": _groups(study, printed, tell),
    }


# --- Change ---------------------------------------------------------------------------------------

Decided = dict[str, dict[Change, "list[Person] | None"]]


def _decided(outcome: Outcome, tell: Tell) -> Decided:
    """For every change that the tests leave to an arm, people who have it, or None."""
    first, second = (paired.changes(arm) for arm in outcome.arms.values())
    pairs = paired.joint(first, second, outcome.between)
    decided: Decided = {}
    for index, (name, arm) in enumerate(outcome.arms.items()):
        left = sorted({pair[index] for pair in pairs})

        def decide(change: Change, arm: Arm = arm) -> list[Person] | None:
            return existence.people(arm, [change])

        label = f"{outcome.measure}, {name}: change"
        decided[name] = dict(zip(left, each(decide, left, label, tell), strict=True))
    return decided


def _flat(decided: Decided) -> Iterator[tuple[str, tuple[Change, list[Person] | None]]]:
    for arm, of_arm in decided.items():
        for item in of_arm.items():
            yield arm, item


def _change_row(
    measure: str, arm: str, change: Change, people: list[Person] | None
) -> tuple[str, str, int, int, str, str]:
    """Row of changes.csv: scores in the order of the people, those in both waves first."""
    both_first = sorted(people or [], key=lambda person: None in person)
    waves = (
        " ".join(str(person[wave]) for person in both_first if person[wave] is not None)
        for wave in (0, 1)
    )
    return measure, arm, change.total, change.squares, *waves  # type: ignore[return-value]


def _contrasts(outcome: Outcome, decided: Decided) -> list[tuple[Change, Change]]:
    """Return the pairs that the test between the arms leaves of changes that people can have."""
    first, second = (
        [change for change, people in decided[arm].items() if people is not None] for arm in ARMS
    )
    return paired.joint(first, second, outcome.between)


# --- Extremes over an arm's data sets -------------------------------------------------------------


def _extremes(
    outcome: Outcome, arm: str, changes: list[Change], tell: Tell
) -> Iterator[tuple[str, float, float, str]]:
    problem, worths = outcome.arms[arm], _worths(outcome)

    def search(task: tuple[str, int]) -> existence.Greatest:
        quantity, sign = task
        return existence.greatest(problem, changes, lambda person: sign * worths[quantity](person))

    tasks = list(product(worths, (-1, 1)))
    found = each(search, tasks, f"{outcome.measure}, {arm}: extreme", tell)
    for quantity, least, most in zip(worths, found[::2], found[1::2], strict=True):
        proved = most.value == most.bound and least.value == least.bound
        yield quantity, -least.bound, most.bound, EXACT if proved else OUTER
    if spread_known([problem]):
        ends = [paired.correlation_bounds(problem, change) for change in changes]
        yield "correlation", min(low for low, _ in ends), max(high for _, high in ends), OUTER


def _worths(outcome: Outcome) -> dict[str, Worth]:
    """Counts and sums whose extremes are asked for, as each person's part in them."""
    worths: dict[str, Worth] = {"improved": lambda person: int(_moved(person) > 0)}
    points = reliable_change(outcome)
    if points is not None:
        worths["reliably improved"] = lambda person: int(_moved(person) >= points)
        worths["reliably worse"] = lambda person: int(_moved(person) <= -points)
        for (index, wave), (name, cutoff) in product(enumerate(WAVES), _cutoffs(outcome).items()):
            worths[f"{name}, {wave}"] = _counter(index, cutoff)
    worths["endline sum of pairs"] = lambda person: (
        0 if person[0] is None or person[1] is None else person[1]
    )
    return worths


def _cutoffs(outcome: Outcome) -> dict[str, int]:
    top = outcome.scale.total_maximum
    return {"at the maximum": top, f"within {NEAR} points": top - NEAR}


def _counter(wave: int, cutoff: int) -> Worth:
    return lambda person: int((person[wave] or 0) >= cutoff)


def _moved(person: Person) -> int:
    before, after = person
    return 0 if before is None or after is None else after - before


def _adjusted(
    outcome: Outcome, contrasts: list[tuple[Change, Change]]
) -> Iterator[tuple[str, float, float, str]]:
    """Bound the ANCOVA-adjusted difference, where both waves' SDs are printed."""
    first, second = outcome.arms.values()
    if spread_known((first, second)):
        yield "adjusted difference", *paired.adjusted_bounds(first, second, contrasts), OUTER


# --- Single groups --------------------------------------------------------------------------------


def _groups(study: Study, printed: Mapping[str, Any], tell: Tell) -> pd.DataFrame:
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
        ends = (outcome.scale.total_minimum, outcome.scale.total_maximum)
        for arm, wave in product(ARMS, WAVES):
            figures = outcome.printed[arm][wave]
            if "sd" in figures:
                known = Figures(figures["n"], figures["mean"], figures["sd"], *ends)
                yield outcome.measure, arm, wave, known, [ends[1] - NEAR, ends[1]]
    for name, figures in printed["ratings"].items():
        scale = getattr(study.measures, name.partition("_")[0])
        known = Figures(
            figures["n"], figures["mean"], figures["sd"], scale.minimum, scale.maximum, scale.items
        )
        yield name, "intervention", "post_training", known, [4, scale.maximum]
