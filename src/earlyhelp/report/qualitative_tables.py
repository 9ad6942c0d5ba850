"""The qualitative half as MyST: codebook, framework matrix, joint displays, triangulation.

Themes, rows, questions and outcomes are targets and point at one another: ``theme-<id>``, the row's
id in lower case, ``framework-rq-1-1``, ``triangulation-rq-1-1`` and ``outcome-evidence-<id>``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from earlyhelp.published.numbers import p_value
from earlyhelp.qualitative.evidence import LEVELS, POINTS
from earlyhelp.qualitative.framework import (
    JOINT,
    SUPPORT,
    Codebook,
    Theme,
    strength_of_evidence,
    texts,
    themes_table,
)
from earlyhelp.qualitative.theory import Theory
from earlyhelp.qualitative.triangulation import CODES, COMPARISONS, JUDGEMENTS
from earlyhelp.report.layout import label
from earlyhelp.report.myst import escape
from earlyhelp.report.theory_drawing import evidence_target
from earlyhelp.study.design import Question

# Themes named in another one's definition, as `exclude` does.
_NAMED = re.compile(r"\(([a-z-]+(?:, [a-z-]+)*)\)")
# What sources agree on, by the code that they have in common.
AGREED = {
    "supports": " that it is so",
    "qualifies": " that it is so in part",
    "contradicts": " that it is not so",
}


def target(row_id: str) -> str:
    """The MyST target of a row of the matrix: ``q012`` for the row Q012."""
    return re.sub(r"[^a-z0-9]+", "-", row_id.lower())


def question_target(page: str, question: str) -> str:
    """The MyST target of a question's section on a page."""
    return f"{page}-rq-{question.replace('.', '-')}"


def _link(text: str, to: str) -> str:
    return f"[{escape(text)}](#{to})"


def rows_linked(row_ids: Iterable[str]) -> str:
    """Links to rows of the matrix."""
    return ", ".join(_link(row_id, target(row_id)) for row_id in row_ids)


def _theme_linked(codebook: Codebook, theme: str) -> str:
    return _link(codebook.name_of("theme", theme), f"theme-{theme}")


def _outcome_linked(codebook: Codebook, outcome: str, linked: Collection[str]) -> str:
    name = codebook.name_of("outcome", outcome)
    return _link(name, evidence_target(outcome)) if outcome in linked else escape(name)


def _list_table(caption: str, name: str, kind: str, rows: Iterable[Sequence[Sequence[str]]]) -> str:
    """Lay rows of cells, each a sequence of paragraphs, out as a MyST table with a header row."""
    lines = [f"::::{{list-table}} {caption}", f":name: {name}", f":class: {kind}"]
    lines += [":header-rows: 1", ":stub-columns: 1", ":widths: auto", ""]
    for row in rows:
        for index, cell in enumerate(row):
            lines.append(f"{'  ' if index else '* '}- " + "\n\n    ".join(cell))
    return "\n".join([*lines, "::::"])


def codebook_list(matrix: pd.DataFrame, codebook: Codebook, linked: Collection[str] = ()) -> str:
    """Define every theme, with links to its questions, outcomes and rows.

    Parameters
    ----------
    linked : collection of str
        Outcomes that have a row on the page of the theory of change.
    """
    held = {row["theme"]: row for row in themes_table(matrix, codebook).to_dict("records")}
    return "\n\n".join(
        _definition(theme, held[theme.id], codebook, linked) for theme in codebook.themes
    )


def _definition(
    theme: Theme, held: Mapping[Hashable, Any], codebook: Codebook, linked: Collection[str]
) -> str:
    questions = [_question_linked(codebook, key, "framework") for key in theme.research_questions]
    outcomes = [_outcome_linked(codebook, key, linked) for key in held["outcomes"]]
    meaning = (
        f"{escape(theme.definition)} *Belongs here:* {_cross_named(theme.include, codebook)} "
        f"*Does not:* {_cross_named(theme.exclude, codebook)}"
    )
    facts = [
        f"Question: {', '.join(questions)}.",
        *([f"Outcome: {', '.join(outcomes)}."] if outcomes else []),
        f"Rows ({held['n']}): {rows_linked(held['row_ids']) or 'none'}.",
    ]
    return f"[{escape(theme.name)}]{{#theme-{theme.id}}}\n: {meaning}\n\n  {' '.join(facts)}"


