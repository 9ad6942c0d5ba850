"""Tests, effect sizes and confidence intervals of a paper, each computed from the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import exp, inf, lgamma, sqrt

from scipy import stats
from scipy.optimize import linprog

from earlyhelp.paper.form import PaperRow
from earlyhelp.paper.verdicts import (
    CONVENTIONS,
    FALSE,
    P_ROUNDINGS,
    Judged,
    judge,
    judge_in_turn,
    lacking,
    minus,
)
from earlyhelp.possible.printed_group import printed_interval
from earlyhelp.published.numbers import as_p, number, short, span
from earlyhelp.published.printed_tests import (
    NS,
    SIGNED,
    SMALLER_LEVELS,
    TESTS,
    P,
    as_printed,
    can_be_halved,
    no_such,
    p_interval,
)

AGAINST = "one-sided, against the direction of the effect"
ROUNDED_DF = "Welch’s df rounded to a whole number"
EQUAL, UNEQUAL = ", as many people in both groups", ", groups of unequal size"
USUAL = ("d", "g", "2t / √df")
ONE_SD = ("first", "second")
ALL_SDS = ("average", *ONE_SD)
MOST_SPLIT = 2_000  # people in two groups of unknown size

Factors = list[tuple[float, float, str]]  # least and most d of t = 1, and for which groups


def p_of_test(row: PaperRow) -> Judged:
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
    tails = _tails(test, dfs, row.get("tails", 0))
    levels = SMALLER_LEVELS if p.sign == NS else ()
    tiers = [
        {tail: (tail, False, p) for tail in tails if tail != AGAINST},
        *({f"{tails[0]}, ns at the level {a}": (tails[0], False, P(NS, a))} for a in levels),
        {tail: (tail, False, p) for tail in tails if tail == AGAINST},
    ]
    if _may_be_welch(row, dfs):
        tiers.append({f"{tail}, {ROUNDED_DF}": (tail, True, p) for tail in tails})
    kinds = {kind: how for tier in tiers for kind, how in tier.items()}

    def read(kind: str, rounding: str) -> tuple[bool, str]:
        tail, rounded, said = kinds[kind]
        low, high = p_interval(test, value, dfs, rounding, rounded)
        if "one-sided" in tail:
            low, high = low / 2, high / 2
        if tail == AGAINST:
            low, high = 1 - high, 1 - low
        return said.fits(low, high, rounding), f"p recomputed is {as_p(span(low, high, decimals))}"

    judged = judge_in_turn(f"{printed}, {p}", map(list, tiers), P_ROUNDINGS, read)
    return judged._replace(remark="; ".join(filter(None, (p.remark, _people_and_df(row)))))


def _may_be_welch(row: PaperRow, dfs: list[str]) -> bool:
    """Whether a whole number of df may be Welch's, which n people measured twice have not."""
    if row["test"] not in ("t", "F") or "." in dfs[-1]:
        return False
    return "n2" in row or dfs[-1] != str(row.get("n", 0) - 1)


def _tails(test: str, dfs: list[str], said: int) -> tuple[str, ...]:
    """Two-sided first; a test of one degree of freedom may be half of it, too."""
    if test not in SIGNED:
        halved = said != 2 and can_be_halved(test, dfs)
        return ("upper tail", "halved: one-sided") if halved else ("upper tail",)
    tails = ("two-sided", "one-sided", AGAINST)
    return {1: tails[1:], 2: tails[:1]}.get(said, tails)


