"""`earlyhelp trial`: power, size and sweep of the next trial, and the stored simulation."""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import number, read_text

NAMES = ("individual", "individual-baseline", "parallel", "baseline", "stepped-wedge")
SWEEP_ICC = (0.01, 0.02, 0.05, 0.1, 0.2)
SWEEP_EFFECT = (0.2, 0.3, 0.5)


def register(subparsers: Any) -> None:
    """Add `trial` and its subcommands."""
    command = subparsers.add_parser("trial", help="power and size of the next trial")
    kinds = command.add_subparsers(required=True, metavar="power|size|sweep|simulate|gather")

    power = kinds.add_parser("power", help="power of a trial with so many teams")
    power.add_argument("--design", choices=NAMES, required=True)
    power.add_argument("--clusters", type=_number, required=True, help="teams in all")
    _assumptions(power)
    power.set_defaults(func=run_power)

    size = kinds.add_parser("size", help="teams that a trial needs")
    size.add_argument("--design", choices=NAMES, required=True)
    size.add_argument("--power", type=_number, default=0.8)
    _assumptions(size)
    size.set_defaults(func=run_size)

    sweep = kinds.add_parser("sweep", help="teams needed over designs, ICCs and effects")
    sweep.add_argument("--design", choices=NAMES, nargs="+", default=list(NAMES))
    sweep.add_argument("--power", type=_number, default=0.8)
    sweep.add_argument(
        "--simulate", type=_number, metavar="TRIALS", help="simulate every cell as well"
    )
    sweep.add_argument("--seed", type=_number, default=2023)
    _assumptions(sweep, many=True)
    sweep.set_defaults(func=run_sweep)

    part = kinds.add_parser("simulate", help="simulate a part of a study's design grid")
    part.add_argument("study", type=Path, help="study folder, such as data/rotherham")
    part.add_argument("--part", default="1-of-1", metavar="K-of-N", help="default 1-of-1: all")
    part.add_argument("--output", type=Path, required=True)
    part.set_defaults(func=run_simulate)

    gather = kinds.add_parser("gather", help="join simulated parts")
    gather.add_argument("parts", type=Path, nargs="+")
    gather.add_argument("--output", type=Path, required=True)
    gather.set_defaults(func=run_gather)


def _assumptions(parser: argparse.ArgumentParser, many: bool = False) -> None:
    several: dict[str, Any] = {"nargs": "+"} if many else {}

    def add(name: str, help: str, default: Any = None, **rest: Any) -> None:
        parser.add_argument(name, type=_number, default=default, help=help, **rest)

    add("--effect", "difference in means", **several)
    add("--icc", "intracluster correlation", list(SWEEP_ICC) if many else 0.05, **several)
    add("--sd", "total standard deviation (1 when left out)")
    add("--control", "proportion in the control arm (binary outcome)")
    add("--intervention", "proportion in the intervention arm", **several)
    add("--cac", "cluster autocorrelation", 1.0)
    add("--iac", "individual autocorrelation (cohorts)", 0.0)
    add("--cluster-size", "people per team and period", 10.0)
    add("--cv", "coefficient of variation of team size", 0.0)
    add("--attrition", "share of people without an outcome", 0.0)
    add("--alpha", "two-sided significance level", 0.05)
    add("--sequences", "sequences of the stepped wedge", 4)
    parser.add_argument("--format", choices=("text", "json"), default="text")


def _number(text: str) -> float | int | str:
    """Number in a text; what is none stays a text, to be told with all other problems."""
    value = number(text)
    return text if value is None else value


COMMON = ("icc", "cac", "iac", "cluster_size", "cv", "attrition", "alpha")


def _common(args: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(args, name) for name in COMMON}


def _gather(*steps: Any) -> list[Any]:
    """Run every step and raise the problems of all together."""
    results, problems = [], []
    for step in steps:
        try:
            results.append(step())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    return results


def _read_assumptions(args: argparse.Namespace) -> Any:
    from earlyhelp.trial.power import Assumptions, check

    given = {name: getattr(args, name) for name in ("effect", "sd", "control", "intervention")}
    named = {name: value for name, value in given.items() if value is not None}
    if set(named) == {"control", "intervention"}:
        return Assumptions.binary(**named, **_common(args))
    if set(named) in ({"effect"}, {"effect", "sd"}):
        return Assumptions(**named, **_common(args))
    found = ", ".join(f"--{name}" for name in named) or "none of these"
    expected = "either --effect (and --sd) or both --control and --intervention"
    outcome = Problem("trial", None, "outcome", found, expected)
    try:
        check(**named, **_common(args))
    except InputError as error:
        raise InputError([outcome, *error.problems]) from None
    raise InputError([outcome])


