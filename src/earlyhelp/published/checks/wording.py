"""Words against the numbers that they bind, and what only a reader finds."""

from __future__ import annotations

from collections.abc import Iterable

from earlyhelp.published.checks.base import Check, Expression, Printed, Severity, Verdict
from earlyhelp.published.claims import parse_interval


class Wording(Check):
    """A word that binds a number, read as `words.yml` says, against the figures.

    Attributes
    ----------
    word : str
        Claim with the word.
    value : Expression
    """

    title = "wording against numbers"
    usual = "wording stretches a number"

    word: str
    value: Expression

    def numbers(self) -> Iterable[str]:
        return self.value.operands()

    def mentions(self) -> Iterable[str]:
        return [self.word, *self.claims]

    def run(self, printed: Printed) -> Verdict:
        word = printed.claims[self.word]
        lines = [self.value.shown(printed), f"“{word.printed}” is read as {word.interval}"]
        return Verdict(float(self.value.value(printed)) in parse_interval(word.interval), lines)


class Reviewed(Check):
    """What a reader found and no general check can: always a finding.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> severity = "two places disagree"
    >>> line = {"op": "percent", "of": ["1", {"op": "sum", "of": ["1", "2"]}]}
    >>> check = Reviewed(id="a", about="staff", severity=severity, says="...", arithmetic=[line])
    >>> check.run(Printed([]))
    Verdict(holds=False, arithmetic=['1 / (1 + 2) = 33.3 %'])
    """

    title = "reviewed"

    severity: Severity
    says: str
    arithmetic: tuple[Expression, ...] = ()

    def numbers(self) -> Iterable[str]:
        return [operand for line in self.arithmetic for operand in line.operands()]

    def run(self, printed: Printed) -> Verdict:
        return Verdict(False, [line.shown(printed) for line in self.arithmetic])
