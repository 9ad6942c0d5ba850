"""The figures: a tidy frame in, a matplotlib figure out. No figure relies on colour alone."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import cycle
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
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch

from earlyhelp.analysis.quantities import FREE
from earlyhelp.published.numbers import chance, number
from earlyhelp.published.statuses import cell_statuses, statuses_in
from earlyhelp.report import FONTS
from earlyhelp.report.layout import DESIGN_LABELS, label
from earlyhelp.report.myst import LETTERS

INK, MUTED = "#1f2a33", "#5b6770"
# Of the arms, in the order of the study.
COLOURS = ("#0b5c8a", "#c2571a", "#1b7a4b", "#6b4c9a", "#8a6d00", "#a3242b")
MARKERS = ("o", "s", "^", "D", "v", "P")
# Of bars that stand side by side, with a pattern for each, so that colour is not alone.
BAR_COLOURS = ("#0b5c8a", "#8fb8d3", "#c2571a", "#dd9a6c")
HATCHES = ("", "///", "...", "xxx")
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
            "legend.fontsize": 9,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": MUTED,
            "grid.color": "#e4e6e8",
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "svg.fonttype": "none",
            "svg.hashsalt": "earlyhelp",
            "hatch.linewidth": 0.6,
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
        figure.set_layout_engine("constrained", rect=(0, 0.05, 1, 0.95))
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
    """Stacked shares of answers to agreement statements.

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
    figure, (axes,) = side_by_side(1.1 + 0.38 * len(questions))
    left = pd.Series(0.0, index=questions)
    for option, value in options.items():
        colour = AGREEMENT_COLOURS[value - 1]
        rows = answers[answers["answer"] == option].set_index("question").loc[questions]
        bars = axes.barh(
            range(len(questions)),
            rows["percent"],
            left=left,
            color=colour,
            edgecolor="white",
            label=option.capitalize(),
        )
        counted = zip(rows["n"], rows["letter"], strict=True)
        texts = [f"{number(n)}{letter}" if n > 0 else "" for n, letter in counted]
        ink = "white" if colour in (AGREEMENT_COLOURS[0], AGREEMENT_COLOURS[-1]) else INK
        axes.bar_label(bars, texts, label_type="center", color=ink, fontsize=8)
        left += rows["percent"]
    _name(axes, [fill(label(question, answers), 34) for question in questions])
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="Share of respondents (%); numbers are people")
    axes.grid(axis="y", visible=False)
    figure.legend(loc="outside upper center", ncols=len(options), frameon=False)
    return figure


# How seaborn draws bars of counts: colours as they are, and no interval of one number.
BARS: Mapping[str, Any] = {"saturation": 1, "errorbar": None}
# What the columns of counts count.
COUNTED = {"n": "Practitioners", "people": "People"}


