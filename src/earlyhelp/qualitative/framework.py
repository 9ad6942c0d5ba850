"""The qualitative half: framework matrix, codebook, triangulation and strength of evidence.

Framework method: Gale et al. (2013). Triangulation protocol: Farmer et al. (2006), with the four
judgements of O'Cathain et al. (2010).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pandas as pd
from pydantic import Field

from earlyhelp.study.design import Part, QuestionId, read_questions
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.yamlfile import Strict, read_yaml

MATRIX_FILE = "framework_matrix.csv"
CODEBOOK_FILE = "codebook.yml"
TRIANGULATION_FILE = "triangulation.yml"

MATRIX_COLUMNS = (
    *("row_id", "source_type", "source_id", "research_question", "component", "theme"),
    *("sub_theme", "direction", "concerns", "summary", "outcome", "support", "report_section"),
)
SUPPORT = ("supports", "against", "mixed", "silent")
# Joins the kinds of source of a row that the report tells of several at once.
JOINT = ";"
# What a source's code for a statement means. A test that is not significant never contradicts.
CODES: Mapping[str, str] = {
    "supports": "The source says that it is so.",
    "qualifies": "The source says so in part, or it looked and cannot tell.",
    "contradicts": "The source says that it is not so.",
    "silent": "The source was concerned and says nothing of it.",
}
INCONCLUSIVE = (
    "A test that is not significant cannot tell: with few people and wide bounds it is evidence "
    "neither for a change nor against one. The joint displays therefore code it as qualifying what "
    "is claimed, and the theory of change counts it as no evidence."
)
# From what weighs most to what weighs least when a question's judgements are summed up.
JUDGEMENTS = ("dissonance", "partial agreement", "agreement", "silence")
PAIR_COLUMNS = (
    *("question", "statement", "source_a", "strand_a", "code_a"),
    *("source_b", "strand_b", "code_b", "judgement", "decides", "reason"),
)
# Parts of the approach whose rows are told apart; rows on the whole speak to statements on a part.
*TOLD_APART, WHOLE = get_args(Part)
STAFF_ON_FAMILIES = "staff reflection on families"

Directness = Literal["direct observation", "self-report", "record", "evaluators' synthesis"]
SYNTHESIS = get_args(Directness)[-1]
Code = Literal["supports", "qualifies", "contradicts"]
Kebab = Annotated[
    str, Field(pattern=r"^[a-z]+(-[a-z]+)*$", description="small letters, joined by hyphens")
]


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


class Theme(Strict):
    """A theme: what it is, what belongs to it, what does not, and where it may be used."""

    id: Kebab
    name: str
    definition: str
    include: str
    exclude: str
    research_questions: Annotated[tuple[QuestionId, ...], Field(min_length=1)]


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


class Evidence(Strict):
    """What one strand of one source says of a statement; numbers make the strand quantitative.

    Sources that are named together (`kinds`) have one entry: what the report tells of all of them.
    """

    source: str
    code: Code
    themes: tuple[Kebab, ...] = ()
    quantity: Kebab | None = None
    label: str = ""
    claims: tuple[str, ...] = ()
    reason: str

    @property
    def strand(self) -> str:
        """The kind of data behind the entry."""
        return "quantitative" if self.quantity else "qualitative"


class Statement(Strict):
    """Something an answer to a question asserts, and every source's code for it.

    `unknown` says what the report leaves unknown of it.
    """

    id: str
    component: str
    text: str
    outcome: str | None = None
    evidence: tuple[Evidence, ...]
    silent: tuple[str, ...] = ()
    unknown: str = ""


class MethodsTable(Strict):
    """What the report's table of methods lists for a question, under its own label."""

    label: str
    sources: tuple[str, ...]
    note: str = ""


class TriangulatedQuestion(Strict):
    """One research question: sources that were announced, statements that were coded."""

    id: QuestionId
    methods_table: MethodsTable
    statements: Annotated[tuple[Statement, ...], Field(min_length=1)]


class Triangulation(Strict):
    """The explicit coding from which every judgement is computed."""

    questions: tuple[TriangulatedQuestion, ...]


