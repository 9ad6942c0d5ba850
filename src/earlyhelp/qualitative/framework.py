"""The framework matrix and its codebook (framework method: Gale et al. 2013)."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pandas as pd
from pydantic import Field

from earlyhelp.study.design import Part, QuestionId, read_questions
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import FRAMEWORK_MATRIX
from earlyhelp.study.yamlfile import Strict, Text, read_yaml

MATRIX_FILE = "framework_matrix.csv"
CODEBOOK_FILE = "codebook.yml"
MATRIX_COLUMNS = tuple(FRAMEWORK_MATRIX)
SUPPORT = ("supports", "against", "mixed", "silent")
# Joins the kinds of source of a row that the report tells of several at once.
JOINT = ";"
# Parts of the approach whose rows are told apart; rows on the whole speak to statements on a part.
*TOLD_APART, WHOLE = get_args(Part)
# Columns that hold a code in every row.
CODED_ALWAYS = (
    *("source_type", "research_question", "component", "theme"),
    *("direction", "concerns", "support"),
)
SENTENCE = r"[^\n]*[^\s.]\."
NOTHING = "nothing"
STAFF_ON_FAMILIES = "staff reflection on families"

Directness = Literal["direct observation", "self-report", "record", "evaluators' synthesis"]
SYNTHESIS = get_args(Directness)[-1]
KEBAB = "[a-z]+(-[a-z]+)*"
Kebab = Annotated[str, Field(pattern=f"^{KEBAB}$", description="small letters, joined by hyphens")]
GUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Guid = Annotated[str, Field(pattern=f"^{GUID}$", description="a GUID in small letters")]


def kinds(source: str) -> tuple[str, ...]:
    """The kinds of source of a row or code: several where the report names them for it together.

    Examples
    --------
    >>> kinds("interview;endline survey")
    ('interview', 'endline survey')
    """
    return tuple(source.split(JOINT))


class Term(Strict):
    """An allowed value of a column and its meaning; `name` is how readers see it."""

    id: str
    name: str = ""
    definition: str = ""


class SourceType(Term):
    """A kind of source.

    `directness` says how near it is to what it tells of, `attributed` whether the report names it
    as the source of a finding: only named sources can agree or disagree with one another.
    """

    directness: Directness
    attributed: bool = True


class QuestionTerm(Strict):
    """A research question and the affirmative answer against which a row's support is coded.

    `read_codebook` takes the name from `research_questions.yml`, the only place that has it.
    """

    id: QuestionId
    name: str = ""
    affirmative: str


class Code(Strict):
    """A code as another program has it."""

    guid: Guid
    name: Text


class Theme(Strict):
    """A theme: what it is, what belongs to it, what does not, and where it may be used.

    A theme that came from another program keeps its `code` there, after those above it, outermost
    first.
    """

    id: Kebab
    name: str
    definition: str
    include: str
    exclude: str
    research_questions: Annotated[tuple[QuestionId, ...], Field(min_length=1)]
    code: tuple[Code, ...] = ()


class Codebook(Strict):
    """Closed lists, questions and themes of a study's framework matrix."""

    attribution: tuple[str, ...] = ()
    source_types: tuple[SourceType, ...]
    components: tuple[Term, ...]
    directions: tuple[Term, ...]
    concerns: tuple[Term, ...]
    supports: tuple[Term, ...]
    outcomes: tuple[Term, ...]
    research_questions: tuple[QuestionTerm, ...]
    themes: tuple[Theme, ...]

    def terms(self) -> dict[str, tuple[Term | QuestionTerm | Theme, ...]]:
        """The closed list of each coded column of the matrix."""
        return {
            "source_type": self.source_types,
            "research_question": self.research_questions,
            "component": self.components,
            "theme": self.themes,
            "direction": self.directions,
            "concerns": self.concerns,
            "outcome": self.outcomes,
            "support": self.supports,
        }

    def name_of(self, column: str, value: str) -> str:
        """How readers see a coded value; the value itself when the codebook has no name.

        Sources that are named together are joined by a plus.
        """
        names = {term.id: term.name or term.id for term in self.terms()[column]}
        parts = kinds(value) if column == "source_type" else (value,)
        return " + ".join(names.get(part, part) for part in parts)

    @property
    def attributed(self) -> frozenset[str]:
        """Kinds of source that the report names."""
        return frozenset(source.id for source in self.source_types if source.attributed)

    def names(self, source: str) -> bool:
        """Whether the report names a source, or all of several that stand together."""
        return self.attributed.issuperset(kinds(source))

    def in_order(self, sources: Iterable[str]) -> list[str]:
        """Every kind of source, and those of `sources` that stand together, after their first."""
        place = {source.id: number for number, source in enumerate(self.source_types)}
        together = {source for source in sources if JOINT in source}
        return sorted(
            {*place, *together},
            key=lambda source: [place.get(kind, len(place)) for kind in kinds(source)],
        )


