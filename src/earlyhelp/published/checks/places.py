"""One figure in several places: of the report, or of a publication that it cites; its labels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from earlyhelp.published.checks.base import Check, Operand, Printed, Verdict
from earlyhelp.published.numbers import printed_number

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_Figures = Annotated[tuple[str, ...], Field(min_length=2)]
_MONTH = re.compile(rf"\b({'|'.join(MONTHS)})[a-z]*", re.IGNORECASE)


class Same(Check):
    """One quantity printed in several places: numbers, or months.

    Attributes
    ----------
    figures : tuple of str
        Claims with the quantity.
    also : tuple of tuples
        Further quantities of the same two places, such as other rows of one table.
    """

    title = "the same quantity in several places"
    usual = "two places disagree"

    figures: _Figures
    also: tuple[_Figures, ...] = ()

    def mentions(self) -> Iterable[str]:
        return [
            *self.figures,
            *(one for figures in self.also for one in figures),
            *super().mentions(),
        ]

    def run(self, printed: Printed) -> Verdict:
        lines, same = [], True
        for figures in (self.figures, *self.also):
            lines += [f"{printed.place(one)}: {printed.claims[one].printed}" for one in figures]
            same &= len({comparable(printed.text(one)) for one in figures}) == 1
        return Verdict(same, lines)


def comparable(text: str) -> tuple[int, ...] | Decimal | str:
    """A figure as something that is equal when its meaning is: months, a number, or the text.

    Examples
    --------
    >>> comparable("September and October 2022") == comparable("Sep/Oct")
    True
    >>> comparable("four") == comparable("4.0")
    True
    """
    months = tuple(MONTHS.index(name.lower()) + 1 for name in _MONTH.findall(text))
    if months:
        return months
    try:
        return printed_number(text)
    except ValueError:
        return text.casefold()


class Published(Check):
    """A property of one instrument or several as printed, against the publication."""

    title = "against the published instruments"
    usual = "two places disagree"

    figure: str | Annotated[tuple[str, ...], Field(min_length=1)]
    published: Operand
    source: str

    def _figures(self) -> tuple[str, ...]:
        return (self.figure,) if isinstance(self.figure, str) else self.figure

    def numbers(self) -> Iterable[str]:
        return (*self._figures(), self.published)

    def run(self, printed: Printed) -> Verdict:
        shown = ", ".join(map(printed.text, self._figures()))
        published = printed.number(self.published)
        return Verdict(
            all(printed.number(one) == published for one in self._figures()),
            [f"printed {shown}; {self.source}: {self.published}"],
        )


class Labels(Check):
    """Labels of tables and figures in their order of appearance, each with its chapter.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> labels = [["Table 2.2", "2"], ["Table 2.1", "2"]]
    >>> Labels(id="a", about="tables", labels=labels).run(Printed([]))
    Verdict(holds=False, arithmetic=['Table 2.1 follows Table 2.2'])
    """

    title = "labels in order"
    usual = "editorial"

    labels: tuple[tuple[str, Operand], ...]

    def run(self, printed: Printed) -> Verdict:
        lines = [
            f"{label} stands in chapter {chapter}"
            for label, chapter in self.labels
            if label.split()[-1].partition(".")[0] != chapter
        ]
        numbers = [(label, label.split()[-1].split(".")) for label, _ in self.labels]
        for (before, first), (after, second) in pairwise(numbers):
            if [part.zfill(3) for part in second] < [part.zfill(3) for part in first]:
                lines.append(f"{after} follows {before}")
        return Verdict(not lines, lines or [f"{len(self.labels)} labels in order"])
