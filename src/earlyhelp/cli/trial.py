"""`earlyhelp trial`: power, size and sweep of the next trial, and the stored simulation."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from typer import Option, Typer

from earlyhelp.cli.boundary import (
    Command,
    Format,
    StudyFolder,
    argument,
    gather,
    number_option,
    option,
    unfolded,
)
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import read_text, write_whole
from earlyhelp.trial.assumptions import DESIGNS, Assumptions, check, check_cac, with_sequences

trial = Typer(help="Tell power and size of the next trial.")

# Names of the designs, as typer takes the choices of an option.
DesignName = StrEnum("Design", {name: name for name in DESIGNS})  # type: ignore[misc]
# Defaults as they would be typed.
TYPED = {field.name: str(field.default) for field in fields(Assumptions)}
TYPED["sequences"] = str(DESIGNS["stepped-wedge"].sequences)


@dataclass
class Assumed:
    """What is assumed of a trial."""

    effect: Annotated[Any, number_option("difference in means")] = None
    icc: Annotated[Any, number_option("intracluster correlation")] = TYPED["icc"]
    sd: Annotated[Any, number_option("total standard deviation (1 when left out)")] = None
    control: Annotated[Any, number_option("proportion in the control arm (binary outcome)")] = None
    intervention: Annotated[Any, number_option("proportion in the intervention arm")] = None
    cac: Annotated[
        Any, number_option("cluster autocorrelation, where teams are measured again")
    ] = None
    iac: Annotated[Any, number_option("individual autocorrelation (cohorts)")] = str(
        Assumptions.iac
    )
    cluster_size: Annotated[Any, number_option("people per team and period")] = str(
        Assumptions.cluster_size
    )
    cv: Annotated[Any, number_option("coefficient of variation of team size")] = TYPED["cv"]
    attrition: Annotated[Any, number_option("share of people without an outcome")] = str(
        Assumptions.attrition
    )
    alpha: Annotated[Any, number_option("two-sided significance level")] = TYPED["alpha"]
    sequences: Annotated[Any, number_option("sequences of the stepped wedge")] = str(
        DESIGNS["stepped-wedge"].sequences
    )
    format: Format = "text"

    def common(self) -> dict[str, Any]:
        """What is assumed whatever the outcome is."""
        names = ("icc", "cac", "iac", "cluster_size", "cv", "attrition", "alpha")
        given = {name: getattr(self, name) for name in names}
        return {name: value for name, value in given.items() if value is not None}


# Assumptions with a default that could flatter a trial.
ASSUMED_UNTOLD = ("icc", "iac", "cluster_size", "cv", "attrition")
Several = list[Any] | None
several = partial(number_option, metavar="NUMBER...")
BY_GRID = "by default those of a study without a design grid of its own"


@dataclass
class Swept(Assumed):
    """What is assumed of trials, with several values where one can be given several."""

    effect: Annotated[Several, several(f"differences in means; {BY_GRID}")] = None
    icc: Annotated[Several, several(f"intracluster correlations; {BY_GRID}")] = None
    intervention: Annotated[Several, several("proportions in the intervention arm")] = None


SEVERAL_DESIGNS = f"{', '.join(DESIGNS)}; all by default"
Designed = Annotated[DesignName, Option(help="design of the trial")]
Power = Annotated[Any, number_option("power to reach")]


@trial.command(cls=Command)
@unfolded
def power(
    assumed: Assumed, design: Designed, clusters: Annotated[Any, number_option("teams in all")]
) -> None:
    """Tell the power of a trial with so many teams."""
    chosen, assumptions = _read(assumed, design, clusters=clusters)
    _print_trial(chosen, assumptions, int(clusters), assumed.format)


@trial.command(cls=Command)
@unfolded
def size(
    assumed: Assumed,
    design: Designed,
    power: Annotated[
        Any, number_option("power to reach (0.8 when no half-width is given either)")
    ] = None,
    half_width: Annotated[
        Any, number_option("half-width of the confidence interval to reach")
    ] = None,
) -> None:
    """Tell how many teams a trial needs, for a power, an interval (without an effect) or both."""
    from earlyhelp.trial.power import clusters_for_width, clusters_needed

    given = {"power": power, "half_width": half_width}
    goals = {name: goal for name, goal in given.items() if goal is not None} or {"power": 0.8}
    no_effect = "power" not in goals and not _outcome(assumed).keys() - {"sd"}
    chosen, a = _read(replace(assumed, effect=0) if no_effect else assumed, design, **goals)
    count: dict[str, Any] = {"power": clusters_needed, "half_width": clusters_for_width}
    clusters = max(count[name](chosen, a, goal) for name, goal in goals.items())
    _print_trial(chosen, a, clusters, assumed.format, ("effect", "power") if no_effect else ())


@trial.command(cls=Command)
@unfolded
def sweep(
    assumed: Swept,
    design: Annotated[list[DesignName] | None, option("DESIGN...", SEVERAL_DESIGNS)] = None,
    power: Power = "0.8",
    simulate: Annotated[Any, number_option("simulate every cell as well", "TRIALS")] = None,
    seed: Annotated[Any, number_option("of the simulation")] = "2023",
) -> None:
    """Tell how many teams trials need, over designs, correlations and effects.

    Several values can follow one option, such as --icc 0.01 0.1.
    """
    import pandas as pd

    from earlyhelp.trial import simulation
    from earlyhelp.trial.design_grid import Sweep
    from earlyhelp.trial.power import sweep as teams_needed

    iccs = assumed.icc or Sweep().icc
    trials = {} if simulate is None else {"trials": simulate}
    designs, _, outcomes, *_ = gather(
        lambda: [with_sequences(DESIGNS[name], assumed.sequences) for name in design or DESIGNS],
        partial(check, power=power, seed=seed, **trials),
        partial(_read_outcomes, assumed),
        *(partial(check_cac, DESIGNS[name], assumed.cac) for name in design or DESIGNS),
        *(partial(check, icc=icc) for icc in iccs),
    )
    grids = [{**assumed.common(), **outcome, "icc": iccs} for outcome in outcomes]
    if simulate is None:
        table = pd.concat([teams_needed(designs, power, **grid) for grid in grids])
    else:
        cells = pd.concat([simulation.grid(designs, power, **grid) for grid in grids])
        table = simulation.simulate_grid(cells, int(simulate), int(seed), _progress)
    _tell_defaults(table.to_dict("records"))
    if assumed.format == "json":
        print(table.to_json(orient="records", indent=2, double_precision=15))
    else:
        shown = table.dropna(axis=1, how="all")
        print(shown.to_string(index=False, float_format=lambda value: f"{value:.4g}"))


@trial.command(cls=Command)
def simulate(
    study: StudyFolder,
    output: Annotated[Path, option("CSV", "part to write")],
    part: Annotated[str, option("K-of-N", "which of N parts; 1-of-1 is all")] = "1-of-1",
) -> None:
    """Simulate a part of a study's design grid."""
    from earlyhelp.trial import design_grid

    given = re.fullmatch(r"([0-9]{1,9})-of-([0-9]{1,9})", part)
    if not given:
        raise InputError([Problem("trial", None, "part", part, "K-of-N with 1 <= K <= N")])
    _write(design_grid.simulate_part(study, int(given[1]), int(given[2])), output)