def read_codebook(folder: Path) -> Codebook:
    """Read `codebook.yml` of a study folder; its questions get their names from the study's.

    Raises
    ------
    InputError
        With every problem of the file, or of `research_questions.yml`.

    Examples
    --------
    >>> codebook = read_codebook(Path("tests/studies/complete"))
    >>> [theme.id for theme in codebook.themes][:2], codebook.research_questions[0].name
    (['delivery', 'absence'], 'Fidelity')
    """
    codebook: Codebook = read_yaml(folder / CODEBOOK_FILE, Codebook)
    asked = read_questions(folder)
    problems = [
        Problem(CODEBOOK_FILE, None, f"research_questions.{term.id}", found, expected)
        for term in codebook.research_questions
        for wrong, found, expected in (
            (term.name, f"the name {term.name!r}", "no name: research_questions.yml has it"),
            (term.id not in asked, repr(term.id), "a question of research_questions.yml"),
        )
        if wrong
    ]
    if problems:
        raise InputError(problems)
    questions = (
        term.model_copy(update={"name": asked[term.id].name})
        for term in codebook.research_questions
    )
    return codebook.model_copy(update={"research_questions": tuple(questions)})


def validate_matrix(
    matrix: pd.DataFrame,
    codebook: Codebook | None,
    sources: Mapping[str, Collection[str]] | None,
) -> list[Problem]:
    """Check every coded cell of the matrix against the codebook and the study's sources.

    Parameters
    ----------
    matrix : DataFrame
        The framework matrix, one row per finding; the index is the line of each.
    codebook : Codebook or None
        None when it cannot be read: cells are then looked at by themselves.
    sources : mapping or None
        Kind of source to the ids of its sources; a kind that is not there has no ids. None when
        they cannot be read.

    Returns
    -------
    list of Problem
        All of them, in the matrix's order; empty when the matrix is sound.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> matrix.loc[0, "theme"] = "weather"
    >>> [problem.found for problem in validate_matrix(matrix, codebook, None)]
    ["'weather'"]
    """
    problems = list(_codebook_problems(codebook)) if codebook else []
    told: dict[tuple[str, str, str], str] = {}
    rows = texts(matrix)
    for line, row in zip(rows.index, rows.to_dict("records"), strict=True):
        rules = (
            *_coded(row, codebook),
            *(_in_its_question(row, codebook) if codebook else ()),
            *(_known(row, sources.get(row["source_type"], ())) if sources is not None else ()),
            *_written(row),
        )
        for column, found, expected in rules:
            problems.append(Problem(MATRIX_FILE, line, column, found, expected))
        # Passages of texts, which stand in no report, are what each said, if in the same words.
        if not row["report_section"]:
            continue
        finding = (row["research_question"], row["theme"], row["summary"])
        first = told.setdefault(finding, row["row_id"])
        if first != row["row_id"]:
            expected = f"no other row's; sources told of at once are one row, joined by {JOINT!r}"
            problems.append(Problem(MATRIX_FILE, line, "summary", f"that of {first}", expected))
    return problems


