"""Tests, effect sizes and confidence intervals of a paper, each computed from the others."""

from __future__ import annotations

from fractions import Fraction
from math import exp, inf, lgamma, sqrt

from scipy import stats
from scipy.optimize import linprog

from earlyhelp.paper.form import Row
from earlyhelp.paper.verdicts import FALSE, P_ROUNDINGS, Judged, judge, lacking, minus
from earlyhelp.possible.printed_group import printed_interval
from earlyhelp.published.numbers import number, short, span
from earlyhelp.published.printed_tests import (
    SIGNED,
    TESTS,
    as_printed,
    can_be_halved,
    no_such,
    p_interval,
)

AGAINST = "one-sided, against the direction of the effect"


def p_of_test(row: Row) -> Judged:
    """Whether the p of a row can be that of its test."""
    if row.get("test") == "r" and row.get("n", 0) > 2:
        row = {"df": str(row["n"] - 2), **row}
    needed = ["test", "value", "p", *("df", "df2")[: TESTS[row.get("test", "z")][0]]]
    if lacks := [column for column in needed if column not in row]:
        return lacking(", ".join(lacks))
    test, value, p = row["test"], row["value"], row["p"]
    dfs = [row[column] for column in needed[3:]]
    printed = as_printed(test, value, dfs)
    if no_such(test, value):
        return Judged(FALSE, (), (minus(f"{printed}: there is no such {test}"),))

    decimals = max(4, len(p.figure.partition(".")[2]) + 1)

    def read(tail: str, rounding: str) -> tuple[bool, str]:
        low, high = p_interval(test, value, dfs, rounding)
        if "one-sided" in tail:
            low, high = low / 2, high / 2
        if tail == AGAINST:
            low, high = 1 - high, 1 - low
        return p.fits(low, high, rounding), f"p recomputed is {span(low, high, decimals)}"

    tails = _tails(test, dfs, row.get("tails", 0))
    judged = judge(f"{printed}, {p}", tails, P_ROUNDINGS, read)
    return judged._replace(remark=p.remark)


def _tails(test: str, dfs: list[str], said: int) -> tuple[str, ...]:
    """Two-sided first; a test of one degree of freedom may be half of it, too."""
    if test not in SIGNED:
        halved = said != 2 and can_be_halved(test, dfs)
        return ("upper tail", "halved: one-sided") if halved else ("upper tail",)
    tails = {1: ("one-sided", AGAINST), 2: ("two-sided",)}
    return tails.get(said, ("two-sided", "one-sided"))


def effect_size(row: Row) -> Judged:
    """Whether the d of a row can come from its t and group sizes."""
    needed = ["test", "value", "n"]
    if lacks := [column for column in needed if column not in row]:
        return lacking(", ".join(lacks))
    if row["test"] != "t":
        return lacking("a t, of which d is tested")
    n, n2, df = row["n"], row.get("n2"), row.get("df", "")
    two = n2 is not None or df == str(n - 2)
    own = n + n2 - 2 if n2 else n - (2 if two else 1)
    if own < 1:
        return lacking("more people")
    kinds = ("d" if n2 else "equal groups", "g", "2t / √df") if two else ("d_z", "g", "d_av")
    factor = sqrt(1 / n + 1 / n2) if n2 else (2 if two else 1) / sqrt(n)

    def read(kind: str, rounding: str) -> tuple[bool, str]:
        t = printed_interval(row["value"].lstrip("-"), rounding)
        least, most = _factors(kind, factor, own)
        low, high = max(float(t.low), 0.0) * least, float(t.high) * most
        size = printed_interval(row["d"].lstrip("-"), rounding)
        fits = low <= float(size.high) and high >= float(size.low)
        if kind != "d_av":
            return fits, f"d recomputed is {span(low, high, 4)}"
        if not fits or not high:
            return fits, f"d is at most {number(high, 4)}"
        r = 1 - 2 * (float(size.low + size.high) / 2 / high) ** 2
        return fits, f"it rests on how both measurements correlate, here by about {number(r, 2)}"

    sizes = f"n = {n}" + (f" and {n2}" if n2 else "")
    judged = judge(f"t = {row['value']}, {sizes}, d = {row['d']}", kinds, P_ROUNDINGS, read)
    if df and "." not in df and int(df) != own:
        return judged._replace(remark=f"{sizes} would give df = {own}, not {df}")
    return judged