def _cross_named(text: str, codebook: Codebook) -> str:
    """A text in which the ids of other themes have become links."""
    ids = {theme.id for theme in codebook.themes}

    def named(part: str) -> str:
        themes = part.split(", ")
        if not ids.issuperset(themes):
            return escape(f"({part})")
        return f"({', '.join(_theme_linked(codebook, theme) for theme in themes)})"

    return "".join(
        named(part) if index % 2 else _escaped_part(part)
        for index, part in enumerate(_NAMED.split(text))
    )


def _escaped_part(text: str) -> str:
    """Escape a part of a text, keeping the spaces at its ends."""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{escape(text)}{after}" if text.strip() else text


def attribution(matrix: pd.DataFrame, codebook: Codebook) -> str:
    """List how a finding was put down to a source, and how many rows name a single one."""
    rows = texts(matrix)
    items = [escape(rule) for rule in codebook.attribution]
    for kind, found in rows.groupby("source_type", sort=False):
        if named := int((found["source_id"] != "").sum()):
            name = escape(codebook.name_of("source_type", str(kind)))
            items.append(f"{name}: {named} of {len(found)} rows say which one.")
    return "\n".join(f"- {item}" for item in items)


def matrix_markdown(
    cells: pd.DataFrame, caption: str, name: str, linked: Collection[str] = ()
) -> str:
    """Show one question's cells as a MyST table: for each theme what every source says.

    Every row of the matrix carries its id as a target and is followed by a link to its outcome;
    themes point at the codebook. `caption` is MyST; the cells are
    data and escaped.

    Parameters
    ----------
    cells : DataFrame
        As `framework.matrix_cells` returns them.
    linked : collection of str
        Outcomes that have a row on the page of the theory of change.
    """
    question = str(cells["question"].iloc[0])
    # A column for each source would be empty in most rows, and narrow in the others.
    rows = [[["Theme"], [f"What each source says on question {escape(question)}"]]]
    for (theme, theme_id), of_theme in cells.groupby(["theme", "theme_id"], observed=True):
        said = [entry for cell in of_theme.to_dict("records") for entry in _entries(cell, linked)]
        rows.append([[_link(str(theme), f"theme-{theme_id}")], said])
    return _list_table(caption, name, "framework-matrix", rows)


def _entries(cell: Mapping[Hashable, Any], linked: Collection[str]) -> list[str]:
    """The rows of a cell, a paragraph each; the first begins with the name of the source."""
    entries = []
    for row_id, summary, outcome in zip(
        cell["row_ids"], cell["summaries"], cell["outcomes"], strict=True
    ):
        entry = f"[**{escape(row_id)}**]{{#{target(row_id)}}} {escape(summary)}"
        if outcome:
            key, name = outcome
            leads = _link(name, evidence_target(key)) if key in linked else escape(name)
            entry += f" (Outcome: {leads})"
        entries.append(entry)
    return [f"*{escape(str(cell['source_type']))}.* {entries[0]}", *entries[1:]]


def sources_in_words(rows: pd.DataFrame, codebook: Codebook | None) -> str:
    """How many of some rows of the matrix come from each source, as MyST.

    Without a codebook sources are shown by their ids.

    Examples
    --------
    >>> sources_in_words(pd.DataFrame({"source_type": ["interview", "interview"]}), None)
    'interview 2'
    """
    counts = rows["source_type"].value_counts(sort=False)
    order = codebook.in_order(rows["source_type"]) if codebook else sorted(counts.index)
    names = {
        id: codebook.name_of("source_type", id) if codebook else id for id in order if id in counts
    }
    return ", ".join(f"{escape(name)} {counts[id]}" for id, name in names.items())


