"""What a notebook shows: tables and text as MyST, figures, status badges."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from IPython.core.pylabtools import print_figure
from IPython.display import display
from matplotlib.figure import Figure

from earlyhelp.analysis import small_numbers
from earlyhelp.analysis.quantities import FREE, set_in
from earlyhelp.published import audit
from earlyhelp.published.claims import Claim, claims_of, parse_interval
from earlyhelp.published.identified.between_arms import estimates_in_words
from earlyhelp.published.identified.ranges import open_sets
from earlyhelp.published.ledger import formatted, ledger_target, of_study
from earlyhelp.published.numbers import chance as chance  # notebooks import these from here
from earlyhelp.published.numbers import level as level
from earlyhelp.published.numbers import number as number
from earlyhelp.published.numbers import p_value as p_value
from earlyhelp.published.numbers import span as span
from earlyhelp.published.statuses import Statuses
from earlyhelp.qualitative import evidence, framework, triangulation
from earlyhelp.qualitative.framework import CODEBOOK_FILE, Codebook, read_codebook
from earlyhelp.qualitative.theory import THEORY_FILE, Theory, load_theory
from earlyhelp.qualitative.triangulation import Triangulation
from earlyhelp.report import figures, qualitative_tables
from earlyhelp.report.layout import LAYOUTS, target
from earlyhelp.report.myst import CAPTION, CLAIMED, LETTERS, TITLE, badge, escape, readings
from earlyhelp.study.design import Part, Question, read_questions
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.study.textfile import is_there

_ESCAPED_PLACEHOLDER = re.compile(r"\\\{([a-z0-9\\-]+)\\\}")
_ESCAPED_ROWS = re.compile(r" ?\\\{rows\\: (.+?)\\\}")
# What stands around a cell's number: the role that leads to its claim, and the letter of a status.
_AROUND = re.compile(r"\{claim\}`| <[^<>]*>`| \{sup\}`[a-z]`")

# Studies that were read before this process was forked, by folder.
_kept: dict[Path, Page] = {}


def table_markdown(frame: pd.DataFrame, caption: str, name: str, kind: str = "") -> str:
    """Lay a frame of finished strings out as a numbered MyST table.

    Parameters
    ----------
    frame : DataFrame
        Cells are MyST already: escape data with `escape`, format numbers with `number`.
    caption, name : str
        MyST caption and the target for `{numref}`.
    kind : str
        CSS class, for a table that is more than a table.
    """

    def row(cells: list[str]) -> str:
        return f"| {' | '.join(cells)} |"

    numeric = [
        column
        for column in frame
        if frame[column]
        .map(lambda cell: bool(re.fullmatch(r"(?:[−–\d.,% ()/<=]| to )*", _AROUND.sub("", cell))))
        .all()
        and frame[column].str.contains(r"\d").any()
    ]
    rule = ["---:" if column in numeric else ":---" for column in frame]
    lines = [
        row([str(column) for column in frame]),
        row(rule),
        *map(row, frame.to_numpy().tolist()),
    ]
    options = [f":name: {name}", *([f":class: {kind}"] if kind else [])]
    return "\n".join([f":::{{table}} {caption}", *options, "", *lines, ":::"])


def show(markdown: str, claimed: Collection[str] = ()) -> None:
    """Display MyST; never a heading, which would break the page's structure."""
    _display({"text/markdown": markdown, "text/plain": markdown}, claimed)


def _display(
    content: dict[str, str], claimed: Collection[str], title: str = "", caption: str = ""
) -> None:
    """Display with what its numbers may claim, so that a page can fold what is no finding."""
    about = {CLAIMED: list(claimed), TITLE: title, CAPTION: caption}
    display(content, raw=True, metadata={key: told for key, told in about.items() if told})