def read_codebook(folder: Path) -> Codebook:
    """Read `codebook.yml` of a study folder; its questions get their names from the study's.

    Raises
    ------
    InputError
        With every problem of the file, or of `research_questions.yml`.
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


def read_triangulation(folder: Path) -> Triangulation:
    """Read `triangulation.yml` of a study folder.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    triangulation: Triangulation = read_yaml(folder / TRIANGULATION_FILE, Triangulation)
    return triangulation


def validate_matrix(
    matrix: pd.DataFrame, codebook: Codebook, sources: Mapping[str, Collection[str]]
) -> list[Problem]:
    """Check every coded cell of the matrix against the codebook and the study's sources.

    Parameters
    ----------
    matrix : DataFrame
        The framework matrix, one row per finding.
    sources : mapping
        Kind of source to the ids of its sources; a kind that is not there has no ids.

    Returns
    -------
    list of Problem
        All of them, in the matrix's order; empty when the matrix is sound.
    """
    problems = list(_codebook_problems(codebook))
    told: dict[tuple[str, str, str], str] = {}
    for line, row in enumerate(texts(matrix).to_dict("records"), start=2):
        rules = (
            *_coded(row, codebook),
            *_in_its_question(row, codebook),
            *_written(row, sources.get(row["source_type"], ())),
        )
        for column, found, expected in rules:
            problems.append(Problem(MATRIX_FILE, line, column, found, expected))
        finding = (row["research_question"], row["theme"], row["summary"])
        first = told.setdefault(finding, row["row_id"])
        if first != row["row_id"]:
            expected = f"no other row's; sources told of at once are one row, joined by {JOINT!r}"
            problems.append(Problem(MATRIX_FILE, line, "summary", f"that of {first}", expected))
    return problems


# Column, what was found and what was expected.
Unfit = Iterator[tuple[str, str, str]]


def _coded(row: Mapping[Hashable, Any], codebook: Codebook) -> Unfit:
    """Codes of a row that are none of the codebook's."""
    for column, terms in codebook.terms().items():
        value, allowed = row[column], [term.id for term in terms]
        parts = kinds(value) if column == "source_type" else (value,)
        expected = ""
        if not set(parts) <= set(allowed) and not (column == "outcome" and not value):
            expected = f"one of: {', '.join(allowed)}"
        elif len(parts) > 1:
            expected = _wrong_together(parts, codebook)
        if expected:
            yield column, repr(value), expected


def _in_its_question(row: Mapping[Hashable, Any], codebook: Codebook) -> Unfit:
    """A theme that belongs to other questions."""
    asked, theme = row["research_question"], row["theme"]
    within = {term.id: term.research_questions for term in codebook.themes}.get(theme, (asked,))
    if asked in [term.id for term in codebook.terms()["research_question"]] and asked not in within:
        expected = f"a theme of question {asked}; {theme} belongs to {', '.join(within)}"
        yield "theme", repr(theme), expected


def _written(row: Mapping[Hashable, Any], known: Collection[str]) -> Unfit:
    """An unknown source, or what is no id or no sentence."""
    if row["source_id"] and row["source_id"] not in known:
        expected = f"nothing, or one of: {', '.join(sorted(known))}" if known else "nothing"
        yield "source_id", repr(row["source_id"]), expected
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", row["row_id"]):
        yield "row_id", repr(row["row_id"]), "an id such as Q012"
    if not re.fullmatch(r"[^\n]*[^\s.]\.", row["summary"]):
        yield "summary", repr(row["summary"][-40:]), "a sentence on one line"


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
    for theme in codebook.themes:
        for unknown in sorted(set(theme.research_questions) - questions):
            yield Problem(CODEBOOK_FILE, None, theme.id, repr(unknown), "a research question")


def texts(matrix: pd.DataFrame) -> pd.DataFrame:
    """Return the matrix with an empty text where nothing stands."""
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


def matrix_cells(matrix: pd.DataFrame, codebook: Codebook, question: str) -> pd.DataFrame:
    """Lay one research question out as the framework method does: themes by sources.

    Returns
    -------
    DataFrame
        One row per cell that holds something: theme and source type as readers see them (ordered
        categories, in the codebook's order; sources that the report names together are a source of
        their own, joined by a plus), `theme_id`, `question`, `n` (rows), and as tuples of
        equal length `row_ids`, `summaries` (that of a named source begins with its id) and
        `outcomes` (pairs of id and name, or None).
    """
    rows = texts(matrix)
    rows = rows[rows["research_question"] == question]
    named = rows["source_id"].where(rows["source_id"] == "", rows["source_id"] + ": ")
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