def key_findings(
    rated: pd.DataFrame, questions: Mapping[str, Question], filled: Callable[[str], str]
) -> pd.DataFrame:
    """The answer to each question and how sure it is (`evidence.confidence`).

    Parameters
    ----------
    filled : callable
        Makes MyST of an answer.
    """
    rows = []
    for row in rated.to_dict("records"):
        question, part = questions[row["question"]], row["part"]
        points = " ".join(row["points"]) or "none"
        why = " ".join(filter(None, [points, row["cap"] and f"({row['cap']})"]))
        rows.append(
            {
                "Question": _answer_link(question, part),
                # What follows the first paragraph stands with the question.
                "Finding": filled(question.answers[part].partition("\n")[0]),
                "How sure": f"**{escape(row['confidence'].capitalize())}**",
                "Why": escape(why),
            }
        )
    return pd.DataFrame(rows, dtype=str)


def _answer_link(question: Question, part: str) -> str:
    about = [] if part == "approach" else [part]
    words = ", ".join([f"{question.id} {question.name}", *about])
    return _link(words, "-".join(["rq", *question.id.split("."), *about]))


def how_sure(
    rated: pd.DataFrame, questions: Mapping[str, Question], rests_on: Mapping[str, Sequence[str]]
) -> str:
    """Say how sure statements are: as sure as the least sure answer that each rests on, and why.

    Parameters
    ----------
    rated : DataFrame
        How sure the answers are (`evidence.confidence`).
    rests_on : mapping
        Statements, with the questions that each rests on: "1.3 training" for one part of the
        answer to 1.3, "1.3" for all of it. One whose questions the study does not ask is left out.

    Returns
    -------
    str
        An item of a list.

    Examples
    --------
    >>> rated = pd.DataFrame(
    ...     [("1.3", "training", "SDN", True, "", "moderate")],
    ...     columns=["question", "part", "points", "named", "cap", "confidence"],
    ... )
    >>> reach = Question(id="1.3", dimension="feasibility", name="Reach", question="Who?")
    >>> told = how_sure(rated, {"1.3": reach}, {"all came": ["1.3"]})
    >>> told.partition("(")[0], told.rpartition("): ")[2]
    ('- **How sure?** That all came: **moderate** ', 'sources or figures differ).')
    """
    told = []
    parts = rated["question"] + " " + rated["part"]
    for statement, asked in rests_on.items():
        behind = rated[rated["question"].isin(asked) | parts.isin(asked)].to_dict("records")
        if not behind:
            continue
        # Of two on one level the one with fewer points.
        least = min(behind, key=lambda row: (LEVELS.index(row["confidence"]), len(row["points"])))
        question = questions[least["question"]]
        link = _answer_link(question, least["part"])
        why = ": ".join(filter(None, [link, least["cap"] or _lacks(least)]))
        told.append(f"That {statement}: **{least['confidence']}** ({why}).")
    return f"- **How sure?** {' '.join(told)}"


def _lacks(rated: Mapping[Hashable, Any]) -> str:
    """What keeps an answer from being surer, by the points that it has not."""
    lacks = {point: said for point, said in POINTS.items() if point not in rated["points"]}
    # Who names no source can have none that confirms, speaks at first hand or agrees.
    unnamed = {"K": "no source is named", "N": lacks.get("N", "")}
    return "; ".join(filter(None, (lacks if rated["named"] else unnamed).values()))


