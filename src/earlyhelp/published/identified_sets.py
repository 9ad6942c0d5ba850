"""The sets that printed figures identify: computed once, stored beside the figures, read often.

`write` searches for people, which takes minutes, and stores in the study's `derived` folder

- changes.csv: every sum and sum of squares of change that the paired and the between-arm test leave
  to an arm, with people who have it (a witness), or none where nobody can;
- examples.csv: people who reach the least and the greatest of every quantity of extremes.csv.

From these people it derives, in seconds,

- contrasts.csv: the pairs of changes of both arms that the test between the arms leaves, both with
  a witness;
- extremes.csv: the least and the greatest of counts and sums over all data sets of an arm; of the
  correlation and of differences between the arms, outer bounds and values that data sets attain;
- groups.csv: what one group's n, mean and SD alone bound (`one_group.bounds`);
- inputs.json: the SHA-256 of what all this was computed from, and of each table.

People are hard to find and easy to check: `problems` derives everything again from the people that
are stored. An end is exact when `bounds` shows that nobody exceeds what its example reaches.

Each arm's tables are exact unless a row says otherwise. Assumptions are those of `paired`.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from io import StringIO
from itertools import product, zip_longest
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from earlyhelp.analysis.outcomes import NEAR
from earlyhelp.possible import bounds, existence, extremes, one_group, two_waves
from earlyhelp.possible.existence import Person, Worth
from earlyhelp.possible.extremes import (
    ATTAINED,
    EXACT,
    OUTER,
    SIGNS,
    Each,
    Placed,
    spread_known,
)
from earlyhelp.possible.printed_group import Figures, Interval
from earlyhelp.possible.two_waves import Arm, Change, TTest, Wave
from earlyhelp.published.claims import CLAIMS_FILE
from earlyhelp.published.printed import Group, PrintedFigures, read_printed
from earlyhelp.study.design import Study, read_study
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.scoring_keys import Scale, read_instruments
from earlyhelp.study.textfile import is_there, read_text

Tell = Callable[[str], None]
# What the sets are searched for and stored of: two arms at two waves. Other designs have none.
ARMS = INTERVENTION, COMPARISON = ("intervention", "comparison")
WAVES = BASELINE, ENDLINE = ("baseline", "endline")
POST_TRAINING = "post_training"
FOLDER = "derived"
INPUTS = "inputs.json"
# Raise it whenever the same figures may give other results; moving or formatting code is none.
METHOD_VERSION = 2
# Jacobson and Truax (1991): reliable at 1.96 standard errors of a difference.
RELIABLE = 1.96


@dataclass(frozen=True)
class Outcome:
    """Printed figures of one measure, as problems that `two_waves` and `existence` take.

    Attributes
    ----------
    groups : dict of dict of Group
        By arm and wave.
    pairs : dict
        People of each arm who answered twice: one more than the paired test's degrees of freedom.
    paired : dict of TTest
        Of the change within each arm.
    between : TTest
        Of the change between the arms, pooled variance.
    """

    measure: str
    scale: Scale
    groups: Mapping[str, Mapping[str, Group]]
    pairs: Mapping[str, int]
    paired: Mapping[str, TTest]
    between: TTest

    @cached_property
    def arms(self) -> dict[str, Arm]:
        """Both arms by name."""
        return {
            arm: Arm(
                self._wave(self.groups[arm][BASELINE]),
                self._wave(self.groups[arm][ENDLINE]),
                self.pairs[arm],
                self.paired[arm],
            )
            for arm in ARMS
        }

    @property
    def ends(self) -> tuple[int, int]:
        """Lowest and highest total."""
        return self.scale.total_minimum, self.scale.total_maximum

    @property
    def given(self) -> list[Any]:
        """Every number that the search takes."""
        tests = [(test.df, test.t, test.p) for test in (*self.paired.values(), self.between)]
        groups = [
            (arm, wave, group.n, group.mean, group.sd, group.within and _floats(group.within))
            for arm, waves in self.groups.items()
            for wave, group in waves.items()
        ]
        return [self.measure, *self.ends, self.scale.items, groups, self.pairs, tests]

    def figures(self, arm: str, wave: str) -> Figures | None:
        """One group's printed n, mean and SD on the scale of the total; None without an SD."""
        group = self.groups[arm][wave]
        if group.mean is None or group.sd is None:
            return None
        return Figures(group.n, group.mean, group.sd, *self.ends)

    def _wave(self, group: Group) -> Wave:
        if group.mean is not None and group.sd is not None:
            return Wave.printed(Figures(group.n, group.mean, group.sd, *self.ends))
        sums = group.sums(self.ends)
        if not sums:
            found, expected = str(group), "a mean that scores of the scale can have"
            raise InputError([Problem(CLAIMS_FILE, None, self.measure, found, expected)])
        return Wave(group.n, *self.ends, (sums[0], sums[-1]))


