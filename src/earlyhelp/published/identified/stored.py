"""The sets that printed figures identify: computed once, stored beside the figures, read often.

`write` stores in the study's `derived` folder the tables of `search`, and in inputs.json the
SHA-256 of what they were computed from, and of each table. `problems` derives everything again from
the people that are stored.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import zip_longest
from operator import attrgetter
from pathlib import Path
from typing import Any

import pandas as pd

from earlyhelp.analysis.quantities import matching
from earlyhelp.possible import existence
from earlyhelp.possible.existence import Person
from earlyhelp.possible.two_waves import Change
from earlyhelp.published.claims import CLAIMS_FILE
from earlyhelp.published.identified.outcome import Outcome, outcomes, ratings
from earlyhelp.published.identified.search import TABLE_COLUMNS, derive, search
from earlyhelp.published.printed import PrintedFigures, read_printed
from earlyhelp.study.design import Study, read_study
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import is_there, read_text

FOLDER = "derived"
INPUTS = "inputs.json"
# Raise it whenever the same figures may give other results; moving or formatting code is none.
METHOD_VERSION = 2
TABLES = tuple(TABLE_COLUMNS)
Tell = Callable[[str], None]


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
    figures = attrgetter("n", "mean", "sd", "minimum", "maximum", "items")
    rated = [(name, *of, *figures(known)) for name, (*of, known) in ratings(study, printed).items()]
    tested = [outcome.given for outcome in outcomes(study, printed).values()]
    return _digest(json.dumps([METHOD_VERSION, tested, rated]))


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


def contrasts(tables: Identified, outcome: Outcome) -> list[tuple[Change, Change]]:
    """Changes of both arms that occur together, the treated arm first.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> ((intervention, comparison),) = contrasts(sets.stored, sets.outcomes["wai"])
    >>> intervention
    Change(pairs=7, total=45, squares=323)
    """
    first, second = outcome.pairs.values()
    found = matching(tables.contrasts, {"measure": outcome.measure})
    return [
        (Change(first, *row[:2]), Change(second, *row[2:]))
        for row in found.iloc[:, 1:].itertuples(index=False)
    ]


def people(tables: Identified, outcome: Outcome, arm: str, change: Change) -> list[Person]:
    """Return the data set that is stored for a change of an arm.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> change = Change(pairs=7, total=45, squares=323)
    >>> people(sets.stored, sets.outcomes["wai"], "intervention", change)[:2]
    [(64, 72), (64, 72)]
    """
    wanted = {"measure": outcome.measure, "arm": arm}
    sums = {"total": change.total, "squares": change.squares}
    row = matching(tables.changes, {**wanted, **sums}).iloc[0]
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
        Figures that nobody can have, or no outcome whose tests are printed.

    Examples
    --------
    A search takes minutes; a study without printed figures has nothing to search for:

    >>> write("tests/studies/mini", tell=print)
    Traceback (most recent call last):
    earlyhelp.study.problems.InputError: claims.csv: found none; expected claims on the paired \
tests of an outcome measure
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