def strength(matrix: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """What stands behind an answer: source, how direct it is, and on which side its rows are.

    Returns
    -------
    DataFrame
        One row per source and directness, finished strings.
    """
    found = strength_of_evidence(matrix, codebook)
    order = codebook.in_order(found["source"])
    found = found.sort_values("source", key=lambda ids: ids.map(order.index), kind="stable")
    return pd.DataFrame(
        {
            "Source": [escape(codebook.name_of("source_type", key)) for key in found["source"]],
            "How direct": found["directness"].map(escape),
            "Rows": found["n"].map(str),
            "Named singly": found["n_named"].map(str),
            **{support.capitalize(): found[support].map(str) for support in SUPPORT},
        },
        dtype=str,
    )


def strength_in_words(matrix: pd.DataFrame, codebook: Codebook, question: str) -> str:
    """Say which sources are for and against a question's affirmative answer, and how directly.

    Rows that name several sources at once are told apart: they are no further kind of source.

    Parameters
    ----------
    matrix : DataFrame
        The whole framework matrix.
    """
    found = strength_of_evidence(matrix, codebook)
    found = found[found["question"] == question]
    (asked,) = (term for term in codebook.research_questions if term.id == question)
    sentences = [f"*{escape(asked.affirmative)}*"]
    for side, word in (("supports", "For"), ("against", "Against")):
        of_side = found[found[side] > 0]
        told = {
            key: f"{codebook.name_of('source_type', key)} ({_counts(rows, side)})"
            for key in codebook.in_order(of_side["source"])
            if (rows := of_side[of_side["source"] == key].to_dict("records"))
        }
        alone = [key for key in told if JOINT not in key]
        named = len(codebook.attributed.intersection(alone))
        count = f"{len(alone)} ({named} named)" if alone else "none"
        listed = "; ".join(told[key] for key in alone)
        sentences.append(escape(f"{word} it {count}{': ' * bool(alone)}{listed}."))
        if together := "; ".join(told[key] for key in told if key not in alone):
            sentences.append(escape(f"{word} it together: {together}."))
    return " ".join(sentences)


def _counts(rows: Iterable[Mapping[Hashable, Any]], side: str) -> str:
    return ", ".join(f"{row['directness']} {row[side]}" for row in rows)


def joint_display(
    display: pd.DataFrame,
    codebook: Codebook,
    quoted: Callable[[Sequence[str]], list[str]],
    caption: str,
    name: str,
    linked: Collection[str] = (),
) -> str:
    """Show a question's joint display: statement, numbers, themes, judgement and what is unknown.

    Parameters
    ----------
    display : DataFrame
        As `triangulation.joint_display` returns it.
    quoted : callable
        Gives paragraphs of MyST for ids of claims: what each counts, its value and status.
    linked : collection of str
        Outcomes that have a row on the page of the theory of change.
    """

    def source(key: str, code: str) -> str:
        return f"**{escape(codebook.name_of('source_type', key))}** {escape(code)}"

    rows: list[list[list[str]]] = [
        [[head] for head in ("Statement", "In numbers", "In words", "Judgement")]
    ]
    for row in display.to_dict("records"):
        statement = [escape(row["text"])]
        if row["outcome"]:
            statement.append(f"Outcome: {_outcome_linked(codebook, row['outcome'], linked)}")
        numbers = []
        for key, quantity, code, claims, reason in row["quantitative"]:
            numbers.append(f"{source(key, code)}: {escape(quantity)}. {escape(reason)}")
            numbers += quoted(claims)
        words = []
        for key, themes, code, row_ids, reason in row["qualitative"]:
            linked_themes = ", ".join(_theme_linked(codebook, theme) for theme in themes)
            held = f"{linked_themes}: {rows_linked(row_ids)}"
            words.append(f"{source(key, code)}: {escape(reason)} ({held})")
        judgement = [f"**{row['judgement']}**{AGREED.get(row['agreed'], '')}"]
        if row["silent"]:
            silent = (codebook.name_of("source_type", key) for key in row["silent"])
            judgement.append(f"Silent: {', '.join(map(escape, silent))}")
        if row["unknown"]:
            judgement.append(f"Left unknown: {escape(row['unknown'])}")
        rows.append([statement, numbers or ["none"], words or ["none"], judgement])
    return _list_table(caption, name, "joint-display", rows)


def triangulation_matrix(evidence: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """All sources by all questions: how many statements each source supports and so on.

    Parameters
    ----------
    evidence : DataFrame
        As `triangulation.coded_evidence` returns it.

    Returns
    -------
    DataFrame
        A row per source, and per sources that stand together, and a column per question ("2 S,
        1 Q, 1 C": supports, qualifies, contradicts; "–": asked, but silent; empty: not concerned);
        finished strings.
    """
    sources = codebook.in_order(evidence["source"])
    table = {"Source": [escape(codebook.name_of("source_type", source)) for source in sources]}
    for question, of_question in evidence.groupby("question", sort=False):
        codes = of_question.groupby("source")["code"].agg(list)
        name = _link(str(question), question_target("triangulation", str(question)))
        table[name] = [_counted(codes.get(source, [])) for source in sources]
    return pd.DataFrame(table)


def _counted(codes: Sequence[str]) -> str:
    """How many of a source's codes are which; one that is silent throughout has a dash."""
    signs = dict(zip(CODES, "SQC", strict=False))
    said = ", ".join(f"{codes.count(c)} {sign}" for c, sign in signs.items() if c in codes)
    return said or "–" * bool(codes)


def _question_linked(codebook: Codebook, question: str, page: str = "triangulation") -> str:
    name = f"{question} {codebook.name_of('research_question', question)}"
    return _link(name, question_target(page, question))


def judgement_counts(judgements: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Each question's judgement and those of its statements, as finished strings.

    Parameters
    ----------
    judgements : DataFrame
        As `triangulation.question_judgements` returns them.
    """
    return pd.DataFrame(
        {
            "Question": [_question_linked(codebook, key) for key in judgements["question"]],
            "Judgement": judgements["judgement"].map("**{}**".format),
            **{word.capitalize(): judgements[word].map(str) for word in JUDGEMENTS},
        }
    )


def sources_compared(comparison: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Sources that the methods table lists beside those that findings use, question by question.

    Parameters
    ----------
    comparison : DataFrame
        As `triangulation.sources_compared` returns it.

    Returns
    -------
    DataFrame
        Question, the table's own label, and one column per comparison; finished strings.
    """
    table = []
    for question, found in comparison.groupby("question", sort=False):
        cells = {}
        for word in COMPARISONS:
            sources = found.loc[found["comparison"] == word, "source"]
            names = (codebook.name_of("source_type", key) for key in sources)
            cells[word.capitalize()] = ", ".join(map(escape, names)) or "–"
        label = escape(found["label"].iloc[0])
        table.append(
            {"Question": _question_linked(codebook, str(question)), "Table’s label": label, **cells}
        )
    return pd.DataFrame(table)


def outcome_evidence(evidence: pd.DataFrame, theory: Theory) -> pd.DataFrame:
    """Every outcome with what bears on it, as finished strings.

    Parameters
    ----------
    evidence : DataFrame
        As `evidence.outcome_evidence` returns it.
    """
    table = []
    for row in evidence.to_dict("records"):
        outcome = theory.outcomes[row["outcome"]]
        section = outcome.section.partition("#")[2]
        counts = (row["supports"], row["against"], row["mixed"] + row["silent"])
        test = f"{label(row['measure'], evidence)}: {_p_value(row)}." if pd.notna(row["p"]) else ""
        told = [f"**{row['evidence']}**", escape(row["reason"]), test]
        table.append(
            {
                "Outcome": f"[{_link(outcome.label, section)}]{{#{evidence_target(outcome.id)}}}",
                "Evidence": " ".join(filter(None, told)),
                "For, against, other": ", ".join(map(str, counts)),
                "Named source": str(row["named"]),
                "Rows": rows_linked(row["row_ids"]) or "–",
            }
        )
    return pd.DataFrame(table)


def _p_value(row: Mapping[Hashable, Any]) -> str:
    side = {"for": "favours the intervention", "against": "goes against it"}
    return f"p = {p_value(row['p'], 3)}, {side.get(row['measured'], 'cannot tell')}"


def outcome_links(evidence: pd.DataFrame) -> dict[str, str]:
    """Links from every outcome to its evidence and its rows of the matrix, as MyST.

    Parameters
    ----------
    evidence : DataFrame
        As `evidence.outcome_evidence` returns it.
    """
    links = {}
    for row in evidence.to_dict("records"):
        links[str(row["outcome"])] = _link("evidence", evidence_target(row["outcome"]))
        if row["row_ids"]:
            links[str(row["outcome"])] += f"; rows {rows_linked(row['row_ids'])}"
    return links