def validate_triangulation(
    triangulation: Triangulation, matrix: pd.DataFrame, codebook: Codebook
) -> list[Problem]:
    """Check the coding for triangulation against codebook and matrix.

    Every source that the methods table lists for a question, or that its rows come from, has a
    code in each of its statements; every row that takes a side stands behind a code of one of its
    question's statements.
    """
    told = [*_coded_once(triangulation, codebook)]
    for question in triangulation.questions:
        of_question = matrix[matrix["research_question"] == question.id]
        told += _miscoded(question, of_question, codebook)
        told += _uncoded(question, of_question)
    return [Problem(TRIANGULATION_FILE, None, *one) for one in told]


# Place, what was found and what was expected.
Told = Iterator[tuple[str, str, str]]


def _coded_once(triangulation: Triangulation, codebook: Codebook) -> Told:
    asked = [question.id for question in codebook.research_questions]
    coded = [question.id for question in triangulation.questions]
    if coded != asked:
        yield "questions", ", ".join(coded), ", ".join(asked)
    ids = [s.id for question in triangulation.questions for s in question.statements]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        yield "statements", f"{twice!r} again", "each id once"


def _miscoded(
    question: TriangulatedQuestion, of_question: pd.DataFrame, codebook: Codebook
) -> Told:
    """Tell statements that name what there is not, or leave a source without a code."""
    known = {source.id for source in codebook.source_types}
    outcomes = {outcome.id for outcome in codebook.outcomes}
    concerned = set(question.methods_table.sources)
    concerned.update(*map(kinds, of_question["source_type"]))
    concerned.update(*(kinds(e.source) for s in question.statements for e in s.evidence))
    for statement in question.statements:
        speaking = {kind for entry in statement.evidence for kind in kinds(entry.source)}
        silent = set(statement.silent)
        if statement.outcome and statement.outcome not in outcomes:
            yield statement.id, repr(statement.outcome), "an outcome of the codebook"
        for unknown in sorted((speaking | silent) - known):
            yield statement.id, repr(unknown), "a kind of source of the codebook"
        for both in sorted(speaking & silent):
            yield statement.id, f"{both!r} speaks and is silent", "one of the two"
        for missing in sorted(concerned - speaking - silent):
            yield statement.id, f"no code for {missing!r}", "evidence, or silent"
        for entry in statement.evidence:
            if not entry.themes and not entry.quantity:
                yield statement.id, f"{entry.source!r} alone", "themes or a quantity"
            behind = set(_behind(of_question, statement, entry)["theme"])
            for theme in (t for t in entry.themes if t not in behind):
                yield statement.id, f"{entry.source!r} on {theme!r}", "rows on it"


def _uncoded(question: TriangulatedQuestion, of_question: pd.DataFrame) -> Told:
    """Tell rows that take a side and stand behind no code."""
    coded = {
        row
        for statement in question.statements
        for entry in statement.evidence
        for row in _behind(of_question, statement, entry)["row_id"]
    }
    left = of_question[of_question["support"] != "silent"]
    left = left[~left["row_id"].isin(coded)]
    for key, rows in left.groupby(["source_type", "theme"]):
        origin, about = map(str, key)
        found = f"rows of {origin!r} on {about!r} ({', '.join(rows['row_id'])})"
        yield question.id, found, "a statement that codes them"