def effect_size(row: PaperRow) -> Judged:
    """Whether the d of a row can come from its t and group sizes.

    Readings that take more for granted are asked only where none of those before them holds.
    """
    needed = ["test", "value", "n"]
    if lacks := [column for column in needed if column not in row]:
        return lacking(", ".join(lacks))
    if row["test"] != "t":
        return lacking("a t, of which d is tested")
    n, n2 = row["n"], row.get("n2")
    if n + (n2 or 0) < (3 if n2 else 2):
        return lacking("more people")
    readings: dict[str, Factors] = {}

    def read(kind: str, rounding: str) -> tuple[bool | None, str]:
        t = printed_interval(row["value"].lstrip("-"), rounding)
        size = printed_interval(row["d"].lstrip("-"), rounding)
        ds = [
            (max(float(t.low), 0.0) * least, float(t.high) * most, groups)
            for least, most, groups in readings[kind]
        ]
        fitting = [d for d in ds if d[0] <= float(size.high) and d[1] >= float(size.low)]
        low, high = min(d[0] for d in ds), max(d[1] for d in ds)
        if kind == CONVENTIONS["d_av"] and fitting:
            r = 1 - 2 * (float(size.low + size.high) / 2 / high) ** 2
            told = f"it rests on how both measurements correlate, here by about {number(r, 2)}"
            return True, told
        if high == inf:  # over an SD that may be as small as one likes
            told = f"d is {span(low, high, 4)}" if low else "t does not bound d"
            return None if fitting else False, told
        low, high, groups = fitting[0] if fitting else (low, high, "")
        return bool(fitting), f"d recomputed is {span(low, high, 4)}{groups}"

    sizes = f"n = {n}" + (f" and {n2}" if n2 else "")
    printed = f"t = {row['value']}, {sizes}, d = {row['d']}"

    def kinds() -> Iterator[list[str]]:
        for tier in _readings(n, n2, row.get("df", "")):
            readings.update(tier)
            yield list(tier)

    judged = judge_in_turn(printed, kinds(), P_ROUNDINGS, read)
    if not readings:
        judged = lacking("groups that can have this df")
    return judged._replace(remark=_people_and_df(row))


def _people_and_df(row: PaperRow) -> str:
    """Tell of degrees of freedom that the people of a row do not give."""
    if row.get("test") not in ("t", "r") or not {"n", "df"} <= row.keys():
        return ""
    n, n2, df = row["n"], row.get("n2"), row["df"]
    if row["test"] == "r":
        n2, usual, welch = None, [n - 2], False
    else:
        usual = [n + n2 - 2] if n2 else [n - 1, *([n - 2] if n > 2 else [])]
        welch = (min(n, n2) - 1 if n2 else 1) <= Fraction(df) <= usual[-1]
    if df in map(str, usual) or (welch and "." in df):
        return ""
    sizes = f"n = {n}" + (f" and {n2}" if n2 else "")
    told = f"{sizes} would give df = {' or '.join(map(str, usual))}, not {df}"
    return told + ", unless it is Welch’s" * welch