# Column or key, what was found and what was expected.
Unfit = Iterator[tuple[str, str, str]]


def _coded(row: Mapping[Hashable, Any], codebook: Codebook | None) -> Unfit:
    """Codes of a row that are missing or none of the codebook's."""
    terms = codebook.terms() if codebook else dict.fromkeys(CODED_ALWAYS, ())
    for column, known in terms.items():
        value, allowed = row[column], [term.id for term in known]
        parts = kinds(value) if column == "source_type" else (value,)
        expected = f"one of: {', '.join(allowed)}" if codebook else "a code"
        if not value:
            if column in CODED_ALWAYS:
                yield column, NOTHING, expected
        elif codebook:
            if set(parts) <= set(allowed):
                expected = _wrong_together(parts, codebook) if len(parts) > 1 else ""
            if expected:
                yield column, repr(value), expected


def _in_its_question(row: Mapping[Hashable, Any], codebook: Codebook) -> Unfit:
    """A theme that belongs to other questions."""
    asked, theme = row["research_question"], row["theme"]
    within = {term.id: term.research_questions for term in codebook.themes}.get(theme, (asked,))
    if asked in [term.id for term in codebook.terms()["research_question"]] and asked not in within:
        expected = f"a theme of question {asked}; {theme} belongs to {', '.join(within)}"
        yield "theme", repr(theme), expected


def _known(row: Mapping[Hashable, Any], known: Collection[str]) -> Unfit:
    """An unknown source."""
    if row["source_id"] and row["source_id"] not in known:
        expected = f"nothing, or one of: {', '.join(sorted(known))}" if known else "nothing"
        yield "source_id", repr(row["source_id"]), expected


def _written(row: Mapping[Hashable, Any]) -> Unfit:
    """What is no id or no sentence."""
    for column, pattern, expected in (
        ("row_id", r"[A-Za-z][A-Za-z0-9_-]*", "an id such as Q012"),
        ("summary", SENTENCE, "a sentence on one line"),
    ):
        if not re.fullmatch(pattern, row[column]):
            yield column, repr(row[column][-40:]) if row[column] else NOTHING, expected


def _wrong_together(parts: tuple[str, ...], codebook: Codebook) -> str:
    """What is expected of sources that stand together; empty when they are as expected."""
    named = [term.id for term in codebook.source_types if term.attributed]
    if not set(parts) <= set(named):
        return f"together only what the report names: {', '.join(named)}"
    if list(parts) != [kind for kind in named if kind in parts]:
        return f"each once, in the codebook's order: {', '.join(named)}"
    return ""


def _codebook_problems(codebook: Codebook) -> Iterator[Problem]:
    questions = {question.id for question in codebook.research_questions}
    for column, terms in codebook.terms().items():
        ids = [term.id for term in terms]
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            yield Problem(CODEBOOK_FILE, None, column, f"{twice!r} again", "each id once")
    guids = [theme.code[-1].guid for theme in codebook.themes if theme.code]
    for twice in sorted({guid for guid in guids if guids.count(guid) > 1}):
        yield Problem(CODEBOOK_FILE, None, "theme", f"the code {twice} again", "each code once")
    for theme in codebook.themes:
        for unknown in sorted(set(theme.research_questions) - questions):
            yield Problem(CODEBOOK_FILE, None, theme.id, repr(unknown), "a research question")


def to_fill_in(matrix: pd.DataFrame) -> list[Problem]:
    """What a matrix of foreign codes lacks, a problem for each column.

    Examples
    --------
    >>> row = {**dict.fromkeys(MATRIX_COLUMNS, "x"), "concerns": "", "summary": "no sentence"}
    >>> for problem in to_fill_in(pd.DataFrame([row])):
    ...     print(problem)
    framework_matrix.csv, concerns: found nothing in 1 of 1 rows; expected a code
    framework_matrix.csv, summary: found no sentence in 1 of 1 rows; expected one in your words
    """
    rows = texts(matrix)
    lacking = [
        (column, int((rows[column] == "").sum()), NOTHING, "a code") for column in CODED_ALWAYS
    ]
    unlike = rows["summary"].map(lambda summary: not re.fullmatch(SENTENCE, summary))
    lacking.append(("summary", int(unlike.sum()), "no sentence", "one in your words"))
    return [
        Problem(MATRIX_FILE, None, column, f"{found} in {n} of {len(rows)} rows", expected)
        for column, n, found, expected in lacking
        if n
    ]


