"""Means, SDs and percentages of a paper: whether any scores can have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, sqrt
from pathlib import Path

from earlyhelp.paper.form import Row, has_grid, read_rows, steps_in_one
from earlyhelp.paper.verdicts import Judged, Outcome, Read, judge, lacking
from earlyhelp.possible.printed_group import ROUNDINGS, SPREADS, Figures, TooLarge, printed_interval
from earlyhelp.possible.witness import group_sizes, why_impossible, witness
from earlyhelp.published.numbers import number, short, span
from earlyhelp.study.problems import InputError, Problem


def mean_and_sd(row: Row) -> Judged:
    """Whether scores can have the mean and SD of a row."""
    if "mean" not in row:
        return lacking("a mean")
    if "groups" in row:
        return _of_groups(row)
    whole, scale = "n" in row and has_grid(row), None not in _ends(row)
    if not whole and not scale:
        return lacking("n and items, or the scale's low and high")
    kinds: Sequence[str] = ("",)
    if {"n", "sd"} <= row.keys():
        if row["n"] == 1:
            return lacking("a second person, without whom there is no SD")
        kinds = SPREADS
    return judge(_printed(row), kinds, ROUNDINGS, (_existence if whole else _on_scale)(row))


def _ends(row: Row) -> tuple[Fraction | None, Fraction | None]:
    """Ends between which all scores lie, those that occur if they are known."""
    low, high = row.get("low"), row.get("high")
    least, greatest = (Fraction(row[name]) if name in row else None for name in ("min", "max"))
    return (
        max((end for end in (low, least) if end is not None), default=None),
        min((end for end in (high, greatest) if end is not None), default=None),
    )


def _printed(row: Row) -> str:
    names = {"n": "n", "total": "total", "mean": "M", "sd": "SD"}
    told = [f"{name} = {row[column]}" for column, name in names.items() if column in row]
    if (items := row.get("items", (1,))) != (1,):
        told.append(f"means of {' or '.join(map(str, items))} items")
    if "step" in row:
        told.append(f"steps of {row['step']}")
    if "low" in row:
        told.append(f"scale {short(row['low'])} to {short(row['high'])}")
    told += [f"{name} {row[name]}" for name in ("min", "max") if name in row]
    for column, name in (("exactly", ""), ("at_least", "at least ")):
        told += [f"{name}{people} with {score}" for score, people in row.get(column, ())]
    return ", ".join(told)


def _existence(row: Row) -> Read:
    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        try:
            figures = _figures(row, rounding, spread)
            reason = why_impossible(figures)
        except _Off as error:
            return False, str(error)
        except TooLarge as error:
            return None, str(error)
        found = witness(figures) if reason is None else None
        people = ", ".join(f"{n} × {short(score)}" for score, n in (found or {}).items())
        return reason is None, reason or f"possible{people and f', for example {people}'}"

    return read


def groups(path: Path) -> list[tuple[str, Figures]]:
    """Rows that print a mean of scores in steps, and the ends of their scale.

    Returns
    -------
    list of (str, Figures)
        What and where, with the line; the figures in the first reading that allows any scores, or
        as they are usually printed if none does.

    Raises
    ------
    InputError
        With everything that cannot be read; also when no row is of this kind.

    Examples
    --------
    >>> import tempfile
    >>> from earlyhelp.paper.form import template
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "paper.csv")
    ...     _ = path.write_text(template())
    ...     (place, figures), _ = groups(path)
    >>> place, figures.sd
    ('row 2, Satisfaction, Table 1', '1.59')
    """
    found: list[tuple[str, Figures]] = []
    problems: list[Problem] = []
    for line, row in read_rows(path):
        least_n = 2 if "sd" in row else 1
        if not {"n", "mean"} <= row.keys() or None in _ends(row) or not has_grid(row):
            continue
        if row["n"] < least_n:
            problems.append(Problem(path.name, line, "n", str(row["n"]), f"at least {least_n}"))
            continue
        place = Outcome(line, row.get("what", ""), row.get("where", ""), "", "", (), ()).place
        try:
            found.append((place, _as_meant(row)))
        except _Off as error:
            problems.append(Problem(path.name, line, "", str(error), "scores on the scale"))
    if not found and not problems:
        expected = "a row with n, mean, items or step, and the scale's low and high"
        problems.append(Problem(path.name, None, "", "no row of scores", expected))
    if problems:
        raise InputError(problems)
    return found


def _as_meant(row: Row) -> Figures:
    read = _existence(row)
    for spread in SPREADS if "sd" in row else SPREADS[:1]:
        for rounding in ROUNDINGS:
            if read(spread, rounding)[0]:
                return _figures(row, rounding, spread)
    return _figures(row, ROUNDINGS[0], SPREADS[0])


def _of_groups(row: Row) -> Judged:
    """Sizes of the groups that share a total; told of the one in the row."""
    groups, total, left = row["groups"], row["total"], row["left"]
    if len(groups) == 1 and left == total:
        return lacking("n, or a row for each other group with the same what and total")
    if not all("mean" in group and has_grid(group) for group in groups):
        return lacking("a mean and items in each row with the same what and total")

    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        try:
            # Too small an n for the known scores makes a size impossible, which the search finds.
            each = [_figures({"n": total, **group}, rounding, spread) for group in groups]
            sizes = _sizes(tuple(each), left)[row["place"]]
        except _Off as error:
            return False, str(error)
        except TooLarge as error:
            return None, str(error)
        if not sizes:
            one = "no size of the group is" if len(groups) == 1 else ""
            many = one or f"no sizes of the {len(groups)} groups add up to"
            return False, f"{many} {left}" + " that are left" * (left < total)
        few = " or ".join(map(str, sizes))
        told = f"any of {len(sizes)} numbers from {sizes[0]} to {sizes[-1]}"
        return True, f"n is {few if len(sizes) < 6 else told}"

    kinds = SPREADS if any("sd" in group for group in groups) else ("",)
    return judge(_printed(row), kinds, ROUNDINGS, read)


@lru_cache(maxsize=64)
def _sizes(groups: tuple[Figures, ...], total: int) -> list[list[int]]:
    return group_sizes(groups, total)


class _Off(ValueError):
    """A printed score that nobody can have."""


def _figures(row: Row, rounding: str, spread: str) -> Figures:
    """A scale that is not printed is as wide as the SD lets the scores be."""
    n, mean, parts = row["n"], Fraction(row["mean"]), steps_in_one(row)

    def on_grid(score: str) -> Fraction:
        nearest = round(Fraction(score) * parts)
        if nearest not in printed_interval(score, rounding).times(parts):
            raise _Off(f"nobody can have the score {score}")
        return nearest / parts

    exactly, at_least = (
        [(on_grid(score), people) for score, people in row.get(column, ())]
        for column in ("exactly", "at_least")
    )
    at_least += [(on_grid(row[name]), 1) for name in ("min", "max") if name in row]
    least, greatest = (on_grid(row[name]) if name in row else None for name in ("min", "max"))
    known = Figures(
        n, "0", None, 0, 0, 1, exactly=tuple(exactly), at_least=tuple(at_least), step=1 / parts
    ).known
    others = n - known.total()
    middle = (n * mean - sum(known.elements()) / parts) / others if others > 0 else mean
    reach = (abs(Fraction(row["sd"])) + 1) * n if "sd" in row else len(exactly) + 1
    low = row.get("low", floor((min(mean, middle) - reach) * parts) / parts)
    high = row.get("high", ceil((max(mean, middle) + reach) * parts) / parts)
    ends = [
        inner if inner is not None and (end not in row or low <= inner <= high) else outer
        for end, inner, outer in (("low", least, low), ("high", greatest, high))
    ]
    return Figures(
        *(n, row["mean"], row.get("sd"), ends[0], ends[1], row.get("items", (1,)), rounding),
        spread=spread or SPREADS[0],
        step=Fraction(row.get("step", 1)),
        exactly=tuple(exactly),
        at_least=tuple(at_least),
    )


def _on_scale(row: Row) -> Read:
    """Scores of any kind: the scale and the scores that are known bound the mean and the SD.

    With m others, who have the sum S, their squares sum up to S² / m at least and to
    S (low + high) - m low high at most.
    """
    low, high = _ends(row)
    known = Counter[Fraction]()
    for score, people in row.get("at_least", ()) if "n" in row else ():
        known |= Counter({Fraction(score): people})
    for name in ("min", "max") if "n" in row else ():
        known |= Counter({Fraction(row[name]): 1}) if name in row else Counter()
    if "n" in row:
        known = +Counter({**known, **{Fraction(s): people for s, people in row.get("exactly", ())}})

    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        assert low is not None
        assert high is not None
        if low > high or any(not low <= score <= high for score in known):
            return False, "a score that is known to occur is off the scale"
        n = row.get("n", 1)
        others = n - known.total()
        if others < 0:
            return False, f"{known.total()} people with known scores are more than n = {n}"
        total = Fraction(sum(score * people for score, people in known.items()))
        mean = printed_interval(row["mean"], rounding)
        first = max(mean.low, Fraction(total + others * low, n))
        last = min(mean.high, Fraction(total + others * high, n))
        fits = first <= last
        if not fits or not spread:
            on = "on" if fits else "off"
            return fits, f"the mean is {on} the scale" + " with these counts" * bool(known)
        squares = sum(score**2 * people for score, people in known.items())

        def variance(m: Fraction, of_others: Fraction) -> Fraction:
            return Fraction(squares + of_others - n * m**2) / Fraction(n - 1)

        def clamped(m: Fraction) -> Fraction:
            return min(max(m, first), last)

        middle = clamped((low + high) / 2)
        rest = n * middle - total
        most = variance(middle, rest * (low + high) - others * low * high)
        level = clamped(Fraction(total, known.total())) if known else first
        least = variance(level, (n * level - total) ** 2 / others if others else Fraction(0))
        figures = Figures(n, row["mean"], row["sd"], 0, 1, 1, rounding, spread)
        sd = figures.variance_interval
        fits = least <= sd.high and sd.low <= most and not row["sd"].startswith("-")
        ends = span(sqrt(max(least, Fraction(0))), sqrt(max(most, Fraction(0))), 4)
        return fits, f"the scale allows an SD (n − 1) of {ends}"

    return read


def percentage(row: Row) -> Judged:
    """Whether a count of n can be the percentage of a row."""
    if not {"n", "percent"} <= row.keys():
        return lacking("n and a percentage")
    n, percent, count = row["n"], row["percent"], row.get("count")

    def read(_: str, rounding: str) -> tuple[bool, str]:
        first, last = printed_interval(percent, rounding).whole(Fraction(n, 100))
        first, last = max(first, 0), min(last, n)
        counts = " or ".join(map(str, dict.fromkeys((first, last))))
        says = f"it is {counts if first <= last else 'no count'} of {n}"
        if count is None:
            return first <= last, says
        exact = number(Fraction(100 * count, n), len(percent.partition(".")[2]) + 1)
        return first <= count <= last, f"{says}; {count} / {n} = {exact}%"

    return judge(f"{percent}%", [""], ROUNDINGS, read)