def bars(figure: Figure, frame: pd.DataFrame, hue: str = "") -> Figure:
    """Finish seaborn's bars: numbers on them, a pattern for each colour, words for names.

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
    groups = dict(list(there.groupby(hue, sort=False))) if hue else {"": there}
    for drawn, rows, hatch in zip(_bars(axes), groups.values(), HATCHES, strict=False):
        axes.bar_label(drawn, list(texts[rows.index]), padding=3, fontsize=8)
        for bar in drawn:
            bar.set(hatch=hatch, edgecolor="white")
    words = [label(name, frame) for name in frame[category].unique()]
    _name(axes, [fill(word[:1].upper() + word[1:], 30) for word in words])
    axes.set(xlabel=COUNTED[column], ylabel="", xlim=(0, 1.18 * max(1, frame[column].max())))
    axes.grid(axis="y", visible=False)
    if legend := axes.get_legend():
        legend.remove()
        told = [label(name, frame) for name in groups]
        shown = [drawn[0] for drawn in _bars(axes)]
        figure.legend(shown, told, loc="outside upper center", ncols=len(told), frameon=False)
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
}


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
        axes.set(title=label(arm, scores), xlabel="", ylabel=name)
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
    """Mean scores by arm and wave, one panel per category (Figures 3.4 and 3.5).

    Parameters
    ----------
    frame : DataFrame
        measure, arm, wave, mean, sd (`outcomes.outcome_summary`).
    categories : sequence of str
        Values of `measure`, one panel each.
    maximum : float
        Highest possible score, the top of the axis.
    """
    figure, panels = side_by_side(3.0, columns=len(categories), sharey=True)
    for axes, category in zip(panels, categories, strict=True):
        rows = frame[frame["measure"] == category]
        _means(axes, rows)
        axes.axhline(maximum, color=MUTED, linestyle=":", linewidth=1)
        axes.set(title=label(category, frame), xlim=(-0.5, rows["wave"].nunique() - 0.5))
    panels[0].set_ylabel("Mean score, bars one SD")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names), frameon=False)
    return figure


def _means(axes: Axes, frame: pd.DataFrame) -> None:
    """Mean scores of every arm at every wave side by side, with bars and numbers beside them."""
    arms, waves = looks(frame["arm"].unique()), list(frame["wave"].unique())
    frame = frame.assign(letter=letters(frame, "mean", statuses_in(frame, "mean", "sd")))
    for column, (arm, (colour, marker)) in enumerate(arms.items()):
        rows = frame[frame["arm"] == arm].set_index("wave").reindex(waves)
        # Side by side around the wave's place; numbers stand outside, or right of a single arm.
        side = 2 * column - (len(arms) - 1) or 1
        places = [place + 0.06 * side for place in range(len(waves))]
        axes.errorbar(
            places,
            rows["mean"],
            yerr=rows["sd"],
            color=colour,
            marker=marker,
            # Not joined: the people of the two waves are not the same.
            linestyle="",
            capsize=3,
            label=label(arm, frame),
        )
        for place, mean, letter in zip(places, rows["mean"], rows["letter"], strict=True):
            axes.annotate(
                f"{number(mean, 1)}{letter}",
                (place, mean),
                (6 if side > 0 else -6, 0),
                textcoords="offset points",
                ha="right" if side < 0 else "left",
                va="center",
                fontsize=8,
            )
    axes.set_xticks(range(len(waves)), [label(wave, frame) for wave in waves])


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
    >>> [axes.get_title() for axes in changes(frame).axes]
    ['calm']
    """
    measures = list(frame["measure"].unique())
    figure, panels = side_by_side(3.0, columns=len(measures))
    arms, waves = looks(frame["arm"].unique()), list(frame["wave"].unique())
    for axes, measure in zip(panels, measures, strict=True):
        rows = frame[frame["measure"] == measure]
        for column, (arm, (colour, marker)) in enumerate(arms.items()):
            of_arm = rows[rows["arm"] == arm].set_index("wave").reindex(waves)
            shift = 0.12 * (column - (len(arms) - 1) / 2)
            places = [place + shift for place in range(len(waves))]
            axes.vlines(places, of_arm["ci_low"], of_arm["ci_high"], color=colour)
            axes.plot(places, of_arm["mean_change"], marker, color=colour, label=label(arm, frame))
        axes.axhline(0, color=MUTED, linewidth=1)
        axes.set(title=label(measure, frame), xlim=(-0.5, len(waves) - 0.5))
        axes.set_xticks(range(len(waves)), [label(wave, frame) for wave in waves])
    panels[0].set_ylabel("Mean change with its interval")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names), frameon=False)
    return figure


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
    ordered = means.sort_values("wave", key=lambda names: names.map(waves.index), kind="stable")
    panels = (len(ordered), len(contrasts))
    # Narrow enough to be read on a phone, where both panels stand below one another as here.
    figure, (upper, lower) = plt.subplots(
        2,
        1,
        figsize=(NARROW, 1.0 + 0.155 * sum(panels)),
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
            fontsize=8,
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
        axes.plot([row["ci_low"], row["ci_high"]], [place, place], color=colour)
        axes.plot(row["estimate"], place, marker, color=colour)
        axes.annotate(
            f"{number(row['estimate'], 1)}{row['letter']}",
            (1.01, place),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            annotation_clip=False,
        )
    axes.set_yticks(range(len(frame)), names)
    axes.set(ylim=(len(frame) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)


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
    figure, (axes,) = side_by_side(0.55 * len(stages) + 0.6)
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
DESIGN_STYLES = {
    "individual": ("-", "o", "#1f2a33"),
    "individual-baseline": ((0, (5, 1)), "v", "#6b4c9a"),
    "parallel": ("--", "s", "#c2571a"),
    "baseline": ("-.", "^", "#0b5c8a"),
    "stepped-wedge": (":", "D", "#1b7a4b"),
}


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
        figsize=(WIDTH, 1.5 + 0.42 * len(assessment)),
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
    handles = [
        Line2D([], [], marker=marker, color=colour, linestyle="", label=f"Observed in {band}")
        for band, (marker, colour) in BAND_MARKS.items()
    ]
    if assessment["upper_bound"].any():
        bound = Line2D([], [], marker="<", color=INK, linestyle=":", label="Upper bound")
        handles.append(bound)
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False)
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
    if row["low"] != row["low"]:
        return
    axes.hlines(place, row["low"] * scale, row["high"] * scale, color=INK, linewidth=1.4)
    chances = " ".join(f"{name[0].upper()} {chance(row[f'p_{name}'])}%" for name in BAND_MARKS)
    axes.annotate(
        chances.replace("below ", "<").replace("above ", ">"),
        (1.01, place),
        xycoords=axes.get_yaxis_transform(),
        va="center",
        fontsize=8,
        annotation_clip=False,
    )


def teams_needed(frame: pd.DataFrame, marks: Mapping[str, int]) -> Figure:
    """Teams needed against the ICC, one panel per effect, a band per design.

    Parameters
    ----------
    frame : DataFrame
        design, effect, icc, low, high (`planning.needed`).
    marks : mapping
        Words and number of teams, drawn as lines.
    """
    effects = list(dict.fromkeys(frame["effect"]))
    figure, panels = side_by_side(4.4, columns=len(effects), sharey=True)
    for axes, effect in zip(panels, effects, strict=True):
        for design, rows in frame[frame["effect"] == effect].groupby("design", sort=False):
            line, marker, colour = DESIGN_STYLES[str(design)]
            style: dict[str, Any] = {
                "linestyle": line,
                "color": colour,
                "marker": marker,
                "markersize": 4,
            }
            axes.fill_between(rows["icc"], rows["low"], rows["high"], color=colour, alpha=0.13)
            axes.plot(rows["icc"], rows["high"], label=DESIGN_LABELS[str(design)], **style)
            if (rows["low"] < rows["high"]).any():
                axes.plot(rows["icc"], rows["low"], **style)
        for words, count in marks.items():
            axes.axhline(count, color=INK, linewidth=0.9)
            # The smallest effect needs most teams: room for words at small numbers.
            if axes is panels[0]:
                axes.annotate(
                    f"{words}: {count}",
                    (1, count),
                    xycoords=axes.get_yaxis_transform(),
                    xytext=(-3, -2),
                    textcoords="offset points",
                    ha="right",
                    va="top",
                    fontsize=8,
                )
        axes.set(title=f"Effect {effect:g} SD", xlabel="ICC", yscale="log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_yticks([5, 10, 20, 50, 100, 200, 500])
        axes.minorticks_off()
    panels[0].set_ylabel("Teams needed")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2, frameon=False)
    return figure


def simulation_check(stored: pd.DataFrame) -> Figure:
    """Simulated against calculated power, bars of two Monte Carlo standard errors.

    Parameters
    ----------
    stored : DataFrame
        design, power, power_simulated, power_mc_error (`simulation.simulate_cell`).
    """
    figure, panels = side_by_side(3.0, columns=stored["design"].nunique(), sharey=True)
    limits = (stored["power"].min() - 0.02, 1.01)
    for axes, (design, rows) in zip(panels, stored.groupby("design", sort=False), strict=True):
        _, marker, colour = DESIGN_STYLES[str(design)]
        axes.errorbar(
            rows["power"],
            rows["power_simulated"],
            yerr=2 * rows["power_mc_error"],
            fmt=marker,
            markersize=3,
            color=colour,
            ecolor=MUTED,
            elinewidth=0.6,
        )
        axes.axline((0.9, 0.9), slope=1, color=INK, linewidth=0.8)
        title = textwrap.fill(DESIGN_LABELS[str(design)], 15)
        axes.set(title=title, xlabel="Calculated power", xlim=limits)
    panels[0].set_ylabel("Simulated power")
    return figure


def score_ranges(frame: pd.DataFrame, maximum: float, name: str) -> Figure:
    """Fewest to most people who can have each score, one panel per arm.

    Parameters
    ----------
    frame : DataFrame
        arm, wave, score, low, high (`scores.score_ranges`).
    maximum : float
        Highest possible score, drawn as a line.
    name : str
        Axis label.
    """
    figure, panels = side_by_side(3.3, columns=2, sharey=True)
    before, after = frame["wave"].unique()
    for axes, (arm, (of_arm, _)) in zip(panels, looks(frame["arm"].unique()).items(), strict=True):
        for wave, shift, marker, colour in ((before, -0.2, "o", of_arm), (after, 0.2, "^", INK)):
            rows = frame[(frame["arm"] == arm) & (frame["wave"] == wave)]
            place = rows["score"] + shift
            axes.vlines(place, rows["low"], rows["high"], color=colour, linewidth=1.1)
            axes.plot(
                place, rows["high"], marker, color=colour, markersize=3, label=label(wave, frame)
            )
        axes.axvline(maximum, color=MUTED, linestyle="--", linewidth=1)
        ends = (frame["score"].min() - 1, maximum + 1)
        axes.set(title=label(arm, frame), xlabel=name, ylim=(0, None), xlim=ends)
        axes.legend(loc="upper left", frameon=False)
    panels[0].set_ylabel("People, fewest to most (mark)")
    return figure