def _floats(within: Interval) -> tuple[float, float, bool, bool]:
    """An interval as JSON has it."""
    return float(within.low), float(within.high), within.low_included, within.high_included


def outcomes(study: Study, printed: PrintedFigures) -> dict[str, Outcome]:
    """Outcome measures of a study by their instrument, those whose paired tests are printed.

    None of a study with other arms or waves than `ARMS` and `WAVES`.

    Raises
    ------
    InputError
        With every figure that is missing beside them, or makes no group.

    Examples
    --------
    >>> study = read_study("tests/studies/complete")
    >>> found = outcomes(study, read_printed(study.folder))
    >>> list(found)
    ['wai', 'proqol']
    >>> found["wai"].pairs
    {'intervention': 7, 'comparison': 5}
    """
    found, problems = {}, []
    for measure, scale in read_instruments(study.folder).whole.items():
        if searched(study) and printed.of("paired_tests", "t_size", measure=measure):
            try:
                found[scale.instrument] = _outcome(scale, printed)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def searched(study: Study) -> bool:
    """Whether a study has the arms and waves that sets are searched for."""
    return study.arm_ids == ARMS and {*WAVES, POST_TRAINING} >= {wave.id for wave in study.waves}


def _outcome(scale: Scale, printed: PrintedFigures) -> Outcome:
    measure = scale.id

    def problem(found: str, expected: str) -> Problem:
        return Problem(CLAIMS_FILE, None, measure, found, expected)

    def test(quantity: str, df: int, **keys: str) -> TTest:
        t, p = (printed.figure(quantity, x, measure=measure, **keys) for x in ("t_size", "p"))
        return TTest(df, t, p)

    groups = {
        arm: {
            wave: printed.group("outcome_summary", measure=measure, arm=arm, wave=wave)
            for wave in WAVES
        }
        for arm in ARMS
    }
    pairs = {arm: printed.count("paired_tests", "df", measure=measure, arm=arm) + 1 for arm in ARMS}
    problems = [
        problem(f"df of {pairs[arm] - 1} with {group.n} people", f"at most {group.n} pairs, {arm}")
        for arm, waves in groups.items()
        for group in waves.values()
        if pairs[arm] > group.n
    ]
    every = [group.sd is None for waves in groups.values() for group in waves.values()]
    if len(set(every)) > 1:
        problems.append(problem(f"{every.count(False)} SDs", "an SD of every group or of none"))
    if problems:
        raise InputError(problems)
    paired = {arm: test("paired_tests", pairs[arm] - 1, arm=arm) for arm in ARMS}
    df = sum(pairs.values()) - 2
    between = test("between_tests", df, contrast="change")
    return Outcome(scale.instrument, scale, groups, pairs, paired, between)


def ratings(study: Study, printed: PrintedFigures) -> dict[str, Figures]:
    """Printed ratings of the tools after the training, means of items.

    Where no number of raters is printed, everybody who answered the survey rated every tool.

    Examples
    --------
    >>> study = read_study("tests/studies/complete")
    >>> found = ratings(study, read_printed(study.folder))
    >>> found["iam_ors"].mean, found["iam_ors"].sd
    ('4.34', '0.46')
    """
    found = {}
    for name, scale in read_instruments(study.folder).ratings.items():
        keys = {"measure": scale.instrument, "tool": scale.key.tool}
        if searched(study) and scale.key.tool in printed.values(
            "tool_ratings", "tool", measure=scale.instrument
        ):
            answered = printed.respondents(INTERVENTION, POST_TRAINING)
            group = printed.group("tool_ratings", answered, **keys)
            if group.mean is not None and group.sd is not None:
                limits = (scale.minimum, scale.maximum, scale.items)
                found[name] = Figures(group.n, group.mean, group.sd, *limits)
    return found