@trial.command("gather", cls=Command)
def join(
    parts: Annotated[list[Path], argument("PART", "what `earlyhelp trial simulate` wrote")],
    output: Annotated[Path, option("CSV", "file to write")],
) -> None:
    """Join simulated parts, in the order of their cells."""
    import pandas as pd

    joined = pd.concat(gather(*(partial(_read_part, path) for path in parts)))
    _write(joined.sort_values("cell"), output)


def _read(assumed: Assumed, design: DesignName, **more: Any) -> list[Any]:
    return gather(
        partial(with_sequences, DESIGNS[design], assumed.sequences),
        partial(_read_assumptions, assumed),
        partial(check_cac, DESIGNS[design], assumed.cac),
        partial(check, **more),
    )[:2]


def _read_assumptions(assumed: Assumed) -> Any:
    named = _outcome(assumed)
    if set(named) == {"control", "intervention"}:
        return Assumptions.binary(**named, **assumed.common())
    if set(named) in ({"effect"}, {"effect", "sd"}):
        return Assumptions(**named, **assumed.common())
    found = ", ".join(f"--{name}" for name in named) or "none of these"
    expected = "either --effect (and --sd) or both --control and --intervention"
    outcome = Problem("trial", None, "outcome", found, expected)
    try:
        check(**named, **assumed.common())
    except InputError as error:
        raise InputError([outcome, *error.problems]) from None
    raise InputError([outcome])


def _outcome(assumed: Assumed) -> dict[str, Any]:
    """What is given of the outcome."""
    given = {name: getattr(assumed, name) for name in ("effect", "sd", "control", "intervention")}
    return {name: value for name, value in given.items() if value is not None}


def _read_outcomes(assumed: Swept) -> list[dict[str, Any]]:
    """Effects, SDs and control proportions of the outcomes to go over; continuous by default."""
    from earlyhelp.trial.design_grid import Sweep

    binary = assumed.control is not None or assumed.intervention is not None
    effects = assumed.effect or (None if binary else Sweep().effect)
    cells = [
        {**vars(assumed), "effect": effect, "intervention": share, "icc": 0.0}
        for effect in effects or (None,)
        for share in assumed.intervention or (None,)
    ]
    found = gather(*(partial(_read_assumptions, Assumed(**cell)) for cell in cells))
    return [{"effect": a.effect, "sd": a.sd, "control": a.control} for a in found]


def _print_trial(
    design: Any, assumptions: Any, clusters: int, form: str, without: Collection[str] = ()
) -> None:
    from earlyhelp.trial.power import describe

    told = describe(design, assumptions, clusters)
    row = {name: value for name, value in told.items() if name not in without}
    _tell_defaults([row])
    if form == "json":
        print(json.dumps(row, indent=2))
        return
    shown = {name: value for name, value in row.items() if value is not None}
    width = max(map(len, shown))
    for name, value in shown.items():
        print(f"{name:{width}}  {value:{'.4g' if isinstance(value, float) else ''}}")


def _tell_defaults(rows: list[dict[Any, Any]]) -> None:
    """Tell on standard error what was assumed of trials because nothing else was said."""
    typed = {name: float(getattr(Assumed, name)) for name in ASSUMED_UNTOLD}
    used = [
        f"--{name.replace('_', '-')} {value:g}"
        for name, value in typed.items()
        if value in {row.get(name) for row in rows}
    ]
    if used:
        print(f"assumed, as by default: {', '.join(used)}", file=sys.stderr)


def _progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\rsimulated {done} of {total} cells", end=end, file=sys.stderr, flush=True)


def _read_part(path: Path) -> Any:
    import pandas as pd

    expected = "a part written by `earlyhelp trial simulate`"
    text = read_text(path, expected)
    try:
        table = pd.read_csv(io.StringIO(text))
    except ValueError:
        table = pd.DataFrame()
    if not {"cell", "power_simulated"} <= set(table):
        raise InputError([Problem(path.name, None, "", "another file", expected)])
    return table


def _write(table: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = table.to_csv(index=False, float_format="%.10g", lineterminator="\n")
    write_whole(path, text.encode())
