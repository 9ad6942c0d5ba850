"""The figures: a tidy frame in, a matplotlib figure out. No figure relies on colour alone."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import cycle, product
from math import isnan
from textwrap import fill
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from earlyhelp.analysis.quantities import FREE
from earlyhelp.published.numbers import FEW_LISTED, chance, number, span, value_or_range
from earlyhelp.published.statuses import cell_statuses, statuses_in
from earlyhelp.report import FONTS
from earlyhelp.report.layout import DESIGN_LABELS, label
from earlyhelp.report.myst import LETTERS

INK, MUTED = "#1f2a33", "#5b6770"
# Of the arms, in the order of the study.
COLOURS = ("#0b5c8a", "#c2571a", "#1b7a4b", "#6b4c9a", "#8a6d00", "#a3242b")
MARKERS = ("o", "s", "^", "D", "v", "P")
# Of bars that stand side by side; each is named, so that colour is not alone.
BAR_COLOURS = ("#0b5c8a", "#8fb8d3", "#c2571a", "#dd9a6c")
# From disagreement to agreement, ordered by lightness as well as hue.
AGREEMENT_COLOURS = ("#8c3b10", "#dd9a6c", "#e4e6e8", "#8fb8d3", "#0b5c8a")
WIDTH, NARROW = 7.2, 4.3
# What figures are laid out in: known wherever matplotlib is, and wider than any of those, so that
# nothing runs over.
MEASURED = "DejaVu Sans"


def use_style() -> None:
    """Set fonts, colours and what makes SVG bytes the same, whatever a user's matplotlibrc says."""
    matplotlib.rcdefaults()
    sns.set_theme(
        style="whitegrid",
        font=MEASURED,
        palette=BAR_COLOURS,
        rc={
            "font.sans-serif": [MEASURED],
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.titlesize": 10,
            "axes.labelsize": 9,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": MUTED,
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#e4e6e8",
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "svg.fonttype": "none",
            "svg.hashsalt": "earlyhelp",
        },
    )


def in_font_of_text(svg: str) -> str:
    """A drawing of matplotlib's whose text, which is real text, has the families of the pages.

    Examples
    --------
    >>> in_font_of_text("font-family: 'DejaVu Sans', sans-serif; fill: red")[:28]
    "font-family: 'Source Sans 3'"
    """
    return svg.replace(f"'{MEASURED}', sans-serif", FONTS)


def mark(figure: Figure, statuses: Collection[str]) -> Figure:
    """Write on a figure whose data are not all published that they are no findings."""
    if FREE in statuses:
        part = "" if len(statuses) == 1 else "Partly "
        note = f"{part}{FREE}: synthetic data, not a finding"
        note = note[0].upper() + note[1:]
        figure.text(0.995, 0.005, note, ha="right", va="bottom", fontsize=8, color=MUTED)
        room = 0.18 / figure.get_figheight()
        figure.set_layout_engine("constrained", rect=(0, room, 1, 1 - room))
    return figure


# Letters of statuses as they stand behind a number of a figure.
RAISED = dict(zip("abcdfiort", "ᵃᵇᶜᵈᶠⁱᵒʳᵗ", strict=True))


def claimed(*shown: pd.DataFrame) -> list[str]:
    """Statuses of what a figure shows; what claims the first stands in it without a letter."""
    return list(dict.fromkeys(status for frame in shown for status in statuses_in(frame)))


def letters(frame: pd.DataFrame, column: str, usual: Collection[str]) -> pd.Series:
    """Raised letters of the statuses of a column, as tables have them; none for the usual one.

    Examples
    --------
    >>> frame = pd.DataFrame({"n": [1, 2], "status": ["reproduced", "contradicted"]})
    >>> list(letters(frame, "n", ["reproduced"]))
    ['', 'ᶜ']
    """
    unmarked = ("", *list(usual)[:1])
    found = [
        "" if status in unmarked else RAISED[LETTERS[status]]
        for status in cell_statuses(frame, column)
    ]
    return pd.Series(found, index=frame.index, dtype=object)


def side_by_side(
    height: float, columns: int = 1, sharey: bool = False
) -> tuple[Figure, list[Axes]]:
    """Panels side by side over the width of a page, in a height in inches."""
    figure, axes = plt.subplots(
        1,
        columns,
        figsize=(WIDTH, height),
        layout="constrained",
        squeeze=False,
        sharey=sharey,
    )
    return figure, list(axes[0])


