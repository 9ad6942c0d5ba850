"""Known values: hand calculation and the reconstruction."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT
from scipy import stats

from earlyhelp.analysis import instruments, outcomes
from earlyhelp.cli import main
from earlyhelp.possible import existence, two_waves
from earlyhelp.possible.two_waves import Change
from earlyhelp.published import determined, identified_sets
from earlyhelp.published.determined import Figures
from earlyhelp.published.identified_sets import ARMS, WAVES
from earlyhelp.published.printed import read_printed
from earlyhelp.report import tables
from earlyhelp.report.figures import score_ranges
from earlyhelp.study.design import read_study
from earlyhelp.study.raw import Pilot, open_pilot

STUDY = ROOT / "data/rotherham"
OUTCOMES = ("wai", "proqol")
MEASURE = {"wai": "wai", "proqol": "compassion_satisfaction"}


@pytest.fixture(scope="module")
def figures() -> Figures:
    found = determined.read(STUDY)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def pilot() -> Pilot:
    return open_pilot(STUDY)


def one(frame: pd.DataFrame, quantity: str, population: str) -> pd.Series:
    rows = frame[frame["quantity"].str.startswith(quantity) & (frame["population"] == population)]
    assert len(rows) == 1, list(frame["quantity"])
    return rows.iloc[0]


def holds(row: pd.Series, value: float) -> bool:
    return bool(row["low"] - 1e-9 <= value <= row["high"] + 1e-9)


def test_another_printed_figure_is_another_input(tmp_path: Path) -> None:
    for name in ("study.yml", "instruments.yml", "datapackage.json", "claims.csv", "words.yml"):
        (tmp_path / name).write_bytes((STUDY / name).read_bytes())
    assert identified_sets.inputs_hash(tmp_path) == identified_sets.inputs_hash(STUDY)
    text = (tmp_path / "claims.csv").read_text("utf-8")
    (tmp_path / "claims.csv").write_text(text.replace(",69.2,", ",69.3,"), "utf-8")
    assert identified_sets.inputs_hash(tmp_path) != identified_sets.inputs_hash(STUDY)


def test_a_study_with_real_data_has_nothing_to_determine() -> None:
    assert determined.read(ROOT / "tests/studies/mini") is None


def test_every_stored_witness_agrees_with_all_figures(figures: Figures) -> None:
    """By arithmetic that the solver does not share."""
    for row in figures.stored.changes.to_dict("records"):
        if row["baseline"] == "":
            continue
        outcome = figures.outcomes[row["measure"]]
        arm = outcome.arms[row["arm"]]
        change = Change(arm.pairs, int(row["total"]), int(row["squares"]))
        people = identified_sets.people(figures.stored, outcome, row["arm"], change)
        assert existence.agrees(arm, change, people)
        before, after = zip(*(person for person in people if None not in person), strict=True)
        moved = np.subtract(after, before)
        test = stats.ttest_1samp(moved, 0)
        assert f"{abs(test.statistic):.2f}" == outcome.paired[row["arm"]].t
        assert f"{test.pvalue:.3f}" == outcome.paired[row["arm"]].p


def test_the_alliance_tests_leave_five_pairs_of_changes(figures: Figures) -> None:
    """Found by hand in the module `paired`: both down, both up, and three with twice the rise."""
    sums = [(first.total, second.total) for first, second in figures.contrasts("wai")]
    assert sums == [(-23, -10), (23, 10), (46, 20), (46, 20), (46, 20)]


def test_the_size_of_paired_d_is_determined_though_its_sign_is_not(figures: Figures) -> None:
    """23 / 17 over sqrt((363 - 23**2 / 17) / 16) = 0.297; 46 and 1452 double both."""
    frame = determined.change(figures, "wai", 0.95)
    size = one(frame, "Size of dz", "intervention")
    assert (size["status"], round(size["low"], 3)) == ("determined", 0.297)
    signed = one(frame, "dz", "intervention")
    assert (signed["status"], signed["low"]) == ("bounded", -size["low"])


def test_many_can_have_improved_with_one_solution_only(figures: Figures) -> None:
    both = determined.by_solution(figures, "wai")
    table = both[both["arm"] == "intervention"]
    assert table["mean"].tolist() == pytest.approx([-23 / 17, 23 / 17, 46 / 17])
    # (363 - 23**2 / 17) / 16 and (1452 - 46**2 / 17) / 16.
    for end in ("sd_low", "sd_high"):
        assert table[end].tolist() == pytest.approx([4.554410, 4.554410, 9.108819], abs=1e-6)
    # HiGHS finds these people, and nobody beyond.
    assert table["improved_low"].tolist() == [1, 3, 2]
    assert table["improved_high"].tolist() == [13, 16, 16]
    assert table["reliably improved_high"].tolist() == [3, 5, 12]
    assert table["reliably worse_high"].tolist() == [5, 3, 6]
    frame = determined.change(figures, "wai", 0.95)
    how = one(frame, "People who improved by", "intervention")["how"]
    assert how.endswith("; at most 5 unless the SD of change is 9.1")
    assert "unless" not in one(frame, "People who improved at all", "intervention")["how"]


def test_both_arms_stand_in_every_solution(figures: Figures) -> None:
    table = determined.by_solution(figures, "wai")
    assert table["solution"].tolist() == [1, 1, 2, 2, 3, 3]
    other = table[table["arm"] == "comparison"]
    assert other["mean"].tolist() == pytest.approx([-10 / 16, 10 / 16, 20 / 16])
    # The third has sums of squares of 2204, 2206 and 2208, of 16 changes with a sum of 20.
    ends = [((squares - 20**2 / 16) / 15) ** 0.5 for squares in (2204, 2208)]
    assert other[["sd_low", "sd_high"]].iloc[2].tolist() == pytest.approx(ends)
    shown = tables.by_solution(table, 8)
    assert shown.iloc[5, :5].tolist() == ["3", "Comparison", "1.3", "12.1", "0.21"]


def test_estimates_hold_every_interval(figures: Figures) -> None:
    words, table = determined.estimates(figures)["wai-difference-estimate"]
    rows = determined.intervals(figures, "wai", 0.95)
    low, high = rows["difference_low"].min(), rows["difference_high"].max()
    # Of the third solution: 1.456 and t(31) = 2.0395 times its standard error, 3.7066.
    assert (low, high) == pytest.approx((-6.104, 9.016), abs=0.002)
    assert words == "−0.7 or 0.7 or 1.5 points (95% intervals between −6.1 and 9.0)"
    assert table == "tbl-determined-wai-between"
    alike, table = determined.estimates(figures)["wai-units-estimate"]
    # Of the third solution, as below: 1.456 and 4.3027 * 3.7066 * sqrt(1 + 7.25 * 0.05).
    assert alike == "between −17.2 and 20.1 points (intracluster correlation 0.05)"
    assert table == "tbl-intervals-units-wai"
    adjusted, table = determined.estimates(figures)["wai-adjusted-estimate"]
    # The stored outer bound, rounded outwards: no data set goes below it.
    low, high, _ = figures.extreme("wai", "between", "adjusted difference")
    assert (low, high) == pytest.approx((1.2655, 28.7171), abs=1e-4)
    assert adjusted == "above zero in every data set that is possible: 1.2 to 28.8 points"
    assert table == "tbl-determined-wai-between"
    assert "proqol-adjusted-estimate" not in determined.estimates(figures)
    many, _ = determined.estimates(figures)["proqol-difference-estimate"]
    assert many.startswith("−4.2 to 4.9 points (95% intervals between ")


def test_intervals_that_respect_units_are_wider(figures: Figures) -> None:
    table = determined.clustered(figures, "wai", 0.95).set_index(["icc", "solution"])
    # Third solution by hand: 33 pairs in four units, 8.25 each; standard error 3.7066, t(2) 4.3027.
    for icc, effect in ((0.0, 1.0), (0.1, 1.725)):
        row = table.loc[(icc, 3)]
        assert row["design_effect"] == pytest.approx(effect)
        reach = 4.3027 * 3.7066 * effect**0.5
        assert row["high"] - row["mean_high"] == pytest.approx(reach, rel=1e-3)
    apart = determined.intervals(figures, "wai", 0.95)
    assert (table.loc[0.0, "low"].to_numpy() < apart["difference_low"].to_numpy()).all()
    # Too many solutions to be listed are told as one, by the widest interval of any.
    many = determined.clustered(figures, "proqol", 0.95).set_index("icc").loc[0.1]
    pairs = figures.contrasts("proqol")
    means = [float(first.mean - second.mean) for first, second in pairs]
    assert (many["mean_low"], many["mean_high"]) == pytest.approx((min(means), max(means)))
    n, m = (change.pairs for change in pairs[0])
    spreads = [float(sum(change.spread for change in pair)) / (n + m - 2) for pair in pairs]
    assert many["high"] == pytest.approx(
        max(
            mean + 4.3027 * (variance * (1 / n + 1 / m) * many["design_effect"]) ** 0.5
            for mean, variance in zip(means, spreads, strict=True)
        ),
        rel=1e-4,
    )


def test_few_effects_are_listed(figures: Figures) -> None:
    # 23 / 17 or 46 / 17 points over the SD of baseline, which is 5.85 to 6.00.
    row = one(determined.change(figures, "wai", 0.95), "d, baseline SD", "intervention")
    assert row["values"] == (-0.23, 0.23, 0.45, 0.46)
    low, high = determined.baseline_sd(figures, "wai")
    assert round(46 / 17 / high, 2) == 0.45
    assert round(46 / 17 / low, 2) == 0.46


def test_the_bounds_of_a_solution_are_attained(figures: Figures) -> None:
    arm = figures.outcomes["wai"].arms["intervention"]
    for total, most in ((23, 5), (-23, 3)):
        change = Change(17, total, 363)

        def risen(person: tuple[int | None, int | None]) -> int:
            return int(existence.moved(person) >= 8)

        people = existence.greatest(arm, [change], risen).people
        assert existence.agrees(arm, change, people)
        assert sum(map(risen, people)) == most


def test_no_endline_scores_of_the_pairs_have_the_printed_t(figures: Figures) -> None:
    """A-16: over all sums of the pairs, each with the most spread that its wave leaves."""

    def least(measure: str) -> float:
        arms = figures.outcomes[measure].arms.values()
        n, m = (arm.pairs for arm in arms)
        spreads = [two_waves.paired_spread(arm.endline, arm.pairs).items() for arm in arms]
        return min(
            abs(x / n - y / m) / float((a + b) / (n + m - 2) * (1 / n + 1 / m)) ** 0.5
            for (x, a), (y, b) in product(*spreads)
            if a + b
        )

    # Printed: 0.39.
    assert 1.03 < least("wai") < 1.04
    # For compassion satisfaction this excludes nothing.
    assert least("proqol") == 0


def test_no_welch_test_has_the_printed_t_and_degrees_of_freedom(figures: Figures) -> None:
    """A-16: of all changes that the paired tests leave, whether or not people have them."""
    changes = [two_waves.changes(arm) for arm in figures.outcomes["wai"].arms.values()]
    sizes = []
    for pair in product(*changes):
        first, second = (float(c.spread) / (c.pairs - 1) / c.pairs for c in pair)
        parts = first**2 / (pair[0].pairs - 1) + second**2 / (pair[1].pairs - 1)
        if (first + second) ** 2 / parts >= 30.5:
            sizes.append(abs(float(pair[0].mean - pair[1].mean)) / (first + second) ** 0.5)
    assert sizes
    assert min(sizes) > 0.5


def test_many_solutions_are_not_listed(figures: Figures) -> None:
    assert determined.by_solution(figures, "proqol").empty
    assert determined.intervals(figures, "proqol", 0.95).empty


def test_the_sd_at_baseline_is_known_up_to_rounding(figures: Figures) -> None:
    """Printed: 5.1 of 27 people and 7.0 of 18, so 5.05 to 5.15 and 6.95 to 7.05."""
    low, high = determined.baseline_sd(figures, "wai")
    ends = [((26 * a**2 + 17 * b**2) / 43) ** 0.5 for a, b in ((5.05, 6.95), (5.15, 7.05))]
    assert ends[0] <= low < high <= ends[1]
    assert (low, high) == pytest.approx(ends, abs=0.02)


def test_an_interval_is_wider_at_more_confidence(figures: Figures) -> None:
    ends = [
        one(determined.change(figures, "wai", level), "If scores rose: upper", "intervention")[
            "low"
        ]
        for level in (0.8, 0.95)
    ]
    assert ends[0] < ends[1]


@pytest.mark.parametrize("measure", OUTCOMES)
def test_the_reconstruction_lies_inside_every_range_of_change(
    figures: Figures, pilot: Pilot, measure: str
) -> None:
    frame = determined.change(figures, measure, 0.95)
    paired = outcomes.paired_tests(pilot).query("measure == @MEASURE[@measure]").set_index("arm")
    changes = outcomes.changes(pilot).query("measure == @MEASURE[@measure]")
    for arm, row in paired.iterrows():
        people = changes[changes["arm"] == arm]
        for quantity, value in (
            ("Mean change", row["mean_change"]),
            ("SD of change", row["sd_change"]),
            ("dz", row["dz"]),
            ("Correlation", people["before"].corr(people["after"])),
            ("People who improved at all", (people["change"] > 0).sum()),
        ):
            assert holds(one(frame, quantity, arm), value), (arm, quantity)
        points = identified_sets.reliable_change(figures.outcomes[measure])
        if points:
            up, down = ((sign * people["change"] >= points).sum() for sign in (1, -1))
            assert holds(one(frame, "People who improved by", arm), up)
            assert holds(one(frame, "People who got worse", arm), down)


@pytest.mark.parametrize("measure", OUTCOMES)
def test_the_reconstruction_lies_inside_every_range_between_the_arms(
    figures: Figures, pilot: Pilot, measure: str
) -> None:
    frame = determined.between(figures, measure, 0.95)
    tests = (
        outcomes.between_tests(pilot).query("measure == @MEASURE[@measure]").set_index("contrast")
    )
    people = determined.BETWEEN
    assert holds(
        one(frame, "Difference of mean changes", people), tests.loc["change", "difference"]
    )
    for wave in WAVES:
        row = one(
            frame[~frame["quantity"].str.contains(":")],
            f"Difference of all scores at {wave}",
            people,
        )
        assert holds(row, tests.loc[wave, "difference"])
    if measure == "wai":
        row = one(frame, "Difference of all scores at endline: t", people)
        assert holds(row, tests.loc["endline", "t"])
        assert holds(one(frame, "Endline difference of the pairs", people), adjusted(pilot))


def adjusted(pilot: Pilot) -> float:
    """Coefficient of the arm in a least-squares regression of endline on arm and baseline."""
    changes = outcomes.changes(pilot).query("measure == 'wai'")
    columns = [np.ones(len(changes)), changes["arm"] == "intervention", changes["before"]]
    design = np.column_stack(columns).astype(float)
    return float(np.linalg.lstsq(design, changes["after"].to_numpy(), rcond=None)[0][1])


def test_the_reconstruction_lies_inside_the_ranges_of_its_distributions(
    figures: Figures, pilot: Pilot
) -> None:
    top, shape = determined.top(figures), determined.shape(figures)
    scores = instruments.outcome_scores(pilot).dropna()
    for (measure, arm, wave), group in scores.groupby(["measure", "arm", "wave"]):
        key = {value: name for name, value in MEASURE.items()}.get(measure)
        if key is None:
            continue
        population = f"{arm}, {wave}"
        for cutoff in {"wai": (84, 79), "proqol": (50, 45, 42)}[key]:
            name = f"{figures.outcomes[key].scale.key.name}: people with {cutoff} or more"
            assert holds(one(top, name, population), (group["score"] >= cutoff).sum())
        if key == "wai":
            median = one(shape, "Working alliance: median", population)
            skewness = one(shape, "Working alliance: skewness", population)
            assert holds(median, group["score"].median())
            assert holds(skewness, stats.skew(group["score"]))


def test_the_adjusted_difference_has_one_sign_and_that_of_changes_two(figures: Figures) -> None:
    """The page says so in words."""
    frame = determined.between(figures, "wai", 0.95)
    assert one(frame, "Endline difference of the pairs", determined.BETWEEN)["low"] > 0
    changes = one(frame, "Difference of mean changes", determined.BETWEEN)
    assert changes["low"] < 0 < changes["high"]
    assert one(frame, "Difference of all scores at endline: p", determined.BETWEEN)["high"] < 0.05


def attain(totals: list[int], sums: tuple[int, ...], least: int, most: int) -> bool:
    """Whether people with these totals can have these sums of three domains.

    A person's domains are a base of a box, and sums of such bases leave no gaps: the sums can be
    had if those of every set of domains stay below what all people together can have there.
    """
    within = sum(sums) == sum(totals)
    for size in (1, 2):
        room = sum(min(size * most, total - (3 - size) * least) for total in totals)
        floor = sum(max(size * least, total - (3 - size) * most) for total in totals)
        within &= all(floor <= sum(chosen) <= room for chosen in combinations(sums, size))
    return within


@pytest.mark.parametrize(("arm", "wave"), list(product(ARMS, WAVES)))
def test_domain_sums_have_answers_and_nothing_beyond_has(
    figures: Figures, arm: str, wave: str
) -> None:
    """Figure 3.4 as the text has it: all means above 20, bond highest; four items from 1 to 7."""
    outcome = figures.outcomes["wai"]
    people = identified_sets.people(
        figures.stored, outcome, arm, figures.contrasts("wai")[1][arm != "intervention"]
    )
    index = WAVES.index(wave)
    totals = [score for person in people if (score := person[index]) is not None]
    n, total = len(totals), sum(totals)
    sums = determined.domain_sums((total, total), n, Fraction(20), 28)
    attainable = [
        (bond, goal, total - bond - goal)
        for bond in range(20 * n, 28 * n + 1)
        for goal in range(20 * n + 1, bond)
        if 20 * n < total - bond - goal < bond
        and attain(totals, (bond, goal, total - bond - goal), 4, 28)
    ]
    for found, values in zip(
        sums,
        ([bond for bond, _, _ in attainable], [goal for _, goal, _ in attainable]),
        strict=True,
    ):
        assert found == (min(values), max(values))


def test_items_are_a_total_over_their_number(figures: Figures) -> None:
    """1868 and 1869 points of 27 people in twelve items each, as 69.2 * 27 is 1868.4."""
    row = one(determined.items(figures), "Working alliance: mean answer", "intervention, baseline")
    assert (row["low"], row["high"]) == (1868 / 324, 1869 / 324)


@pytest.mark.parametrize(
    ("outer", "found", "how"),
    [
        ((-1.0, 0.7354), (-0.9984, 0.7302), "exact"),  # shown outwards: -1.00 and 0.74 both
        (
            (-1.0, 0.7354),
            (-0.98, 0.7302),
            "outer bound; data sets with \N{MINUS SIGN}0.98 and 0.73",
        ),
    ],
)
def test_what_is_attained_stands_beside_an_outer_bound(
    outer: tuple[float, float], found: tuple[float, float], how: str
) -> None:
    row = determined._bracketed("q", "p", outer, found, 2)
    assert (row[2], row[3]) == outer
    assert row[7].startswith(how)


def test_what_was_attained_lies_within_the_outer_bounds(figures: Figures) -> None:
    table = figures.stored.extremes
    keys = ["measure", "arm", "quantity"]
    both = table[table["how"] == "attained"].merge(table[table["how"] != "attained"], on=keys)
    assert len(both) == 3  # the correlation of both arms and the adjusted difference
    assert (both["low_x"] >= both["low_y"]).all()
    assert (both["high_x"] <= both["high_y"]).all()
    assert (both["low_x"] < both["high_x"]).all()


def test_worst_case_of_those_lost_by_hand(figures: Figures) -> None:
    """Ten of 27 lost: (1198 + 10 * 12) / 27 and (1199 + 10 * 84) / 27, as 70.5 * 17 is 1198.5."""
    row = one(determined.loss(figures, "wai"), "Endline mean", "intervention")
    assert (row["low"], row["high"]) == (1318 / 27, 2039 / 27)


def test_completions_and_missing_uploaders_by_hand(figures: Figures) -> None:
    """75 and 73 people with a mean of 1.45 to 1.55: 109 to 116 and 106 to 113. 12 - 5 - 5 = 2."""
    frame = determined.use(figures)
    completions, missing = frame.iloc[0], frame.iloc[1]
    assert (completions["low"], completions["high"]) == (109, 113)
    assert (missing["low"], missing["status"]) == (2, "bounded")


def test_equal_when_rounded_is_not_determined(figures: Figures) -> None:
    values = [Fraction(1, 3), Fraction(333333, 1000000)]
    rows = [determined._row("q", "p", v, 2, "exact") for v in (values, values[:1])]
    assert [row[6] for row in rows] == ["bounded", "determined"]


def test_an_outer_bound_is_never_called_determined() -> None:
    assert determined._row("q", "p", [1], 0, "found so", exact=False).status == "bounded"


def test_the_readers_frames_have_the_columns_of_the_module(figures: Figures) -> None:
    frames = [
        determined.use(figures),
        determined.shape(figures),
        determined.loss(figures, "proqol"),
    ]
    for frame in frames:
        assert list(frame.columns) == list(determined.Row._fields)
        assert set(frame["status"]) <= {"determined", "bounded"}
        assert (frame["low"] <= frame["high"]).all()


def test_inputs_are_read_from_the_folder() -> None:
    outcomes = identified_sets.outcomes(read_study(STUDY), read_printed(STUDY))
    # By hand: SDs of 5.1 (n = 27) and 7.0 (18) pool to 5.92; 1.96 * 5.92 * sqrt(2 * 0.20) = 7.34.
    assert identified_sets.reliable_change(outcomes["wai"]) == 8
    assert identified_sets.reliable_change(outcomes["proqol"]) is None


@pytest.mark.parametrize(
    ("low", "high", "values", "decimals", "shown"),
    [
        (2.0, 2.0, (2.0,), 0, "2"),
        (-1.35, 2.71, (-1.35, 1.35, 2.71), 1, "−1.4 or 1.4 or 2.7"),
        (1.265, 5.541, (), 1, "1.2 to 5.6"),  # outwards
        (0.10297, 0.10312, (), 2, "0.1029 to 0.1032"),  # alike at two decimals, not determined
        (-1.0, 1.0, (), 2, "−1.00 to 1.00"),
    ],
)
def test_ranges_are_shown_outwards_and_few_values_in_full(
    low: float, high: float, values: tuple[float, ...], decimals: int, shown: str
) -> None:
    row = ("q", "p", low, high, values, decimals, "bounded", "exact")
    table = tables.identified(pd.DataFrame([row], columns=list(determined.Row._fields)))
    assert table["Value or range"].tolist() == [shown]


def test_the_figure_shows_every_score_of_both_arms(figures: Figures) -> None:
    frame = determined.score_ranges(figures, "wai")
    drawn = score_ranges(frame, 84, "Working alliance")
    for axes, arm in zip(drawn.axes, ARMS, strict=True):
        of_arm = frame[frame["arm"] == arm]
        assert sum(len(line.get_xdata()) for line in axes.lines[:2]) == len(of_arm)
        highest = max(max(line.get_ydata()) for line in axes.lines[:2])
        assert highest == of_arm["high"].max()


def test_a_study_without_printed_figures_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["determine", str(ROOT / "tests/studies/mini")]) == 1
    assert "claims.csv" in capsys.readouterr().err


def test_intervals_of_every_change_that_the_figures_allow(rotherham: Path) -> None:
    """Computed elsewhere from the solutions (+-23, 363; +-10, 552) and (46, 1452; 20, 2208)."""
    figures = determined.read(rotherham)
    table = determined.intervals(figures, "wai", 0.95).round(1)
    assert len(table) == 3
    columns = [
        f"{name}_{end}"
        for name in ("intervention", "comparison", "difference")
        for end in ("low", "high")
    ]
    assert table[columns].iloc[0].tolist() == [-3.7, 1.0, -3.8, 2.6, -4.5, 3.1]
    assert table[columns].iloc[1].tolist() == [-1.0, 3.7, -2.6, 3.8, -3.1, 4.5]