def coded_evidence(matrix: pd.DataFrame, triangulation: Triangulation) -> pd.DataFrame:
    """One row per statement, source and strand: the code, and what stands behind it.

    A qualitative strand of which the matrix holds no row is silent, whatever its code.

    Returns
    -------
    DataFrame
        question, statement, text, component, outcome, source, strand, code (see `CODES`), themes,
        row_ids (tuple, of the matrix), quantity, label, claims and reason.
    """
    rows = texts(matrix)
    table: list[dict[str, object]] = []
    for question in triangulation.questions:
        of_question = rows[rows["research_question"] == question.id]
        for statement in question.statements:
            head = {
                "question": question.id,
                "statement": statement.id,
                "text": statement.text,
                "component": statement.component,
                "outcome": statement.outcome or "",
            }
            for entry in statement.evidence:
                row_ids = tuple(_behind(of_question, statement, entry)["row_id"])
                speaks = entry.strand == "quantitative" or len(row_ids) > 0
                table.append(
                    {
                        **head,
                        "source": entry.source,
                        "strand": entry.strand,
                        "code": entry.code if speaks else "silent",
                        "themes": entry.themes,
                        "row_ids": row_ids,
                        "quantity": entry.quantity or "",
                        "label": entry.label,
                        "claims": entry.claims,
                        "reason": entry.reason if speaks else "",
                    }
                )
            table += [{**head, **_silence(source)} for source in statement.silent]
    return pd.DataFrame(table)


def _behind(of_question: pd.DataFrame, statement: Statement, entry: Evidence) -> pd.DataFrame:
    """Rows of a question behind a source's code: of its themes, and of the statement's part."""
    rows = of_question[of_question["source_type"] == entry.source]
    rows = rows[rows["theme"].isin(entry.themes)]
    return on_part(rows, statement.component)


def _silence(source: str) -> dict[str, object]:
    return {
        "source": source,
        "strand": "",
        "code": "silent",
        "themes": (),
        "row_ids": (),
        "quantity": "",
        "label": "",
        "claims": (),
        "reason": "",
    }


def judge(a: str, b: str) -> str:
    """Judge two sources' codes for one statement.

    Silence when one of them is silent, agreement when the codes are the same, dissonance when one
    supports what the other contradicts, partial agreement when one of them qualifies.
    """
    if "silent" in (a, b):
        return "silence"
    if a == b:
        return "agreement"
    return "partial agreement" if "qualifies" in (a, b) else "dissonance"


