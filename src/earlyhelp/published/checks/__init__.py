"""Checks of printed figures against each other: each holds, fails or stays undecided."""

from earlyhelp.published.checks.base import SEVERITIES, UNSETTLED, Check, Printed, Verdict
from earlyhelp.published.checks.joint_scores import JointScores
from earlyhelp.published.checks.percentages import Proportions, counts_of
from earlyhelp.published.checks.places import Labels, Published, Same
from earlyhelp.published.checks.scores import Ceiling, ScoreCheck
from earlyhelp.published.checks.t_tests import ChangeTests, Difference, PrintedTest
from earlyhelp.published.checks.totals import AtMost, MeanTotals, People, Totals
from earlyhelp.published.checks.wording import Reviewed, Wording

__all__ = [
    "SEVERITIES",
    "UNSETTLED",
    "AtMost",
    "Ceiling",
    "ChangeTests",
    "Check",
    "Difference",
    "JointScores",
    "Labels",
    "MeanTotals",
    "People",
    "Printed",
    "PrintedTest",
    "Proportions",
    "Published",
    "Reviewed",
    "Same",
    "ScoreCheck",
    "Totals",
    "Verdict",
    "Wording",
    "counts_of",
]
