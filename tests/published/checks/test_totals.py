"""Expected values by hand."""

from __future__ import annotations

from helpers import claim, run_check

from earlyhelp.published.checks.base import Printed, Verdict
from earlyhelp.published.checks.totals import AtMost, MeanTotals, People, Totals


def test_totals_allow_for_the_rounding_of_percentages_only() -> None:
    percents = Printed([claim("a", "33.3", "percent"), claim("b", "66.6", "percent")])
    assert run_check(Totals, percents, sums=[["100"], ["a", "b"]]).holds is True
    counts = Printed([claim("a", "3"), claim("b", "6")])
    assert run_check(Totals, counts, sums=[["10"], ["a", "b"]]).holds is False
    assert run_check(Totals, counts, sums=[["9"], ["a", "b"]]).holds is True


def test_number_words_are_numbers() -> None:
    words = Printed([claim("total", "Four"), claim("a", "two"), claim("b", "one")])
    verdict = run_check(Totals, words, sums=[["total"], ["a", "b"]])
    assert verdict == (False, ["printed: 4", "2 + 1 = 3"])


def test_distinct_people_follow_from_pairs() -> None:
    # 10 + 8 people, 6 pairs: 12.
    groups = [{"before": "10", "after": "8", "df": "5"}]
    assert run_check(People, groups=groups, described="12").holds is True
    assert run_check(People, groups=groups, described="13").holds is False


def test_totals_behind_means_meet() -> None:
    # 4 people: 6 (1.5 exactly); 5 people with 1.4: 7; never equal.
    four, five = {"mean": "1.5", "n": ["4"]}, {"mean": "1.4", "n": ["2", "3"]}
    assert run_check(MeanTotals, averages=[four, five]).holds is False
    assert run_check(MeanTotals, averages=[four, {"mean": "1.2", "n": ["5"]}]).holds is True


def test_limits() -> None:
    def limit(n: str) -> Verdict:
        return run_check(
            AtMost, less={"op": "sum", "of": [n]}, than={"op": "sum", "of": ["2", "3"]}
        )

    assert limit("5") == (True, ["5, against at most 2 + 3 = 5"])
    assert limit("6").holds is False
