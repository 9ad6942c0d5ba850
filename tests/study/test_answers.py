"""Every sentence of an answer says what bears it, and names no other sources or speakers."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from earlyhelp.published.claims import claims_of
from earlyhelp.qualitative.framework import kinds
from earlyhelp.report.claim_cards import sources
from earlyhelp.study.design import PLACEHOLDER, read_questions, rows_named
from earlyhelp.study.raw import open_pilot

# Words by which a sentence names a source, and the kinds of source or raw files that it then needs.
NAMED = {
    r"\binterviewees?\b": {"interview"},
    r"\bobservers?\b": {"observation"},
    r"\brespondents?\b|\bsurvey\b": {
        *("baseline survey", "post-training survey", "endline survey"),
        *("baseline_survey", "post_training_survey", "endline_survey"),
    },
    r"\brecords\b": {"admin data", "tool_use"},
    r"\bmanagers reported\b": {"interview"},
}
# Where the report speaks, other sources are what it speaks of.
REPORT = {r"\bthe report (finds|saw|adds)\b": {"report synthesis"}}
# Words for more than one speaker.
SEVERAL = r"\b(interviewees|respondents|observers|managers|practitioners|staff|families)\b"
# How a row tells of one speaker alone.
ALONE = r"(?i)\b(?:one (?:respondent|practitioner|manager|family member)|interviewee)\b"


def sentences(answer: str) -> list[str]:
    """The sentences of an answer."""
    return re.split(r"(?<=[.!?])\s+", answer)


def unfit(sentence: str, rows: pd.DataFrame, files: set[str]) -> list[str]:
    """What a sentence says beyond its rows of the matrix and the raw files of its claims."""
    there = files.union(*map(kinds, rows["source_type"]))
    plain = re.sub(r"\{[^{}]*\}", "", sentence)
    told = [
        [needed for words, needed in names.items() if re.search(words, plain, re.IGNORECASE)]
        for names in (REPORT, NAMED)
    ]
    found = [f"no row of {' or '.join(sorted(n))}" for n in told[0] or told[1] if not n & there]
    alone = rows["source_id"].notna() | rows["summary"].str.contains(ALONE)
    speakers = rows.loc[alone, "source_id"].fillna(rows["row_id"]).nunique()
    several = re.search(SEVERAL, plain, re.IGNORECASE) and not files
    if several and len(rows) and alone.all() and speakers < 2:
        found.append("one speaker made several")
    return found


@pytest.fixture(scope="module")
def answered(rotherham: Path) -> list[tuple[str, str]]:
    """Every sentence of every answer, with its question."""
    return [
        (question.id, sentence)
        for question in read_questions(rotherham).values()
        for answer in (*question.answers.values(), *question.findings.values())
        for sentence in sentences(answer)
    ]


def test_every_sentence_of_an_answer_has_a_number_or_rows(answered: list[tuple[str, str]]) -> None:
    bare = [one for one in answered if not PLACEHOLDER.search(one[1]) and not rows_named(one[1])]
    assert len(answered) > 30
    assert bare == []


def test_no_paragraph_of_an_answer_is_long(rotherham: Path) -> None:
    texts = [text for one in read_questions(rotherham).values() for text in one.answers.values()]
    paragraphs = [
        re.sub(r" ?\{rows: .*?\}", "", part) for text in texts for part in text.split("\n")
    ]
    assert len(paragraphs) > len(texts)
    assert [part for part in paragraphs if len(part.split()) > 80] == []


def test_sources_and_speakers_of_an_answer_are_those_of_its_rows(
    answered: list[tuple[str, str]], rotherham: Path
) -> None:
    pilot = open_pilot(rotherham)
    matrix, origin = pilot.framework_matrix, sources(pilot, claims_of(rotherham))
    for question, sentence in answered:
        claims = [claim for claim in PLACEHOLDER.findall(sentence) if claim in origin]
        files = {file for claim in claims for file in re.findall(r"(\w+)\.csv", origin[claim][0])}
        rows = matrix[matrix["row_id"].isin(rows_named(sentence))]
        assert unfit(sentence, rows, files) == [], (question, sentence)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Interviewees were glad.", []),
        ("Respondents were glad.", "no row of "),
        ("One interviewee was glad.", []),
    ],
)
def test_what_goes_beyond_its_rows_is_found(sentence: str, found: str | list[str]) -> None:
    rows = pd.DataFrame(
        {
            "row_id": ["Q1", "Q2"],
            "source_type": ["interview", "interview"],
            "source_id": ["interview_01", "interview_02"],
            "summary": ["This interviewee was glad.", "This interviewee was glad."],
        }
    )
    told = unfit(sentence, rows, set())
    assert told == found or found in told[0]


def test_one_speaker_made_several_is_found() -> None:
    row = {"row_id": "Q1", "source_type": "interview", "source_id": "interview_01"}
    rows = pd.DataFrame([row | {"summary": "This interviewee was glad."}])
    assert unfit("Interviewees were glad.", rows, set()) == ["one speaker made several"]
    assert unfit("An interviewee was glad.", rows, set()) == []
