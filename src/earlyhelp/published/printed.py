"""Printed figures by what they are of: look-ups among the claims of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from earlyhelp.possible.printed_group import Interval, printed_interval
from earlyhelp.published.claims import CLAIMS_FILE, WORD, Claim, claims_of, parse_interval
from earlyhelp.published.numbers import printed_number
from earlyhelp.study.problems import InputError, Problem

# Of a group; more are beyond any search for people who agree with its figures.
LARGEST_GROUP = 1000


@dataclass(frozen=True)
class Group:
    """What is printed of the scores of one group.

    Attributes
    ----------
    n : int
    mean, sd : str, optional
        As printed, for their last digit.
    within : Interval, optional
        What words say of a mean that is not printed, such as "above 42".
    """

    n: int
    mean: str | None = None
    sd: str | None = None
    within: Interval | None = None

    def sums(self, ends: tuple[int, int]) -> range:
        """Sums of n whole numbers between two ends that give such a mean, rounded half up."""
        low, high = ends[0] * self.n, ends[1] * self.n
        first, last = low, high
        if self.mean is not None:
            first, last = printed_interval(self.mean, "half-up").whole(self.n)
        elif self.within is not None:
            first, last = self.within.whole(self.n)
        return range(max(first, low), min(last, high) + 1)


def _unfit(place: str, found: str, expected: str) -> InputError:
    return InputError([Problem(CLAIMS_FILE, None, place, found, expected)])


class PrintedFigures:
    """The figures that the claims of a study print.

    A contradicted figure stands for our reading of it: the answer that its claim records. One that
    is said of several cells has no single reading.

    Parameters
    ----------
    claims : list of Claim
    """

    def __init__(self, claims: list[Claim]) -> None:
        self.claims = [claim for claim in claims if claim.quantity]

    def of(self, quantity: str, column: str, **keys: object) -> list[Claim]:
        """Claims on a column of the rows with these keys, in the order of the file."""
        return [claim for claim in self._about(quantity, keys) if claim.column == column]

    def _about(self, quantity: str, keys: Mapping[str, object]) -> list[Claim]:
        return [
            claim
            for claim in self.claims
            if claim.quantity == quantity
            and all(str(value) in claim.alternatives(key) for key, value in keys.items())
        ]

    def _ids(self, quantity: str, column: str, keys: Mapping[str, object]) -> str:
        """Ids of the claims on a column of these rows, for a problem with them."""
        return ", ".join(claim.id for claim in self.of(quantity, column, **keys))

    def text(self, quantity: str, column: str, **keys: object) -> str | None:
        """The number that is printed of one cell, in digits; None where none is.

        Raises
        ------
        InputError
            When claims that are not recorded as contradicted print different numbers.
        """
        found = {}
        for claim in self.of(quantity, column, **keys):
            if claim.kind != WORD and not (claim.answer and "|" in claim.select):
                digits = f"{printed_number(claim.answer or claim.printed):f}"
                found[digits] = claim.id
        if len({float(digits) for digits in found}) > 1:
            expected = "one number, or the status contradicted and an answer"
            raise _unfit(", ".join(found.values()), ", ".join(found), expected)
        return max(found, key=len, default=None)

    def figure(self, quantity: str, column: str, **keys: object) -> str:
        """Number of one cell as text, where the study cannot do without it.

        Raises
        ------
        InputError
            When none is printed.
        """
        text = self.text(quantity, column, **keys)
        if text is None:
            select = ";".join(f"{name}={value}" for name, value in keys.items())
            expected = f"a claim that prints {column} of {quantity} for {select}"
            raise _unfit("", "no such number", expected)
        return text

    def count(self, quantity: str, column: str, **keys: object) -> int:
        """Whole number of one cell.

        Raises
        ------
        InputError
            When none is printed, or one with decimals or a sign.
        """
        text = self.figure(quantity, column, **keys)
        if not text.isdecimal():
            raise _unfit(self._ids(quantity, column, keys), text, "a whole number")
        return int(text)

    def values(self, quantity: str, key: str, **keys: object) -> list[str]:
        """Values of one key among the figures of the rows with these keys, as the file has them."""
        about = self._about(quantity, keys)
        claims = [claim for claim in about if key in claim.keys and claim.kind != WORD]
        return list(dict.fromkeys(one for claim in claims for one in claim.alternatives(key)))

    def share(self, of: int, quantity: str, **keys: object) -> int:
        """Count of so many people that is printed as a percentage.

        Raises
        ------
        InputError
            When it is not one count.
        """
        percent = self.figure(quantity, "percent", **keys)
        low, high = printed_interval(percent, "either").whole(Fraction(of, 100))
        if low != high:
            expected = "a percentage that is one count of them"
            raise _unfit(self._ids(quantity, "percent", keys), f"{percent}% of {of}", expected)
        return low

    def split(self, most: int, quantity: str, key: str, **keys: object) -> dict[str, int]:
        """People behind the percentages of all answers, which are of one number of people.

        Parameters
        ----------
        most : int
            The greatest number that it can be; the greatest that fits is taken.

        Raises
        ------
        InputError
            When no number fits.
        """
        shares = {
            value: printed_interval(
                self.figure(quantity, "percent", **keys, **{key: value}), "either"
            )
            for value in self.values(quantity, key, **keys)
        }
        for of in range(most, 0, -1):
            ends = {value: share.whole(Fraction(of, 100)) for value, share in shares.items()}
            counts = {value: low for value, (low, high) in ends.items() if low == high}
            if counts.keys() == shares.keys() and sum(counts.values()) == of:
                return counts
        expected = f"percentages of one number of people, at most {most}"
        raise _unfit(quantity, "no number fits", expected)

    def within(self, quantity: str, column: str, **keys: object) -> Interval | None:
        """What all words about one cell leave of its value; None without any."""
        found = [
            parse_interval(claim.interval)
            for claim in self.of(quantity, column, **keys)
            if claim.kind == WORD
        ]
        if not found:
            return None
        low = max(found, key=lambda one: (one.low, not one.low_included))
        high = min(found, key=lambda one: (one.high, one.high_included))
        return low._replace(high=high.high, high_included=high.high_included)

    def respondents(self, arm: str, wave: str) -> int:
        """People of an arm who answered a survey."""
        return self.count("responses", "n", wave=wave, arm=arm, team="all")

    def group(self, quantity: str, n: int | None = None, **keys: object) -> Group:
        """What is printed of one group's scores.

        Parameters
        ----------
        n : int, optional
            For a group whose number is not printed.

        Raises
        ------
        InputError
            With what makes no group: no number of people, or an SD without a mean.
        """
        mean, sd = (self.text(quantity, column, **keys) for column in ("mean", "sd"))
        if n is None or self.of(quantity, "n", **keys):
            n = self.count(quantity, "n", **keys)
        place = ", ".join(map("{}={}".format, keys, keys.values()))
        if not 2 <= n <= LARGEST_GROUP:
            raise _unfit(place, f"{n} people", f"2 to {LARGEST_GROUP} people")
        if sd is not None and mean is None:
            raise _unfit(place, "an SD", "a mean beside the SD")
        return Group(n, mean, sd, None if mean else self.within(quantity, "mean", **keys))


def read_printed(folder: Path) -> PrintedFigures:
    """Printed figures of a study; none without a ledger.

    Raises
    ------
    InputError
        With every problem of `claims.csv`.

    Examples
    --------
    >>> printed = read_printed(Path("tests/studies/complete"))
    >>> printed.text("attendance", "percent", role="all")
    '88.9'
    >>> printed.respondents("comparison", "baseline")  # Table 1 has 8; the recorded answer is 7
    7
    """
    return PrintedFigures(claims_of(folder))
