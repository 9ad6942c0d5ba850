"""What a notebook shows: tables and text as MyST, numbers for the prose, status badges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from numbers import Real

import pandas as pd
from IPython.display import display
from matplotlib_inline.backend_inline import set_matplotlib_formats
from myst_nb import glue

from earlyhelp import figures
from earlyhelp.questions import PLACEHOLDER, Question

STATUSES = {
    "reproduced": "printed in the report and given back by the data at the printed precision",
    "determined": "not printed, but the same in every data set that the printed figures allow",
    "bounded": "differs between allowed data sets; the range is shown",
    "contradicted": "the printed figures cannot all be true; both are shown",
    "illustrative": "free in the reconstruction; shows the form of an analysis and no finding",
    "observed": "computed from a study's real data",
}
# ASCII punctuation that Markdown could read as mark-up; the rest is kept legible.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|$~^:&@'\"-])")


def setup() -> None:
    """Set how a notebook draws: vector figures whose bytes do not change from run to run."""
    figures.use_style()
    set_matplotlib_formats("svg", metadata={"Date": None})


def escape(text: object) -> str:
    """Text as MyST shows it literally, on one line: data are never mark-up."""
    return _MARKUP.sub(r"\\\1", " ".join(str(text).split()))


def badge(status: str) -> str:
    """A status as a labelled badge; told apart by its word, not by colour alone."""
    if status not in STATUSES:
        raise KeyError(f"no status {status!r}: one of {', '.join(STATUSES)}")
    return f"[{status}]{{.status .status-{status}}}"


def unpublished(provenance: str) -> str:
    """Status of what the report does not print: illustrative, unless the data are real."""
    return "observed" if provenance == "observed" else "illustrative"


def published(provenance: str) -> str:
    """Status of what the report prints and the data give back."""
    return "observed" if provenance == "observed" else "reproduced"


def number(value: object, decimals: int = 0) -> str:
    """Round half up, as the report does, and keep trailing zeros; a dash for nothing."""
    if not isinstance(value, Real) or pd.isna(value):
        return "–"
    # repr gives the shortest decimal of a float: 81.25, not a neighbour in binary.
    exact = Decimal(repr(float(value)))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return str(abs(rounded) if rounded == 0 else rounded).replace("-", "−")


def table_markdown(frame: pd.DataFrame, caption: str, name: str) -> str:
    """Lay a frame of finished strings out as a numbered MyST table.

    Parameters
    ----------
    frame : DataFrame
        Cells are MyST already: escape data with `escape`, format numbers with `number`.
    caption, name : str
        MyST caption and the target for `{numref}`.
    """

    def row(cells: list[str]) -> str:
        return f"| {' | '.join(cells)} |"

    numeric = [
        column
        for column in frame
        if frame[column].map(lambda cell: bool(re.fullmatch(r"[−–\d.,% ()/a-z=<]*", cell))).all()
        and frame[column].str.contains(r"\d").any()
    ]
    rule = ["---:" if column in numeric else ":---" for column in frame]
    lines = [
        row([str(column) for column in frame]),
        row(rule),
        *map(row, frame.to_numpy().tolist()),
    ]
    return "\n".join([f":::{{table}} {caption}", f":name: {name}", "", *lines, ":::"])


def show(markdown: str) -> None:
    """Display MyST; never a heading, which would break the page's structure."""
    display({"text/markdown": markdown, "text/plain": markdown}, raw=True)


def table(frame: pd.DataFrame, caption: str, name: str, *statuses: str) -> None:
    """Show a table; the statuses of its numbers end the caption."""
    show(table_markdown(frame, " ".join([caption, *map(badge, statuses)]), name))


def glue_numbers(numbers: Mapping[str, str]) -> None:
    """Hand numbers to the prose under their claim ids, as formatted strings."""
    for key, text in numbers.items():
        glue(key, text, display=False)


def answer(question: Question, part: str, numbers: Mapping[str, str]) -> None:
    """Show the answer to a research question, its numbers filled from the analysis."""
    text = question.answers.get(part)
    if text is None:
        show("No answer has been written for this question yet.")
        return
    filled = escape(PLACEHOLDER.sub(lambda match: numbers[match[1]], text))
    show(f":::{{admonition}} Answer\n:class: answer\n\n{filled}\n:::")


def evidence(matrix: pd.DataFrame, question: Question, component: str, name: str) -> None:
    """Show the rows of the framework matrix that bear on a question, by direction and source.

    Parameters
    ----------
    matrix : DataFrame
        `framework_matrix` of a pilot.
    component : str
        Part of the approach, such as "training"; "approach" takes all parts.
    """
    rows = matrix[matrix["research_question"] == question.id]
    if component != "approach":
        rows = rows[rows["component"].isin([component, "approach"])]
    if rows.empty:
        show("This study holds no qualitative data on this question.")
        return
    shown = pd.DataFrame(
        {
            "Direction": rows["direction"].map(escape),
            "Theme": rows["theme"].map(lambda theme: escape(theme.replace("-", " "))),
            "What was found": rows["summary"].map(escape),
            "Source": rows["source_id"].fillna(rows["source_type"]).map(escape),
        }
    ).sort_values(["Direction", "Theme"], kind="stable")
    caption = f"Qualitative evidence on question {question.id} ({escape(component)})."
    show(table_markdown(shown, caption, name))
