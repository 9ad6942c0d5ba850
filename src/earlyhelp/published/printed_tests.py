"""Tests as papers print them: how a p is read, and what p a printed test may have.

References
----------
.. [1] Nuijten et al. (2016), statcheck. Behavior Research Methods 48.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import inf, sqrt
from typing import NamedTuple

from scipy import stats

from earlyhelp.possible.printed_group import printed_interval
from earlyhelp.published.numbers import as_p, plain

LARGEST_P_OF_EFFECTS, NS = ".05", "ns"  # "ns" says that p is larger
SMALLER_LEVELS = (".01", ".001")  # above which "ns" may be meant
_AT_MOST = str.maketrans({"≤": "<=", "⩽": "<=", "≥": ">=", "⩾": ">="})
_P = re.compile(r"(=|<=|>=|[<>]?)([^=<>]+)")


class P(NamedTuple):
    """A printed p: "=", "<", "<=", ">", ">=" or "ns", and its figure in plain digits."""

    sign: str
    figure: str

    def __str__(self) -> str:
        said = f"ns (p > {self.figure})" if self.sign == NS else f"p {self.sign} {self.figure}"
        return as_p(said)

    @property
    def remark(self) -> str:
        """What an editor would say of it; often nothing."""
        if Decimal(self.figure):
            return ""
        decimals = len(self.figure.partition(".")[2])
        meant = f": p < {Decimal(1).scaleb(-decimals):f} is meant" if decimals else ""
        return as_p(f"no p is 0{meant}")

    def fits(self, low: float, high: float, rounding: str) -> bool:
        """Whether a p from low to high may be printed like this; "< .000" is ".000" meant."""
        if self.sign == "=" or ("<" in self.sign and not Decimal(self.figure)):
            interval = printed_interval(self.figure, rounding)
            return low <= float(interval.high) and high >= float(interval.low)
        bound = float(self.figure)
        if "<" in self.sign:
            return low < bound or ("=" in self.sign and low == bound)
        return high > bound or ("=" in self.sign and high == bound)


def read_p(text: str) -> P:
    """Read a p as papers print it: a number, an inequality or "ns".

    Raises
    ------
    ValueError
        When it is no p.

    Examples
    --------
    >>> print(read_p("p < ,05"), read_p("≤ .001**"), read_p("p = n.s."), sep="; ")
    p < .05; p <= .001; ns (p > .05)
    """
    compact = re.sub(r"^p\s*", "", text.strip().casefold().translate(_AT_MOST))
    if re.fullmatch(r"=?\s*n\.?\s*s\.?", compact):
        return P(NS, plain(LARGEST_P_OF_EFFECTS))
    match = _P.fullmatch(compact)
    if not match or not 0 <= Decimal(plain(match[2])) <= 1:
        raise ValueError
    return P(match[1] or "=", plain(match[2]))


def _p_of_r(r: float, df: float) -> float:
    return 2 * float(stats.t.sf(inf if r >= 1 else r * sqrt(df / (1 - r * r)), df))


# How many degrees of freedom a test has, and its p: two-sided, or of the upper tail.
TESTS: dict[str, tuple[int, Callable[..., float]]] = {
    "t": (1, lambda t, df: 2 * float(stats.t.sf(t, df))),
    "F": (2, lambda f, df, df2: float(stats.f.sf(f, df, df2))),
    "chi2": (1, lambda chi2, df: float(stats.chi2.sf(chi2, df))),
    "r": (1, _p_of_r),
    "z": (0, lambda z: 2 * float(stats.norm.sf(z))),
    "Q": (1, lambda q, df: float(stats.chi2.sf(q, df))),
}


SIGNED = ("t", "r", "z")


def as_printed(test: str, value: str, dfs: Sequence[str]) -> str:
    """Write a test as papers do.

    Examples
    --------
    >>> as_printed("F", "2.20", ["2", "28"]), as_printed("z", "1.96", [])
    ('F(2, 28) = 2.20', 'z = 1.96')
    """
    return f"{test}({', '.join(dfs)}) = {value}" if dfs else f"{test} = {value}"


def no_such(test: str, value: str) -> bool:
    """Whether a test cannot have a value at all: an F below 0, an r beyond 1.

    Examples
    --------
    >>> no_such("F", "-2.2"), no_such("t", "-2.2"), no_such("r", "1.01")
    (True, False, True)
    """
    return (test not in SIGNED and value.startswith("-")) or (
        test == "r" and abs(Fraction(value)) > 1
    )


def can_be_halved(test: str, dfs: Sequence[str]) -> bool:
    """Whether a test has a one-sided p: it has a sign, or is the square of one that has.

    Examples
    --------
    >>> can_be_halved("t", ["28"]), can_be_halved("F", ["1", "28"]), can_be_halved("chi2", ["2"])
    (True, True, False)
    """
    return test in SIGNED or dfs[0] == "1"


def p_interval(
    test: str, value: str, dfs: Sequence[str], rounding: str, rounded_df: bool = False
) -> tuple[float, float]:
    """Least and greatest p over the rounding of the value and of fractional df.

    In each of them p only rises or only falls, so that it is enough to look at the ends; in the df
    of an F this holds over so short a range for all that can be printed.

    Parameters
    ----------
    test : str
        One of `TESTS`.
    value : str
        In plain digits; the sign is ignored.
    dfs : sequence of str
    rounding : str
        As `Figures` has it.
    rounded_df : bool
        Whether the last df may be a fraction, from 1, of which a whole number is printed.

    Examples
    --------
    >>> low, high = p_interval("t", "1.22", ["16"], "either")
    >>> print(f"{low:.4f} to {high:.4f}")
    0.2383 to 0.2420
    """
    interval = printed_interval(value.lstrip("-"), rounding)
    ends = [(max(float(interval.low), 0.0), float(interval.high))]
    for df in dfs:
        exact = printed_interval(df, rounding)[:2] if "." in df else (Fraction(df),)
        ends.append(tuple(max(float(end), 1e-9) for end in exact))  # type: ignore[arg-type]
    if rounded_df:
        interval = printed_interval(dfs[-1], rounding)
        ends[-1] = max(float(interval.low), 1.0), float(interval.high)
    ps = [TESTS[test][1](*corner) for corner in product(*ends)]
    return min(ps), max(ps)
