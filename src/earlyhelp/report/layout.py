"""How the tables of quantities are laid out: which columns, under which heads, with which decimals.

A table is declared by its name. Cells become finished strings, data escaped; a cell says what it
may claim where others of its table claim something else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd

from earlyhelp.analysis.outcomes import NEAR
from earlyhelp.analysis.quantities import FREE
from earlyhelp.possible.printed_group import Interval
from earlyhelp.published.numbers import (
    MOST_DECIMALS,
    NUMBER_WORDS,
    P_COLUMNS,
    number,
    p_value,
)
from earlyhelp.published.statuses import Marks, cell_claims, cell_statuses
from earlyhelp.report.myst import escape, mark
from earlyhelp.study.design import PERSON_TYPES

# Words for what tables name in code, where the study has none of its own.
LABELS = {
    "all": "All",
    "practitioners": "Practitioners",
    "change": "Change",
    "working_hours": "Working hours",
    "child": "Children",
    "adult": "Adults",
}

# Designs of a trial (`assumptions.DESIGNS`); "baseline" is also a wave.
DESIGN_LABELS = {
    "individual": "People randomised",
    "individual-baseline": "People with baseline",
    "parallel": "Teams, parallel",
    "baseline": "Teams with baseline",
    "stepped-wedge": "Teams, stepped wedge",
}


def label(name: object, frame: pd.DataFrame) -> str:
    """A name in words, as its table knows it (`quantities.labelled`).

    What nobody has a word for is shown as it stands, without underscores.
    """
    text = str(name)
    known: dict[str, str] = LABELS | frame.attrs.get("labels", {})
    return known.get(text, text.replace("_", " "))


# Head of the people who are near the top of a scale.
NEAR_HEAD = f"Within {NUMBER_WORDS[NEAR]} points"

# How a column is shown: its head, and a number of decimals or None for words. Two columns together
# are the ends of an interval.
Columns = Mapping[str | tuple[str, str], tuple[str, int | None]]


def filled(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Choose, format and head columns; a cell says what it may claim where others claim another.

    A number that a claim prints leads to the claim's card.
    """
    return marked(*formatted(frame, columns))


def formatted(frame: pd.DataFrame, columns: Columns) -> list[pd.DataFrame]:
    """Chosen columns under their heads: cells as text, their statuses, and their claims."""
    cells: dict[str, list[str]] = {}
    statuses: dict[str, list[str]] = {}
    claims: dict[str, list[str]] = {}
    within, most = frame.attrs.get("within", {}), frame.attrs.get("decimals", {})
    for name, (head, decimals) in columns.items():
        ends = (name,) if isinstance(name, str) else name
        if decimals is not None:
            decimals = min(decimals, most.get(ends[0], decimals))
        shown = [
            [
                _cell(value, end, decimals, frame, within.get((index, end)))
                for index, value in frame[end].items()
            ]
            for end in ends
        ]
        cells[head] = [" to ".join(words) for words in zip(*shown, strict=True)]
        found = cell_statuses(frame, ends[0])
        # A number that is a label, such as the part of the training, claims nothing.
        labels = decimals is None and pd.api.types.is_numeric_dtype(frame[ends[0]])
        statuses[head] = [""] * len(frame) if labels else found
        claims[head] = cell_claims(frame, ends[0]) if len(ends) == 1 else [""] * len(frame)
    return [pd.DataFrame(one, dtype=str) for one in (cells, statuses, claims)]


def _cell(
    value: Any, column: str, decimals: int | None, frame: pd.DataFrame, within: Interval | None
) -> str:
    if decimals is None or isinstance(value, str):
        return escape(label(value, frame))
    written = p_value if column in P_COLUMNS else number
    # What lies above 42 is not shown as 42.0.
    while within and value in within and decimals < MOST_DECIMALS:
        if Fraction(written(value, decimals).replace("−", "-")) in within:
            break
        decimals += 1
    return written(value, decimals)


