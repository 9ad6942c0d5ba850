"""The design grid of the next trial and its simulation, in parts that any machine can run.

A study may hold `sweep.yml`; without it the defaults of `Sweep` serve. The simulation is stored as
`derived/simulation-<key>.csv`, where the key is a hash of all that determines its content.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from earlyhelp.errors import InputError, Problem
from earlyhelp.study import find_folder, read_study
from earlyhelp.textfile import is_there
from earlyhelp.yamlfile import Strict, read_yaml

if TYPE_CHECKING:
    import pandas as pd

Share = Annotated[float, Field(gt=0, lt=1)]
Correlation = Annotated[float, Field(ge=0, lt=1)]
Autocorrelation = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
SWEEP_FILE = "sweep.yml"
# The code that, with the grid, decides the result.
SOURCES = ("sweep.py", "simulate.py", "trial.py")


class Sweep(Strict):
    """Assumptions whose every combination is calculated; symbols as in `trial.Assumptions`.

    Attributes
    ----------
    effect : tuple of float
        In standard deviations.
    points : tuple of float
        Differences in points of the working alliance total.
    proportions : tuple of (float, float)
        Control and intervention arm, for a binary outcome.
    trials : int
        Simulated trials of every cell.
    marks : dict
        Numbers of clusters to mark on the main figure.
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
    proportions: tuple[tuple[Share, Share], ...] = ((0.5, 0.6), (0.5, 0.65), (0.5, 0.7))
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
    """
    path = find_folder(folder) / SWEEP_FILE
    return read_yaml(path, Sweep) if is_there(path) else Sweep()


def randomised_units(folder: str | Path) -> int:
    """Number of units that the pilot randomised."""
    return len(set(read_study(folder).unit_of.values()))


def stored_at(folder: str | Path) -> Path:
    """Where the simulation of a study is stored; another grid or other code has another name."""
    total = hashlib.sha256()
    grid = read_sweep(folder).model_dump_json(exclude={"points", "proportions", "marks"})
    total.update(f"{grid}\0{randomised_units(folder)}\0".encode())
    for name in SOURCES:
        total.update(Path(__file__).with_name(name).read_bytes())
    return find_folder(folder) / "derived" / f"simulation-{total.hexdigest()[:16]}.csv"


def cells(sweep: Sweep, units: int) -> pd.DataFrame:
    """Cells to simulate: what each design needs, and the pilot's own number of units.

    Assumptions that a design does not know of are not repeated.

    Returns
    -------
    DataFrame
        Columns `simulate.CELL_FIELDS`, and `pilot` (whether the clusters are the pilot's).
    """
    import pandas as pd

    from earlyhelp import simulate, trial

    values = {"icc": sweep.icc, "cac": sweep.cac, "iac": sweep.iac, "effect": sweep.effect}
    ignored = {
        "individual": ("icc", "cac", "iac"),
        "individual-baseline": ("icc", "cac"),
        "parallel": ("cac", "iac"),
    }
    frames = []
    for design in trial.DESIGNS.values():
        unused = {name: values[name][:1] for name in ignored.get(design.name, ())}
        needed = simulate.grid([design], sweep.power, **{**values, **unused}, **sweep.fixed)
        frames.append(needed.assign(pilot=False))
        if design.sequences == 2 and design.unit == "cluster" and units >= design.fewest:
            of_pilot = needed.assign(clusters=units, pilot=True)
            frames.append(of_pilot)
    return pd.concat(frames, ignore_index=True)


def simulate_part(folder: str | Path, part: int, parts: int) -> pd.DataFrame:
    """Simulate every `parts`-th cell, from cell `part` (1 for the first).

    A cell's seed is its own, so the result does not depend on the number of parts.

    Returns
    -------
    DataFrame
        Columns of `simulate.simulate_cell`, and `cell` (its number) and `pilot`.

    Raises
    ------
    InputError
        When the part is not one of the parts, or there are more parts than cells.
    """
    import pandas as pd

    from earlyhelp import simulate

    sweep = read_sweep(folder)
    numbered = list(enumerate(cells(sweep, randomised_units(folder)).to_dict("records")))
    if not 1 <= part <= parts <= len(numbered):
        expected = f"K-of-N with 1 <= K <= N and N at most {len(numbered)}, the cells of the grid"
        raise InputError([Problem("trial", None, "part", f"{part}-of-{parts}", expected)])
    rows = []
    for number, cell in numbered[part - 1 :: parts]:
        row = simulate.simulate_cell(cell, sweep.trials, [sweep.seed, number])
        rows.append(row.assign(cell=number, pilot=cell["pilot"]))
    return pd.concat(rows, ignore_index=True)


def read_stored(folder: str | Path) -> pd.DataFrame:
    """Read the stored simulation; empty when none belongs to the present grid and code."""
    import pandas as pd

    path = stored_at(folder)
    return pd.read_csv(path) if path.is_file() else pd.DataFrame()
