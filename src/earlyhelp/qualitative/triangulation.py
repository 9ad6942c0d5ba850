"""Triangulation: what each source says of a statement, and whether sources agree.

The protocol is that of Farmer et al. (2006), with the four judgements of O'Cathain et al. (2010).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from earlyhelp.qualitative.framework import Codebook, Kebab, Unfit, kinds, on_part, texts
from earlyhelp.study.design import QuestionId
from earlyhelp.study.problems import Problem
from earlyhelp.study.yamlfile import Strict, read_yaml

TRIANGULATION_FILE = "triangulation.yml"
# What a source's code for a statement means. A test that is not significant never contradicts.
CODES: Mapping[str, str] = {
    "supports": "The source says that it is so.",
    "qualifies": "The source says so in part, or it looked and cannot tell.",
    "contradicts": "The source says that it is not so.",
    "silent": "The source was concerned and says nothing of it.",
}
# From what weighs most to what weighs least when a question's judgements are summed up.
JUDGEMENTS = ("dissonance", "partial agreement", "agreement", "silence")
PAIR_COLUMNS = (
    *("question", "statement", "source_a", "strand_a", "code_a"),
    *("source_b", "strand_b", "code_b", "judgement", "decides", "reason"),
)
# Of the sources that the methods table lists with those that findings use.
COMPARISONS = ("listed and used", "listed, not used", "used, not listed", "not attributed")
LISTED_AND_USED, NOT_USED, NOT_LISTED, NOT_ATTRIBUTED = COMPARISONS
Stance = Literal["supports", "qualifies", "contradicts"]


class Evidence(Strict):
    """What one strand of one source says of a statement; numbers make the strand quantitative.

    Sources that are named together (`kinds`) have one entry: what the report tells of all of them.
    """

    source: str
    code: Stance
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


def read_triangulation(folder: Path) -> Triangulation:
    """Read `triangulation.yml` of a study folder.

    Raises
    ------
    InputError
        With every problem of the file.

    Examples
    --------
    >>> plan = read_triangulation(Path("tests/studies/complete"))
    >>> [statement.id for statement in plan.questions[0].statements]
    ['1.1-delivered']
    """
    triangulation: Triangulation = read_yaml(folder / TRIANGULATION_FILE, Triangulation)
    return triangulation


def validate_triangulation(
    triangulation: Triangulation, matrix: pd.DataFrame, codebook: Codebook
) -> list[Problem]:
    """Check the coding for triangulation against codebook and matrix.

    Every source that the methods table lists for a question, or that its rows come from, has a
    code in each of its statements; every row that takes a side stands behind a code of one of its
    question's statements.

    Examples
    --------
    >>> from earlyhelp.qualitative.framework import read_codebook
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> validate_triangulation(read_triangulation(study), matrix, codebook)
    []
    """
    told = [*_coded_once(triangulation, codebook)]
    for question in triangulation.questions:
        of_question = matrix[matrix["research_question"] == question.id]
        told += _miscoded(question, of_question, codebook)
        told += _uncoded(question, of_question)
    return [Problem(TRIANGULATION_FILE, None, *one) for one in told]


def _coded_once(triangulation: Triangulation, codebook: Codebook) -> Unfit:
    asked = [question.id for question in codebook.research_questions]
    coded = [question.id for question in triangulation.questions]
    if coded != asked:
        yield "questions", ", ".join(coded), ", ".join(asked)
    ids = [s.id for question in triangulation.questions for s in question.statements]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        yield "statements", f"{twice!r} again", "each id once"


def _miscoded(
    question: TriangulatedQuestion, of_question: pd.DataFrame, codebook: Codebook
) -> Unfit:
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


def _uncoded(question: TriangulatedQuestion, of_question: pd.DataFrame) -> Unfit:
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

    Examples
    --------
    >>> from earlyhelp.qualitative.framework import read_codebook
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> table = coded_evidence(matrix, read_triangulation(study))
    >>> print(table[["statement", "source", "code", "row_ids"]].head(2).to_string(index=False))
        statement      source      code row_ids
    1.1-delivered observation  supports  (M01,)
    1.1-delivered  admin data qualifies      ()
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
    texts = dict.fromkeys(("strand", "quantity", "label", "reason"), "")
    lists = dict.fromkeys(("themes", "row_ids", "claims"), ())
    return {"source": source, "code": "silent", **texts, **lists}


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


def pairs(evidence: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
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
    table = []
    for (question, statement), entries in evidence.groupby(["question", "statement"], sort=False):
        for a, b in combinations(entries.to_dict("records"), 2):
            if a["code"] == b["code"] == "silent":
                continue
            table.append(
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
    return pd.DataFrame(table, columns=PAIR_COLUMNS)


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
    judged = pairs(evidence, codebook)
    decisive = judged[judged["decides"].astype(bool)]
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

    Examples
    --------
    >>> from earlyhelp.qualitative.framework import read_codebook
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> evidence = coded_evidence(matrix, read_triangulation(study))
    >>> print(question_judgements(evidence, codebook).head(2).to_string(index=False))
    question         judgement  dissonance  partial agreement  agreement  silence
         1.1 partial agreement           0                  1          0        0
         1.2           silence           0                  0          0        1
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

    Examples
    --------
    >>> from earlyhelp.qualitative.framework import read_codebook
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> table = joint_display(matrix, read_triangulation(study), codebook, "1.1")
    >>> print(table[["statement", "silent", "judgement"]].head(2).to_string(index=False))
        statement silent         judgement
    1.1-delivered     () partial agreement
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

    Examples
    --------
    >>> from earlyhelp.qualitative.framework import read_codebook
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> table = sources_compared(matrix, read_triangulation(study), codebook)
    >>> print(table[["question", "source", "n_rows", "comparison"]].head(2).to_string(index=False))
    question      source  n_rows      comparison
         1.1 observation       1 listed and used
         1.1  admin data       0 listed and used
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
        return LISTED_AND_USED if used else NOT_USED
    return NOT_LISTED if attributed else NOT_ATTRIBUTED