def marked(cells: pd.DataFrame, statuses: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Let cells lead to the claims that print them; mark those of an unusual status by its letter.

    The usual one is the most frequent, but never "contradicted" where there is another.
    """
    shown = statuses.where(cells != number(None), "")
    # Of how many people, or degrees of freedom, a table tells is not what it tells.
    rest = shown.drop(columns=shown.columns.intersection(["n", "df"]))
    told = set(rest.to_numpy().ravel()) - {""} or set(shown.to_numpy().ravel()) - {""}
    if told != {FREE}:
        # What is illustrative does not stand among findings: a dash is in its place, and a row or
        # column of nothing else is left out.
        free, told_of = shown == FREE, ~shown.isin(["", FREE])
        rows, columns = (told_of.any(axis=axis) | ~free.any(axis=axis) for axis in (1, 0))
        cells = cells.mask(free, number(None)).loc[rows, columns]
        shown, claims = shown.mask(free, "").loc[rows, columns], claims.loc[rows, columns]
    found = Counter(status for status in shown.to_numpy().ravel() if status)
    order = sorted(found, key=lambda status: (status == "contradicted", -found[status]))
    usual = order[0] if order else ""
    marks = shown.map(lambda status: mark(status) if status not in ("", usual) else "")
    links = (cells != number(None)) & (claims != "")
    linked = "{claim}`" + cells + " <" + claims + ">`"
    table = (cells.mask(links, linked) + marks).reset_index(drop=True)
    table.attrs["statuses"] = tuple(order)
    table.attrs["told"] = sorted(told)
    return table


def reshaped(
    frame: pd.DataFrame, value: str, reshape: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """Reshape a table around the values of one column, their statuses and claims with it."""
    wide = reshape(frame)
    kept = []
    for marks in (cell_statuses(frame, value), cell_claims(frame, value)):
        moved = reshape(frame.assign(**{value: marks}))
        # What stands beside the reshaped column are labels.
        for name in set(moved) & set(frame):
            moved[name] = ""
        kept.append(moved)
    wide.attrs |= {"statuses": Marks(wide, *kept), "labels": frame.attrs.get("labels", {})}
    return wide


@dataclass(frozen=True)
class Layout:
    """How a table is made of a tidy frame.

    Attributes
    ----------
    columns : mapping
        The columns shown, or a function that names them for a frame.
    rows : str
        Query that chooses the rows; all when empty.
    reshape : callable, optional
        Makes a wide frame of the chosen rows around the column `value`.
    value : str
    """

    columns: Columns | Callable[[pd.DataFrame], Columns]
    rows: str = ""
    reshape: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    value: str = ""

    def shown(self, frame: pd.DataFrame) -> list[str]:
        """The columns of a frame that its table shows."""
        if self.reshape:
            return [self.value]
        columns = self.columns(frame) if callable(self.columns) else self.columns
        ends = ((name,) if isinstance(name, str) else name for name in columns)
        return [name for names in ends for name in names]

    def lay_out(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Finished strings of a frame, with the statuses that they claim in ``attrs``."""
        chosen = frame.query(self.rows) if self.rows else frame
        wide = reshaped(chosen, self.value, self.reshape) if self.reshape else chosen
        columns = self.columns(frame) if callable(self.columns) else self.columns
        return filled(wide, columns)


def _by_team(frame: pd.DataFrame, columns: str) -> pd.DataFrame:
    teams = frame[["arm", "team"]].drop_duplicates()
    wide = frame.pivot(index=list(teams), columns=columns, values="n")
    # pandas sorts teams, and with them the total.
    return wide.reindex(pd.MultiIndex.from_frame(teams)).reset_index()


def _by_wave(frame: pd.DataFrame) -> pd.DataFrame:
    wide = _by_team(frame, "wave")
    return wide.assign(team=wide["team"].replace("all", "Total"))


def _waves(frame: pd.DataFrame) -> Columns:
    waves: Columns = {wave: (label(wave, frame), 0) for wave in dict.fromkeys(frame["wave"])}
    return {**(TEAM if set(frame["team"]) > {"all"} else ARM), **waves}


def _by_activity(frame: pd.DataFrame) -> pd.DataFrame:
    return _by_team(frame, "activity")


def _activities(frame: pd.DataFrame) -> Columns:
    of_teams = dict.fromkeys(frame.loc[frame["team"] != "all", "activity"])
    activities: Columns = {name: (name.capitalize(), 0) for name in of_teams}
    return {**TEAM, **activities}


def _tools(frame: pd.DataFrame) -> Columns:
    """A column for each tool, between the team and their difference."""
    columns = list(map(str, frame))
    tools: Columns = {tool: (tool, 0) for tool in columns[1 : columns.index("difference")]}
    return {"team": ("Team", None), **tools, "practitioners": ("Practitioners", 0)}


def _compared_tools(frame: pd.DataFrame) -> Columns:
    # The printed means have two decimals, so their difference is known to one.
    return {**MEASURE, "difference": (_pair(frame, " less "), 1)}


def _compared_domains(frame: pd.DataFrame) -> Columns:
    names = _pair(frame, " and ").capitalize()
    return {"arm": ("Arm", None), "wave": ("Wave", None), "difference": (names, 1)}


def _pair(frame: pd.DataFrame, between: str) -> str:
    """What a table compares, in words."""
    return between.join(label(name, frame) for name in frame[["first", "second"]].iloc[0])


def _people(frame: pd.DataFrame) -> Columns:
    waves = [label(wave, frame) for wave in frame["wave"].unique()]
    before = label(frame.attrs["first_wave"], frame)
    after = waves[0] if len(waves) == 1 else "Then"
    return {
        "arm": ("Arm", None),
        **_varying(frame, "wave"),
        "before": (before, 0),
        "after": (after, 0),
        "both": ("Both waves", 0),
        "lost": (f"{before} only", 0),
        "new": (f"{after} only", 0),
        "distinct": ("Distinct people", 0),
    }


def _varying(frame: pd.DataFrame, *names: str) -> Columns:
    """Columns that tell rows apart, where there is more than one value."""
    return {name: (name.capitalize(), None) for name in names if len(frame[name].unique()) > 1}


def _with_varying(*names: str, shown: Columns) -> Callable[[pd.DataFrame], Columns]:
    """The measure, what tells its rows apart, and other columns."""
    return lambda frame: {**MEASURE, **_varying(frame, *names), **shown}


def _summary(frame: pd.DataFrame) -> Columns:
    told: Columns = {**GROUP, "n": ("n", 0), "mean": ("Mean", 1), "sd": ("SD", 1)}
    graded = frame["scale_maximum"].notna().any()
    return {**told, "scale_maximum": ("Scale maximum", 0)} if graded else told


def _estimates(frame: pd.DataFrame) -> Columns:
    return {
        **MEASURE,
        **_varying(frame, "wave", "analysed"),
        "estimate": ("Estimate", None),
        "arm": ("Arm", None),
        "n": ("n", 0),
        "value": ("Points" if frame.attrs.get("graded", True) else "Value", 1),
        ("ci_low", "ci_high"): ("Interval", 1),
        "d": ("d, baseline SD", 2),
        "dz": ("dz", 2),
    }


def _ceiling(frame: pd.DataFrame) -> Columns:
    top = (frame["best"] == frame["scale_maximum"]).all()
    return {
        **GROUP,
        "headroom": ("Points below maximum" if top else "Points from the best", 1),
        "headroom_sd": ("In SDs", 1),
        "at_best": ("At maximum" if top else "At the best", 0),
        "close": (NEAR_HEAD, 0),
        "n": ("n", 0),
    }


def _by_person_type(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.pivot(index="tool", columns="person_type", values="people").reset_index()


ARM: Columns = {"arm": ("Arm", None)}
TEAM: Columns = {**ARM, "team": ("Team", None)}
SHARE: Columns = {"n": ("n", 0), "total": ("Of", 0), "percent": ("%", 1)}
AGREE: Columns = {
    "question": ("Statement", None),
    "agree": ("Agree", 0),
    "total": ("Of", 0),
    "percent": ("%", 1),
}
MEASURE: Columns = {"measure": ("Measure", None)}
TEST: Columns = {"t_size": ("t (size)", 2), "df": ("df", 0), "p": ("p", 3)}
GROUP: Columns = {**MEASURE, "arm": ("Arm", None), "wave": ("Wave", None)}

LAYOUTS: Mapping[str, Layout] = {
    "tbl-responses": Layout(_waves, "arm != 'all'", _by_wave, "n"),
    "tbl-data-collection": Layout(_activities, "team != 'all'", _by_activity, "n"),
    "tbl-fieldwork": Layout(
        {"activity": ("Activity", None), "period": ("Time", None), "months": ("Months", 0)}
    ),
    "tbl-training-observations": Layout(
        {
            "training_part": ("Part", None),
            "session": ("Session", None),
            "facilitators": ("Facilitators", 0),
            "attendees": ("Attendees", 0),
        }
    ),
    "tbl-observation-counts": Layout({"training_part": ("Part", None), "n": ("Observations", 0)}),
    "tbl-interviewees": Layout({"role": ("Role", None), "n": ("Interviews", 0)}),
    "tbl-people": Layout(_people),
    "tbl-response-rates": Layout(
        {
            "wave": ("Wave", None),
            "arm": ("Arm", None),
            "denominator": ("Out of", None),
            "n": ("n", 0),
            "total": ("N", 0),
            "percent": ("%", 1),
            "kind": ("Kind", None),
        }
    ),
    "tbl-characteristics": Layout(
        {
            "characteristic": ("Characteristic", None),
            "arm": ("Arm", None),
            "n": ("n", 0),
            "mean": ("Mean", 1),
            "sd": ("SD", 1),
            "median": ("Median", 1),
            "minimum": ("Min", 0),
            "maximum": ("Max", 0),
        }
    ),
    "tbl-characteristic-counts": Layout(
        {
            "characteristic": ("Characteristic", None),
            "category": ("Answer", None),
            "n": ("n", 0),
            "percent": ("%", 1),
        },
        "arm == 'all' and n > 0",
    ),
    "tbl-characteristics-by-arm": Layout(
        lambda frame: {
            "characteristic": ("Characteristic", None),
            **_varying(frame, "arm"),
            "category": ("Answer", None),
            "n": ("n", 0),
            "percent": ("%", 1),
        }
    ),
    "tbl-arm-differences": Layout(
        lambda frame: {
            "characteristic": ("Characteristic", None),
            **_varying(frame, "arm"),
            "difference": ("Difference", 1),
            "standardised": ("d, pooled SD", 2),
        }
    ),
    "tbl-design": Layout({"fact": ("Fact", None), "value": ("Value", 0)}),
    "tbl-attendance": Layout(
        {
            "role": ("Role", None),
            "eligible": ("Eligible", 0),
            "attended": ("Attended", 0),
            "not_attended": ("Did not attend", 0),
        }
    ),
    "tbl-attendance-by-part": Layout(
        {"part": ("Part", None), "session": ("Session", None), **SHARE}
    ),
    "tbl-prior-training": Layout(
        {"question": ("Before the pilot", None), "answer": ("Answer", None), **SHARE}
    ),
    "tbl-training-views": Layout(AGREE),
    "tbl-know-more": Layout({"answer": ("Answer", None), **SHARE}),
    "tbl-know-more-agreement": Layout(AGREE),
    "tbl-prior-tools": Layout(
        {"question": ("Before the pilot", None), "answer": ("Answer", None), **SHARE}
    ),
    "tbl-tool-frequency": Layout(
        {"tool": ("Tool", None), "frequency": ("Frequency of use", None), **SHARE}
    ),
    "tbl-reported-use": Layout(
        {
            "role": ("Role", None),
            "used": ("Report use", 0),
            "total": ("Of", 0),
            "percent": ("%", 1),
        }
    ),
    "tbl-attended-and-used": Layout(
        {
            "role": ("Role", None),
            "attended": ("Attended the training", 0),
            "used": ("Used the tools and recorded scores", 0),
            "percent": ("%", 1),
        }
    ),
    "tbl-people-completing": Layout(
        {"tool": ("Tool", None), **{kind: (LABELS[kind], 0) for kind in PERSON_TYPES}},
        reshape=_by_person_type,
        value="people",
    ),
    "tbl-completions-per-person": Layout(
        {
            "tool": ("Tool", None),
            "people": ("People", 0),
            "mean": ("Mean completions", 1),
            "minimum": ("Fewest", 0),
            "maximum": ("Most", 0),
        },
        "tool != 'each'",
    ),
    "tbl-use-by-month": Layout(
        {
            "month": ("Month", None),
            "tool": ("Tool", None),
            "completions": ("Completions", 0),
            "practitioners": ("Practitioners", 0),
        },
        "tool != 'all'",
    ),
    "tbl-use-by-team": Layout(_tools),
    "tbl-uploaded": Layout({"answer": ("Uploaded scores", None), **SHARE}),
    "tbl-tool-scores": Layout(
        {
            "tool": ("Tool", None),
            "person_type": ("Completed by", None),
            "completions": ("Completions", 0),
            "scored": ("With a score", 0),
            "mean": ("Mean", 1),
            "sd": ("SD", 1),
            "below_cutoff_percent": ("Below the cut-off (%)", 1),
        }
    ),
    "tbl-engagement": Layout({"engagement": ("Families were", None), **SHARE}),
    "tbl-difficulty": Layout({"difficulty": ("Compared with tools normally used", None), **SHARE}),
    "tbl-grouped-answers": Layout({"group": ("Answers taken together", None), **SHARE}),
    "tbl-tool-ratings": Layout(
        {**MEASURE, "tool": ("Tool", None), "mean": ("Mean", 2), "sd": ("SD", 2)}
    ),
    "tbl-rating-differences": Layout(_compared_tools),
    "tbl-continuation": Layout({"answer": ("Would go on using the tools", None), **SHARE}),
    "tbl-anticipated-outcomes": Layout(AGREE),
    "tbl-outcome-summary": Layout(_summary),
    "tbl-domain-differences": Layout(_compared_domains),
    "tbl-paired-tests": Layout(
        _with_varying("wave", shown={"arm": ("Arm", None), "n": ("Pairs", 0), **TEST})
    ),
    "tbl-between-tests": Layout(_with_varying("arm", "wave", shown=TEST)),
    "tbl-estimates": Layout(_estimates),
    "tbl-ceiling": Layout(_ceiling),
    "tbl-design-effects": Layout(
        _with_varying(
            "arm",
            "wave",
            shown={
                "icc": ("ICC supposed", 2),
                "design_effect": ("Design effect", 2),
                "effective_n": ("Effective n", 1),
                "difference": ("Difference", 1),
                ("ci_low", "ci_high"): ("Interval", 1),
                "t": ("t", 2),
                "df": ("df", 0),
                "p": ("p", 3),
            },
        )
    ),
    "tbl-unit-changes": Layout(
        _with_varying(
            "wave",
            shown={
                "arm": ("Arm", None),
                "unit": ("Unit", None),
                "teams": ("Teams", None),
                "pairs": ("Pairs", 0),
                "mean_change": ("Mean change", 1),
            },
        )
    ),
    "tbl-randomisation-tests": Layout(
        _with_varying(
            "arm",
            "wave",
            shown={
                "units": ("Units", 0),
                "allocations": ("Allocations", 0),
                "p": ("p", 2),
                "smallest_p": ("Smallest p possible", 2),
            },
        )
    ),
    "tbl-training-format": Layout({"format": ("Preferred format", None), **SHARE}),
    "tbl-contamination": Layout(
        {"contact": ("Contact with", None), "answer": ("Answer", None), **SHARE}
    ),
    "tbl-team-consistency": Layout(
        {
            "team": ("Team", None),
            "eligible": ("Eligible", 0),
            "attended": ("Attended", 0),
            "used": ("Used the tools", 0),
            "completions": ("Completions", 0),
        }
    ),
    "tbl-reliability": Layout(
        {
            **MEASURE,
            "wave": ("Wave", None),
            "n": ("n", 0),
            "alpha": ("α", 2),
            ("low", "high"): ("Interval", 2),
        }
    ),
}


def target(quantity: str) -> str:
    """Name of the table that shows a quantity: its own."""
    return f"tbl-{quantity.replace('_', '-')}"
