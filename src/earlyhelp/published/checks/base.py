"""What every check is made of: the printed figures, arithmetic on them, and a verdict.

A check is a declaration (a pydantic model) that can `run` on the printed figures. Its verdict
carries the arithmetic, for a reader to follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import prod
from operator import sub, truediv
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, get_args

from pydantic import BeforeValidator, Field

from earlyhelp.possible.printed_group import Interval, printed_interval
from earlyhelp.published.claims import Claim
from earlyhelp.published.numbers import number, plain, printed_number, short
from earlyhelp.study.design import PLACEHOLDER
from earlyhelp.study.yamlfile import Strict

Severity = Literal[
    "cannot all be true",
    "two places disagree",
    "wording stretches a number",
    "wording without a number",
    "editorial",
]
SEVERITIES: tuple[str, ...] = get_args(Severity)
UNSETTLED: Severity = "wording without a number"


def _as_printed(value: Any) -> Any:
    return str(value) if type(value) is int else value


ID = "an id of small letters and digits, joined by hyphens or full stops"
# A claim's id, or a number as it would be printed: decimals in quotes, which keep the last digit.
Operand = Annotated[str, BeforeValidator(_as_printed)]


class Verdict(NamedTuple):
    """What a check found: `holds` is None where it could neither hold nor fail."""

    holds: bool | None
    arithmetic: list[str]


class Printed:
    """The printed figures that operands name.

    Parameters
    ----------
    claims : iterable of Claim
    """

    def __init__(self, claims: Iterable[Claim]) -> None:
        self.claims = {claim.id: claim for claim in claims}

    def text(self, operand: str) -> str:
        """Figure as printed, in plain digits; what is no number as it stands."""
        text = self.claims[operand].printed if operand in self.claims else operand
        for read in (printed_number, plain):  # the first knows that 1,500 is a thousand and more
            try:
                return f"{Decimal(read(text)):f}"
            except ValueError:
                continue
        return text

    def number(self, operand: str) -> Fraction:
        """Figure as a number."""
        return Fraction(printed_number(self.text(operand)))

    def whole(self, operand: str) -> int:
        """Figure as a whole number.

        Raises
        ------
        ValueError
            When it is not one.
        """
        number = self.number(operand)
        if number.denominator != 1:
            raise ValueError(f"{self.text(operand)} is no whole number")
        return int(number)

    def rounded(self, operand: str) -> Interval:
        """Numbers that are printed like this; ties go either way."""
        return printed_interval(self.text(operand), "either")

    def interval(self, operand: str) -> Interval:
        """Numbers that a claim stands for: a count itself, others what is rounded to them."""
        if operand in self.claims and self.claims[operand].kind in ("percent", "mean", "sd"):
            return self.rounded(operand)
        return Interval(self.number(operand), self.number(operand), True, True)

    def filled(self, text: str) -> str:
        """Text with the claims that it names in braces as they are printed."""
        return PLACEHOLDER.sub(lambda match: self.claims[match[1]].printed, text)

    def place(self, operand: str) -> str:
        """Section and place of a claim."""
        claim = self.claims[operand]
        return f"{claim.section}, {claim.place}"


class Expression(Strict):
    """Arithmetic on printed figures, exact and shown.

    Attributes
    ----------
    op : str
        "percent" is 100 times the quotient.
    of : tuple
        Operands or expressions.
    """

    op: Literal["sum", "difference", "product", "quotient", "percent"]
    of: Annotated[tuple[Operand | Expression, ...], Field(min_length=1)]

    _SIGNS: ClassVar[Mapping[str, str]] = {
        "sum": " + ",
        "difference": " − ",
        "product": " × ",
        "quotient": " / ",
        "percent": " / ",
    }

    def operands(self) -> Iterator[str]:
        """Operands at any depth."""
        for part in self.of:
            if isinstance(part, Expression):
                yield from part.operands()
            else:
                yield part

    def value(self, printed: Printed) -> Fraction:
        """Exact value."""
        numbers = [
            part.value(printed) if isinstance(part, Expression) else printed.number(part)
            for part in self.of
        ]
        if self.op == "sum":
            return sum(numbers, Fraction(0))
        if self.op == "product":
            return prod(numbers, start=Fraction(1))
        if self.op == "difference":
            return reduce(sub, numbers)
        return reduce(truediv, numbers) * (100 if self.op == "percent" else 1)

    def sides(self, printed: Printed) -> str:
        """The expression with its figures."""
        parts = [
            f"({part.sides(printed)})" if isinstance(part, Expression) else printed.text(part)
            for part in self.of
        ]
        return self._SIGNS[self.op].join(parts)

    def shown(self, printed: Printed) -> str:
        """The expression and its value."""
        if len(self.of) == 1:
            return self.sides(printed)
        value = self.value(printed)
        shown = f"{number(value, 1)}%" if self.op == "percent" else short(value)
        return f"{self.sides(printed)} = {shown}"


class Scores(Strict):
    """Printed n, mean and SD of one group."""

    n: Operand
    mean: Operand
    sd: Operand

    def numbers(self) -> Iterable[str]:
        """Operands."""
        return (self.n, self.mean, self.sd)


class Check(Strict):
    """A declaration of `audit.yml`; its subclasses say what is compared.

    Attributes
    ----------
    id, about : str
        Unique id; what is compared, in a few words of ours.
    severity : str
        If it fails; each kind of check has its own default.
    says : str
        What the places say, in our words; `about` by default.
    readings : tuple of str
        What would reconcile the figures.
    chosen : str
        What the reconstruction does about it.
    places : tuple of str
        Places of the report that hold no claim.
    words : tuple of str
        Claims whose wording it is about. Where it fails they are refused, in the ledger too, unless
        no printed number settles them (`UNSETTLED`).
    claims : tuple of str
        Further claims concerned.
    """

    title: ClassVar[str]
    usual: ClassVar[Severity] = "cannot all be true"

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", description=ID)]
    about: str
    severity: Severity | None = None
    says: str = ""
    readings: tuple[str, ...] = ()
    chosen: str = ""
    places: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    def numbers(self) -> Iterable[str]:
        """Operands that must be numbers."""
        return ()

    def unread(self, printed: Printed) -> Iterator[tuple[str, str]]:
        """Operands that are not what they must be, and what that is."""
        for operand in self.numbers():
            try:
                printed.number(operand)
            except ValueError:
                yield operand, "a claim or a number"

    def mentions(self) -> Iterable[str]:
        """Claims that need not be numbers."""
        return (*self.judged(), *self.claims)

    def judged(self) -> tuple[str, ...]:
        """Claims whose wording it is about."""
        return self.words

    def run(self, printed: Printed) -> Verdict:
        """Compare the figures."""
        raise NotImplementedError

    def named(self) -> list[str]:
        """Claims that the texts name in braces."""
        return PLACEHOLDER.findall(" ".join((self.says, *self.readings, self.chosen)))