def _readings(n: int, n2: int | None, df: str) -> Iterator[dict[str, Factors]]:
    """Ways from t to d, the usual ones first, each with what a t is multiplied with.

    Without a second group it may be one group measured twice or, if the degrees of freedom allow,
    two groups with n people in all.
    """
    welch, factor = "." in df, 1 / sqrt(n)
    twice = n2 is None and not welch and df != str(n - 2)
    if twice:
        g = _corrected(factor, factor, n - 1)
        yield {CONVENTIONS["d_z"]: [(factor, factor, "")], CONVENTIONS["g"]: [(*g, "")]}
    pairs, how = ([(n, n2)], "") if n2 else ([(n // 2, n - n // 2)], EQUAL)
    if not twice or not df:
        yield _of_two(USUAL, pairs, how, df, welch)
    if twice:
        yield {CONVENTIONS["d_av"]: [(0.0, 2 * factor, "")]}
    if not twice or df != str(n - 1):
        laws = [True] if welch or (twice and df) else [False, True]
        sizes = [(pairs, how)]
        if not n2 and n <= MOST_SPLIT:
            sizes.append(([(k, n - k) for k in range(1, n // 2)], UNEQUAL))
        for ways in ((*USUAL, "average"), ONE_SD):
            yield {
                kind: factors
                for some, words in sizes
                for law in laws
                for kind, factors in _of_two(ways, some, words, df, law).items()
            }
    if not n2 and n > MOST_SPLIT:
        yield {UNEQUAL.lstrip(", "): [(0.0, inf, "")]}
    if twice:
        yield {CONVENTIONS["pre-test"]: [(0.0, inf, "")]}


def _of_two(
    ways: Sequence[str], pairs: Sequence[tuple[int, int]], how: str, df: str, welch: bool
) -> dict[str, Factors]:
    """A difference of two groups over an SD, for all sizes that they may have."""
    found: dict[str, Factors] = {}
    for n1, n2 in pairs:
        told = f", for n = {n1} and {n2}" if how == UNEQUAL else ""
        for shares in _shares(n1, n2, df, welch):
            for way in ways:
                if (way == "2t / √df" and welch) or (way in ALL_SDS and min(n1, n2) < 2):
                    continue
                low, high = sorted(_over(way, n1, n2, share, welch) for share in shares)
                if way == "g":
                    low, high = _corrected(low, high, n1 + n2 - 2)
                kind = CONVENTIONS[way] + how + ", Welch’s t" * welch
                found.setdefault(kind, []).append((low, high, told))
    return found


def _shares(n1: int, n2: int, df: str, welch: bool) -> Iterator[tuple[float, float]]:
    """Ranges of the first group's share of the squared standard error of Welch's t.

    With the share q, 1 / df is q² / (n1 - 1) + (1 - q)² / (n2 - 1), so that two shares have a df.
    """
    own = n1 + n2 - 2
    if own < 1 or (welch and min(n1, n2) < 2):
        return
    if not welch or not df:
        yield 0.0, 1.0
        return
    low, high = _df_around(df)
    if low > own:
        return
    middle, bend = (n1 - 1) / own, 1 / (n1 - 1) + 1 / (n2 - 1)
    near, far = (sqrt(max(1 / end - 1 / own, 0) / bend) for end in (high, low))
    for ends in ((middle - far, middle - near), (middle + near, middle + far)):
        if ends[0] <= 1 and ends[1] >= 0:
            yield max(ends[0], 0.0), min(ends[1], 1.0)


def _df_around(df: str) -> tuple[float, float]:
    """Degrees of freedom that are printed like this, rounded or cut off."""
    ends = printed_interval(df, "half-up").low, printed_interval(df, "truncated").high
    return max(float(ends[0]), 1e-9), float(ends[1])


def _over(way: str, n1: int, n2: int, share: float, welch: bool) -> float:
    """How large the d of t = 1 is, with the first group's share of the squared standard error."""
    first, second = share * n1, (1 - share) * n2  # variances
    within = ((n1 - 1) * first + (n2 - 1) * second) / (n1 + n2 - 2)
    if way == "2t / √df":
        return 2 / sqrt(n1 + n2 - 2)
    if way in ("d", "g") and not welch:
        return sqrt(1 / n1 + 1 / n2)
    error = 1.0 if welch else within * (1 / n1 + 1 / n2)
    variances = {"first": first, "second": second, "average": (first + second) / 2}
    variance = variances.get(way, within)
    return sqrt(error / variance) if variance else inf


def _corrected(least: float, most: float, df: int) -> tuple[float, float]:
    """Hedges' correction, exactly and by the usual approximation."""
    exact = exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2) if df > 1 else 0.0
    low, high = sorted((exact, 1 - 3 / (4 * df - 1)))
    return least * low, most * high


def _laws(row: PaperRow) -> dict[str, tuple[float, float]]:
    """Laws by which a row's test gives an interval, each with its least and greatest df.

    Empty for a test of no difference, and for a t of which neither people nor df are printed.
    """
    test, n, n2 = row.get("test"), row.get("n", 0), row.get("n2", 0)
    normal = {"normal quantile": (inf, inf)}
    if "value" not in row or test not in ("t", "z", "F"):
        return {}
    if test == "z":
        return normal
    if test == "F" and row.get("df") != "1":
        return {}
    if df := row.get("df" if test == "t" else "df2"):
        around = max(_df_around(df)[0], 1.0), _df_around(df)[1]
        if "." in df:
            return {"quantile of t": around, **normal}
        exact = float(df), float(df)
        return {"quantile of t": exact, f"quantile of t, {ROUNDED_DF}": around, **normal}
    own = max(n + n2 - 2, 1)
    if n + n2 < 2 or test == "F":
        return {}
    least = max(min(n, n2) - 1, 1) if n2 else 1
    usual = own, own if n2 else max(n - 1, 1)
    return {"quantile of t": usual, "quantile of t, Welch’s df": (least, own), **normal}


def confidence_interval(row: PaperRow) -> Judged:
    """An interval about a difference, t times its standard error to each side.

    With the difference d and half the width w, t is in its printed interval when w t = c d, c
    being the quantile: all conditions are linear in d and w.
    """
    if lacks := [column for column in ("ci_low", "ci_high") if column not in row]:
        return lacking(", ".join(lacks))
    laws = _laws(row)
    if not laws and "diff" not in row:
        return lacking("diff, or a t with its df or n")
    levels = (row["level"],) if "level" in row else (95.0, 90.0, 99.0)
    kinds = {f"{short(level)}% interval, {law}": (level, law) for level in levels for law in laws}
    down = Fraction(row.get("diff", "0")) < 0 or (
        "diff" not in row and Fraction(row["ci_low"]) + Fraction(row["ci_high"]) < 0
    )

    def read(kind: str, rounding: str) -> tuple[bool, str]:
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
        middles = (l0 + h0) / 2, (l1 + h1) / 2
        says = f"the interval's middle is {span(*middles, 4)}"
        if down:
            says = says.replace("middle is", "middle, without its sign, is")
        if kind:
            level, law = kinds[kind]
            tail = (1 - level / 100) / 2
            least, most = laws[law]
            c0, c1 = (
                float(stats.norm.isf(tail) if df == inf else stats.t.isf(tail, df))
                for df in (most, least)
            )
            printed = printed_interval(row["value"].lstrip("-"), rounding)
            t0, t1 = max(float(printed.low), 0.0), float(printed.high)
            if row["test"] == "F":
                t0, t1 = sqrt(t0), sqrt(t1)
            rows += [(c0, -t1, 0), (-c1, t0, 0)]
            halves = (h0 - l1) / 2, (h1 - l0) / 2
            if halves[0] > 0:
                ts = [c * m / w for c, m, w in product((c0, c1), middles, halves)]
                name = "t" if row["test"] == "F" else row["test"]
                says += f", {name} recomputed from it is {span(min(ts), max(ts), 4)}"
        found = linprog(
            [0, 0],
            [one[:2] for one in rows],
            [one[2] for one in rows],
            bounds=[(d0 if d0 > -inf else None, d1 if d1 < inf else None), (0, None)],
        )
        return bool(found.success), says

    unused = ""
    if {"test", "value"} <= row.keys() and not laws:
        reasons = {("t", ""): "lacks df or n", ("F", "1"): "lacks df2"}
        why = reasons.get((row["test"], row.get("df", "")), "is of no one difference")
        unused = f"{row['test']} is not used, for it {why}"
    dfs = [row[name] for name in ("df", "df2") if name in row]
    told = [as_printed(row["test"], row["value"], dfs)] if laws else []
    told += [f"difference {row['diff']}"] if "diff" in row else []
    printed = ", ".join([*told, f"interval {row['ci_low']} to {row['ci_high']}"])
    # Without a test, the middle is that of any interval.
    judged = judge(printed, list(kinds) or [""], P_ROUNDINGS, read)
    return judged._replace(remark="; ".join(filter(None, (unused, _people_and_df(row)))))