def texts(matrix: pd.DataFrame) -> pd.DataFrame:
    """Return the matrix with an empty text where nothing stands.

    Examples
    --------
    >>> texts(pd.DataFrame({"outcome": [None, "skills"]}))["outcome"].tolist()
    ['', 'skills']
    """
    return matrix.astype(object).where(matrix.notna(), "")


def on_part(rows: pd.DataFrame, part: str) -> pd.DataFrame:
    """Rows of the matrix on a part of the approach, with those on the whole; all on the whole.

    Examples
    --------
    >>> rows = pd.DataFrame({"component": ["training", "tools", "approach"]})
    >>> on_part(rows, "tools")["component"].tolist(), len(on_part(rows, "approach"))
    (['tools', 'approach'], 3)
    """
    return rows[rows["component"].isin([part, WHOLE])] if part in TOLD_APART else rows


def source_name(source_id: str) -> str:
    """What readers call one source: its id in words, as no role of it need be known.

    Examples
    --------
    >>> source_name("interview_01"), source_name("pilot")
    ('Interview 1', 'pilot')
    """
    words, _, number = source_id.rpartition("_")
    numbered = words and number.isdecimal()
    return f"{words.replace('_', ' ').capitalize()} {int(number)}" if numbered else source_id


def matrix_cells(matrix: pd.DataFrame, codebook: Codebook, question: str) -> pd.DataFrame:
    """Lay one research question out as the framework method does: themes by sources.

    Returns
    -------
    DataFrame
        One row per cell that holds something: theme and source type as readers see them (ordered
        categories, in the codebook's order; sources that the report names together are a source of
        their own, joined by a plus), `theme_id`, `question`, `n` (rows), and as tuples of
        equal length `row_ids`, `summaries` (that of a named source begins with its name) and
        `outcomes` (pairs of id and name, or None).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> laid_out = matrix_cells(matrix, codebook, "1.1")
    >>> print(laid_out[["theme", "source_type", "n", "row_ids"]].head(2).to_string(index=False))
       theme        source_type  n row_ids
    Delivery       Observations  1  (M01,)
    Delivery Report's synthesis  1  (M02,)
    """
    rows = texts(matrix)
    rows = rows[rows["research_question"] == question]
    called = rows["source_id"].map(source_name)
    named = called.where(called == "", called + ": ")
    outcomes = [(key, codebook.name_of("outcome", key)) if key else None for key in rows["outcome"]]
    rows = rows.assign(
        summary=named + rows["summary"],
        theme_id=rows["theme"],
        outcome=pd.Series(outcomes, rows.index, dtype=object),
    )
    ordered = {
        "theme": [theme.id for theme in codebook.themes],
        "source_type": codebook.in_order(rows["source_type"]),
    }
    order = {
        column: {value: place for place, value in enumerate(values)}
        for column, values in ordered.items()
    }
    cells = (
        rows.groupby(["theme", "source_type"], sort=False)
        .agg(
            theme_id=("theme_id", "first"),
            question=("research_question", "first"),
            n=("row_id", "size"),
            row_ids=("row_id", tuple),
            summaries=("summary", tuple),
            outcomes=("outcome", tuple),
        )
        .reset_index()
        .sort_values(["theme", "source_type"], key=lambda ids: ids.map(order[str(ids.name)]))
        .reset_index(drop=True)
    )
    for column, ids in order.items():
        names = [codebook.name_of(column, value) for value in ids]
        named_cells = [codebook.name_of(column, value) for value in cells[column]]
        cells[column] = pd.Categorical(named_cells, names, ordered=True)
    return cells