def _read_design(name: str, sequences: int) -> Any:
    from earlyhelp.trial.power import DESIGNS, stepped_wedge

    return stepped_wedge(sequences) if name == "stepped-wedge" else DESIGNS[name]


def _print_trial(row: dict[str, Any], form: str) -> None:
    if form == "json":
        print(json.dumps(row, indent=2))
        return
    shown = {name: value for name, value in row.items() if value is not None}
    width = max(map(len, shown))
    for name, value in shown.items():
        print(
            f"{name:{width}}  {value:.4g}"
            if isinstance(value, float)
            else f"{name:{width}}  {value}"
        )


def _print_table(table: Any, form: str) -> None:
    if form == "json":
        print(table.to_json(orient="records", indent=2, double_precision=15))
    else:
        shown = table.dropna(axis=1, how="all")
        print(shown.to_string(index=False, float_format=lambda value: f"{value:.4g}"))


def run_power(args: argparse.Namespace) -> int:
    """Print the power of one trial."""
    from earlyhelp.trial import power

    design, a, _ = _gather(
        lambda: _read_design(args.design, args.sequences),
        lambda: _read_assumptions(args),
        lambda: power.check(clusters=args.clusters),
    )
    _print_trial(power.describe(design, a, int(args.clusters)), args.format)
    return 0


def run_size(args: argparse.Namespace) -> int:
    """Print the number of teams that one trial needs."""
    from earlyhelp.trial import power

    design, a, _ = _gather(
        lambda: _read_design(args.design, args.sequences),
        lambda: _read_assumptions(args),
        lambda: power.check(power=args.power),
    )
    clusters = power.clusters_needed(design, a, args.power)
    _print_trial(power.describe(design, a, clusters), args.format)
    return 0


def run_sweep(args: argparse.Namespace) -> int:
    """Print the teams needed over a grid, and the simulated power of every cell if asked."""
    import pandas as pd

    from earlyhelp.trial import power, simulation

    trials = {} if args.simulate is None else {"trials": args.simulate}
    designs, _, outcomes, *_ = _gather(
        lambda: [_read_design(name, args.sequences) for name in args.design],
        lambda: power.check(power=args.power, seed=args.seed, **trials),
        lambda: _read_outcomes(args),
        *(partial(power.check, icc=icc) for icc in args.icc),
    )
    grids = [{**_common(args), **outcome} for outcome in outcomes]
    if args.simulate is None:
        table = pd.concat([power.sweep(designs, args.power, **grid) for grid in grids])
    else:
        cells = pd.concat([simulation.grid(designs, args.power, **grid) for grid in grids])
        table = simulation.simulate_grid(cells, int(args.simulate), int(args.seed), _progress)
    _print_table(table, args.format)
    return 0


def _read_outcomes(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Effects, SDs and control proportions of the outcomes to go over; continuous by default."""
    binary = args.control is not None or args.intervention is not None
    effects = args.effect or (None if binary else SWEEP_EFFECT)
    found = _gather(
        *(
            partial(
                _read_assumptions,
                argparse.Namespace(
                    **vars(args) | {"effect": effect, "intervention": p, "icc": 0.0}
                ),
            )
            for effect in effects or (None,)
            for p in args.intervention or (None,)
        )
    )
    return [{"effect": a.effect, "sd": a.sd, "control": a.control} for a in found]


def _progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\rsimulated {done} of {total} cells", end=end, file=sys.stderr, flush=True)


def run_simulate(args: argparse.Namespace) -> int:
    """Simulate a part of the study's grid and write it."""
    from earlyhelp.trial import design_grid

    given = re.fullmatch(r"([0-9]{1,9})-of-([0-9]{1,9})", args.part)
    if not given:
        raise InputError([Problem("trial", None, "part", args.part, "K-of-N with 1 <= K <= N")])
    _write(design_grid.simulate_part(args.study, int(given[1]), int(given[2])), args.output)
    return 0


def run_gather(args: argparse.Namespace) -> int:
    """Join simulated parts, in the order of their cells."""
    import pandas as pd

    joined = pd.concat(_gather(*(partial(_read_part, path) for path in args.parts)))
    _write(joined.sort_values("cell"), args.output)
    return 0


def _read_part(path: Path) -> Any:
    import pandas as pd

    expected = "a part written by `earlyhelp trial simulate`"
    try:
        table = pd.read_csv(io.StringIO(read_text(path, expected)))
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        table = pd.DataFrame()
    if not {"cell", "power_simulated"} <= set(table):
        raise InputError([Problem(path.name, None, "", "another file", expected)])
    return table


def _write(table: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    table.to_csv(partial, index=False, float_format="%.10g", lineterminator="\n")
    partial.replace(path)
