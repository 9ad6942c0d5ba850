"""Expected values by hand."""

from __future__ import annotations

from helpers import claim, run_check

from earlyhelp.published.checks.base import Printed
from earlyhelp.published.checks.wording import Wording


def test_a_word_is_read_as_the_ledger_reads_it() -> None:
    printed = Printed([claim("word", "half", "word")])
    for people, holds in (("9", True), ("10", False)):
        value = {"op": "percent", "of": [people, "18"]}
        verdict = run_check(Wording, printed, word="word", value=value)
        assert verdict.holds is holds
