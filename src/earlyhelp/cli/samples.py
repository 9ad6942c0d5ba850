"""`earlyhelp samples`: every data set that one group's printed figures allow."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from typer import Typer

from earlyhelp.cli.boundary import Command, Format, gather, option, unfolded
from earlyhelp.study.problems import InputError, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from earlyhelp.possible.one_group import Bound, Figures, Interval

Answer = tuple[list[str], dict[str, Any]]  # lines of text, and what JSON has besides
LONG_WORK = 10_000_000  # cells of the table; about a second
_EXACT = Context(prec=1000)
CUTOFF = "also the people with at least the score C; can be given several times"
ROUNDING = (
    "how ties were rounded: half-up (away from zero), half-even, or either (up or down, so both "
    "ends of a printed figure's interval are included); or truncated (further decimals cut off)"
)

samples = Typer(
    help="Count, draw, list or bound the data sets of printed figures. They are those of n scores "
    "that agree with a printed n, mean and SD. A data set is a multiset: who has which score is "
    "not counted. Draws are uniform over multisets. The SD is the sample SD (denominator n - 1). "
    "Everything is exact, or refused."
)


@dataclass
class Printed:
    """What is printed of a group, as it was typed."""

    n: Annotated[str, option("N", "people")]
    mean: Annotated[str, option("MEAN", "as printed, with all its decimals")]
    sd: Annotated[str, option("SD", "sample SD, as printed, with all its decimals")]
    min: Annotated[str, option("SCORE", "lowest score of the scale")]
    max: Annotated[str, option("SCORE", "highest score of the scale")]
    items: Annotated[str, option("K", "scores are means of K items")] = "1"
    rounding: Annotated[str, option("RULE", ROUNDING)] = "half-up"
    format: Format = "text"


@samples.command(cls=Command)
@unfolded
def count(printed: Printed) -> None:
    """Tell how many data sets agree with the printed figures.

    A data set is a multiset: who has which score is not counted.
    """
    _answer(printed, lambda figures, number: ([str(number), _describe(figures)], {}))


@samples.command(cls=Command)
@unfolded
def draw(
    printed: Printed,
    k: Annotated[str, option("K", "how many")] = "1",
    seed: Annotated[str, option("S", "whole number")] = "0",
) -> None:
    """Draw data sets that agree with the printed figures.

    A data set is a multiset: who has which score is not counted. Each is equally likely.
    """

    def drawn(figures: Figures, _: int, k: int, seed: int) -> Answer:
        from earlyhelp.possible.one_group import draw

        return _data_sets(figures, draw(figures, k, seed), seed=seed)

    _answer(printed, drawn, partial(_whole, "--k", k, 1), partial(_whole, "--seed", seed))


@samples.command("list", cls=Command)
@unfolded
def list_all(printed: Printed) -> None:
    """List all data sets that agree with the printed figures.

    A data set is a multiset: who has which score is not counted.
    """

    def listed(figures: Figures, _: int) -> Answer:
        from earlyhelp.possible.one_group import enumerate_all

        return _data_sets(figures, enumerate_all(figures))

    _answer(printed, listed)


@samples.command(cls=Command)
@unfolded
def bounds(
    printed: Printed, cutoff: Annotated[list[str] | None, option("C", CUTOFF)] = None
) -> None:
    """Tell the range of every frequency, the median and the skewness.

    The ranges are exact and over all data sets that agree with the printed figures. With --cutoff,
    also of the people who reach a score.
    """

    def bounded(figures: Figures, number: int, *cutoffs: int) -> Answer:
        from earlyhelp.possible.one_group import bounds

        found = bounds(figures, list(cutoffs))
        return [
            f"{number} {_describe(figures)}; exact ranges over all of them:",
            *(_line(bound, figures.n) for bound in found),
            "--format json adds in how many data sets each outcome occurs",
        ], {"bounds": [_as_json(bound) for bound in found]}

    _answer(printed, bounded, *(partial(_whole, "--cutoff", text) for text in cutoff or ()))


def _answer(printed: Printed, answer: Callable[..., Answer], *options: Callable[[], int]) -> None:
    """Print what there is to say of the data sets, or why there are none.

    Everything that is wrong with the printed figures and the options is told at once.
    """
    from earlyhelp.possible.one_group import Figures, count
    from earlyhelp.possible.witness import why_impossible

    texts = (printed.n, printed.mean, printed.sd, printed.min, printed.max)
    figures, *values = gather(
        lambda: Figures.parse(*texts, printed.items, printed.rounding), *options
    )
    _announce(figures)
    number = count(figures)
    reason = None if number else why_impossible(figures)
    impossible: Answer = ["0", _describe(figures), str(reason)], {}
    lines, found = answer(figures, number, *values) if number else impossible
    if printed.format == "json":
        document = {"figures": _heading(figures), "count": number, "reason": reason, **found}
        print(json.dumps(document))
    else:
        print("\n".join(lines))


def _whole(option: str, text: str, least: int | None = None) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,12}", text):
        raise InputError([Problem("options", None, option, repr(text), "a whole number")])
    if least is not None and int(text) < least:
        raise InputError([Problem("options", None, option, text, f"at least {least}")])
    return int(text)


def _announce(figures: Figures) -> None:
    from earlyhelp.possible.one_group import CELLS_LIMIT, size

    extent = size(figures)
    if LONG_WORK < extent.cells <= CELLS_LIMIT:
        told = f"working on a table of {extent.cells:,} cells ({extent.gigabytes:.1f} GB) ..."
        print(told, file=sys.stderr, flush=True)


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


def _data_sets(figures: Figures, rows: NDArray[Any], **more: Any) -> Answer:
    """One data set a line; in JSON totals of the items, which are whole numbers."""
    k = figures.items
    lines = [" ".join(str(Fraction(score, k)) for score in row) for row in rows.tolist()]
    return lines, {**more, "unit": str(Fraction(1, k)), "data_sets": rows.tolist()}


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