def reliable_change(outcome: Outcome) -> int | None:
    """Points from which a change of score is reliable; None where no baseline SD is printed.

    1.96 standard errors of a difference, with the SD of both arms pooled at baseline.
    """
    groups = [outcome.groups[arm][BASELINE] for arm in ARMS]
    known = [(group.n - 1, float(group.sd)) for group in groups if group.sd is not None]
    reliability = outcome.scale.key.reliability
    if reliability is None or len(known) < len(groups):
        return None
    sd = sqrt(sum(df * sd**2 for df, sd in known) / sum(df for df, _ in known))
    return int(RELIABLE * sd * sqrt(2 * (1 - reliability))) + 1


# --- What it is computed from ---------------------------------------------------------------------


def inputs_hash(study_folder: str | Path) -> str:
    """SHA-256 of the printed figures, the measures' scales and the version of the method.

    Examples
    --------
    >>> stored = json.loads(Path("tests/studies/complete/derived/inputs.json").read_text("utf-8"))
    >>> inputs_hash("tests/studies/complete") == stored["sha256"]
    True
    """
    study = read_study(study_folder)
    printed = read_printed(study.folder)
    given = [METHOD_VERSION, [outcome.given for outcome in outcomes(study, printed).values()]]
    given.append(
        [
            (name, known.n, known.mean, known.sd, known.minimum, known.maximum, known.items)
            for name, known in ratings(study, printed).items()
        ]
    )
    return _digest(json.dumps(given))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Identified:
    """The stored tables of one study."""

    changes: pd.DataFrame
    examples: pd.DataFrame
    contrasts: pd.DataFrame
    extremes: pd.DataFrame
    groups: pd.DataFrame


PAIR = [f"{arm}_{part}" for arm in ARMS for part in ("total", "squares")]
COLUMNS = {
    "changes": ["measure", "arm", "total", "squares", "baseline", "endline"],
    "examples": ["measure", "arm", "quantity", "end", "of", "baseline", "endline"],
    "contrasts": ["measure", *PAIR],
    "extremes": ["measure", "arm", "quantity", "low", "high", "how"],
    "groups": ["measure", "arm", "wave", "quantity", "of", "low", "high"],
}
TABLES = tuple(COLUMNS)


