"""Figures of data sets that exist, and figures that none can have."""

from __future__ import annotations

from statistics import mean, stdev

import numpy as np
import pytest
from helpers import run_check
from scipy import stats

from earlyhelp.published.checks.joint_scores import JointScores


def joint_arm(before: list[int], after: list[int]) -> dict[str, object]:
    def scores(group: list[int]) -> dict[str, object]:
        return {"n": len(group), "mean": f"{mean(group):.1f}", "sd": f"{stdev(group):.2f}"}

    test = stats.ttest_rel(after, before)
    result = {"t": f"{abs(test.statistic):.2f}", "df": len(after) - 1, "p": f"{test.pvalue:.3f}"}
    return {"before": scores(before), "after": scores(after), **result}


ARMS = (([3, 4, 4, 5, 6], [4, 4, 6, 7, 6]), ([2, 5, 5, 6, 7], [5, 4, 6, 6, 7]))


def test_joint_scores_finds_pairs_that_exist() -> None:
    changes = [np.subtract(after, before) for before, after in ARMS]
    between = stats.ttest_ind(*changes)
    given = {"t": f"{abs(between.statistic):.2f}", "df": 8, "p": f"{between.pvalue:.3f}"}
    arms = [joint_arm(*arm) for arm in ARMS]
    verdict = run_check(JointScores, minimum=1, maximum=7, arms=arms, between=given)
    assert verdict.holds is True
    assert len(verdict.arithmetic) == 3


def test_joint_scores_asks_for_the_test_between_the_arms() -> None:
    arms = [joint_arm(*arm) for arm in ARMS]
    given = {"t": "9.00", "df": 8, "p": ".000"}
    assert run_check(JointScores, minimum=1, maximum=7, arms=arms).holds is True
    assert run_check(JointScores, minimum=1, maximum=7, arms=arms, between=given).holds is False


def test_more_pairs_than_people_are_impossible() -> None:
    arm = joint_arm(*ARMS[0]) | {"df": 5}
    verdict = run_check(JointScores, minimum=1, maximum=7, arms=[arm])
    assert verdict == (False, ["6 pairs of 5 and 5 people"])


def test_impossible_scores_are_told_with_the_reason() -> None:
    arm = joint_arm(*ARMS[0]) | {"after": {"n": 5, "mean": "5.5", "sd": "1.00"}}
    verdict = run_check(JointScores, minimum=1, maximum=7, arms=[arm])
    assert verdict.holds is False
    assert "GRIM fails" in verdict.arithmetic[0]


@pytest.mark.parametrize(
    ("t", "p"),
    # No pairs of these spreads have the first t; the second has another p (two-sided 0.374).
    [("9.00", ".001"), ("1.00", ".900")],
)
def test_joint_scores_proves_that_there_are_none(t: str, p: str) -> None:
    scores = {"n": 5, "mean": "4.0", "sd": "1.00"}
    after = {"n": 5, "mean": "4.4", "sd": "1.14"}
    change = {"before": scores, "after": after, "t": t, "df": "4", "p": p}
    verdict = run_check(JointScores, minimum=1, maximum=7, arms=[change])
    assert verdict == (False, ["no whole-number scores have all of these figures"])


def test_a_test_between_arms_needs_two() -> None:
    between = {"t": "1.00", "df": 8, "p": ".347"}
    with pytest.raises(ValueError, match="expected 2"):
        run_check(JointScores, minimum=1, maximum=7, arms=[joint_arm(*ARMS[0])], between=between)