def agreement(answers: pd.DataFrame) -> Figure:
    """Stacked shares of answers to agreement statements, below a row that names the answers.

    Parameters
    ----------
    answers : DataFrame
        question, answer, n, percent, one row per question and answer from disagreement to
        agreement (`feasibility.agreement_answers`).
    """
    questions = list(dict.fromkeys(answers["question"]))
    # One that stands for several is coloured as the first of them.
    options = dict(zip(answers["answer"], answers["value"], strict=True))
    answers = answers.assign(letter=letters(answers, "n", statuses_in(answers, "n")))
    figure, (axes,) = side_by_side(1.3 + 0.38 * len(questions))
    left, share = pd.Series(0.0, index=questions), 100 / len(options)
    for place, (option, value) in enumerate(options.items()):
        colour = AGREEMENT_COLOURS[value - 1]
        ink = "white" if colour in (AGREEMENT_COLOURS[0], AGREEMENT_COLOURS[-1]) else INK
        name = axes.barh(-1.15, share, left=place * share, color=colour, edgecolor="white")
        words = fill(option.capitalize(), 20)
        axes.bar_label(name, [words], label_type="center", color=ink, fontsize=8)
        rows = answers[answers["answer"] == option].set_index("question").loc[questions]
        bars = axes.barh(
            range(len(questions)), rows["percent"], left=left, color=colour, edgecolor="white"
        )
        counted = zip(rows["n"], rows["letter"], strict=True)
        texts = [f"{number(n)}{letter}" if n > 0 else "" for n, letter in counted]
        axes.bar_label(bars, texts, label_type="center", color=ink, fontsize=8)
        left += rows["percent"]
    _name(axes, [fill(label(question, answers), 34) for question in questions])
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="Share of respondents (%); numbers are people")
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    return figure


# How seaborn draws bars of counts: colours as they are, no interval of one number; each is named.
BARS: Mapping[str, Any] = {"saturation": 1, "errorbar": None, "legend": False}
# What the columns of counts count.
COUNTED = {"n": "Practitioners", "people": "People"}


def bars(figure: Figure, frame: pd.DataFrame, hue: str = "") -> Figure:
    """Finish seaborn's bars: at each its name and number instead of a legend and a scale.

    Parameters
    ----------
    figure : Figure
        With `seaborn.barplot` of the frame across the page, one row a bar.
    frame : DataFrame
        The categories, a count (a column of `COUNTED`) and, where it is told, percent.
    hue : str
        Column that colours the bars; empty where they have one colour.

    Examples
    --------
    >>> frame = pd.DataFrame({"answer": ["yes", "no"], "n": [3, 1], "percent": [75.0, 25.0]})
    >>> figure, (axes,) = side_by_side(2)
    >>> axes = sns.barplot(frame, x="n", y="answer", ax=axes, **BARS)
    >>> [text.get_text() for text in bars(figure, frame).axes[0].texts[:2]]
    ['3 (75.0%)', '1 (25.0%)']
    """
    (axes,) = figure.axes
    column, category = axes.get_xlabel(), axes.get_ylabel()
    # What is not told has no bar.
    there = frame[frame[column].notna()]
    texts = _with_shares(there, column)
    if hue:
        texts = there[hue].map(lambda name: f"{label(name, frame)}: ") + texts
    groups = dict(list(there.groupby(hue, sort=False))) if hue else {"": there}
    for drawn, rows in zip(_bars(axes), groups.values(), strict=False):
        axes.bar_label(drawn, list(texts[rows.index]), padding=3, fontsize=8.5)
    words = [label(name, frame) for name in frame[category].unique()]
    _name(axes, [fill(word[:1].upper() + word[1:], 30) for word in words])
    # Room for the longest text at the end of the longest bar.
    room = 1.1 + 0.01 * max(map(len, texts), default=0)
    axes.set(ylabel="", xlim=(0, room * max(1, frame[column].max())))
    axes.set_xlabel(COUNTED[column], loc="left")
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    return figure


def _with_shares(frame: pd.DataFrame, column: str) -> pd.Series:
    """Counts and, where they are told, shares, with their letters."""
    shown = [name for name in (column, "percent") if name in frame]
    usual = statuses_in(frame, *shown)
    texts = frame[column].map(number) + letters(frame, column, usual)
    if "percent" in shown:
        shares = frame["percent"].map(lambda percent: number(percent, 1))
        texts += " (" + shares + "%" + letters(frame, "percent", usual) + ")"
    return texts


