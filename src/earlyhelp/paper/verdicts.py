"""Verdicts on printed figures, and the conventions under which they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

FALSE, ONLY_IF, UNDECIDED, UNCHECKED, HOLDS = VERDICTS = (
    *("cannot be true", "holds only if", "not decided", "not checked", "holds"),
)
CONVENTIONS = {
    "half-up": "rounded half up",
    "half-even": "rounded half to even",
    "either": "ties rounded up or down",
    "truncated": "decimals cut off",
    "sample SD": "SD with denominator n − 1",
    "population SD": "SD with denominator n",
    "standard error": "SD is a standard error",
    "d": "difference over the SD within groups",
    "g": "Hedges’ correction for few people",
    "2t / √df": "2t / √df",
    "average": "difference over the average SD of both groups",
    "first": "difference over the SD of one group (Glass’s Δ)",
    "second": "difference over the SD of one group (Glass’s Δ)",
    "d_z": "change over the SD of change (d_z)",
    "d_av": "change over the average SD of both measurements (d_av)",
    "pre-test": "change over the SD of the first measurement",
}
# Ties do not occur among recomputed ps, so that two ways of rounding are left.
P_ROUNDINGS = ("half-up", "truncated")

Read = Callable[[str, str], tuple[bool | None, str]]


@dataclass(frozen=True)
class RowResult:
    """One check of one row.

    Attributes
    ----------
    row : int
        Line of the file from 1, with the header.
    what, where : str
        As typed.
    check : str
    verdict : str
        One of `VERDICTS`.
    conventions : tuple of str
        Readings under which the figures hold; where they cannot, those that were tried.
    arithmetic : tuple of str
    remark : str
        What is worth a word besides; often empty.
    """

    row: int
    what: str
    where: str
    check: str
    verdict: str
    conventions: tuple[str, ...]
    arithmetic: tuple[str, ...]
    remark: str = ""

    @property
    def place(self) -> str:
        """The row, and what its figures are of and where they are printed."""
        return ", ".join(filter(None, (f"row {self.row}", self.what, self.where)))

    @property
    def read_as(self) -> str:
        """The reading that a verdict rests on; empty where the arithmetic names the readings."""
        told = {HOLDS: "read as", FALSE: "under none of"}.get(self.verdict)
        return f"{told}: {', '.join(self.conventions)}" if told and self.conventions else ""


class Judged(NamedTuple):
    """Verdict on a row's figures, without the row."""

    verdict: str
    conventions: tuple[str, ...]
    arithmetic: tuple[str, ...]
    remark: str = ""


def lacking(what: str) -> Judged:
    """Tell what a row lacks to be checked."""
    return Judged(UNCHECKED, (), (f"lacks {what}",))


def judge(printed: str, kinds: Sequence[str], roundings: Sequence[str], read: Read) -> Judged:
    """Read by the usual convention; if this fails, find of each kind the roundings that fit.

    `read` says whether the figures hold under a kind and a rounding, and how it comes. Where a kind
    holds by the usual rounding no other is needed.
    """
    usual, says = read(kinds[0], roundings[0])
    told = minus(f"{printed}: {says}")
    if usual:
        return Judged(HOLDS, (named(roundings[0], kinds[0]),), (told,))
    fitting: dict[str, str] = {}
    undecided = {"": says} if usual is None else {}
    for kind in kinds:
        for rounding in roundings:
            if rounding == "either" and named("half-even", kind) in fitting:
                continue  # needed only where half to even does not do
            holds, says = read(kind, rounding)
            if holds is None and says not in undecided.values():
                undecided.setdefault(named(kind), says)
            if holds:
                fitting[named(rounding, kind)] = says
                if rounding == roundings[0]:
                    break
    if fitting:
        lines = (f"{name}: {minus(says)}" for name, says in fitting.items())
        # Whether another reading is needed is open where the usual one is.
        return Judged(UNDECIDED if usual is None else ONLY_IF, tuple(fitting), (told, *lines))
    tried = tuple(named(one) for one in (*roundings, *filter(None, kinds)))
    lines = (f"{name}: {minus(says)}" for name, says in undecided.items() if name)
    return Judged(UNDECIDED if undecided else FALSE, tried, (told, *lines))


def judge_in_turn(
    printed: str, tiers: Iterable[Sequence[str]], roundings: Sequence[str], read: Read
) -> Judged:
    """Judge with the first kinds; with the next as well where none of those before holds."""
    kinds: list[str] = []
    for tier in tiers:
        kinds += tier
        if tier:
            judged = judge(printed, kinds, roundings, read)
            if judged.verdict in (HOLDS, ONLY_IF):
                break
    return judged if kinds else Judged(UNDECIDED, (), (minus(printed),))


def minus(text: str) -> str:
    """Write the minus signs of a text's numbers as papers print them.

    Examples
    --------
    >>> minus("one-sided: -2.20 or -.5")
    'one-sided: −2.20 or −.5'
    """
    return re.sub(r"(?<!\w)-(?=[\d.])", "−", text)


def named(*conventions: str) -> str:
    """Conventions in words, without those that have no name.

    Examples
    --------
    >>> named("half-up", "sample SD"), named("truncated", "")
    ('rounded half up, SD with denominator n − 1', 'decimals cut off')
    """
    return ", ".join(CONVENTIONS.get(one, one) for one in conventions if one)