def _factors(kind: str, factor: float, df: int) -> tuple[float, float]:
    """What t is multiplied with to give a d at least and at most.

    d_av = d_z √(2 (1 − r)) where both SDs are the same, and never more than twice d_z.
    """
    if kind == "g":  # exactly, and by the usual approximation
        exact = exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2) if df > 1 else 0.0
        least, most = sorted((factor * exact, factor * (1 - 3 / (4 * df - 1))))
        return least, most
    if kind == "2t / √df":
        return 2 / sqrt(df), 2 / sqrt(df)
    return (0.0, 2 * factor) if kind == "d_av" else (factor, factor)


def confidence_interval(row: Row) -> Judged:
    """An interval about a difference, t times its standard error to each side.

    With the difference d and half the width w, t is in its printed interval when w t = c d, c
    being the quantile: all conditions are linear in d and w.
    """
    if lacks := [column for column in ("ci_low", "ci_high") if column not in row]:
        return lacking(", ".join(lacks))
    tested = row.get("test") == "t" and {"value", "df"} <= row.keys()
    if not tested and "diff" not in row:
        return lacking("diff, or t and df")
    levels = (row["level"],) if "level" in row else (95.0, 90.0, 99.0)
    laws = ("quantile of t", "normal quantile")
    kinds = {f"{short(level)}% interval, {law}": (level, law) for level in levels for law in laws}
    if not tested:  # the middle is that of any interval
        kinds = {"": (levels[0], laws[0])}
    down = Fraction(row.get("diff", "0")) < 0 or (
        "diff" not in row and Fraction(row["ci_low"]) + Fraction(row["ci_high"]) < 0
    )

    def read(kind: str, rounding: str) -> tuple[bool, str]:
        level, law = kinds[kind]
        tail = (1 - level / 100) / 2
        ends = [printed_interval(row[name], rounding)[:2] for name in ("ci_low", "ci_high")]
        middle = printed_interval(row["diff"], rounding)[:2] if "diff" in row else (-inf, inf)
        (l0, l1), (h0, h1), (d0, d1) = (
            tuple(float(end) for end in pair) for pair in (*ends, middle)
        )
        if down:
            l0, l1, h0, h1, d0, d1 = -h1, -h0, -l1, -l0, -d1, -d0
        # Rows of a d + b w <= bound.
        rows: list[tuple[float, float, float]] = [
            (1, -1, l1),
            (-1, 1, -l0),
            (1, 1, h1),
            (-1, -1, -h0),
        ]
        says = f"the interval's middle is {span((l0 + h0) / 2, (l1 + h1) / 2, 4)}"
        if down:
            says = says.replace("middle is", "middle, without its sign, is")
        if tested:
            df = float(row["df"])
            c = float(stats.t.isf(tail, df) if law == laws[0] else stats.norm.isf(tail))
            t = printed_interval(row["value"].lstrip("-"), rounding)
            t0, t1 = max(float(t.low), 0.0), float(t.high)
            rows += [(c, -t1, 0), (-c, t0, 0)]
            wide, narrow = (h1 - l0) / 2, (h0 - l1) / 2
            if narrow > 0:
                ts = span(max(c * (l0 + h0) / 2 / wide, 0), c * (l1 + h1) / 2 / narrow, 4)
                says += f", t recomputed from it is {ts}"
        found = linprog(
            [0, 0],
            [one[:2] for one in rows],
            [one[2] for one in rows],
            bounds=[(d0 if d0 > -inf else None, d1 if d1 < inf else None), (0, None)],
        )
        return bool(found.success), says

    told = [f"t({row['df']}) = {row['value']}"] if tested else []
    told += [f"difference {row['diff']}"] if "diff" in row else []
    printed = ", ".join([*told, f"interval {row['ci_low']} to {row['ci_high']}"])
    return judge(printed, list(kinds), P_ROUNDINGS, read)