def _name(axes: Axes, names: Sequence[str], size: float = 9) -> None:
    """Name the places of a vertical axis; every line by itself ends at the axis in any font."""
    axes.set_yticks(range(len(names)), [""] * len(names))
    for place, name in enumerate(names):
        lines = name.split("\n")
        for row, line in enumerate(lines):
            axes.annotate(
                line,
                (0, place),
                xycoords=axes.get_yaxis_transform(),
                xytext=(-5, 1.2 * size * ((len(lines) - 1) / 2 - row)),
                textcoords="offset points",
                ha="right",
                va="center_baseline",
                fontsize=size,
                annotation_clip=False,
            )


def _bars(axes: Axes) -> list[BarContainer]:
    drawn = (one for one in axes.containers if isinstance(one, BarContainer))
    return [bars for bars in drawn if any(bars)]


# How seaborn draws the lines of the tools.
TOOL_LINES: Mapping[str, Any] = {
    "hue": "tool",
    "style": "tool",
    "markers": ["o", "s"],
    "palette": list(COLOURS[:2]),
    "errorbar": None,
    "legend": False,
}


def name_lines(axes: Axes, frame: pd.DataFrame, column: str) -> None:
    """Write the name of each tool at the end of its line, the higher above the lower.

    Parameters
    ----------
    frame : DataFrame
        tool, month and the column that is drawn, by month.

    Examples
    --------
    >>> frame = pd.DataFrame({"tool": ["ORS", "SRS"], "month": "May", "completions": [5, 3]})
    >>> _, (axes,) = side_by_side(2)
    >>> name_lines(axes, frame, "completions")
    >>> [text.get_text() for text in axes.texts]
    ['SRS', 'ORS']
    """
    # Of months without a number nothing is drawn.
    drawn = frame.dropna(subset=[column])
    ends, months = drawn.groupby("tool")[column].last().sort_values(), drawn["month"].nunique()
    for place, (tool, end) in enumerate(ends.items()):
        apart = 5 * (2 * place - len(ends) + 1)
        axes.annotate(
            label(tool, frame),
            (months - 1, end),
            xytext=(8, apart),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )


