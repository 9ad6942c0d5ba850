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


def test_a_word_for_several_numbers_must_hold_of_each() -> None:
    printed = Printed([claim("word", "half", "word")])
    values = [{"op": "percent", "of": [people, "18"]} for people in ("9", "10")]
    assert run_check(Wording, printed, word="word", value=values[:1]).holds is True
    verdict = run_check(Wording, printed, word="word", value=values)
    assert verdict.holds is False
    assert verdict.arithmetic[:2] == ["9 / 18 = 50.0%", "10 / 18 = 55.6%"]
