"""`earlyhelp samples`: every data set that one group's printed figures allow."""

from __future__ import annotations

import argparse
import json
import re
import sys
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from earlyhelp.study.problems import InputError, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from earlyhelp.possible.one_group import Bound, Figures, Interval

LONG_WORK = 10_000_000  # cells of the table; about a second
_EXACT = Context(prec=1000)

DESCRIPTION = """\
Count, draw, list or bound the data sets of n scores that agree with a printed n, mean and SD.
A data set is a multiset: who has which score is not counted. Draws are uniform over multisets.
The SD is the sample SD (denominator n - 1). Everything is exact, or refused.
"""
ROUNDING = (
    "how ties were rounded: half-up (away from zero), half-even, or either (up or down, so both "
    "ends of a printed figure's interval are included); default half-up"
)


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    command = subparsers.add_parser(
        "samples",
        help="count, draw, list or bound the data sets that printed figures allow",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = command.add_subparsers(required=True, metavar="count|draw|list|bounds")
    for name, func, text in (
        ("count", _count, "how many data sets there are"),
        ("draw", _draw, "draw data sets, each equally likely"),
        ("list", _list, "list them all"),
        ("bounds", _bounds, "range of every frequency, the median, the skewness and cut-offs"),
    ):
        action = actions.add_parser(name, help=text, description=DESCRIPTION)
        action.add_argument("--n", required=True, help="people")
        action.add_argument("--mean", required=True, help="as printed, with all its decimals")
        action.add_argument("--sd", required=True, help="as printed, with all its decimals")
        action.add_argument("--min", required=True, help="lowest score of the scale")
        action.add_argument("--max", required=True, help="highest score of the scale")
        action.add_argument(
            "--items", default="1", metavar="K", help="scores are means of K items; default 1"
        )
        action.add_argument("--rounding", default="half-up", help=ROUNDING)
        action.add_argument("--format", choices=("text", "json"), default="text")
        action.set_defaults(func=func, k="1", seed="0", cutoff=[])
        if name == "draw":
            action.add_argument("--k", help="how many; default 1")
            action.add_argument("--seed", metavar="S", help="whole number; default 0")
        if name == "bounds":
            action.add_argument(
                "--cutoff",
                action="append",
                metavar="C",
                help="also the people with at least the score C; can be given several times",
            )


def _figures(args: argparse.Namespace) -> Figures:
    """Read all options, telling everything that is wrong with them at once."""
    from earlyhelp.possible.one_group import Figures

    problems = []
    wanted = [("--k", args.k, 1), ("--seed", args.seed, None)]
    for option, text, least in [*wanted, *(("--cutoff", c, None) for c in args.cutoff)]:
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", text):
            problems.append(Problem("options", None, option, repr(text), "a whole number"))
        elif least is not None and int(text) < least:
            problems.append(Problem("options", None, option, text, f"at least {least}"))
    try:
        figures = Figures.parse(
            args.n, args.mean, args.sd, args.min, args.max, args.items, args.rounding
        )
    except InputError as error:
        raise InputError([*error.problems, *problems]) from None
    if problems:
        raise InputError(problems)
    return figures


def _announce(figures: Figures) -> None:
    from earlyhelp.possible.one_group import CELLS_LIMIT, size

    extent = size(figures)
    if LONG_WORK < extent.cells <= CELLS_LIMIT:
        print(
            f"working on a table of {extent.cells:,} cells ({extent.gigabytes:.1f} GB) ...",
            file=sys.stderr,
            flush=True,
        )


def _start(args: argparse.Namespace) -> tuple[Figures, int, str | None]:
    from earlyhelp.possible.one_group import count, why_impossible

    figures = _figures(args)
    _announce(figures)
    number = count(figures)
    return figures, number, None if number else why_impossible(figures)


def _interval(interval: Interval, name: str) -> str:
    low, high = (_EXACT.divide(Decimal(x.numerator), x.denominator) for x in interval[:2])
    left, right = ("<=" if included else "<" for included in interval[2:])
    return f"{low:f} {left} {name} {right} {high:f}"


def _heading(figures: Figures) -> dict[str, Any]:
    from earlyhelp.possible.one_group import printed_interval

    return {
        "n": figures.n,
        "mean": _interval(printed_interval(figures.mean, figures.rounding), "mean"),
        "sd": _interval(printed_interval(figures.sd, figures.rounding), "SD"),
        "scale": [figures.minimum, figures.maximum],
        "items": figures.items,
        "rounding": figures.rounding,
    }


def _describe(figures: Figures) -> str:
    heading = _heading(figures)
    grid = f" in steps of 1/{figures.items}" if figures.items > 1 else ""
    return (
        f"data sets (multisets) of {figures.n} scores from {figures.minimum} to "
        f"{figures.maximum}{grid} with {heading['mean']} and {heading['sd']}"
    )


def _show(args: argparse.Namespace, figures: Figures, lines: list[str], **found: Any) -> int:
    if args.format == "json":
        print(json.dumps({"figures": _heading(figures), **found}))
    else:
        print("\n".join(lines))
    return 0


def _impossible(args: argparse.Namespace, figures: Figures, reason: str | None) -> int:
    return _show(args, figures, ["0", _describe(figures), f"{reason}"], count=0, reason=reason)


def _count(args: argparse.Namespace) -> int:
    figures, number, reason = _start(args)
    if not number:
        return _impossible(args, figures, reason)
    return _show(args, figures, [str(number), _describe(figures)], count=number, reason=None)


def _draw(args: argparse.Namespace) -> int:
    from earlyhelp.possible.one_group import draw

    figures, number, reason = _start(args)
    if not number:
        return _impossible(args, figures, reason)
    rows = draw(figures, int(args.k), int(args.seed))
    return _data_sets(args, figures, number, rows, seed=int(args.seed))


def _list(args: argparse.Namespace) -> int:
    from earlyhelp.possible.one_group import enumerate_all

    figures, number, reason = _start(args)
    if not number:
        return _impossible(args, figures, reason)
    return _data_sets(args, figures, number, enumerate_all(figures))


def _data_sets(
    args: argparse.Namespace, figures: Figures, number: int, rows: NDArray[Any], **more: Any
) -> int:
    """Show one data set a line; in JSON as totals of the items, which are whole numbers."""
    k = figures.items
    lines = [" ".join(str(Fraction(score, k)) for score in row) for row in rows.tolist()]
    unit = str(Fraction(1, k))
    return _show(
        args, figures, lines, count=number, reason=None, **more, unit=unit, data_sets=rows.tolist()
    )


def _bounds(args: argparse.Namespace) -> int:
    from earlyhelp.possible.one_group import bounds

    figures, number, reason = _start(args)
    if not number:
        return _impossible(args, figures, reason)
    found = bounds(figures, [int(cutoff) for cutoff in args.cutoff])
    lines = [f"{number} {_describe(figures)}; exact ranges over all of them:"]
    lines += [_line(bound, figures.n) for bound in found]
    lines.append("--format json adds in how many data sets each outcome occurs")
    return _show(
        args, figures, lines, count=number, reason=None, bounds=[_as_json(b) for b in found]
    )


def _line(bound: Bound, n: int) -> str:
    if bound.quantity == "median":
        return f"median: {float(bound.low):g} to {float(bound.high):g}"
    if bound.quantity == "skewness":
        return f"skewness: {bound.low:.4f} to {bound.high:.4f}"
    what = "with" if bound.quantity == "frequency" else "with at least"
    share = f"{bound.low / n:.1%} to {bound.high / n:.1%}"
    return f"people {what} {bound.of}: {bound.low} to {bound.high} of {n} ({share})"


def _as_json(bound: Bound) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if not isinstance(value, Fraction):
            return value
        return value.numerator if value.denominator == 1 else str(value)

    counts = None
    if bound.counts is not None:
        counts = [[plain(outcome), sets] for outcome, sets in bound.counts.items()]
    return {
        "quantity": bound.quantity,
        "of": plain(bound.of),
        "low": plain(bound.low),
        "high": plain(bound.high),
        "data_sets": counts,
    }