def read(study_folder: Path) -> Identified | None:
    """Read the stored tables; None where a study has none.

    Raises
    ------
    InputError
        A table is missing or not as it was stored, or all were computed from other figures or by
        another method. The problem names the command that stores what is needed.

    Examples
    --------
    >>> tables = read(Path("tests/studies/complete"))
    >>> row = tables.extremes.iloc[0]
    >>> print(f"{row['arm']}, {row['quantity']}: {row['low']:g} to {row['high']:g}, {row['how']}")
    intervention, improved: 7 to 7, exact
    >>> read(Path("tests/studies/mini")) is None
    True
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
    return Identified(**tables)


def rows(table: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    """Rows of a table with these values in these columns.

    Examples
    --------
    >>> table = pd.DataFrame({"arm": ["intervention", "comparison"], "n": [7, 5]})
    >>> print(rows(table, arm="comparison").to_string(index=False))
           arm  n
    comparison  5
    """
    return table[(table[list(wanted)] == list(wanted.values())).all(axis=1)]


def contrasts(tables: Identified, outcome: Outcome) -> list[tuple[Change, Change]]:
    """Changes of both arms that occur together, intervention first.

    Examples
    --------
    >>> from earlyhelp.published import determined
    >>> figures = determined.read("tests/studies/complete")
    >>> ((intervention, comparison),) = contrasts(figures.stored, figures.outcomes["wai"])
    >>> intervention
    Change(pairs=7, total=45, squares=323)
    """
    first, second = (outcome.pairs[arm] for arm in ARMS)
    found = rows(tables.contrasts, measure=outcome.measure)
    return [
        (Change(first, *row[:2]), Change(second, *row[2:]))
        for row in found.iloc[:, 1:].itertuples(index=False)
    ]


def people(tables: Identified, outcome: Outcome, arm: str, change: Change) -> list[Person]:
    """Return the data set that is stored for a change of an arm.

    Examples
    --------
    >>> from earlyhelp.published import determined
    >>> figures = determined.read("tests/studies/complete")
    >>> change = Change(pairs=7, total=45, squares=323)
    >>> people(figures.stored, figures.outcomes["wai"], "intervention", change)[:2]
    [(64, 72), (64, 72)]
    """
    wanted: dict[str, object] = {"measure": outcome.measure, "arm": arm}
    wanted |= {"total": change.total, "squares": change.squares}
    row = rows(tables.changes, **wanted).iloc[0]
    return existence.from_text(row["baseline"], row["endline"], change.pairs)


def write(study_folder: str | Path, tell: Tell, output: Path | None = None) -> list[Path]:
    """Compute the tables of a study and store them.

    Parameters
    ----------
    study_folder : path
        Holds `study.yml` and `claims.csv`.
    tell : callable
        Is told what is being computed.
    output : Path, optional
        Folder to write; the study's `derived` by default.

    Raises
    ------
    InputError
        Figures that nobody can have.
    """
    from joblib import Parallel, delayed

    study = read_study(study_folder)
    printed = read_printed(study.folder)
    asked = outcomes(study, printed)
    if not asked:
        expected = "claims on the paired tests of an outcome measure"
        raise InputError([Problem(CLAIMS_FILE, None, "", "none", expected)])
    # Without work, as when this process was killed, the others end after so many seconds.
    processes = Parallel(-1, return_as="generator", idle_worker_timeout=10)

    def each(do: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], label: str) -> list[Any]:
        done = []
        # Processes start here and inherit that Ctrl-C is not theirs; this one ends them.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        results = processes(delayed(do)(*task) for task in tasks)
        signal.signal(signal.SIGINT, before)
        for result in results:
            done.append(result)
            tell(f"{label} {len(done)} of {len(tasks)}")
        return done

    tables = derive(study, printed, search(asked, each))
    output = output or study.folder / FOLDER
    output.mkdir(parents=True, exist_ok=True)
    texts = {name: _text(tables[name]) for name in TABLES}
    for name, text in texts.items():
        (output / f"{name}.csv").write_text(text, "utf-8", newline="\n")
    digests = {name: _digest(text) for name, text in texts.items()}
    inputs = json.dumps({"sha256": inputs_hash(study_folder), "tables": digests}, indent=1) + "\n"
    (output / INPUTS).write_text(inputs, "utf-8", newline="\n")
    return [*(output / f"{name}.csv" for name in TABLES), output / INPUTS]


def _text(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


def _table(name: str, rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS[name])


# --- Searching ------------------------------------------------------------------------------------

# Of an arm's changes, people who have each; None where nobody can.
Decided = dict[str, dict[Change, "list[Person] | None"]]
Contrasts = list[tuple[Change, Change]]
# By arm or "between", quantity and end: people of each arm concerned.
Examples = Mapping[tuple[str, str, str], Placed]


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
    return {arm: sorted({pair[index] for pair in both}) for index, arm in enumerate(ARMS)}


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
        [change for change, people in decided[arm].items() if people is not None] for arm in ARMS
    )
    left = two_waves.joint(first, second, outcome.between)
    if not left:
        found = "no people agree with all of its printed figures"
        raise InputError([Problem(CLAIMS_FILE, None, outcome.measure, found, "some")])
    return left


def _reaching(
    outcome: Outcome, decided: Decided, each: Each
) -> Iterator[tuple[tuple[str, str, str], Placed]]:
    """For every arm or "between", quantity and end, people who reach it."""
    left = _contrasts(outcome, decided)
    tasks = [
        (outcome, name, changes, [decided[name][change] or [] for change in changes], *task)
        for name, changes in _by_arm(left).items()
        for task in product(counts(outcome, name), SIGNS)
    ]
    for task, people in zip(tasks, each(_reach, tasks, f"{outcome.measure}: end"), strict=True):
        _, name, _, _, quantity, end = task
        yield (name, quantity, end), {name: people}
    for met in extremes.rows(outcome.measure, outcome.arms, decided, left, each):
        for end, placed in zip(SIGNS, met.people, strict=True):
            yield (met.arm, met.quantity, end), placed


def _by_arm(left: Contrasts) -> dict[str, list[Change]]:
    return {arm: sorted({pair[index] for pair in left}) for index, arm in enumerate(ARMS)}


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


# --- Deriving -------------------------------------------------------------------------------------


def problems(stored: Identified, study: Study, printed: PrintedFigures) -> list[Problem]:
    """Derive a study's tables again from the people that are stored; tell what is not as stored.

    Every witness and example gives back the printed figures; every change without people exceeds
    what `bounds.most_squares` leaves, or is decided again; every end is what its example reaches,
    and exact only where `bounds`, or else HiGHS once more, excludes what lies beyond. This takes
    seconds. Whether an attained value could lie further out, only a new search can tell.
    """
    found = {name: getattr(stored, name) for name in TABLES}
    try:
        derived = derive(study, printed, found)
    except InputError as error:
        return error.problems
    told = []
    for name, table in derived.items():
        lines = [_text(frame).splitlines() for frame in (found[name], table)]
        for number, (line, expected) in enumerate(zip_longest(*lines, fillvalue="nothing"), 1):
            if line != expected:
                told.append(Problem(f"{name}.csv", number, "", line, expected))
    return told


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
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES if name != "groups"}
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
    decided: Decided = {arm: {} for arm in ARMS}
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
        *((name, quantity) for name in ARMS for quantity in counts(outcome, name)),
        *extremes.asked(outcome.arms),
    ]
    found: dict[tuple[str, str, str], dict[str, list[Person]]] = {
        (*of, end): {} for of in asked for end in SIGNS
    }
    told = []
    expected = "people who give back the printed figures"
    for line, (*of, name, before, after) in _of_measure(table, outcome.measure):
        try:
            people = existence.from_text(before, after, outcome.pairs[name])
            found[tuple(of)][name] = people
        except (KeyError, ValueError):
            told.append(Problem("examples.csv", line, "", ", ".join([*of, name]), expected))
    for (arm, quantity, end), people_of in found.items():
        if [*people_of] != ([*ARMS] if arm == "between" else [arm]):
            place = f"{outcome.measure}, {arm}, {quantity}, {end}"
            named = " and ".join(people_of) or "nobody"
            told.append(Problem("examples.csv", None, place, named, "people of each arm"))
        elif not any(
            all(
                existence.agrees(outcome.arms[name], dict(zip(ARMS, pair, strict=True))[name], of)
                for name, of in people_of.items()
            )
            for pair in left
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
    for arm, changes in _by_arm(left).items():
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
        for (index, wave), (name, cutoff) in product(
            enumerate(WAVES), top_cutoffs(outcome).items()
        ):
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
        assert figures is not None  # asked for groups with a printed SD only
        found = one_group.bounds(figures, [cutoff])
        ((low, high),) = [(b.low, b.high) for b in found if b.quantity == "at or above"]
        return int(low), int(high)

    return Count(lambda person: int((person[index] or 0) >= cutoff), ends)


def _beyond(outcome: Outcome, left: Contrasts) -> Iterator[tuple[str, str, float, float, str]]:
    """Yield bounds of the correlation and of the ANCOVA-adjusted difference, where SDs are printed.

    No data set lies outside; nothing says that one attains them.
    """
    for name, changes in _by_arm(left).items():
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


def top_cutoffs(outcome: Outcome) -> dict[str, int]:
    """Lowest total that is at or near the top of the scale."""
    top = outcome.scale.total_maximum
    return {"at the maximum": top, f"within {NEAR} points": top - NEAR}


# --- Single groups --------------------------------------------------------------------------------


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
        for (arm, problem), (index, wave) in product(outcome.arms.items(), enumerate(WAVES)):
            scores = (problem.baseline, problem.endline)[index]
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
    study: Study, printed: PrintedFigures
) -> Iterator[tuple[str, str, str, Figures, list[int]]]:
    """Groups with a printed n, mean and SD; with the scores whose shares above are asked for."""
    for outcome in outcomes(study, printed).values():
        maximum = outcome.scale.total_maximum
        for arm, wave in product(ARMS, WAVES):
            if figures := outcome.figures(arm, wave):
                yield outcome.measure, arm, wave, figures, [maximum - NEAR, maximum]
    for name, figures in ratings(study, printed).items():
        yield name, INTERVENTION, POST_TRAINING, figures, [4, int(figures.maximum)]