def looks(arms: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of every arm, in the order of the study.

    Examples
    --------
    >>> looks(["new", "old"])
    {'new': ('#0b5c8a', 'o'), 'old': ('#c2571a', 's')}
    """
    return dict(zip(arms, cycle(zip(COLOURS, MARKERS, strict=True)), strict=False))


def points(scores: pd.DataFrame, look: tuple[str, str]) -> dict[str, Any]:
    """How seaborn draws the people of an arm, by wave.

    In small panels points overlap a little rather than leave the plot.
    """
    colour, marker = look
    drawn = {"color": colour, "marker": marker, "size": 4.5}
    return {"order": list(scores["wave"].unique()), "warn_thresh": 0.5, **drawn}


def against_best(panels: Mapping[str, Axes], scores: pd.DataFrame, best: float, name: str) -> None:
    """Add to a panel for each arm its means and the best score that the scale allows.

    Parameters
    ----------
    panels : mapping
        Axes by arm.
    scores : DataFrame
        arm, wave, score: one row per person and wave of one measure.
    best : float
        Drawn as a line: the highest score, or the lowest where lower is better.
    name : str
        Axis label.
    """
    if scores.empty:
        return
    means, waves = scores.groupby(["arm", "wave"])["score"].mean(), scores["wave"].unique()
    for arm, axes in panels.items():
        for place, wave in enumerate(waves):
            mean = means.get((arm, wave), float("nan"))
            axes.hlines(mean, place - 0.3, place + 0.3, color=INK, linewidth=1.6)
        axes.axhline(best, color=MUTED, linestyle="--", linewidth=1)
        axes.set(xlabel="", ylabel=name)
        axes.set_title(label(arm, scores), loc="left")
        axes.set_xticks(range(len(waves)), [label(wave, scores) for wave in waves])
    first = next(iter(panels.values()))
    lowest = best < scores["score"].min()
    first.annotate(
        f"Scale {'minimum' if lowest else 'maximum'} {best:g}",
        (0, best),
        xycoords=first.get_yaxis_transform(),
        xytext=(3, 3 if lowest else -3),
        textcoords="offset points",
        va="bottom" if lowest else "top",
        fontsize=8,
        color=MUTED,
    )
    # Also where nobody has a score yet.
    room = 0.04 * max(best, 1, *scores["score"].dropna())
    first.set_ylim(best - room if lowest else None, None if lowest else best + room)


def group_means(frame: pd.DataFrame, categories: Sequence[str], maximum: float) -> Figure:
    """Mean scores by arm and wave with one SD either side, one panel per category.

    Parameters
    ----------
    frame : DataFrame
        measure, arm, wave, mean, sd (`outcomes.outcome_summary`).
    categories : sequence of str
        Values of `measure`, one panel each.
    maximum : float
        Highest possible score.
    """
    frame = frame.assign(
        letter=letters(frame, "mean", statuses_in(frame, "mean", "sd")),
        ci_low=frame["mean"] - frame["sd"],
        ci_high=frame["mean"] + frame["sd"],
    )
    figure, panels = _by_measure(frame.rename(columns={"mean": "estimate"}), categories)
    for axes in panels:
        axes.axvline(maximum, color=MUTED, linestyle=":", linewidth=1)
        axes.set_xlabel("Mean score, line one SD")
    return figure


def changes(frame: pd.DataFrame) -> Figure:
    """Mean change since the first wave by arm and wave, one panel per measure.

    Parameters
    ----------
    frame : DataFrame
        measure, arm, wave, mean_change, ci_low, ci_high (`outcomes.paired_tests`).

    Examples
    --------
    >>> columns = ["measure", "arm", "wave", "mean_change", "ci_low", "ci_high"]
    >>> frame = pd.DataFrame([("calm", "new", "later", 2.0, 1.0, 3.0)], columns=columns)
    >>> [axes.get_title("left") for axes in changes(frame).axes]
    ['calm']
    """
    drawn = frame.rename(columns={"mean_change": "estimate"}).assign(letter="")
    figure, panels = _by_measure(drawn, list(frame["measure"].unique()))
    for axes in panels:
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set_xlabel("Mean change with its interval")
    return figure


def _by_measure(frame: pd.DataFrame, measures: Sequence[str]) -> tuple[Figure, list[Axes]]:
    """A panel for each measure, with a row for every wave and arm."""
    rows = _wave_by_wave(frame)[["wave", "arm"]].drop_duplicates()
    figure, panels = side_by_side(0.9 + 0.24 * len(rows), columns=len(measures))
    for axes, measure in zip(panels, measures, strict=True):
        of_measure = rows.merge(frame[frame["measure"] == measure], "left", ["wave", "arm"])
        names = [
            f"{label(wave, frame)}: {label(arm, frame)}" if axes is panels[0] else ""
            for wave, arm in rows.to_numpy()
        ]
        _estimates(axes, of_measure.fillna({"letter": ""}), names, list(rows["arm"]))
        axes.set_title(label(measure, frame), loc="left")
    return figure, panels


def _wave_by_wave(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of the waves, and of the arms within a wave."""
    waves = list(frame["wave"].unique())
    return frame.sort_values("wave", key=lambda names: names.map(waves.index), kind="stable")


def arms_compared(
    means: pd.DataFrame, contrasts: pd.DataFrame, maximum: float, title: str
) -> Figure:
    """Mean scores of a measure by arm and wave, and below them the differences between the arms.

    Parameters
    ----------
    means : DataFrame
        measure, arm, wave, n, mean, ci_low, ci_high (`outcomes.outcome_summary`).
    contrasts : DataFrame
        contrast, difference, ci_low, ci_high, one row or more for each contrast
        (`outcomes.between_tests`, `between_arms.differences`).
    maximum : float
        Highest possible score; NaN where there is none.
    title : str
        What is compared.
    """
    waves = list(means["wave"].unique())
    usual = statuses_in(means, "n", "mean")
    means = means.assign(letter=letters(means, "mean", usual), people=letters(means, "n", usual))
    contrasts = contrasts.assign(letter=letters(contrasts, "difference", usual))
    ordered = _wave_by_wave(means)
    panels = (len(ordered), len(contrasts))
    # Narrow enough to be read on a phone, where both panels stand below one another as here.
    figure, (upper, lower) = plt.subplots(
        2,
        1,
        figsize=(NARROW, 1.0 + 0.15 * sum(panels)),
        layout="constrained",
        height_ratios=panels,
    )
    names = [
        f"{label(row['wave'], means)}: {label(row['arm'], means)} "
        f"(n = {number(row['n'])}{row['people']})"
        for row in ordered.to_dict("records")
    ]
    _estimates(upper, ordered.rename(columns={"mean": "estimate"}), names, [*ordered["arm"]])
    if not isnan(maximum):
        upper.axvline(maximum, color=MUTED, linestyle=":", linewidth=1)
        upper.annotate(
            "highest possible",
            (maximum, 0.5),
            (-3, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=8.5,
        )
    scores = "means" if isnan(maximum) else "mean scores"
    upper.set_title(f"{label(means['measure'].iloc[0], means)}, {scores}", loc="right")
    names = [label(name, means) for name in contrasts["contrast"]]
    if len(waves) > 2:
        to = [f" to {label(wave, means).lower()}" for wave in contrasts["wave"]]
        changed = contrasts["contrast"] == "change"
        names = [
            name + then * change for name, then, change in zip(names, to, changed, strict=True)
        ]
    # A contrast of which several values are possible has its name once.
    shown = [name if name not in names[:row] else "or" for row, name in enumerate(names)]
    _estimates(lower, contrasts.rename(columns={"difference": "estimate"}), shown)
    lower.axvline(0, color=MUTED, linewidth=1)
    lower.set_title(title if isnan(maximum) else f"{title}, points", loc="right")
    return figure


def _estimates(
    axes: Axes, frame: pd.DataFrame, names: Sequence[str], arms: Sequence[str] = ()
) -> None:
    """A row for each estimate: its name, its interval, and its number at the right."""
    look = looks(dict.fromkeys(arms))
    for place, row in enumerate(frame.to_dict("records")):
        colour, marker = look[arms[place]] if arms else (INK, "D")
        axes.hlines(place, row["ci_low"], row["ci_high"], color=colour, linewidth=1.5)
        axes.plot(row["estimate"], place, marker, color=colour)
        _beside(axes, place, f"{number(row['estimate'], 1)}{row['letter']}")
    _in_rows(axes, names)


def _beside(axes: Axes, place: float, words: str, size: float = 9) -> None:
    """Write something to the right of a row."""
    axes.annotate(
        words,
        (1.01, place),
        xycoords=axes.get_yaxis_transform(),
        va="center",
        fontsize=size,
        annotation_clip=False,
    )


def _in_rows(axes: Axes, names: Sequence[str]) -> None:
    """Name rows from top to bottom; the axis itself, between names and values, is left out."""
    _name(axes, names)
    axes.set(ylim=(len(names) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)


def left_open(frames: Mapping[str, pd.DataFrame]) -> Figure:
    """What printed figures leave of changes and differences, one panel per measure, about zero.

    A few values that are possible are points, a range of them is a thick line; the thin line
    reaches over all of their intervals.

    Parameters
    ----------
    frames : mapping
        By measure (`between_arms.in_points`).

    Examples
    --------
    >>> from earlyhelp.published.identified.between_arms import in_points
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> figure = left_open({"wai": in_points(sets, "wai", confidence=0.95)})
    >>> [text.get_text() for text in figure.axes[0].texts[:3]]
    ['6.4', '−0.8', '7.2']
    """
    usual, rows = claimed(*frames.values()), [len(frame) for frame in frames.values()]
    figure, panels = plt.subplots(
        len(rows),
        1,
        figsize=(WIDTH, 0.5 * len(rows) + 0.23 * sum(rows)),
        layout="constrained",
        squeeze=False,
        height_ratios=rows,
    )
    for axes, (measure, frame) in zip(panels[:, 0], frames.items(), strict=True):
        for place, row in enumerate(frame.to_dict("records")):
            axes.hlines(place, row["ci_low"], row["ci_high"], color=INK, linewidth=1)
            _possible(axes, place, row["low"], row["high"], row["values"])
        raised = letters(frame, "low", usual)
        ranges = frame[["low", "high", "values", "decimals"]].itertuples(index=False, name=None)
        for place, (told, letter) in enumerate(zip(ranges, raised, strict=True)):
            _beside(axes, place, value_or_range(*told) + letter)
        groups = zip(frame["quantity"], frame["population"], strict=True)
        # Of differences the title says between whom.
        names = [
            f"{name}, {label(of, frame).lower()}" if name == "Mean change" else name
            for name, of in groups
        ]
        _in_rows(axes, [fill(name, 42) for name in names])
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set_title(f"{label(measure, frame)}, points", loc="left")
    return figure


def alike(frames: Mapping[str, pd.DataFrame]) -> Figure:
    """Differences between the arms if people of a unit were alike, one panel per measure.

    Parameters
    ----------
    frames : mapping
        By measure (`between_arms.clustered`): a row for each ICC, and in it a line for each
        solution, or one for all.

    Examples
    --------
    >>> from earlyhelp.published.identified.between_arms import clustered
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> figure = alike({"wai": clustered(sets, "wai", confidence=0.95, iccs=[0.1])})
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1.3 to 13.2', 'ICC 0.10']
    """
    supposed = next(iter(frames.values()))["icc"].unique()
    figure, panels = side_by_side(0.6 + 0.32 * len(supposed), columns=len(frames))
    for axes, (measure, frame) in zip(panels, frames.items(), strict=True):
        for place, (_, rows) in enumerate(frame.groupby("icc", sort=False)):
            for turn, row in enumerate(rows.to_dict("records")):
                height = place + 0.25 * (turn - (len(rows) - 1) / 2)
                axes.hlines(height, row["low"], row["high"], color=INK, linewidth=1)
                _possible(axes, height, row["mean_low"], row["mean_high"])
            ends = number(rows["low"].min(), 1), number(rows["high"].max(), 1)
            _beside(axes, place, " to ".join(ends))
        named = axes is panels[0]
        _in_rows(axes, [f"ICC {number(icc, 2)}" if named else "" for icc in supposed])
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set_title(f"{label(measure, frame)}, points", loc="left")
    return figure


def _possible(
    axes: Axes, place: float, low: float, high: float, values: Sequence[float] = ()
) -> None:
    """Mark the values that are possible: each of a few, otherwise their range."""
    if low == high or 0 < len(values) <= FEW_LISTED:
        places = sorted(set(values)) or [low]
        axes.plot(places, [place] * len(places), "D", color=COLOURS[0], markersize=4.5)
    else:
        # Strokes at the ends, or nothing were seen of a range that is narrow on the scale.
        ends: dict[str, Any] = {"marker": "|", "markersize": 9, "solid_capstyle": "butt"}
        axes.plot([low, high], [place, place], color=COLOURS[0], linewidth=5, **ends)


# Stages of which all are among those of another; only between such does an arrow lead.
AMONG = {"randomised units": "teams", "attended training": "eligible for training"}


def flow(frame: pd.DataFrame, stages: Sequence[tuple[str, str]]) -> Figure:
    """Participant flow: one column per arm, one row per stage.

    Parameters
    ----------
    frame : DataFrame
        stage, arm, n (`participants.participant_flow`).
    stages : sequence of (stage, words)
        What to show, from top to bottom. A stage an arm did not go through leaves a gap. Who
        answered a survey need not have answered the one before, so no arrow leads from one to the
        other.
    """
    texts = frame["n"].map(number) + letters(frame, "n", statuses_in(frame, "n"))
    n_of = texts.set_axis(pd.MultiIndex.from_frame(frame[["stage", "arm"]])).to_dict()
    figure, (axes,) = side_by_side(0.4 * len(stages) + 0.6)
    arms = looks(frame["arm"].unique())
    for column, (arm, (colour, _)) in enumerate(arms.items()):
        axes.text(column, 0.75, label(arm, frame), ha="center", weight="bold")
        previous = ""
        for row, (stage, words) in enumerate(stages):
            if (stage, arm) not in n_of:
                continue
            if AMONG.get(stage) == previous:
                axes.annotate(
                    "",
                    (column, -row + 0.34),
                    (column, -row + 0.66),
                    arrowprops={"arrowstyle": "->", "color": MUTED, "shrinkA": 0, "shrinkB": 0},
                )
            axes.add_patch(
                FancyBboxPatch(
                    (column - 0.44, -row - 0.3),
                    0.88,
                    0.6,
                    boxstyle="round,pad=0.02",
                    facecolor="white",
                    edgecolor=colour,
                    linestyle="-" if column == 0 else "--",
                )
            )
            text = f"{words}: {n_of[stage, arm]}"
            axes.text(column, -row, text, ha="center", va="center", fontsize=8.5)
            previous = stage
    axes.set(xlim=(-0.5, len(arms) - 0.5), ylim=(-len(stages) + 0.4, 1.1))
    axes.axis("off")
    return figure


BAND_MARKS = {"green": ("o", "#1b7a4b"), "amber": ("D", "#a86b00"), "red": ("X", "#a3242b")}


def progression(assessment: pd.DataFrame) -> Figure:
    """Criteria at a glance: estimates with intervals before their bands, named by letter.

    Parameters
    ----------
    assessment : DataFrame
        Columns of `criteria.assess`; proportions and means get a panel each.
    """
    usual = statuses_in(assessment, "estimate")
    parts = [(kind, part) for kind, part in assessment.groupby("kind", sort=False)]
    figure, panels = plt.subplots(
        len(parts),
        1,
        figsize=(WIDTH, 1.1 + 0.38 * len(assessment)),
        layout="constrained",
        squeeze=False,
        height_ratios=[len(part) + 1 for _, part in parts],
    )
    for axes, (kind, part) in zip(panels[:, 0], parts, strict=True):
        scale = 100 if kind == "proportion" else 1
        ends = scale * part["lowest"].min(), scale * part["highest"].max()
        for place, row in enumerate(part.to_dict("records")):
            _criterion(axes, place, row, scale, ends)
        names = part["label"] + letters(part, "estimate", usual)
        _name(axes, [fill(name, 42) for name in names], 8)
        axes.set(xlim=ends, ylim=(len(part) - 0.4, -0.6))
        axes.set_xlabel(
            "Percent" if kind == "proportion" else "Mean rating ({:g} to {:g})".format(*ends)
        )
        axes.grid(visible=False)
        axes.spines[["left", "bottom"]].set_visible(False)
    return figure


def _criterion(
    axes: Axes, place: int, row: dict[Hashable, Any], scale: float, ends: tuple[float, float]
) -> None:
    """Draw one row: its bands with their letters, the interval, the chance of each band."""
    cuts = [ends[0], row["amber_low"] * scale, row["amber_high"] * scale, ends[1]]
    names = ["red", "amber", "green"] if row["higher_is_better"] else ["green", "amber", "red"]
    for name, left, right in zip(names, cuts[:-1], cuts[1:], strict=True):
        shade = {"green": "#dcefe4", "amber": "#fbf0d5", "red": "#f6dcdc"}[name]
        axes.barh(place, right - left, left=left, height=0.8, color=shade, edgecolor="white")
        axes.text(left + 0.005 * (ends[1] - ends[0]), place - 0.24, name[0].upper(), fontsize=8.5)
    marker, colour = ("<", INK) if row["upper_bound"] else BAND_MARKS[str(row["best"])]
    axes.plot(row["estimate"] * scale, place, marker, color=colour, markersize=7, clip_on=False)
    if row["upper_bound"]:
        axes.hlines(place, ends[0], row["estimate"] * scale, color=INK, linestyle=":")
        _beside(axes, place, "upper bound", 8.5)
    if row["low"] != row["low"]:
        return
    axes.hlines(place, row["low"] * scale, row["high"] * scale, color=INK, linewidth=1.4)
    chances = " ".join(f"{name[0].upper()} {chance(row[f'p_{name}'])}%" for name in BAND_MARKS)
    _beside(axes, place, chances.replace("below ", "<").replace("above ", ">"), 8.5)


def teams_needed(frame: pd.DataFrame, marks: Mapping[str, int]) -> Figure:
    """Teams needed against the ICC: a row of panels for each design, a column for each effect.

    Parameters
    ----------
    frame : DataFrame
        design, effect, icc, low, high (`planning.needed`).
    marks : mapping
        Words and number of teams, drawn as lines.
    """
    designs, effects = (list(frame[name].unique()) for name in ("design", "effect"))
    figure, grid = plt.subplots(
        len(designs),
        len(effects),
        figsize=(WIDTH, 0.7 + 0.95 * len(designs)),
        layout="constrained",
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    parts = frame.groupby(["design", "effect"])
    for axes, part in zip(grid.flat, product(designs, effects), strict=True):
        rows = parts.get_group(part)
        axes.fill_between(rows["icc"], rows["low"], rows["high"], color=COLOURS[0], alpha=0.3)
        for column in ("low", "high"):
            axes.plot(rows["icc"], rows[column], color=COLOURS[0], linewidth=1.2)
        for count in marks.values():
            axes.axhline(count, color=COLOURS[1], linewidth=1, linestyle="--")
        last = rows.iloc[-1]
        axes.annotate(
            span(last["low"], last["high"], 0),
            (last["icc"], last["high"]),
            xytext=(0, 2),
            textcoords="offset points",
            ha="right",
            va="bottom",
            # Readable across a mark, and clear of its own line.
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0},
        )
    for axes, effect in zip(grid[0], effects, strict=True):
        axes.set_title(f"Effect {effect:g} SD", loc="left")
    # In rows of their own, for their words to stand free.
    for axes, (words, count) in zip(cycle(grid[:, -1]), marks.items(), strict=False):
        _beside(axes, count, fill(f"{words}: {count}", 15))
    for axes, design in zip(grid[:, 0], designs, strict=True):
        name = fill(DESIGN_LABELS[str(design)], 12)
        # Lines begin at one place, so that they do in any font.
        axes.set_ylabel(name, rotation=0, ha="right", va="center", multialignment="left")
    for axes in grid[-1]:
        axes.set_xlabel("ICC")
    # Room for the numbers above the highest line.
    greatest = max(frame["high"].max(), *marks.values(), 500)
    grid[0, 0].set(yscale="log", ylim=(3, 2.5 * greatest))
    grid[0, 0].yaxis.set_major_formatter("{x:g}")
    grid[0, 0].set_yticks([5, 50, 500])
    for axes in grid.flat:
        axes.minorticks_off()
    return figure


def simulation_check(stored: pd.DataFrame) -> Figure:
    """By how much simulated power differs from calculated, two Monte Carlo errors either side.

    Parameters
    ----------
    stored : DataFrame
        design, power, power_simulated, power_mc_error (`simulation.simulate_cell`).
    """
    figure, panels = side_by_side(3.0, columns=stored["design"].nunique(), sharey=True)
    for axes, (design, rows) in zip(panels, stored.groupby("design", sort=False), strict=True):
        axes.errorbar(
            100 * rows["power"],
            100 * (rows["power_simulated"] - rows["power"]),
            yerr=200 * rows["power_mc_error"],
            fmt="o",
            markersize=2.5,
            color=COLOURS[0],
            ecolor=BAR_COLOURS[1],
            elinewidth=0.6,
        )
        axes.axhline(0, color=INK, linewidth=0.8)
        title = textwrap.fill(DESIGN_LABELS[str(design)], 15)
        limits = 100 * stored["power"].min() - 1, 101
        axes.set(xlabel="Calculated (%)", xlim=limits)
        axes.set_title(title, loc="left")
        # The last would meet the first of the next panel.
        axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], prune="upper"))
    panels[0].set_ylabel("Simulated less calculated power\n(percentage points)")
    return figure


