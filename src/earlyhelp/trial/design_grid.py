"""The design grid of the next trial and its simulation, in parts that any machine can run.

A study may hold `sweep.yml`; without it the defaults of `Sweep` serve. The simulation is stored as
`derived/simulation-<key>.csv`, where the key is a hash of all that determines its content: the
grid, the number of units and the version of the method.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from earlyhelp.analysis.quantities import claiming
from earlyhelp.study.design import find_folder, read_study
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import is_there, read_text
from earlyhelp.study.yamlfile import Strict, read_yaml
from earlyhelp.trial.assumptions import DESIGNS, PLANNED, Design

if TYPE_CHECKING:
    import pandas as pd

Values = dict[str, tuple[float, ...]]

Share = Annotated[float, Field(gt=0, lt=1)]
Correlation = Annotated[float, Field(ge=0, lt=1)]
Autocorrelation = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
SWEEP_FILE = "sweep.yml"
# Raise it whenever the same grid may give another simulation: another model, analysis, order of
# random numbers or formula. Moving or formatting code is none.
METHOD_VERSION = 3
# Trials of a cell without an effect, fixed beforehand: they tell a size of 5% to a Monte Carlo
# error of 0.22 points, so that three errors are as little as tests with estimated degrees of
# freedom stray.
NULL_TRIALS = 10_000
# What a cell is for: the teams that a design needs with teams of equal size, and with those of the
# study; the same teams without an effect, at the largest effect of the grid, where they are fewest;
# and the pilot's units, with and without an effect.
CELL_KINDS = ("equal", "unequal", "level", "pilot")
# What is simulated of a cell, and which of it are shares.
SHARES = ("power", "power_simulated", "coverage")
RESULTS = (
    *SHARES,
    *("power_mc_error", "coverage_mc_error", "bias", "bias_mc_error", "standard_error"),
    "standard_error_simulated",
)


class Sweep(Strict):
    """Assumptions whose every combination is calculated; symbols as in `assumptions.Assumptions`.

    Attributes
    ----------
    effect : tuple of float
        In standard deviations.
    points : tuple of float
        Differences in points of the outcome that the trial is planned for.
    cluster_size : float
        People of a team, the cluster of the next trial (`of_pilot` has the pilot's).
    trials : int
        Simulated trials of every cell with an effect.
    marks : dict
        Numbers of teams to mark on the main figure.
    """

    icc: Annotated[tuple[Correlation, ...], Field(min_length=1)] = (
        0.01,
        0.02,
        0.05,
        0.1,
        0.2,
        0.3,
    )
    cac: Annotated[tuple[Autocorrelation, ...], Field(min_length=1)] = (0.5, 0.8, 1)
    iac: Annotated[tuple[Correlation, ...], Field(min_length=1)] = (0, 0.35, 0.7)
    effect: Annotated[tuple[Positive, ...], Field(min_length=1)] = (0.2, 0.3, 0.5)
    points: Annotated[tuple[Positive, ...], Field(min_length=1)] = (1, 2, 4)
    cluster_size: Annotated[float, Field(ge=1)] = 10
    attrition: Correlation = 0
    cv: Annotated[float, Field(ge=0)] = 0.4
    alpha: Share = 0.05
    power: Share = 0.8
    trials: Annotated[int, Field(ge=2)] = 2000
    seed: Annotated[int, Field(ge=0)] = 2023
    marks: dict[str, Annotated[int, Field(ge=2)]] = Field(default_factory=dict)

    @property
    def fixed(self) -> dict[str, float]:
        """Assumptions that have one value."""
        return {name: getattr(self, name) for name in ("cluster_size", "attrition", "cv", "alpha")}


def read_sweep(folder: str | Path) -> Sweep:
    """Read `sweep.yml` of a study folder, or the defaults where there is none.

    Raises
    ------
    InputError
        With every problem of the file.

    Examples
    --------
    >>> read_sweep("tests/studies/complete").icc
    (0.02, 0.1)
    """
    path = find_folder(folder) / SWEEP_FILE
    return read_yaml(path, Sweep) if is_there(path) else Sweep()


def randomised_units(folder: str | Path) -> int:
    """Number of units that the pilot randomised; none where people were allocated one by one.

    Examples
    --------
    >>> randomised_units("tests/studies/complete")
    4
    """
    return read_study(folder).units or 0


def of_pilot(sweep: Sweep, folder: str | Path) -> Sweep:
    """The grid with the people of one of the pilot's units, which may hold several teams.

    Examples
    --------
    >>> grid = read_sweep("tests/studies/complete")
    >>> grid.cluster_size, of_pilot(grid, "tests/studies/complete").cluster_size
    (8.0, 10.0)
    """
    teams = len(read_study(folder).teams) / (randomised_units(folder) or 1)
    return sweep.model_copy(update={"cluster_size": teams * sweep.cluster_size})


def stored_at(folder: str | Path) -> Path:
    """Where the simulation of a study is stored; another grid or method has another name."""
    sweep = read_sweep(folder)
    grid, size = sweep.model_dump_json(exclude={"points", "marks"}), of_pilot(sweep, folder)
    told = f"{grid}\0{randomised_units(folder)}\0{size.cluster_size}\0{METHOD_VERSION}"
    key = hashlib.sha256(told.encode())
    return find_folder(folder) / "derived" / f"simulation-{key.hexdigest()[:16]}.csv"


def cells(sweep: Sweep, units: int, size: float | None = None) -> pd.DataFrame:
    """Cells to simulate: what each design needs, and the pilot's own number of units.

    Assumptions that a design does not know of are not repeated.

    Parameters
    ----------
    size : float, optional
        People of one of the pilot's units; as of a team by default.

    Returns
    -------
    DataFrame
        Columns `simulation.CELL_FIELDS`, and `kind` (one of `CELL_KINDS`).
    """
    import pandas as pd

    from earlyhelp.trial import simulation

    frames = []
    for design, values, counts in _parts(sweep, units):
        needed = simulation.grid([design], sweep.power, **values, **sweep.fixed)
        equal = simulation.grid([design], sweep.power, **values, **sweep.fixed | {"cv": 0.0})
        fewest = needed[needed["effect"] == needed["effect"].max()]
        of_kind = {
            "equal": equal,
            "unequal": needed,
            "level": fewest.assign(effect=0.0),
            "pilot": pd.concat([needed, fewest.assign(effect=0.0)]).assign(
                clusters=units, cluster_size=size or sweep.cluster_size
            ),
        }
        frames += [of_kind[kind].assign(kind=kind) for kind in counts]
    table: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return table


def _parts(sweep: Sweep, units: int) -> Iterator[tuple[Design, Values, dict[str, int]]]:
    """Yield designs, their assumptions, and the kinds of their cells with the number of each."""
    for design in DESIGNS.values():
        values: Values = {name: getattr(sweep, name) for name in ("icc", "cac", "iac")}
        values |= {name: values[name][:1] for name in design.ignores if name in values}
        null = prod(map(len, values.values()))
        planned = null * len(sweep.effect)
        counts = {"equal": planned, "level": null} if design in PLANNED else {}
        if counts and "cv" not in design.ignores:
            counts["unequal"] = planned
        if design.sequences == 2 and design.unit == "cluster" and units >= design.fewest:
            counts["pilot"] = planned + null
        yield design, values | {"effect": sweep.effect}, counts


def simulate_part(folder: str | Path, part: int, parts: int) -> pd.DataFrame:
    """Simulate every `parts`-th cell, from cell `part` (1 for the first).

    A cell's seed is its own, so the result does not depend on the number of parts.

    Returns
    -------
    DataFrame
        Columns of `simulation.simulate_cell`, and `cell` (its number) and `kind`.

    Raises
    ------
    InputError
        When the part is not one of the parts, or there are more parts than cells.

    Examples
    --------
    >>> simulated = simulate_part("tests/studies/complete", 1, 86)
    >>> simulated[["cell", "design", "clusters", "trials"]].to_numpy().tolist()
    [[0, 'individual', 59, 20]]
    """
    import pandas as pd

    from earlyhelp.trial import simulation

    sweep = read_sweep(folder)
    size = of_pilot(sweep, folder).cluster_size
    numbered = list(enumerate(cells(sweep, randomised_units(folder), size).to_dict("records")))
    if not 1 <= part <= parts <= len(numbered):
        expected = f"K-of-N with 1 <= K <= N and N at most {len(numbered)}, the cells of the grid"
        raise InputError([Problem("trial", None, "part", f"{part}-of-{parts}", expected)])
    rows = []
    for number, cell in numbered[part - 1 :: parts]:
        trials = sweep.trials if cell["effect"] else NULL_TRIALS
        row = simulation.simulate_cell(cell, trials, [sweep.seed, number])
        rows.append(row.assign(cell=number, kind=cell["kind"]))
    return pd.concat(rows, ignore_index=True)


def read_stored(folder: str | Path) -> pd.DataFrame:
    """Read the stored simulation; empty for a study without `sweep.yml` and without a simulation.

    Raises
    ------
    InputError
        Only the simulation of another grid or method is stored, or none of the grid that
        `sweep.yml` asks for, or the file does not hold one row for each cell of the grid.

    Examples
    --------
    >>> len(read_stored("tests/studies/complete"))
    86
    """
    import pandas as pd

    path = stored_at(folder)
    study, file = (shlex.quote(str(part)) for part in (path.parent.parent, path))
    command = f"`earlyhelp trial simulate {study} --part 1-of-1 --output {file}`"
    expected = f"what {command} stores"
    others = sorted(path.parent.glob("simulation-*.csv"))
    if not is_there(path):
        if others:
            found = "a simulation of another grid, number of units or method"
            expected = f"{path.name}, which {command} stores"
            raise InputError(
                Problem(f"derived/{p.name}", None, "", found, expected) for p in others
            )
        if not is_there(find_folder(folder) / SWEEP_FILE):
            return pd.DataFrame()
    try:
        text = read_text(path, expected)
    except InputError as error:
        raise InputError(replace(p, file=f"derived/{p.file}") for p in error.problems) from None
    try:
        table = pd.read_csv(StringIO(text))
    except ValueError:  # no table at all
        table = pd.DataFrame()
    parts = _parts(read_sweep(folder), randomised_units(folder))
    count = sum(sum(counts.values()) for *_, counts in parts)
    if problems := list(_problems(table, count, f"derived/{path.name}", expected)):
        raise InputError(problems)
    return claiming(table, "assumed")


def _problems(table: pd.DataFrame, count: int, file: str, expected: str) -> Iterator[Problem]:
    """Yield what is wrong with a stored simulation that should hold `count` cells."""
    import pandas as pd

    from earlyhelp.trial import simulation

    named = {*simulation.CELL_FIELDS, *RESULTS, "cell", "kind"} <= set(table)
    # Rows that are longer than the header turn columns into the index.
    if not named or not isinstance(table.index, pd.RangeIndex):
        yield Problem(file, 1, "", "other columns", expected)
        return
    if table["cell"].tolist() != list(range(count)):
        yield Problem(file, None, "cell", f"{len(table)} rows", f"the cells 0 to {count - 1}")
    numbers = table[list(RESULTS)].apply(pd.to_numeric, errors="coerce")
    wrong = numbers.isna()
    for name in SHARES:
        wrong[name] |= ~numbers[name].between(0, 1)
    wrong["design"] = ~table["design"].isin(list(DESIGNS))
    wrong["kind"] = ~table["kind"].isin(CELL_KINDS)
    for name in wrong:
        for row in wrong.index[wrong[name]]:
            yield Problem(file, row + 2, str(name), str(table.loc[row, name]), expected)