def triangulation(evidence: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Judge every pair of strands that were coded for a statement.

    Strands of one source, and codes that have a source in common because the report names several
    sources for one finding, are not independent: they can differ, but do not confirm one another.

    Parameters
    ----------
    evidence : DataFrame
        As `coded_evidence` returns it.

    Returns
    -------
    DataFrame
        question, statement, and for a and b source, strand and code; judgement (see `judge`),
        decides (the report names every source, and those that agree have none in common) and
        reason. Pairs in which neither speaks are left out.
    """
    pairs = []
    for (question, statement), entries in evidence.groupby(["question", "statement"], sort=False):
        for a, b in combinations(entries.to_dict("records"), 2):
            if a["code"] == b["code"] == "silent":
                continue
            pairs.append(
                {
                    "question": question,
                    "statement": statement,
                    **{f"{key}_a": a[key] for key in ("source", "strand", "code")},
                    **{f"{key}_b": b[key] for key in ("source", "strand", "code")},
                    "judgement": judge(a["code"], b["code"]),
                    "decides": codebook.names(a["source"])
                    and codebook.names(b["source"])
                    and (a["code"] != b["code"] or _independent(a["source"], b["source"])),
                    "reason": " ".join(filter(None, [a["reason"], b["reason"]])),
                }
            )
    return pd.DataFrame(pairs, columns=PAIR_COLUMNS)


def _independent(a: str, b: str) -> bool:
    return not set(kinds(a)) & set(kinds(b))


def judgements(evidence: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Sum the pairs of each statement up to one judgement.

    Only pairs of sources that the report names decide, and of those that agree only pairs without
    a source in common: dissonance goes before partial agreement, partial agreement before
    agreement. A statement on which one independent source speaks, or none, is left to silence.

    Returns
    -------
    DataFrame
        question, statement, judgement, agreed (the code on which sources agree, if that is the
        judgement), and the number of deciding pairs of each judgement.
    """
    pairs = triangulation(evidence, codebook)
    decisive = pairs[pairs["decides"].astype(bool)]
    table = []
    for row in evidence.drop_duplicates("statement").itertuples():
        found = decisive[decisive["statement"] == row.statement]
        summed = _summed_up(found["judgement"])
        # Where sources agreed on two codes, a pair of them differs, and that goes before.
        codes = found.loc[found["judgement"] == "agreement", "code_a"]
        agreed = codes.iloc[0] if summed["judgement"] == "agreement" else ""
        head = {"question": row.question, "statement": row.statement, "agreed": agreed}
        table.append({**head, **summed})
    return pd.DataFrame(table)


def question_judgements(evidence: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Sum the statements of each question up to one judgement, by the same precedence.

    Returns
    -------
    DataFrame
        question, judgement, and the number of statements of each judgement.
    """
    statements = judgements(evidence, codebook)
    table = [
        {"question": question, **_summed_up(found)}
        for question, found in statements.groupby("question", sort=False)["judgement"]
    ]
    return pd.DataFrame(table)


def _summed_up(found: pd.Series) -> dict[str, object]:
    counts = {judgement: int((found == judgement).sum()) for judgement in JUDGEMENTS}
    first = next((judgement for judgement in JUDGEMENTS if counts[judgement]), "silence")
    return {"judgement": first, **counts}


def joint_display(
    matrix: pd.DataFrame, triangulation: Triangulation, codebook: Codebook, question: str
) -> pd.DataFrame:
    """Put a question's results in numbers beside its themes, with the judgement of each statement.

    Returns
    -------
    DataFrame
        statement, text, component, outcome, quantitative (tuple of (source, label, code,
        claims, reason)), qualitative (tuple of (source, themes, code, row_ids, reason)), silent
        (tuple of sources), judgement, agreed (the code on which sources agree, or "") and unknown.
    """
    evidence = coded_evidence(matrix, triangulation)
    evidence = evidence[evidence["question"] == question]
    judged = {
        row["statement"]: {key: row[key] for key in ("judgement", "agreed")}
        for row in judgements(evidence, codebook).to_dict("records")
    }
    unknown = {s.id: s.unknown for q in triangulation.questions for s in q.statements}
    table = []
    for statement, entries in evidence.groupby("statement", sort=False):
        rows = entries.to_dict("records")
        speaking = [row for row in rows if row["code"] != "silent"]
        table.append(
            {
                **{key: rows[0][key] for key in ("statement", "text", "component", "outcome")},
                "quantitative": tuple(
                    tuple(row[key] for key in ("source", "label", "code", "claims", "reason"))
                    for row in speaking
                    if row["quantity"]
                ),
                "qualitative": tuple(
                    tuple(row[key] for key in ("source", "themes", "code", "row_ids", "reason"))
                    for row in speaking
                    if not row["quantity"]
                ),
                "silent": tuple(row["source"] for row in rows if row["code"] == "silent"),
                **judged[statement],
                "unknown": unknown[str(statement)],
            }
        )
    return pd.DataFrame(table)


def sources_compared(
    matrix: pd.DataFrame, triangulation: Triangulation, codebook: Codebook
) -> pd.DataFrame:
    """Compare the sources that the methods table lists with those that the findings use.

    Returns
    -------
    DataFrame
        One row per question and source that is listed or used: question, label (the table's own
        number), source, listed, n_rows (of the matrix: all that name it, also beside another
        source), n_quantities (results in numbers) and
        comparison: "listed and used", "listed, not used", "used, not listed" or, for findings
        without a named source, "not attributed".
    """
    rows = texts(matrix)
    rows = rows.assign(source_type=rows["source_type"].map(kinds)).explode("source_type")
    counts = rows.groupby(["research_question", "source_type"]).size()
    table = []
    for question in triangulation.questions:
        quantities = [
            (entry.source, entry.quantity)
            for statement in question.statements
            for entry in statement.evidence
            if entry.quantity
        ]
        for source in (source.id for source in codebook.source_types):
            listed = source in question.methods_table.sources
            n_rows = int(counts.get((question.id, source), 0))
            n_quantities = len({quantity for of, quantity in quantities if source in kinds(of)})
            used = n_rows + n_quantities > 0
            if not listed and not used:
                continue
            attributed = source in codebook.attributed
            table.append(
                {
                    "question": question.id,
                    "label": question.methods_table.label,
                    "source": source,
                    "listed": listed,
                    "n_rows": n_rows,
                    "n_quantities": n_quantities,
                    "comparison": _comparison(listed, used, attributed),
                }
            )
    return pd.DataFrame(table)


def _comparison(listed: bool, used: bool, attributed: bool) -> str:
    if listed:
        return "listed and used" if used else "listed, not used"
    return "used, not listed" if attributed else "not attributed"


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
