"""Words against the numbers that they bind, and what only a reader finds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from earlyhelp.published.checks.base import Check, Expression, Printed, Severity, Verdict
from earlyhelp.published.claims import parse_interval


class Wording(Check):
    """A word that binds a number, read as `words.yml` says, against the figures.

    Attributes
    ----------
    word : str
        Claim with the word.
    value : Expression or tuple of Expression
        The number that it binds, or each of several.
    """

    title = "wording against numbers"
    usual = "wording stretches a number"

    word: str
    value: Expression | Annotated[tuple[Expression, ...], Field(min_length=1)]

    @property
    def values(self) -> tuple[Expression, ...]:
        """The numbers that it binds."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def numbers(self) -> Iterable[str]:
        return [operand for value in self.values for operand in value.operands()]

    def judged(self) -> tuple[str, ...]:
        return (self.word,)

    def run(self, printed: Printed) -> Verdict:
        word = printed.claims[self.word]
        lines = [value.shown(printed) for value in self.values]
        lines.append(f"“{word.printed}” is read as {word.interval}")
        interval = parse_interval(word.interval)
        return Verdict(all(one.value(printed) in interval for one in self.values), lines)


class Reviewed(Check):
    """What a reader found and no general check can: always a finding.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> severity = "two places disagree"
    >>> line = {"op": "percent", "of": ["1", {"op": "sum", "of": ["1", "2"]}]}
    >>> check = Reviewed(id="a", about="staff", severity=severity, says="...", arithmetic=[line])
    >>> check.run(Printed([]))
    Verdict(holds=False, arithmetic=['1 / (1 + 2) = 33.3%'])
    """

    title = "reviewed"

    severity: Severity
    says: str
    arithmetic: tuple[Expression, ...] = ()

    def numbers(self) -> Iterable[str]:
        return [operand for line in self.arithmetic for operand in line.operands()]

    def run(self, printed: Printed) -> Verdict:
        return Verdict(False, [line.shown(printed) for line in self.arithmetic])
