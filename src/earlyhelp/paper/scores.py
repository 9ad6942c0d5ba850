"""Means, SDs and percentages of a paper: whether any scores can have them."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, inf, sqrt
from pathlib import Path

from earlyhelp.paper.form import PaperRow, has_grid, read_rows, steps_in_one
from earlyhelp.paper.verdicts import FALSE, Judged, Read, RowResult, judge, lacking, minus
from earlyhelp.possible.printed_group import (
    ROUNDINGS,
    SPREADS,
    Figures,
    Interval,
    TooLarge,
    printed_interval,
)
from earlyhelp.possible.witness import group_sizes, why_impossible, witness
from earlyhelp.published.numbers import number, score_text, span
from earlyhelp.study.problems import InputError, Problem

ScaleEnds = tuple[Fraction | None, Fraction | None]  # of a scale, as far as they are known


def mean_and_sd(row: PaperRow) -> Judged:
    """Whether scores can have the mean and SD of a row."""
    if Fraction(row.get("sd", 0)) < 0:
        return Judged(FALSE, (), (minus(f"SD = {row['sd']}: no SD is below 0"),))
    if "mean" not in row:
        return lacking("a mean")
    if row.get("n") == 1 and "sd" in row:
        return lacking("a second person, without whom there is no SD")
    kinds = SPREADS if "sd" in row else ("",)
    if "n" in row and has_grid(row):
        return judge(_printed(row), kinds, ROUNDINGS, _existence(row))
    # A scale binds also people whose number nothing tells.
    on_scale = judge(_printed(row), kinds, ROUNDINGS, _on_scale(row))
    if "groups" in row and on_scale.verdict != FALSE:
        return _of_groups(row)
    bounds = ("low", "min", "max", *(("exactly", "at_least") if "n" in row else ()))
    if on_scale.verdict != FALSE and not any(bound in row for bound in bounds):
        wanted = ["n"] * ("n" not in row) + ["items"] * (not has_grid(row))
        return lacking(f"{' and '.join(wanted)}, or the scale's low and high")
    return on_scale


def _ends(row: PaperRow) -> ScaleEnds:
    """Ends between which all scores lie, those that occur if they are known."""
    low, high = row.get("low"), row.get("high")
    least, greatest = (Fraction(row[name]) if name in row else None for name in ("min", "max"))
    return (
        max((end for end in (low, least) if end is not None), default=None),
        min((end for end in (high, greatest) if end is not None), default=None),
    )


def _printed(row: PaperRow) -> str:
    names = {"n": "n", "total": "total", "mean": "M", "sd": "SD"}
    told = [f"{name} = {row[column]}" for column, name in names.items() if column in row]
    if (items := row.get("items", (1,))) != (1,):
        told.append(f"means of {' or '.join(map(str, items))} items")
    if "step" in row:
        told.append(f"steps of {row['step']}")
    if "low" in row:
        told.append(f"scale {score_text(row['low'])} to {score_text(row['high'])}")
    told += [f"{name} {row[name]}" for name in ("min", "max") if name in row]
    for column, name in (("exactly", ""), ("at_least", "at least ")):
        told += [f"{name}{people} with {score}" for score, people in row.get(column, ())]
    return ", ".join(told)


def _existence(row: PaperRow) -> Read:
    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        try:
            figures = _figures(row, rounding, spread)
            reason = why_impossible(figures)
        except _Off as error:
            return False, str(error)
        except TooLarge as error:
            return None, str(error)
        found = witness(figures) if reason is None else None
        people = ", ".join(f"{n} × {score_text(score)}" for score, n in (found or {}).items())
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
        place = RowResult(line, row.get("what", ""), row.get("where", ""), "", "", (), ()).place
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


def _as_meant(row: PaperRow) -> Figures:
    read = _existence(row)
    for spread in SPREADS if "sd" in row else SPREADS[:1]:
        for rounding in ROUNDINGS:
            if read(spread, rounding)[0]:
                return _figures(row, rounding, spread)
    return _figures(row, ROUNDINGS[0], SPREADS[0])


def _of_groups(row: PaperRow) -> Judged:
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


def _score(row: PaperRow, printed: str, rounding: str) -> Fraction:
    """Score that is printed like this."""
    if not has_grid(row):
        return Fraction(printed)
    parts = steps_in_one(row)
    nearest = round(Fraction(printed) * parts)
    if nearest not in printed_interval(printed, rounding).times(parts):
        raise _Off(f"nobody can have the score {printed}")
    return nearest / parts


def _figures(row: PaperRow, rounding: str, spread: str) -> Figures:
    """A scale that is not printed is as wide as the SD lets the scores be."""
    n, mean, parts = row["n"], Fraction(row["mean"]), steps_in_one(row)

    exactly, at_least = (
        [(_score(row, score, rounding), people) for score, people in row.get(column, ())]
        for column in ("exactly", "at_least")
    )
    at_least += [(_score(row, row[name], rounding), 1) for name in ("min", "max") if name in row]
    least, greatest = (
        _score(row, row[name], rounding) if name in row else None for name in ("min", "max")
    )
    known = Figures(
        n, "0", None, 0, 0, 1, exactly=tuple(exactly), at_least=tuple(at_least), step=1 / parts
    ).known
    others = n - known.total()
    middle = (n * mean - sum(known.elements()) / parts) / others if others > 0 else mean
    rounded = printed_interval(row["mean"], "truncated")  # as wide as any
    slack = len(exactly) + 1 + (rounded.high - rounded.low) * n / max(others, 1)
    reach = (abs(Fraction(row["sd"])) + 1) * n if "sd" in row else slack
    middles = mean, middle, *(score / parts for score in known)
    low = row.get("low", floor((min(middles) - reach) * parts) / parts)
    high = row.get("high", ceil((max(middles) + reach) * parts) / parts)
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


def _known(row: PaperRow, rounding: str) -> Counter[Fraction]:
    """People of whom it is known which score they have."""
    known = Counter[Fraction]()
    occurring = [(row[end], 1) for end in ("min", "max") if end in row]
    for score, people in (*row.get("at_least", ()), *occurring):
        known |= Counter({_score(row, score, rounding): people})
    for score, people in row.get("exactly", ()):
        exact = _score(row, score, rounding)
        if known[exact] > people:
            least = f"{people} and at least {known[exact]}"
            raise _Off(f"{least} people have the score {score_text(exact)}")
        known[exact] = people
    return +known


def _on_scale(row: PaperRow) -> Read:
    """Scores of any kind: the scale and the scores that are known bound the mean and the SD.

    With m others, who have the sum S, their squares sum up to S² / m at least and to
    S (low + high) - m low high at most. Of a number of people that is not printed the least is
    taken, which lets the SD be greatest; since there may be any more, mean and SD rest on the scale
    alone.
    """
    ends = _ends(row)

    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        mean = printed_interval(row["mean"], rounding)
        try:
            known = _known(row, rounding)
        except _Off as error:
            return False, str(error)
        if not _within(ends, *known, *(end for end in ends if end is not None)):
            return False, "a score that is known to occur is off the scale"
        n = row.get("n", max(2, known.total()))
        if known.total() > n:
            return False, f"{known.total()} people with known scores are more than n = {n}"
        if "n" not in row:
            known = Counter()
        low, high = _closed(ends, n, mean, known, Fraction(row.get("sd", 0)))
        others = n - known.total()
        total = Fraction(sum(score * people for score, people in known.items()))
        first = max(mean.low, Fraction(total + others * low, n))
        last = min(mean.high, Fraction(total + others * high, n))
        fits = first <= last
        if not fits or not spread or ("n" not in row and None in ends):
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
        fits = least <= sd.high and sd.low <= most
        greatest = inf if ends == (None, None) else sqrt(max(most, Fraction(0)))
        limits = span(sqrt(max(least, Fraction(0))), greatest, 4)
        return fits, f"the figures allow an SD (n − 1) of {limits}"

    return read


def _within(ends: ScaleEnds, *scores: Fraction) -> bool:
    low, high = ends
    return all((low is None or low <= s) and (high is None or s <= high) for s in scores)


def _closed(
    ends: ScaleEnds, n: int, mean: Interval, known: Counter[Fraction], sd: Fraction
) -> tuple[Fraction, Fraction]:
    """Ends of a scale; an unknown one lies as far off as one of n people can be."""
    low, high = ends
    if high is None:
        if low is None:
            far = 2 * n * (max(abs(x) for x in (mean.low, mean.high, *known)) + sd + 1)
            return -far, far
        return low, max(low, n * mean.high - (n - 1) * low)
    return (min(high, n * mean.low - (n - 1) * high) if low is None else low), high


def percentage(row: PaperRow) -> Judged:
    """Whether a count of n can be the percentage of a row."""
    n, percent, count = row.get("n"), row.get("percent"), row.get("count")
    if n is not None and count is not None and count > n:
        return Judged(FALSE, (), (f"{count} people are more than n = {n}",))
    wanted = {"n": n, "a percentage": percent}
    if n is None or percent is None:
        return lacking(" and ".join(name for name, given in wanted.items() if given is None))

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
