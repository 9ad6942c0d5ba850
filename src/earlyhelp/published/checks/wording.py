"""Words against the numbers that they bind, and what only a reader finds."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import field_validator

from earlyhelp.published.checks.base import Check, Expression, Printed, Severity, Verdict
from earlyhelp.published.claims import parse_interval


class Wording(Check):
    """A word that binds a number, read strictly, against the figures.

    The ledger reads words widely (`words.yml`); what only the wide reading admits is a stretch.

    Attributes
    ----------
    word : str
        Claim with the word.
    reading : str
        Interval of the strict reading.
    value : Expression
    """

    title = "wording against numbers"
    usual = "wording stretches a number"

    word: str
    reading: str
    value: Expression

    @field_validator("reading")
    @classmethod
    def _is_interval(cls, text: str) -> str:
        parse_interval(text)
        return text

    def numbers(self) -> Iterable[str]:
        return self.value.operands()

    def mentions(self) -> Iterable[str]:
        return [self.word, *self.claims]

    def run(self, printed: Printed) -> Verdict:
        word = printed.claims[self.word].printed
        lines = [self.value.shown(printed), f"“{word}” read strictly: {self.reading}"]
        return Verdict(float(self.value.value(printed)) in parse_interval(self.reading), lines)


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
