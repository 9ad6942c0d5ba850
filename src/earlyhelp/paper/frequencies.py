"""A picture of the sets of data that printed figures allow: how many people have each score."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from earlyhelp.report.figures import BAR_COLOURS, INK, WIDTH, use_style
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import write_whole

FORMATS = ("svg", "pdf", "png")
# What would differ between two runs.
UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {},
}


def frequencies(answers: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Rows, scores and people: least, greatest and average over all data sets of a row.

    Parameters
    ----------
    answers : sequence of dict
        As `earlyhelp samples table` gives them in JSON.

    Returns
    -------
    DataFrame
        row, score, low, high, mean.

    Examples
    --------
    >>> one = {"quantity": "frequency", "of": 3, "low": 1, "high": 2, "data_sets": [[1, 4], [2, 6]]}
    >>> print(frequencies([{"row": "Trust", "bounds": [one]}]).to_string(index=False))
      row  score  low  high  mean
    Trust    3.0    1     2   1.6
    """
    rows = []
    for answer in answers:
        for bound in answer["bounds"]:
            if bound["quantity"] == "frequency":
                sets = sum(number for _, number in bound["data_sets"])
                mean = sum(people * number for people, number in bound["data_sets"]) / sets
                score = float(Fraction(bound["of"]))
                rows.append((answer["row"], score, bound["low"], bound["high"], mean))
    return pd.DataFrame(rows, columns=["row", "score", "low", "high", "mean"])


def draw_sets(answers: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw each row's average frequencies as bars, with the range of each as a line.

    The bytes of the file are the same every time.

    Raises
    ------
    InputError
        No row has data sets to draw, or the file's name ends in none of FORMATS.

    Examples
    --------
    >>> try:
    ...     draw_sets([], Path("sets.gif"))
    ... except InputError as error:
    ...     print(", ".join(problem.found for problem in error.problems))
    sets.gif, no data sets
    """
    kind = path.suffix.lower().lstrip(".")
    frame = frequencies(answers)
    problems = []
    if kind not in FORMATS:
        problems.append(Problem("options", None, "--picture", path.name, "a .svg, .pdf or .png"))
    if frame.empty:
        problems.append(Problem("options", None, "--picture", "no data sets", "some to draw"))
    if problems:
        raise InputError(problems)
    use_style()
    names = list(dict.fromkeys(frame["row"]))
    figure, axes = plt.subplots(
        len(names), 1, figsize=(WIDTH, 2.2 * len(names)), squeeze=False, layout="constrained"
    )
    for name, axis in zip(names, axes.flat, strict=True):
        part = frame[frame["row"] == name].reset_index(drop=True)
        sns.barplot(part, x="score", y="mean", color=BAR_COLOURS[1], ax=axis, native_scale=True)
        axis.vlines(part["score"], part["low"], part["high"], color=INK)
        axis.set(title=name, xlabel="score", ylabel="people: average, range", ylim=(0, None))
    written = io.BytesIO()
    figure.savefig(written, format=kind, metadata=UNDATED[kind])
    plt.close(figure)
    write_whole(path, written.getvalue())
