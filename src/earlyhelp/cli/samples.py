"""`earlyhelp samples`: every data set that one group's printed figures allow."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Typer

from earlyhelp.cli.boundary import Command, Format, argument, gather, option, unfolded
from earlyhelp.published.numbers import number, plain, score_text, span
from earlyhelp.study.problems import InputError, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from earlyhelp.possible.one_group import Bound
    from earlyhelp.possible.printed_group import Figures, Interval

Answer = tuple[list[str], dict[str, Any]]  # lines of text, and what JSON has besides
LONG_WORK = 10_000_000  # cells of the table; about a second
_EXACT = Context(prec=1000)
PICTURE = "draw the people with each score in all data sets, as .svg, .pdf or .png"
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
class PrintedOptions:
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
def count(printed: PrintedOptions) -> None:
    """Tell how many data sets agree with the printed figures.

    A data set is a multiset: who has which score is not counted.
    """
    _answer(printed, lambda figures, sets: ([str(sets), _describe(figures)], {}))


@samples.command(cls=Command)
@unfolded
def draw(
    printed: PrintedOptions,
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
def list_all(printed: PrintedOptions) -> None:
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
    printed: PrintedOptions, cutoff: Annotated[list[str] | None, option("C", CUTOFF)] = None
) -> None:
    """Tell the range of every frequency, the median and the skewness.

    The ranges are exact and over all data sets that agree with the printed figures. With --cutoff,
    also of the people who reach a score.
    """

    def bounded(figures: Figures, sets: int, *cutoffs: int) -> Answer:
        from earlyhelp.possible.one_group import bounds

        found = bounds(figures, list(cutoffs))
        return [
            f"{sets} {_describe(figures)}; exact ranges over all of them:",
            *(_line(bound, figures.n) for bound in found),
            "--format json adds in how many data sets each outcome occurs",
        ], {"bounds": [_as_json(bound) for bound in found]}

    _answer(printed, bounded, *(partial(_whole, "--cutoff", text) for text in cutoff or ()))


@samples.command(cls=Command)
def table(
    paper: Annotated[
        Path, argument("FILE", "a paper's figures, as `earlyhelp audit --new` has it")
    ],
    picture: Annotated[Path | None, option("FILE", PICTURE)] = None,
    format: Format = "text",
) -> None:
    """Tell how often each score occurs, for every row of a paper's figures.

    For each row of scores: how many data sets agree; how many people have each score, on average
    over these and at least and at most; and the horns index (0: all have one score; 1: half of
    them at each end of the scale). A row with too many data sets to count is told. Each row says
    how its figures are read: as the audit does, in the first way that allows any data set.
    """
    from earlyhelp.paper.scores import groups
    from earlyhelp.paper.verdicts import named
    from earlyhelp.possible.one_group import bounds, count
    from earlyhelp.possible.printed_group import TooLarge
    from earlyhelp.possible.witness import why_impossible

    found: list[dict[str, Any]] = []
    for place, figures in groups(paper):
        read_as = named(figures.rounding, figures.spread if figures.sd else "")
        answer: dict[str, Any] = {"row": place, "figures": _heading(figures), "count": None}
        answer["read as"] = read_as
        found.append(answer)
        try:
            answer["reason"] = why_impossible(figures)
            answer["count"] = 0 if answer["reason"] else count(figures)
            ranges = bounds(figures) if answer["count"] else []
        except TooLarge as error:
            answer["too large"] = error.problems[0].found
            ranges = []
        kinds = ("frequency", "horns index")
        answer["bounds"] = [_as_json(one) for one in ranges if one.quantity in kinds]
        if format == "text":
            told = [f"{place}: {_told(answer)}", f"  read as: {read_as}", *_average(ranges)]
            print("\n".join(told))
    if format == "json":
        print(json.dumps(found))
    if picture:
        from earlyhelp.paper.frequencies import draw_sets

        draw_sets(found, picture)


def _told(answer: dict[str, Any]) -> str:
    if "too large" in answer:
        return f"not counted, for it takes {answer['too large']}"
    return answer["reason"] or f"{answer['count']} data sets"


def _average(ranges: list[Bound]) -> list[str]:
    lines = []
    for one in ranges:
        if one.quantity == "frequency" and one.counts and one.of is not None:
            mean = sum(people * sets for people, sets in one.counts.items()) / sum(
                one.counts.values()
            )
            told = f"{number(mean, 2)} on average, {one.low} to {one.high}"
            lines.append(f"  people with {score_text(one.of)}: {told}")
        if one.quantity == "horns index":
            lines.append(f"  horns index: {span(float(one.low), float(one.high), 4)}")
    return lines


def _answer(
    printed: PrintedOptions, answer: Callable[..., Answer], *options: Callable[[], int]
) -> None:
    """Print what there is to say of the data sets, or why there are none.

    Everything that is wrong with the printed figures and the options is told at once.
    """
    from earlyhelp.possible.one_group import count
    from earlyhelp.possible.printed_group import Figures, TooLarge
    from earlyhelp.possible.witness import why_impossible

    mean, sd = map(_figure, (printed.mean, printed.sd))
    texts = (printed.n, mean, sd, printed.min, printed.max)
    figures, *values = gather(
        lambda: Figures.parse(*texts, printed.items, printed.rounding), *options
    )
    _announce(figures)
    try:
        sets = count(figures)
        reason = None if sets else why_impossible(figures)
    except TooLarge as error:
        sets, reason = 0, why_impossible(figures)
        if not reason:
            (problem,) = error.problems
            told = f"{problem.expected}; the figures are possible, one data set was found"
            raise TooLarge([replace(problem, expected=told)]) from None
    if reason:
        reason += _otherwise(figures)
    impossible: Answer = ["0", _describe(figures), str(reason)], {}
    lines, found = answer(figures, sets, *values) if sets else impossible
    if printed.format == "json":
        document = {"figures": _heading(figures), "count": sets, "reason": reason, **found}
        print(json.dumps(document))
    else:
        print("\n".join(lines))


def _figure(text: str) -> str:
    """Figure as the audit reads it; what it cannot read is told with the other figures."""
    with suppress(ValueError):
        return plain(text)
    return text


def _otherwise(figures: Figures) -> str:
    """Tell as what the printed SD would be possible, if not as a sample SD."""
    from earlyhelp.possible.printed_group import SPREADS, TooLarge
    from earlyhelp.possible.witness import why_impossible

    kinds = []
    for kind in SPREADS[1:]:
        with suppress(TooLarge):
            if why_impossible(replace(figures, spread=kind)) is None:
                kinds.append(kind)
    return f"; possible if {figures.sd} is a {' or a '.join(kinds)}" if kinds else ""


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
        told = f"{extent.cells:,} cells ({number(extent.gigabytes, 1)} GB)"
        print(f"working on a table of {told} ...", file=sys.stderr, flush=True)


def _interval(interval: Interval, name: str) -> str:
    low, high = (_EXACT.divide(Decimal(x.numerator), x.denominator) for x in interval[:2])
    left, right = ("<=" if included else "<" for included in interval[2:])
    return f"{low:f} {left} {name} {right} {high:f}"


def _heading(figures: Figures) -> dict[str, Any]:
    from earlyhelp.possible.printed_group import printed_interval

    return {
        "n": figures.n,
        "mean": _interval(printed_interval(figures.mean, figures.rounding), "mean"),
        "sd": figures.sd and _interval(printed_interval(figures.sd, figures.rounding), "SD"),
        "scale": [_plain(figures.minimum), _plain(figures.maximum)],
        "items": items if len(items := figures.numbers_of_items) > 1 else items[0],
        "rounding": figures.rounding,
    }


def _describe(figures: Figures) -> str:
    heading = _heading(figures)
    grid = f" in steps of {1 / figures.parts}" if figures.parts != 1 else ""
    sd = f" and {heading['sd']}" if figures.sd else ""
    return (
        f"data sets (multisets) of {figures.n} scores from {figures.minimum} to "
        f"{figures.maximum}{grid} with {heading['mean']}{sd}"
    )


def _data_sets(figures: Figures, rows: NDArray[Any], **more: Any) -> Answer:
    """One data set a line; in JSON totals of the items, which are whole numbers."""
    unit = 1 / figures.parts
    lines = [" ".join(str(score * unit) for score in row) for row in rows.tolist()]
    return lines, {**more, "unit": str(unit), "data_sets": rows.tolist()}


def _line(bound: Bound, n: int) -> str:
    if bound.quantity == "median":
        return f"median: {float(bound.low):g} to {float(bound.high):g}"
    if bound.of is None:  # skewness and horns index
        return f"{bound.quantity}: {span(float(bound.low), float(bound.high), 4)}"
    what = "with" if bound.quantity == "frequency" else "with at least"
    share = span(float(100 * bound.low / n), float(100 * bound.high / n), 1)
    return f"people {what} {score_text(bound.of)}: {bound.low} to {bound.high} of {n} ({share}%)"


def _plain(value: Any) -> Any:
    """A fraction as JSON has it: a whole number, or a text."""
    if not isinstance(value, Fraction):
        return value
    return value.numerator if value.denominator == 1 else str(value)


def _as_json(bound: Bound) -> dict[str, Any]:
    counts = None
    if bound.counts is not None:
        counts = [[_plain(outcome), sets] for outcome, sets in bound.counts.items()]
    return {
        "quantity": bound.quantity,
        "of": _plain(bound.of),
        "low": _plain(bound.low),
        "high": _plain(bound.high),
        "data_sets": counts,
    }