@dataclass(frozen=True)
class Page:
    """One notebook's view of a study.

    Attributes
    ----------
    pilot : Pilot
    questions : dict
        Research questions by id.
    numbers : dict
        Every claim's value as a formatted string, by claim id; empty without a ledger.
    claims : dict
        The ledger's claims by id.
    codebook, theory
        Of the framework matrix, and the theory of change; None where the study has none.
    ledger : DataFrame
        Every claim answered (`ledger.ledger`), computed once for the page.
    """

    pilot: Pilot
    questions: Mapping[str, Question]
    numbers: Mapping[str, str]
    claims: Mapping[str, Claim] = field(default_factory=dict)
    codebook: Codebook | None = None
    theory: Theory | None = None
    ledger: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def outcomes(self) -> Collection[str]:
        """Outcomes that have a row on the page of the theory of change."""
        return self.theory.outcomes if self.theory else ()

    @cached_property
    def estimates(self) -> Mapping[str, tuple[str, str]]:
        """What the printed figures allow of changes and differences, by name."""
        left = open_sets(self.pilot.study.folder)
        return estimates_in_words(left) if left else {}

    @cached_property
    def audited(self) -> list[audit.Checked]:
        """What checks of the printed figures against each other found (`audit.audit`)."""
        return audit.audit(self.pilot.study.folder)

    @cached_property
    def rated(self) -> pd.DataFrame:
        """How sure one can be of each answer (`evidence.confidence`)."""
        folder = self.pilot.study.folder
        coded = is_there(folder / triangulation.TRIANGULATION_FILE)
        plan = triangulation.read_triangulation(folder) if coded else None
        disputed = audit.disputed(self.audited)
        of_pilot = self.pilot, self.codebook, self.questions, self.ledger
        return evidence.confidence(*of_pilot, plan, disputed)

    def table(
        self,
        frame: pd.DataFrame,
        caption: str,
        name: str = "",
        place: str = "",
        reading: str = "",
        kind: str = "",
    ) -> None:
        """Show a table; its caption ends with statuses, the place in the report and a note.

        One without rows is not shown, nor one of which small numbers leave nothing to tell.

        Parameters
        ----------
        frame : DataFrame
            Of a quantity, or laid out already.
        name : str, optional
            Target of the table; a quantity's own by default.
        """
        if frame.empty:
            return
        name = name or target(frame.attrs["quantity"])
        quantity, rests = set_in(frame), self._rests_on(frame, name)
        if "quantity" in frame.attrs or name in LAYOUTS:
            frame = LAYOUTS[name].lay_out(self._bound_by_words(frame))
        claimed = frame.attrs.get("statuses", ())
        if quantity and not claimed and self.pilot.told_from > 1:
            return
        badges = _badges(claimed)
        notes = [self._notes(place, reading), rests, self._assumed(quantity, claimed)]
        notes.append(self._small_numbers(claimed))
        said = filter(None, [caption, *badges, *notes, self._ledger_link(name)])
        show(table_markdown(frame, " ".join(said), name, kind), frame.attrs.get("told", claimed))

    def figure(
        self,
        figure: Figure,
        *shown: pd.DataFrame,
        name: str,
        people: Iterable[int] = (),
        place: str = "",
        reading: str = "",
        finding: str = "",
    ) -> None:
        """Show a figure: the finding that it shows, its caption, and then what a table's ends with.

        One whose tables have no number is not shown. A figure's cell shows nothing else. Left to
        the notebook's display, a figure also says its size in pixels, which is another with each of
        matplotlib's backends.

        Parameters
        ----------
        shown : DataFrame
            Tables with the columns that the figure draws.
        name : str
            The figure's target, as in its cell's metadata.
        people : iterable of int, optional
            How many people each of its parts is about.
        finding : str, optional
            Computed, as `drawing` takes it.
        """
        if shown and not any(
            frame.select_dtypes("number").notna().any(axis=None) for frame in shown
        ):
            plt.close(figure)
            return
        claimed = figures.claimed(*shown)
        assumed = (self._assumed(set_in(frame), claimed) for frame in shown)
        said = [_people(people), *_badges(claimed), self._notes(place, reading)]
        said.append(self._small_numbers(claimed))
        # matplotlib otherwise writes the hour into every SVG.
        drawn = print_figure(figures.mark(figure, claimed), "svg", metadata={"Date": None})
        drawn = figures.in_font_of_text(drawn)
        # Folded as soon as anything that it shows is illustrative: a drawing cannot leave it out.
        folded = [FREE] if FREE in claimed else claimed[:1]
        said += dict.fromkeys(assumed)
        self.drawing(drawn, name, folded, " ".join(filter(None, said)), finding)
        plt.close(figure)

    def _rests_on(self, frame: pd.DataFrame, name: str) -> str:
        """The readings behind what a quantity's table shows (`Statuses.rests_on`)."""
        if "quantity" not in frame.attrs or not isinstance(self.pilot.statuses, Statuses):
            return ""
        shown = LAYOUTS[name].shown(frame)
        found = self.pilot.statuses.rests_on(frame.attrs["quantity"], shown)
        return f"Rests on {readings(found)}." if found and self._reconstructed else ""

    def _bound_by_words(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table that knows between which numbers the report's words put its cells."""
        quantity = frame.attrs.get("quantity")
        words = [claim for claim in self.claims.values() if quantity and claim.quantity == quantity]
        frame.attrs["within"] = {
            (index, claim.column): parse_interval(claim.interval)
            for claim in words
            if claim.interval and set(claim.keys) <= set(frame)
            for index, row in frame.iterrows()
            if claim.part(row) is not None
        }
        return frame

    def _ledger_link(self, name: str) -> str:
        """The way back from a table to the first of its claims in the ledger."""
        claims = (c.id for c in self.claims.values() if c.quantity and target(c.quantity) == name)
        first = next(claims, None)
        return f"[Ledger](#{ledger_target(first)})" if first else ""

    def _assumed(self, quantity: str, claimed: Collection[str]) -> str:
        """Links to the assumptions by which the reconstruction has set free numbers."""
        ids = self.pilot.study.assumed.get(quantity, ()) if FREE in claimed else ()
        return f"Free numbers: {readings(ids)}." if ids else ""

    def _small_numbers(self, claimed: Collection[str]) -> str:
        """What readers who are not told of small numbers need to know."""
        least = self.pilot.told_from
        return small_numbers.note(least) if least > 1 and "observed" in claimed else ""

    def _notes(self, place: str, reading: str) -> str:
        source = f"Report: {place}." if place else ""
        return " ".join(filter(None, [source, reading])) if self._reconstructed else ""

    def asked(self, *columns: str) -> str:
        """End of a caption: the survey that asked something; empty where none did.

        Examples
        --------
        >>> page = open_page("tests/studies/complete")
        >>> page.asked("continue_tools"), page.asked("favourite_colour")
        (', endline survey', '')
        """
        wave = self.pilot.wave_asking(*columns)
        return f", {wave.label.lower()} survey" if wave else ""

    def answer(self, question: str, part: Part) -> None:
        """Show a research question and its answer, the numbers filled from the analysis.

        Nothing is shown where the study does not ask it.
        """
        if question not in self.questions:
            return
        asked = self.questions[question]
        told = asked.answers.get(part, "No answer has been written yet.")
        answer = "\n\n".join(map(self.filled, told.split("\n")))
        show(f":::{{admonition}} {escape(asked.question)}\n:class: answer\n\n{answer}\n:::")

    def how_sure(self, rests_on: Mapping[str, Sequence[str]]) -> None:
        """Say how sure statements are, by the questions that each rests on."""
        show(qualitative_tables.how_sure(self.rated, self.questions, rests_on))

    def filled(self, text: str) -> str:
        """An answer as MyST: each name in braces becomes its number, with a link.

        That of a claim leads to its row of the ledger, that of an estimate to its table. Rows of
        the framework matrix become links to them, of class `rows`.
        """

        def linked(match: re.Match[str]) -> str:
            claim = match[1].replace("\\", "")
            if claim not in self.numbers:
                words, table = self.estimates[claim]
                return f"{escape(words)} ({{numref}}`{table}`)"
            return f"[{escape(self.numbers[claim])}](#{ledger_target(claim)})"

        def rows(match: re.Match[str]) -> str:
            named = qualitative_tables.rows_linked(match[1].replace("\\", "").split(", "))
            # The space is theirs: print leaves them out.
            return f"[\N{NO-BREAK SPACE}{named}]{{.rows}}"

        return _ESCAPED_PLACEHOLDER.sub(linked, _ESCAPED_ROWS.sub(rows, escape(text)))

    def quoted(self, claim_ids: Sequence[str]) -> list[str]:
        """Claims as MyST, a paragraph for those of one population and status.

        Of each stands what it counts, its value, which leads to its row of the ledger, and where
        the two differ what the report prints.
        """
        paragraphs: dict[tuple[str, str], list[str]] = {}
        for claim_id in claim_ids:
            claim = self.claims[claim_id]
            status = claim.status if self._reconstructed else "observed"
            # A word says less than the value that the data happen to give.
            value = claim.printed if claim.interval else self.numbers[claim_id]
            other = claim.printed if claim.status == "contradicted" else ""
            linked = f"[{escape(value)}](#{ledger_target(claim_id)})"
            printed = f", printed {escape(other)}" if other else ""
            told = f"{escape(claim.subject)} ({linked}{printed})"
            paragraphs.setdefault((claim.population, status), []).append(told)
        return [
            f"*{escape(population)}:* {'; '.join(told)} {badge(status)}"
            for (population, status), told in paragraphs.items()
        ]

    def drawing(
        self,
        svg: str,
        name: str,
        claimed: Collection[str] = (),
        ending: str = "",
        finding: str = "",
    ) -> None:
        """Show a drawing; its cell's metadata give number, caption and alternative text.

        Its title is the finding that the study states of it, else the computed one; what has
        anything illustrative has none.

        Parameters
        ----------
        name : str
            The figure's target, as in its cell's metadata.
        claimed : collection of str
            What its numbers may claim.
        ending : str
            What the caption ends with.
        finding : str
            What it shows, computed, in a sentence.
        """
        stated = (question.findings.get(name) for question in self.questions.values())
        told = next(map(self.filled, filter(None, stated)), escape(finding))
        title = f"**{told}**" if told and FREE not in claimed else ""
        _display({"image/svg+xml": svg}, claimed, title, ending)

    def matrix(self, question: str) -> None:
        """Show the framework matrix of a question, by theme.

        Nothing is shown of a study without a matrix.
        """
        cells = self.pilot.framework_matrix
        if cells.empty:
            return
        if self.codebook:
            cells = framework.matrix_cells(cells, self.codebook, question)
        if cells.empty:
            show("This study holds no qualitative data on this question.")
            return
        name = f"tbl-matrix-{question.replace('.', '-')}"
        caption = f"Themes by source, question {question}."
        show(qualitative_tables.matrix_markdown(cells, caption, name, self.outcomes))

    def joint_display(self, plan: Triangulation | None, question: str) -> None:
        """Show numbers beside what people said on a question, and how strong the latter is.

        Nothing is shown of a study without a coding.
        """
        if plan is None:
            return
        codebook, matrix, key = (
            self.codebook,
            self.pilot.framework_matrix,
            question.replace(".", "-"),
        )
        asked = [term.id for term in codebook.research_questions] if codebook else []
        if codebook is None or question not in asked:
            show("This study has no coding for triangulation.")
            return
        display = triangulation.joint_display(matrix, plan, codebook, question)
        caption, name = f"Joint display of question {question}.", f"tbl-joint-{key}"
        show(
            qualitative_tables.joint_display(
                display, codebook, self.quoted, caption, name, self.outcomes
            )
        )
        rows = matrix[matrix["research_question"] == question]
        show(qualitative_tables.strength_in_words(matrix, codebook, question))
        self.table(
            qualitative_tables.strength(rows, codebook),
            f"Strength of the qualitative evidence on question {question}, rows of the framework "
            "matrix.",
            f"tbl-strength-{key}",
        )

    def evidence(self, question: str, component: str) -> None:
        """Say how many rows of the framework matrix bear on a question, and lead to them.

        "approach" takes every component. Nothing is shown of a study without a matrix.
        """
        matrix = self.pilot.framework_matrix
        if matrix.empty:
            return
        rows = framework.on_part(matrix[matrix["research_question"] == question], component)
        if rows.empty:
            show("This study holds no qualitative data on this question.")
            return
        sources = qualitative_tables.sources_in_words(rows, self.codebook)
        matrix_place, joint = (
            qualitative_tables.question_target(page, question)
            for page in ("framework", "triangulation")
        )
        show(
            f"Qualitative evidence: {len(rows)} [rows of the framework matrix](#{matrix_place}) "
            f"({sources}); [joint display](#{joint})."
        )

    @property
    def _reconstructed(self) -> bool:
        return self.pilot.study.provenance == "reconstructed"


def _badges(claimed: Sequence[str]) -> list[str]:
    """Badges of what a table or figure claims, the letters of all but the first behind them."""
    first, others = claimed[:1], claimed[1:]
    return [*map(badge, first), *(f"{badge(status)} ({LETTERS[status]})" for status in others)]


def _people(counts: Iterable[int]) -> str:
    """How many people a figure is about: a number, or the fewest and the most.

    Examples
    --------
    >>> _people([17, 17]), _people([16, 22]), _people([])
    ('n = 17.', 'n = 16 to 22.', '')
    """
    ends = sorted({n for n in counts if n > 0})
    return f"n = {span(ends[0], ends[-1], 0)}." if ends else ""


def open_page(study: str | Path) -> Page:
    """Open a study folder for one notebook: set the figure style, read the data."""
    figures.use_style()
    return _kept.get(Path(study).resolve()) or _read(open_pilot(study))


def keep_open(pilot: Pilot) -> None:
    """Read a study once for this process and those forked from it, until they `forget` it."""
    _kept[pilot.study.folder.resolve()] = _read(pilot)


def forget() -> None:
    """Let this process read each study anew."""
    _kept.clear()


def _read(pilot: Pilot) -> Page:
    """Read the rest of a study and answer its claims."""
    pilot = pilot.for_readers()
    folder = pilot.study.folder
    answered, statuses = of_study(pilot)
    return Page(
        replace(pilot, statuses=statuses),
        read_questions(folder),
        formatted(answered),
        {claim.id: claim for claim in claims_of(folder)},
        read_codebook(folder) if is_there(folder / CODEBOOK_FILE) else None,
        load_theory(folder) if is_there(folder / THEORY_FILE) else None,
        answered,
    )


def where_shown(claim: Claim) -> str:
    """Where the book shows a claim's number, as a MyST link; empty when no data answer it."""
    return f"{{numref}}`{target(claim.quantity)}`" if claim.quantity else ""


def design_in_words(pilot: Pilot) -> str:
    """Sentences on arms, teams, waves, and what is compared with what, as MyST.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> said = design_in_words(open_pilot("tests/studies/single_arm")).split(". ")
    >>> said[0], said[-1]  # doctest: +NORMALIZE_WHITESPACE
    ('The pilot had one arm, Course, with 2 teams in 2 units',
     'Without an arm to compare with, a change tells nothing of its cause.')
    """
    study = pilot.study
    arms = [arm.label + " (the reference)" * arm.reference for arm in study.arms]
    had = f"one arm, {arms[0]}," if len(arms) == 1 else f"{len(arms)} arms, {listed(arms)},"
    teams = f"with {len(study.teams)} teams" if study.teams else ""
    alone = "whose people were allocated one by one" if len(arms) > 1 else ""
    where = f"{teams} {alone}" if study.one_by_one else f"{teams} in {study.units} units"
    waves = [f"{w.label} ({datetime.strptime(w.month, '%Y-%m'):%B %Y})" for w in study.waves]
    measures = [pilot.labels[name] for name in pilot.instruments.whole]
    first, *later = (pilot.labels[wave] for wave in pilot.outcome_waves or (study.first_wave,))
    said = [
        f"The pilot had {had} {where}".strip(" ,") + ".",
        f"It was surveyed at {listed(waves)}.",
    ]
    if later:
        many = "outcome is" if len(measures) == 1 else "outcomes are"
        said.append(f"The {many} {listed(measures)}.")
        said.append(
            f"Scores of {listed(later)} are set against those of {first}, of the same people."
        )
        said.append(
            "The change in each arm is set against that in the reference arm."
            if study.reference
            else "Without an arm to compare with, a change tells nothing of its cause."
        )
    return escape(" ".join(said))


def listed(words: list[str]) -> str:
    """Words in a sentence, the last joined by "and".

    Examples
    --------
    >>> listed(["May", "June", "July"])
    'May, June and July'
    """
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
