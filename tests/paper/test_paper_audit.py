"""The audit of a paper: verdicts of the literature, conventions, and input that is told."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from math import sqrt
from pathlib import Path

import pytest
from helpers import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from earlyhelp.cli import main
from earlyhelp.paper.audit import audit
from earlyhelp.paper.form import PAPER_COLUMNS, template
from earlyhelp.paper.statistics import AGAINST, ROUNDED_DF
from earlyhelp.paper.verdicts import RowResult, judge
from earlyhelp.study.problems import InputError

PAGE = ROOT / "book/audit_a_paper.md"
Check = Callable[..., RowResult]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    return tmp_path / "paper.csv"


@pytest.fixture
def check(paper: Path) -> Check:
    """Result of the one check of a row."""

    def run(**given: str) -> RowResult:
        header, row = ",".join(given), ",".join(f'"{text}"' for text in given.values())
        paper.write_text(f"{header}\n{row}\n", encoding="utf-8")
        (outcome,) = audit(paper)
        return outcome

    return run


def refused(paper: Path, text: str) -> list[str]:
    paper.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        audit(paper)
    return str(error.value).splitlines()


# Means and SDs ------------------------------------------------------------------------------------


def test_a_large_survey_is_decided(check: Check) -> None:
    # GitHub, ben-domingue/irw, issue 2115: real scores with M 14.6603 and SD 5.6147.
    outcome = check(n="1,151", mean="14.66", sd="5.61", items="1", low="4", high="28")
    assert outcome.verdict == "holds"
    assert "for example" in outcome.arithmetic[0]


@pytest.mark.parametrize("items", ["", "1"])
def test_a_mean_off_its_scale_cannot_be_true(check: Check, items: str) -> None:
    outcome = check(n="20", mean="7.40", items=items, low="1", high="5")
    assert (outcome.verdict, "off the scale" in outcome.arithmetic[0]) == ("cannot be true", True)


def test_an_sd_that_the_scale_does_not_allow_cannot_be_true(check: Check) -> None:
    # Ten times 1 and ten times 5: the SD is sqrt(80 / 19) = 2.052, with denominator n 2.
    given = {"n": "20", "mean": "3.00", "low": "1", "high": "5"}
    assert check(**given, sd="2.05").verdict == "holds"
    assert check(**given, sd="2.06").verdict == "cannot be true"
    assert check(**given, sd="-1.00").verdict == "cannot be true"


def test_a_standard_error_read_as_sd_is_named(check: Check) -> None:
    # 25 whole numbers with the mean 3.2 have an SD of 0.4082 at least.
    outcome = check(n="25", mean="3.20", sd="0.20", items="1", low="1", high="7")
    named = ("rounded half up, SD is a standard error",)
    assert (outcome.verdict, outcome.conventions) == ("holds only if", named)


def test_an_sd_with_denominator_n_is_named(check: Check) -> None:
    # 1 and 2: the SD is 0.71, with denominator n 0.50.
    outcome = check(n="2", mean="1.50", sd="0.50", items="1", low="1", high="2")
    assert outcome.verdict == "holds only if"
    assert "rounded half up, SD with denominator n" in outcome.conventions


def test_a_verdict_that_nothing_saves_names_what_was_tried(check: Check) -> None:
    outcome = check(n="18", mean="3.40", sd="1.00", items="1")
    assert outcome.verdict == "cannot be true"
    assert {"rounded half to even", "decimals cut off", "SD is a standard error"} <= {
        *outcome.conventions
    }


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=30),
    st.sampled_from([1, 2]),
    st.integers(0, 3),
    st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN]),
    st.sampled_from([0, 1]),
)
def test_scores_that_exist_are_never_refused(
    tmp_path_factory: pytest.TempPathFactory,
    totals: list[int],
    items: int,
    decimals: int,
    rule: str,
    ddof: int,
) -> None:
    paper = tmp_path_factory.getbasetemp() / "scores.csv"
    n, total = len(totals), sum(totals)
    squares = sum(score * score for score in totals)
    variance = Decimal(n * squares - total**2) / (n * (n - ddof))
    printed = [
        str((exact / items).quantize(Decimal(1).scaleb(-decimals), rule))
        for exact in (Decimal(total) / n, variance.sqrt())
    ]
    paper.write_text(f"n,mean,sd,items,low,high\n{n},{','.join(printed)},{items},0,5\n")
    assert audit(paper)[0].verdict in ("holds", "holds only if")


# Restrictions -----------------------------------------------------------------------------------

# Ten whole numbers from 1 to 5 with the sum 30.
TEN = {"n": "10", "mean": "3.00", "items": "1", "low": "1", "high": "5"}


@pytest.mark.parametrize("sd", ["", "0.00", "2.11"])
def test_scores_that_occur_bound_the_sd(check: Check, sd: str) -> None:
    given = {**TEN, "sd": sd, "min": "1", "max": "5"}
    # With 1 and 5 among them the SD is sqrt(8 / 9) = 0.94 at least; five of each have 2.11.
    assert check(**given).verdict == ("cannot be true" if sd == "0.00" else "holds")


@pytest.mark.parametrize("items", ["1", ""])
@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"exactly": "5: 7"}, "cannot be true"),  # 35 alone is more than 30
        ({"exactly": "5: 5"}, "holds"),
        ({"at_least": "1: 6; 2: 2"}, "cannot be true"),  # 6 + 4 + 2 * 5 = 20 at most
        ({"min": "2", "max": "5", "at_least": "5: 4"}, "cannot be true"),  # 20 + 6 * 2 at least
        ({"exactly": "6: 1"}, "cannot be true"),
        ({"min": "0"}, "cannot be true"),
        ({"at_least": "1: 11"}, "cannot be true"),
    ],
)
def test_known_scores_take_part_in_every_branch(
    check: Check, items: str, more: dict[str, str], verdict: str
) -> None:
    assert check(**{**TEN, "items": items}, **more).verdict == verdict


def test_known_scores_bound_the_sd_of_any_scores(check: Check) -> None:
    # Four times 5 and six others with 10 in all, so 1.67 each: the SD is 1.72 at least.
    given = {**TEN, "items": "", "exactly": "5: 4"}
    assert check(**given, sd="1.73").verdict == "holds"
    assert check(**given, sd="0.40").verdict == "cannot be true"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        # Half points of 4 people: means in steps of 1/8.
        ({"n": "4", "mean": "2.13", "step": "0.5"}, "holds"),
        ({"n": "4", "mean": "2.10", "step": "0.5"}, "cannot be true"),
        # Tens of 3 people: 10/3 and 20/3.
        ({"n": "3", "mean": "3.3", "step": "10"}, "holds"),
        ({"n": "3", "mean": "5.0", "step": "10"}, "cannot be true"),
        # Two people, each with 2 or 3 items: 1/2 + 1/3, of which the half is 0.417.
        ({"n": "2", "mean": "0.417", "items": "2; 3"}, "holds"),
        ({"n": "2", "mean": "0.417", "items": "2"}, "cannot be true"),
        ({"n": "2", "mean": "0.417", "items": "3"}, "cannot be true"),
        # 1/12 is on the grid of sixths, but nobody has 1/6 of a point.
        ({"n": "1", "mean": "0.1667", "items": "2; 3"}, "cannot be true"),
        # A least score of 1.67 is 5/3.
        ({"n": "4", "mean": "2.08", "items": "3", "min": "1.67"}, "holds"),
        ({"n": "4", "mean": "2.08", "items": "3", "min": "1.60"}, "cannot be true"),
    ],
)
def test_steps_and_items(check: Check, given: dict[str, str], verdict: str) -> None:
    assert check(**given).verdict == verdict


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        # Of two people with 1 and 5 the SD is 2.83; of more it is less.
        ({"sd": "2.83", "low": "1", "high": "5"}, "holds"),
        ({"sd": "2.84", "low": "1", "high": "5"}, "cannot be true"),
        ({"sd": "30", "low": "1", "high": "5", "total": "20"}, "cannot be true"),
        # Of three people known to have a 1 or a 5 it is sqrt(4 * 3 / 2) = 2.45 at most.
        ({"sd": "2.44", "low": "1", "high": "5", "at_least": "1: 2; 5: 1"}, "holds"),
        ({"sd": "2.50", "low": "1", "high": "5", "at_least": "1: 2; 5: 1"}, "cannot be true"),
        ({"low": "1", "high": "5", "exactly": "9: 3"}, "cannot be true"),
        ({"low": "1", "high": "5", "items": "1", "exactly": "2.5: 3"}, "cannot be true"),
        ({"low": "1", "high": "5", "exactly": "1: 0", "min": "1"}, "cannot be true"),
        ({"sd": "-1"}, "cannot be true"),
        ({"sd": "1"}, "not checked"),
        ({"min": "4"}, "cannot be true"),
        ({"max": "2"}, "cannot be true"),
        ({"max": "4"}, "holds"),
        ({"n": "20", "min": "4"}, "cannot be true"),
        ({"n": "20", "max": "2"}, "cannot be true"),
        # One with 1 + 20 * 2 = 41, the others with 1: the SD is 2 * sqrt(20) = 8.94.
        ({"n": "20", "min": "1", "sd": "8.90"}, "holds"),
        ({"n": "20", "min": "1", "sd": "9.10"}, "cannot be true"),
        ({"n": "20", "max": "5", "sd": "8.90"}, "holds"),
        ({"n": "20", "max": "5", "sd": "9.10"}, "cannot be true"),
        # Three with 9, so the others 1.94 on average: the SD is 2.59 at least.
        ({"n": "20", "exactly": "9: 3", "sd": "2.60"}, "holds"),
        ({"n": "20", "exactly": "9: 3", "sd": "0.50"}, "cannot be true"),
        ({"n": "20", "exactly": "9: 3"}, "holds"),
        ({"n": "3", "exactly": "9: 3"}, "cannot be true"),
        ({"n": "20", "sd": "2.60"}, "not checked"),
    ],
)
def test_every_declared_bound_counts_alone(
    check: Check, given: dict[str, str], verdict: str
) -> None:
    assert check(mean="3.00", **given).verdict == verdict


@settings(deadline=None)
@given(
    st.lists(st.integers(-3, 6), min_size=2, max_size=12),
    st.sets(st.sampled_from(["n", "low", "min", "max", "exactly", "at_least", "items", "sd"])),
)
def test_bounds_of_scores_that_exist_are_never_refused(
    tmp_path_factory: pytest.TempPathFactory, scores: list[int], printed: set[str]
) -> None:
    paper = tmp_path_factory.getbasetemp() / "bounds.csv"
    first = f"{scores[0]}: {scores.count(scores[0])}"
    row = {
        **{"n": str(len(scores)), "low": "-3", "min": str(min(scores)), "max": str(max(scores))},
        **{
            "exactly": first,
            "at_least": first,
            "items": "1",
            "sd": f"{statistics.stdev(scores):.2f}",
        },
    }
    row = {name: text for name, text in row.items() if name in printed}
    row |= {"mean": f"{statistics.mean(scores):.2f}"} | ({"high": "6"} if "low" in row else {})
    paper.write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    assert audit(paper)[0].verdict != "cannot be true"


def test_a_scale_that_is_not_printed_reaches_the_known_scores(check: Check) -> None:
    # One with 0 and one with 4; and 999 with 0 and one with 1,004, whose mean is 1.004.
    assert check(n="2", mean="2.00", items="1", at_least="0: 1").verdict == "holds"
    assert check(n="1000", mean="1.00", items="1", exactly="0: 999").verdict == "holds"


def test_a_large_group_with_known_scores_is_decided(check: Check) -> None:
    given = {"n": "1,151", "mean": "14.66", "sd": "5.61", "items": "1", "low": "4", "high": "28"}
    assert check(**given, min="4", max="28", exactly="16: 0").verdict == "holds"
    assert check(**given, exactly="4: 400").verdict == "cannot be true"


def test_items_of_unequal_number_are_decided_for_large_groups(check: Check) -> None:
    given = {"n": "3000", "mean": "3.456", "sd": "1.234", "items": "9; 10; 7"}
    assert check(**given, low="1", high="7").verdict == "holds"


def test_a_spread_beyond_measure_is_not_decided(check: Check) -> None:
    assert check(n="3000", mean="0.00", sd="99999999.12", items="1").verdict == "not decided"


def test_steps_are_told_as_typed(check: Check) -> None:
    given = {"n": "20", "mean": "0.0010", "step": "0.0005", "low": "0", "high": "1"}
    assert "steps of 0.0005, " in check(**given).arithmetic[0]


def test_group_sizes_that_add_up(paper: Path) -> None:
    # R package scrutiny, tests of grim_map_total_n(): of 90 people in groups with the means 3.43
    # and 5.28, the splits from 45/45 to 40/50 and back of which both means pass are 44/46 and
    # 40/50 ... by GRIM; 3 * 3.43 is none of them.
    paper.write_text("what,mean,items,total\na,3.43,1,90\na,5.28,1,90\nb,3.3,1,7\nb,2.50,1,7\n")
    first, second, none, nor = sorted(audit(paper), key=lambda outcome: outcome.row)
    assert {first.verdict, second.verdict} == {"holds"}
    # 3.3 takes three people or more of which 3, 4, 6 ... give it; 2.50 an even number.
    assert "n is 3" in none.arithmetic[0]
    assert "n is 4" in nor.arithmetic[0]


@pytest.mark.parametrize(
    ("known", "total", "told"),
    [
        # Means of 3.67 and 2.25 take three and four people or more.
        ("12", 14, ["no sizes of the 2 groups add up to 2 that are left"] * 2),
        ("12", 12, ["no sizes of the 2 groups add up to 0 that are left"] * 2),
        ("12", 30, ["n is 6", "n is 12"]),
        ("12,1,7", 38, ["n is 6", "n is 12"]),
        ("", 10, ["n is 6", "n is 4"]),
    ],
)
def test_groups_whose_size_is_printed_leave_the_rest_of_the_total(
    paper: Path, known: str, total: int, told: list[str]
) -> None:
    rows = [f"{n},3.00" for n in re.findall(r"\d+", known)] + [",3.67", ",2.25"]
    table = "\n".join(f"G,{row},1,1,5,{total}" for row in rows)
    paper.write_text(f"what,n,mean,items,low,high,total\n{table}\n")
    outcomes = sorted(audit(paper), key=lambda outcome: outcome.row)[-2:]
    assert [outcome.arithmetic[0].partition(": ")[2] for outcome in outcomes] == told
    verdict = "holds" if told[0].startswith("n is") else "cannot be true"
    assert {outcome.verdict for outcome in outcomes} == {verdict}


@pytest.mark.parametrize(("total", "verdict"), [(15, "holds"), (14, "cannot be true")])
def test_the_one_group_of_unknown_size_is_the_rest(paper: Path, total: int, verdict: str) -> None:
    paper.write_text(f"mean,n,items,total\n3.00,12,1,{total}\n3.67,,1,{total}\n")
    (outcome,) = (outcome for outcome in audit(paper) if outcome.row == 3)
    assert outcome.verdict == verdict


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", "a row for each other group"),
        ("a,,1,10\n", "a mean and items in each row"),
    ],
)
def test_what_group_sizes_lack_is_told(paper: Path, more: str, told: str) -> None:
    paper.write_text(f"what,mean,items,total\na,3.50,1,10\n{more}")
    outcome = min(audit(paper), key=lambda outcome: outcome.row)
    assert (outcome.verdict, told in outcome.arithmetic[0]) == ("not checked", True)


def test_more_people_than_can_be_shared_out_are_told(paper: Path) -> None:
    paper.write_text("what,mean,items,total\na,3.50,1,1200\na,2.50,1,1200\n")
    outcome = audit(paper)[0]
    assert outcome.verdict == "not decided"
    assert "1,200 people in groups of unknown size" in outcome.arithmetic[0]


def test_groups_that_do_not_add_up_cannot_be_true(paper: Path) -> None:
    paper.write_text("what,mean,items,total\na,3.50,1,7\na,2.50,1,7\n")  # both even
    assert {outcome.verdict for outcome in audit(paper)} == {"cannot be true"}


# Effect sizes and intervals ---------------------------------------------------------------------

TWO = {"test": "t", "value": "2.20", "n": "15", "n2": "15", "df": "28"}
ONE = {"test": "t", "value": "−2.20", "n": "29", "df": "28"}


@pytest.mark.parametrize(
    ("given", "d", "verdict", "convention"),
    [
        # 2.20 * sqrt(2 / 15) = 0.803; times 1 - 3 / 111 = 0.782; 4.40 / sqrt(28) = 0.832.
        (TWO, "0.80", "holds", "difference over the SD within groups"),
        (TWO, "-.78", "holds only if", "Hedges’ correction for few people"),
        (TWO, "0.83", "holds only if", "2t / √df"),
        (TWO, "0.41", "cannot be true", ""),
        # 30 people in two groups of a size that is not printed.
        ({**TWO, "n": "30", "n2": ""}, "0.80", "holds", "as many people in both"),
        # 2.20 / sqrt(29) = 0.409; times 1 - 3 / 111 = 0.398.
        (ONE, "0.41", "holds", "change over the SD of change (d_z)"),
        (ONE, "0.40", "holds only if", "Hedges’ correction for few people"),
        (ONE, "0.30", "holds only if", "change over the average SD of both measurements (d_av)"),
        (ONE, "0.83", "not decided", ""),  # the SD before may be as small as one likes
        # 30 people in groups of 10 and 20: 2.20 * sqrt(1 / 10 + 1 / 20) = 0.852.
        ({**TWO, "n": "30", "n2": ""}, "0.85", "holds only if", "groups of unequal size"),
        ({**TWO, "n": "30", "n2": "", "df": ""}, "0.80", "holds only if", "as many people in both"),
        ({**TWO, "n": "30", "n2": "", "df": "24.3"}, "0.80", "holds", "Welch’s t"),
        ({**TWO, "n": "30", "n2": "", "df": "24.3"}, "0.41", "cannot be true", ""),
        # The SD of one group of 15 is at most sqrt(2) times that of both: d is 0.567 at least.
        (TWO, "0.57", "not decided", ""),
        (TWO, "0.55", "cannot be true", ""),
        ({**TWO, "n": "3000", "n2": "", "df": "2998"}, "0.10", "not decided", ""),
        ({**TWO, "df": "40.2"}, "0.80", "not checked", ""),  # no such groups
    ],
)
def test_effect_sizes(
    check: Check, given: dict[str, str], d: str, verdict: str, convention: str
) -> None:
    outcome = check(**given, d=d)
    assert (outcome.check, outcome.verdict) == ("effect size", verdict)
    assert convention in " ".join(outcome.conventions)


@settings(deadline=None)
@given(
    st.tuples(st.integers(3, 20), st.integers(3, 20)),
    st.tuples(st.floats(0.5, 4), st.floats(0.5, 4)),
    st.sampled_from(["pooled", "average", "first", "second"]),
    st.booleans(),
    st.sampled_from(["df as it is", "df a whole number", "df not printed"]),
    st.booleans(),
)
def test_a_d_that_was_computed_is_never_refused(
    tmp_path_factory: pytest.TempPathFactory,
    ns: tuple[int, int],
    sds: tuple[float, float],
    way: str,
    equal_var: bool,
    printed: str,
    total: bool,
) -> None:
    paper = tmp_path_factory.getbasetemp() / "d.csv"
    (n1, n2), (s1, s2) = ns, sds
    t = stats.ttest_ind_from_stats(1, s1, n1, 0, s2, n2, equal_var=equal_var).statistic
    own, (v1, v2) = n1 + n2 - 2, (s1**2 / n1, s2**2 / n2)
    welch = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    df = {"df as it is": f"{welch:.2f}", "df a whole number": f"{welch:.0f}"}.get(printed, "")
    df = str(own) if equal_var and df else df
    variance = {
        "pooled": ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / own,
        "average": (s1**2 + s2**2) / 2,
        "first": s1**2,
        "second": s2**2,
    }[way]
    sizes = f"{n1 + n2}," if total else f"{n1},{n2}"
    paper.write_text(f"test,value,d,df,n,n2\nt,{t:.3f},{1 / sqrt(variance):.3f},{df},{sizes}\n")
    assert {outcome.verdict for outcome in audit(paper)} != {"cannot be true"}


def test_the_d_of_a_welch_test_is_bounded_by_its_degrees_of_freedom(check: Check) -> None:
    # SDs of 3 and 1, a difference of 1: t(9.5) = 1.04, d over the SD within both is 0.632; over
    # the SD of either group 0.333 or 1. The other share of this df belongs to SDs of 1 and 15.
    given = {"n": "10", "n2": "40", "test": "t", "value": "1.04", "df": "9.5"}
    assert check(**given, d="0.63").verdict == "holds"
    assert check(**given, d="0.33").verdict == "holds only if"
    assert check(**given, d="1.50").verdict == "cannot be true"


def test_d_av_says_what_it_rests_on(check: Check) -> None:
    # 0.30 / 0.4085 squared is 0.539, so that r = 1 - 0.539 / 2.
    assert "by about 0.73" in " ".join(check(**ONE, d="0.30").arithmetic)


def test_degrees_of_freedom_of_other_people_are_told(check: Check) -> None:
    outcome = check(**{**TWO, "df": "25"}, d="0.80")
    assert outcome.remark == "n = 15 and 15 would give df = 28, not 25, unless it is Welch’s"


@pytest.mark.parametrize(
    ("more", "verdict", "convention"),
    [
        # 4.0 / 2.20 = 1.818; times 2.048 it is 3.72, times 1.960 it is 3.56, times 1.701 3.09.
        (
            {"diff": "4.0", "ci_low": "0.3", "ci_high": "7.7"},
            "holds",
            "95% interval, quantile of t",
        ),
        (
            {"diff": "-4.0", "ci_low": "−7.7", "ci_high": "−0.3"},
            "holds",
            "95% interval, quantile of t",
        ),
        ({"ci_low": "0.3", "ci_high": "7.7"}, "holds", "95% interval, quantile of t"),
        (
            {"diff": "4.00", "ci_low": "0.44", "ci_high": "7.56"},
            "holds only if",
            "95% interval, normal",
        ),
        (
            {"diff": "4.0", "ci_low": "0.9", "ci_high": "7.1"},
            "holds only if",
            "90% interval, quantile",
        ),
        ({"diff": "4.0", "ci_low": "0.9", "ci_high": "7.1", "level": "95"}, "cannot be true", ""),
        ({"diff": "4.0", "ci_low": "0.9", "ci_high": "7.7"}, "cannot be true", ""),
        ({"diff": "4.0", "ci_low": "7.7", "ci_high": "0.3"}, "cannot be true", ""),
    ],
)
def test_intervals_of_a_difference(
    check: Check, more: dict[str, str], verdict: str, convention: str
) -> None:
    outcome = check(test="t", value="2.20", df="28", **more)
    assert (outcome.check, outcome.verdict) == ("confidence interval", verdict)
    assert convention in " ".join(outcome.conventions)


@pytest.mark.parametrize(
    ("test", "usual"),
    [
        ({"test": "t", "value": "2.20", "n": "15", "n2": "15"}, "quantile of t"),
        ({"test": "t", "value": "2.20", "n": "29"}, "quantile of t"),
        ({"test": "t", "value": "2.20", "n": "29", "df": "28"}, "quantile of t"),
        ({"test": "t", "value": "-2.20", "n": "15", "n2": "15", "df": "27.3"}, "quantile of t"),
        ({"test": "F", "value": "4.84", "df": "1", "df2": "28"}, "quantile of t"),
        ({"test": "z", "value": "2.10"}, "normal quantile"),
    ],
)
def test_a_printed_test_takes_part_in_its_interval(
    check: Check, test: dict[str, str], usual: str
) -> None:
    given = {**test, "diff": "4.0", "level": "95"}
    outcome = check(**given, ci_low="0.3", ci_high="7.7")
    named = (f"rounded half up, 95% interval, {usual}",)
    assert (outcome.verdict, outcome.conventions) == ("holds", named)
    # This interval is about five times too narrow.
    assert check(**given, ci_low="3.3", ci_high="4.7").verdict == "cannot be true"


def test_an_interval_by_the_df_of_welch_is_named(check: Check) -> None:
    # 4.0 / 2.20 times t(3, .975) = 3.182 is 5.79: one group of four has all the variance.
    given = {"test": "t", "value": "2.20", "n": "4", "n2": "40", "diff": "4.0", "level": "95"}
    outcome = check(**given, ci_low="-1.8", ci_high="9.8")
    assert outcome.verdict == "holds only if"
    assert "Welch’s df" in outcome.conventions[0]


@pytest.mark.parametrize(
    ("given", "remark"),
    [
        ({"test": "t"}, "t is not used, for it lacks df or n"),
        ({"test": "F", "df": "1"}, "F is not used, for it lacks df2"),
        ({"test": "F", "df": "2", "df2": "28"}, "F is not used, for it is of no one difference"),
        ({"test": "chi2", "df": "1"}, "chi2 is not used, for it is of no one difference"),
    ],
)
def test_a_test_that_an_interval_does_not_use_is_told(
    check: Check, given: dict[str, str], remark: str
) -> None:
    outcome = check(**given, value="2.20", diff="4.0", ci_low="3.3", ci_high="4.7")
    assert (outcome.verdict, outcome.remark) == ("holds", remark)


@pytest.mark.parametrize(
    ("given", "remark"),
    [
        (
            {"test": "t", "n": "15", "n2": "15", "df": "40"},
            "n = 15 and 15 would give df = 28, not 40",
        ),
        ({"test": "t", "n": "30", "df": "40"}, "n = 30 would give df = 29 or 28, not 40"),
        ({"test": "r", "n": "30", "df": "40"}, "n = 30 would give df = 28, not 40"),
        (
            {"test": "t", "n": "15", "n2": "15", "df": "13.5"},
            "n = 15 and 15 would give df = 28, not 13.5",
        ),
        ({"test": "t", "n": "15", "n2": "15", "df": "14.5"}, ""),
        ({"test": "t", "n": "15", "n2": "15", "df": "28"}, ""),
        ({"test": "chi2", "n": "30", "df": "2"}, ""),
    ],
)
def test_degrees_of_freedom_beside_a_p_are_compared_with_the_people(
    check: Check, given: dict[str, str], remark: str
) -> None:
    assert check(**given, value=".20", p="< .99").remark == remark


@pytest.mark.parametrize("low", ["−7.7", "-7.1"])
def test_an_interval_on_the_other_side_of_zero_has_its_own_t(check: Check, low: str) -> None:
    outcome = check(test="t", value="2.20", df="28", diff="4.0", ci_low=low, ci_high="−0.3")
    assert outcome.verdict == "cannot be true"
    ends = re.search(r"from it is −(\S+) to −(\S+)", outcome.arithmetic[0])
    assert ends is not None
    assert float(ends[1]) > float(ends[2]) > 1


def test_an_interval_without_t_lies_about_its_difference(check: Check) -> None:
    outcome = check(diff="4.0", ci_low="0.3", ci_high="7.7")
    # Neither a level nor a quantile was needed.
    assert (outcome.verdict, outcome.conventions) == ("holds", ("rounded half up",))
    assert check(diff="4.0", ci_low="0.7", ci_high="7.7").verdict == "cannot be true"


@settings(deadline=None)
@given(
    st.lists(st.integers(-9, 9), min_size=3, max_size=12).filter(lambda x: len(set(x)) > 1),
    st.integers(1, 3),
)
def test_intervals_that_were_computed_are_never_refused(
    tmp_path_factory: pytest.TempPathFactory, change: list[int], decimals: int
) -> None:
    paper = tmp_path_factory.getbasetemp() / "interval.csv"
    found = stats.ttest_1samp(change, 0)
    ends = found.confidence_interval()
    mean, d = sum(change) / len(change), abs(found.statistic) / sqrt(len(change))
    printed = [f"{x:.{decimals}f}" for x in (found.statistic, mean, ends.low, ends.high, d)]
    row = [*printed, str(len(change)), str(len(change) - 1)]
    paper.write_text(f"test,value,diff,ci_low,ci_high,d,n,df\nt,{','.join(row)}\n")
    assert {outcome.verdict for outcome in audit(paper)} <= {"holds", "holds only if"}


# Percentages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "percent", "verdict", "convention"),
    # 13 / 16 = 81.25 %, 11 / 16 = 68.75 %, 9 / 16 = 56.25 %.
    [
        ("13", "81.3", "holds", "rounded half up"),
        ("13", "81.2 %", "holds only if", "rounded half to even; decimals cut off"),
        ("11", "68,7", "holds only if", "ties rounded up or down; decimals cut off"),
        ("", "81", "holds", "rounded half up"),
        ("12", "81.3", "cannot be true", ""),
        ("", "80", "cannot be true", ""),
        ("17", "106.3", "cannot be true", ""),
    ],
)
def test_percentages(check: Check, count: str, percent: str, verdict: str, convention: str) -> None:
    outcome = check(n="16", count=count, percent=percent)
    assert outcome.verdict == verdict
    assert not convention or "; ".join(outcome.conventions) == convention


def test_more_people_than_there_are_need_no_percentage(check: Check) -> None:
    assert check(n="16", count="17").verdict == "cannot be true"


def test_a_percentage_with_decimals_cut_off(check: Check) -> None:
    # 2 / 3 = 66.67 %.
    assert check(n="3", count="2", percent="66.6").conventions == ("decimals cut off",)


# Tests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "df", "p", "verdict", "convention"),
    [
        ("1.80", "40", ".040", "holds only if", "rounded half up, one-sided"),
        # Festinger and Carlsmith (1959): 0.0325 is not below .03.
        ("2.22", "38", "<.03", "holds only if", "rounded half up, one-sided"),
        # p is .0362, which is .03 when cut off.
        ("2.20", "28", ".03", "holds only if", "decimals cut off, two-sided"),
        ("2.31", "27.83", ".029", "holds", "rounded half up, two-sided"),
        ("1.02", "48", "ns", "holds", "rounded half up, two-sided"),
        # p is .0325.
        (
            "2.22",
            "38",
            "n.s.",
            "holds only if",
            "rounded half up, two-sided, ns at the level .01",
        ),
        ("1.80", "40", ".96", "holds only if", f"rounded half up, {AGAINST}"),
        # With 4.4 degrees of freedom p is .061, with 4 it is .067.
        ("2.50", "4", ".061", "holds only if", f"rounded half up, two-sided, {ROUNDED_DF}"),
        ("2.50", "4", ".052", "cannot be true", ""),  # with five it is .054
        ("2.20", "28", ".034", "cannot be true", ""),  # from .0360 to .0363 with 27.5 to 29
        ("1.02", "48", "> .05", "holds", "rounded half up, two-sided"),
    ],
)
def test_p_and_its_conventions(
    check: Check, value: str, df: str, p: str, verdict: str, convention: str
) -> None:
    outcome = check(test="t", value=value, df=df, p=p)
    assert outcome.verdict == verdict
    assert not convention or "; ".join(outcome.conventions) == convention


def test_ns_is_no_p_below_every_level(check: Check) -> None:
    # p is .00001.
    outcome = check(test="t", value="5.10", df="38", p="ns", tails="2")
    assert outcome.verdict == "cannot be true"
    assert {"two-sided, ns at the level .01", "two-sided, ns at the level .001"} <= {
        *outcome.conventions
    }
    assert check(test="t", value="5.10", df="38", p="> .05", tails="2").verdict == "cannot be true"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"n": "3", "n2": "3"}, "holds only if"),
        ({"n": "6"}, "holds only if"),  # two groups with six people in all
        ({"n": "5"}, "cannot be true"),  # measured twice, which has no Welch test
    ],
)
def test_df_are_rounded_where_they_may_be_fractions(
    check: Check, given: dict[str, str], verdict: str
) -> None:
    assert check(test="t", value="2.50", df="4", p=".061", **given).verdict == verdict


def test_a_tail_that_is_printed_is_the_only_one(check: Check) -> None:
    one_sided = {"test": "t", "value": "1.80", "df": "40", "p": ".040"}
    assert check(**one_sided, tails="1").verdict == "holds"
    assert check(**one_sided, tails="2").verdict == "cannot be true"


def test_a_one_sided_p_may_be_against_the_effect(check: Check) -> None:
    assert check(test="t", value="1.80", df="40", p=".960", tails="1").verdict == "holds only if"


def test_only_a_test_of_one_degree_of_freedom_can_be_halved(check: Check) -> None:
    # chi2(1) = 3.24 is z = 1.80: p is .0719. Half of .072 with 2 degrees is nothing.
    assert check(test="chi2", value="3.24", df="1", p=".036").verdict == "holds only if"
    assert check(test="chi2", value="5.26", df="2", p=".036").verdict == "cannot be true"


@pytest.mark.parametrize(
    "given",
    [
        {"value": "−2.20", "p": ".036"},
        {"value": "–2,20", "p": "0,036"},
        {"value": "2.20", "p": "p = .036"},
        {"value": "2.20", "p": "≤ ,05"},
        {"value": "2·20", "p": "·036"},
        {"value": "‐2.20", "p": "p=.036*"},  # a hyphen of its own
        {"value": "− 2.20**", "p": "⩽ .05"},
    ],
)
def test_figures_as_papers_print_them(check: Check, given: dict[str, str]) -> None:
    assert check(test="t", df="28", **given).verdict == "holds"


@pytest.mark.parametrize(
    "name", ["chi2", "χ²", "Chi-squared", "chi square", "X2", "Χ^2", "chi‑sq", "𝜒2"]
)
def test_chi_square_has_many_names(check: Check, name: str) -> None:
    assert check(test=name, value="15.10", df="1", p="<.001").verdict == "holds"


@pytest.mark.parametrize("ns", ["ns", "n.s.", "N. S.", "p = ns", "p ns"])
def test_ns_has_many_spellings(check: Check, ns: str) -> None:
    assert check(test="t", value="1.02", df="48", p=ns).verdict == "holds"


@pytest.mark.parametrize("df", ["1, 20", "1 20", "1; 20", "1 ,20", "1 .5", "1 2000"])
def test_two_figures_in_one_cell_are_not_one(paper: Path, df: str) -> None:
    (told,) = refused(paper, f'test,value,df,p\nF,4.84,"{df}",.03\n')
    assert told.endswith("expected a number above 0, the second of an F in df2")


def test_a_p_of_zero_is_worth_a_word(check: Check) -> None:
    # statcheck, issue 59.
    for p in (".000", "< .000"):
        outcome = check(test="t", value="5.10", df="38", p=p)
        assert (outcome.verdict, outcome.remark) == ("holds", "no p is 0: p < .001 is meant")
    assert check(test="t", value="5.10", df="38", p="0").remark == "no p is 0"


def test_a_recomputed_p_has_more_decimals_than_the_printed_one(check: Check) -> None:
    # R: t.test(extra ~ group, sleep, paired = TRUE) gives t = -4.0621, df = 9, p = 0.00283289.
    outcome = check(test="t", value="−4.0621", df="9", p="0.002833")
    assert outcome.arithmetic[0].endswith("p recomputed is .0028327 to .0028333")


def test_r_takes_its_degrees_of_freedom_from_n(check: Check) -> None:
    assert check(test="r", value=".22", n="30", p=".243").verdict == "holds"


@pytest.mark.parametrize(
    ("test", "value"), [("F", "−1.20"), ("chi2", "-1.20"), ("r", "1.20"), ("r", "-1.01")]
)
def test_a_value_that_no_test_has_cannot_be_true(check: Check, test: str, value: str) -> None:
    assert check(test=test, value=value, df="3", df2="20", p=".3").verdict == "cannot be true"


@given(
    st.sampled_from(["t", "r", "z", "chi2", "F"]),
    st.floats(0, 0.999),
    st.integers(1, 200),
    st.integers(0, 4),
    st.sampled_from([ROUND_HALF_UP, ROUND_DOWN]),
)
def test_a_test_that_was_computed_is_never_refused(
    tmp_path_factory: pytest.TempPathFactory,
    test: str,
    size: float,
    df: int,
    decimals: int,
    rule: str,
) -> None:
    paper = tmp_path_factory.getbasetemp() / "test.csv"
    value = size if test == "r" else 4 * size
    t = size * sqrt(df / (1 - size**2)) if test == "r" else value
    p = {
        "t": 2 * stats.t.sf(t, df),
        "r": 2 * stats.t.sf(t, df),
        "z": 2 * stats.norm.sf(value),
        "chi2": stats.chi2.sf(value, df),
        "F": stats.f.sf(value, df, 30),
    }[test]
    printed = [
        str(Decimal(repr(float(exact))).quantize(Decimal(1).scaleb(-decimals), rule))
        for exact in (value, p)
    ]
    row = f"{test},{printed[0]},{df},30,{printed[1]}"
    paper.write_text(f"test,value,df,df2,p\n{row}\n")
    assert audit(paper)[0].verdict in ("holds", "holds only if")


# Rows and files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ({"n": "20", "sd": "1.0"}, "a mean"),
        ({"n": "20", "mean": "1.0"}, "items, or the scale's low and high"),
        ({"items": "1", "mean": "1.0"}, "n, or the scale's low and high"),
        ({"mean": "1.0"}, "n and items, or the scale's low and high"),
        ({"percent": "50"}, "n"),
        ({"n": "20", "count": "13"}, "a percentage"),
        ({"count": "13"}, "n and a percentage"),
        ({"test": "F", "value": "2", "df": "1", "p": ".1"}, "df2"),
        ({"what": "age", "n": "20"}, "a mean, a percentage or a test"),
    ],
)
def test_what_a_check_lacks_is_told(check: Check, given: dict[str, str], lacking: str) -> None:
    outcome = check(**given)
    assert (outcome.verdict, outcome.arithmetic) == ("not checked", (f"lacks {lacking}",))


def test_what_is_too_large_is_not_decided(check: Check) -> None:
    outcome = check(n="999999999", mean="3.4", sd="1.1", items="999999999")
    assert outcome.verdict == "not decided"


def test_another_reading_is_not_needed_where_the_usual_one_is_open() -> None:
    def read(_: str, rounding: str) -> tuple[bool | None, str]:
        return (None, "too large") if rounding == "half-up" else (True, "possible")

    assert judge("M = 3", [""], ["half-up", "truncated"], read).verdict == "not decided"


def test_a_row_may_have_several_checks_and_the_worst_comes_first(paper: Path) -> None:
    text = "n,items,mean,count,percent\n16,1,2.50,13,81.3\n,,,,\n16,1,2.54,13,81.2\n"
    paper.write_text(text, encoding="utf-8")
    assert [(outcome.row, outcome.verdict) for outcome in audit(paper)] == [
        *((4, verdict) for verdict in ("cannot be true", "holds only if")),
        *((2, "holds"), (2, "holds")),
    ]


def test_semicolons_and_decimal_commas_are_read(paper: Path) -> None:
    paper.write_text("\ufeffN;Mean;items\r\n28;5,18;1\r\n", encoding="utf-8")
    assert audit(paper)[0].verdict == "holds"


def test_everything_that_cannot_be_read_is_told_at_once(paper: Path) -> None:
    text = (
        "n,mean,sd,low,high,test,df,p,tails\n"
        'x,"3,456",1.2.3,5,1,u,0,1.2,3\n'
        "0,1234567890123,,1,,,,<<.05,\n"
        "9,,,1,x,,,,\n"
        "1,2\n"
    )
    assert refused(paper, text) == [
        "paper.csv, row 2, column n: found 'x'; expected a whole number from 1",
        "paper.csv, row 2, column mean: found '3,456'; expected 3.456 or 3456, for the comma may "
        "be either",
        "paper.csv, row 2, column sd: found '1.2.3'; expected a number as printed, such as 4.20",
        "paper.csv, row 2, column test: found 'u'; expected t, F, chi2, r, z or Q",
        "paper.csv, row 2, column df: found '0'; expected a number above 0, the second of an F in "
        "df2",
        "paper.csv, row 2, column p: found '1.2'; expected a p from 0 to 1 as printed, such as "
        ".036, < .05 or ns",
        "paper.csv, row 2, column tails: found '3'; expected 1 or 2",
        "paper.csv, row 2, column high: found 1; expected more than low, 5",
        "paper.csv, row 3, column n: found '0'; expected a whole number from 1",
        "paper.csv, row 3, column mean: found '1234567890123'; expected a number as printed, such "
        "as 4.20",
        "paper.csv, row 3, column p: found '<<.05'; expected a p from 0 to 1 as printed, such as "
        ".036, < .05 or ns",
        "paper.csv, row 3, column low: found one end of a scale; expected low and high, or neither",
        "paper.csv, row 4, column high: found 'x'; expected a number as printed, such as 4.20",
        "paper.csv, row 5: found 2 cells; expected 9 cells",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("n,nn\n1,2\n", "row 1: found the column 'nn'; expected only: what, where, n, "),
        ("n,n\n1,2\n", "row 1, column n: found 2 columns of this name; expected one"),
        ("n,mean\n", "found a header alone; expected a row for each result"),
        ("", "found an empty file; expected a header row and data"),
    ],
)
def test_a_file_of_another_form_is_told(paper: Path, text: str, told: str) -> None:
    assert told in refused(paper, text)[0]


def test_the_template_holds_and_has_every_column(paper: Path) -> None:
    paper.write_text(template(), encoding="utf-8")
    assert {outcome.verdict for outcome in audit(paper)} == {"holds"}
    assert template().splitlines()[0].split(",") == list(PAPER_COLUMNS)


# The page -----------------------------------------------------------------------------------------


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)


def test_the_commands_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (commands,) = blocks("console")
    for line in commands.splitlines():
        words, _, file = line.partition(" > ")
        assert main(words.split()[1:]) == 0
        if file:
            Path(file).write_text(capsys.readouterr().out, encoding="utf-8")


def test_the_example_of_the_page_prints_what_it_shows(
    paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, shown = blocks("text")
    paper.write_text(table, encoding="utf-8")
    assert main(["audit", str(paper)]) == 1
    assert capsys.readouterr().out == shown


def test_the_page_names_every_column() -> None:
    cells = re.findall(r"^\| (`[^|]*) \|", PAGE.read_text("utf-8"), re.M)
    assert re.findall(r"`(\w+)`", " ".join(cells)) == list(PAPER_COLUMNS)


def test_json_has_every_check(paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paper.write_text(template(), encoding="utf-8")
    assert main(["audit", str(paper), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["summary"]["holds"] == len(document["outcomes"]) == 11
    assert document["outcomes"][0]["conventions"] == ["rounded half up, SD with denominator n − 1"]
