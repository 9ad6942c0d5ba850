"""The audit of a paper: verdicts of the literature, conventions, and input that is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from math import sqrt
from pathlib import Path

import pytest
from helpers import ROOT
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from earlyhelp.cli import main
from earlyhelp.published.paper import COLUMNS, Outcome, audit, template
from earlyhelp.study.problems import InputError

PAGE = ROOT / "book/audit_a_paper.md"
Check = Callable[..., Outcome]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    return tmp_path / "paper.csv"


@pytest.fixture
def check(paper: Path) -> Check:
    """Outcome of the one check of a row."""

    def run(**given: str) -> Outcome:
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


@pytest.mark.parametrize(
    ("mean", "verdict"),
    # R package scrutiny, tests of grim(): which means from 5.19 to 5.30 the n of 28 allows. That
    # 5.19 fails is the example of Brown and Heathers (2017). 148 / 28 = 5.2857 is 5.28 when cut.
    [
        *((f"5.{i}", "cannot be true") for i in (19, 20, 22, 23, 24, 26, 27, 30)),
        *((f"5.{i}", "holds") for i in (21, 25, 29)),
        ("5.28", "holds only if"),
    ],
)
def test_grim(check: Check, mean: str, verdict: str) -> None:
    assert check(n="28", mean=mean, items="1").verdict == verdict


def test_grim_of_means_of_items(check: Check) -> None:
    # 28 people and 2 items make steps of 1/56: 45/56 = 0.8036, 46/56 = 0.8214 (scrutiny's tests).
    assert check(n="28", mean="0.80", items="2").verdict == "holds"
    assert check(n="28", mean="0.81", items="2").verdict == "cannot be true"
    assert check(n="28", mean="0.80", items="1").verdict == "cannot be true"


@pytest.mark.parametrize(
    ("mean", "verdict"),
    # Festinger and Carlsmith (1959), Table 1: whole-number ratings, 20 people a condition. That
    # three of the twelve means fail is known from re-analyses by GRIM.
    [
        *((mean, "cannot be true") for mean in ("3.08", "5.18", "-.62")),
        *((mean, "holds") for mean in ("-.45", "+1.35", "-.05", "2.80", "3.15", "5.60")),
        *((mean, "holds") for mean in ("6.45", "+1.20", "-.25")),
    ],
)
def test_grim_of_a_classic(check: Check, mean: str, verdict: str) -> None:
    assert check(n="20", mean=mean, items="1").verdict == verdict


@pytest.mark.parametrize(
    ("mean", "sd", "n", "consistent"),
    [
        # R package rsprite2, tests of GRIMMER_test(); the second is Allard's (2018) example.
        ("5.21", "1.6", "28", True),
        ("3.44", "2.47", "18", False),
        # R package scrutiny, data pigs5 with the verdicts in the manual of grimmer_map().
        ("7.22", "5.30", "38", False),
        ("4.74", "6.55", "31", True),
        ("5.23", "2.55", "35", False),
        ("2.57", "2.57", "30", True),
        ("6.77", "2.18", "33", False),
        ("2.68", "2.59", "34", True),
        ("7.01", "6.68", "35", False),
        ("7.38", "3.65", "32", True),
        ("3.14", "5.32", "33", False),
        ("6.89", "4.18", "37", True),
        ("5.00", "2.18", "31", True),
        ("0.24", "6.43", "34", True),
    ],
)
def test_grimmer(check: Check, mean: str, sd: str, n: str, consistent: bool) -> None:
    # Those tests know one meaning of an SD and no cut-off decimals.
    assert (check(n=n, mean=mean, sd=sd, items="1").verdict == "holds") is consistent


@pytest.mark.parametrize(
    ("n", "mean", "sd", "consistent"),
    # R package scrutiny, tests of debit().
    [
        ("1683", ".53", ".50", True),
        ("20", ".05", ".21", False),
        ("20", ".05", ".22", True),
        ("100", ".50", ".503", True),
        ("50", "0.00", "0.00", True),
        ("50", "1.00", ".50", False),
    ],
)
def test_debit(check: Check, n: str, mean: str, sd: str, consistent: bool) -> None:
    outcome = check(n=n, mean=mean, sd=sd, items="1", low="0", high="1")
    assert (outcome.verdict == "holds") is consistent


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


# Percentages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "percent", "verdict", "convention"),
    # 13 / 16 = 81.25 %, 11 / 16 = 68.75 %, 9 / 16 = 56.25 %.
    [
        ("13", "81.3", "holds", "rounded half up"),
        ("13", "81.2 %", "holds only if", "rounded half to even"),
        ("11", "68,7", "holds only if", "ties rounded up or down"),
        ("", "81", "holds", "rounded half up"),
        ("12", "81.3", "cannot be true", ""),
        ("", "80", "cannot be true", ""),
        ("17", "106.3", "cannot be true", ""),
    ],
)
def test_percentages(check: Check, count: str, percent: str, verdict: str, convention: str) -> None:
    outcome = check(n="16", count=count, percent=percent)
    assert outcome.verdict == verdict
    assert not convention or outcome.conventions == (convention,)


def test_a_percentage_with_decimals_cut_off(check: Check) -> None:
    # 2 / 3 = 66.67 %.
    assert check(n="3", count="2", percent="66.6").conventions == ("decimals cut off",)


# Tests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "value", "df", "df2", "computed"),
    # R package statcheck, tests of computed p values; the ps are those of R's pt, pf and so on.
    [
        ("t", "2.20", "28", "", ".036"),
        ("F", "2.20", "2", "28", ".130"),
        ("r", ".22", "28", "", ".243"),
        ("z", "2.20", "", "", ".028"),
        ("chi2", "22.20", "28", "", ".772"),
        ("Q", "22.20", "28", "", ".772"),
    ],
)
def test_every_kind_of_test(
    check: Check, test: str, value: str, df: str, df2: str, computed: str
) -> None:
    given = {"test": test, "value": value, "df": df, "df2": df2}
    assert check(**given, p=computed).verdict == "holds"
    assert check(**given, p=".50").verdict == "cannot be true"


@pytest.mark.parametrize(
    ("value", "df", "p", "verdict", "convention"),
    [
        # statcheck, test of an error.
        ("1.02", "48", "< .05", "cannot be true", ""),
        # statcheck, issue 12: t may have been rounded, so that p is from .0057 to .0314.
        ("3", "10", ".009", "holds", "rounded half up, two-sided"),
        # statcheck, issue 21: no error, but one-sided.
        ("1.80", "40", ".040", "holds only if", "rounded half up, one-sided"),
        # Festinger and Carlsmith (1959): 0.0325 is not below .03.
        ("2.22", "38", "<.03", "holds only if", "rounded half up, one-sided"),
        # p is .0362, which is .03 when cut off.
        ("2.20", "28", ".03", "holds only if", "decimals cut off, two-sided"),
        ("2.31", "27.83", ".029", "holds", "rounded half up, two-sided"),
        ("1.02", "48", "ns", "holds", "rounded half up, two-sided"),
        ("2.22", "38", "n.s.", "cannot be true", ""),
        ("1.02", "48", "> .05", "holds", "rounded half up, two-sided"),
    ],
)
def test_p_and_its_conventions(
    check: Check, value: str, df: str, p: str, verdict: str, convention: str
) -> None:
    outcome = check(test="t", value=value, df=df, p=p)
    assert outcome.verdict == verdict
    assert not convention or outcome.conventions == (convention,)


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
    ],
)
def test_figures_as_papers_print_them(check: Check, given: dict[str, str]) -> None:
    assert check(test="t", df="28", **given).verdict == "holds"


def test_a_p_of_zero_is_worth_a_word(check: Check) -> None:
    # statcheck, issue 59.
    outcome = check(test="t", value="5.10", df="38", p=".000")
    assert (outcome.verdict, "p < 0.001 is meant" in outcome.remark) == ("holds", True)


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
        ({"n": "20", "mean": "1.0"}, "n and items, or the scale's low and high"),
        ({"percent": "50"}, "n and a percentage"),
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
        "paper.csv, row 2, column df: found '0'; expected a number above 0",
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
        "paper.csv, row 4, column high: found 'x'; expected a whole number",
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
    assert template().splitlines()[0].split(",") == list(COLUMNS)


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
    assert re.findall(r"`(\w+)`", " ".join(cells)) == list(COLUMNS)


def test_json_has_every_check(paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paper.write_text(template(), encoding="utf-8")
    assert main(["audit", str(paper), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["summary"]["holds"] == len(document["outcomes"]) == 4
    assert document["outcomes"][0]["conventions"] == ["rounded half up, SD with denominator n − 1"]