def themes_table(matrix: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Every theme of the codebook with what the matrix holds on it.

    Returns
    -------
    DataFrame
        Columns theme, name, definition, n (rows) and, as tuples in order of first use,
        research_questions, source_types, directions, outcomes and row_ids.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> table = themes_table(matrix, codebook)
    >>> print(table[["theme", "n", "source_types"]].head(2).to_string(index=False))
       theme  n                    source_types
    delivery  2 (observation, report synthesis)
     absence  1             (report synthesis,)
    """
    rows = texts(matrix)
    table = []
    for theme in codebook.themes:
        of_theme = rows[rows["theme"] == theme.id]
        table.append(
            {
                "theme": theme.id,
                "name": theme.name,
                "definition": theme.definition,
                "n": len(of_theme),
                "research_questions": _distinct(of_theme["research_question"]),
                "source_types": _distinct(of_theme["source_type"].map(kinds).explode()),
                "directions": _distinct(of_theme["direction"]),
                "outcomes": _distinct(of_theme["outcome"]),
                "row_ids": tuple(of_theme["row_id"]),
            }
        )
    return pd.DataFrame(table)


def _distinct(values: pd.Series) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def strength_of_evidence(matrix: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Count what stands behind each question's answer, by source and directness.

    Staff who speak of families reflect on others: such rows of a self-reporting source count as
    "staff reflection on families". A row that names several sources counts once, under all of them
    together.

    Returns
    -------
    DataFrame
        question, source, directness, n (rows), n_named (sources the report names one by one), and
        the rows that support, speak against, are mixed or silent on the affirmative answer or the
        outcome they name.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> table = strength_of_evidence(matrix, codebook)
    >>> print(table[["question", "source", "n", "supports"]].head(2).to_string(index=False))
    question           source  n  supports
         1.1      observation  1         1
         1.1 report synthesis  2         1
    """
    directness = {source.id: source.directness for source in codebook.source_types}
    rows = texts(matrix)
    near = rows["source_type"].map(
        lambda source: " and ".join(dict.fromkeys(directness[kind] for kind in kinds(source)))
    )
    on_families = (near == "self-report") & (rows["concerns"] == "families")
    rows = rows.assign(directness=near.mask(on_families, STAFF_ON_FAMILIES))
    rows["source_id"] = rows["source_id"].where(rows["source_id"] != "")
    groups = rows.groupby(["research_question", "source_type", "directness"], sort=False)
    table = groups.agg(n=("row_id", "size"), n_named=("source_id", "nunique"))
    coded = pd.get_dummies(rows["support"], dtype=int).reindex(columns=SUPPORT, fill_value=0)
    keys = [rows["research_question"], rows["source_type"], rows["directness"]]
    table[list(SUPPORT)] = coded.groupby(keys, sort=False).sum()
    names = {"research_question": "question", "source_type": "source"}
    return table.reset_index().rename(columns=names)


def evidence_for_outcomes(matrix: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Count the rows on each outcome of the theory of change, by kind of source.

    Returns
    -------
    DataFrame
        One row per outcome and kind of source of the codebook, with zeros where nothing was found,
        and per sources that rows name together: outcome, source, n (rows), supports, against,
        mixed, silent and row_ids (tuple).
    """
    rows = texts(matrix)
    sources = codebook.in_order(rows["source_type"])
    table = []
    for outcome in codebook.outcomes:
        for source in sources:
            found = rows[(rows["outcome"] == outcome.id) & (rows["source_type"] == source)]
            table.append(
                {
                    "outcome": outcome.id,
                    "source": source,
                    "n": len(found),
                    **{support: int((found["support"] == support).sum()) for support in SUPPORT},
                    "row_ids": tuple(found["row_id"]),
                }
            )
    return pd.DataFrame(table)