def score_ranges(frame: pd.DataFrame, maximum: float, name: str) -> Figure:
    """Fewest to most people who can have each score, a panel for each arm and wave.

    Parameters
    ----------
    frame : DataFrame
        arm, wave, score, low, high (`scores.score_ranges`).
    maximum : float
        Highest possible score, drawn as a line.
    name : str
        Axis label.
    """
    groups = frame.groupby(["arm", "wave"], sort=False)
    # Below one another, so that places on the scale compare.
    figure, panels = plt.subplots(
        groups.ngroups,
        1,
        figsize=(WIDTH, 0.6 + 0.95 * groups.ngroups),
        layout="constrained",
        sharex=True,
        sharey=True,
    )
    look = looks(frame["arm"].unique())
    for axes, ((arm, wave), rows) in zip(panels, groups, strict=True):
        height = rows["high"] - rows["low"]
        axes.bar(rows["score"], height, 0.8, rows["low"], color=look[str(arm)][0], linewidth=0)
        axes.axvline(maximum, color=MUTED, linestyle="--", linewidth=1)
        axes.set_title(f"{label(arm, frame)}, {label(wave, frame).lower()}", loc="left")
        axes.grid(axis="x", visible=False)
    panels[0].annotate(
        f"highest possible: {number(maximum)}",
        (maximum, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 0),
        textcoords="offset points",
        ha="right",
        va="top",
    )
    panels[-1].set(xlabel=name, xlim=(frame["score"].min() - 1, maximum + 1), ylim=(0, None))
    figure.supylabel("People who can have the score", fontsize=9)
    return figure
