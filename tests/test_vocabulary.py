"""What one study says stands in the study: no word of Rotherham's is compiled in."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from helpers import ROOT, run_page

from earlyhelp.analysis.quantities import QUANTITIES
from earlyhelp.study.design import read_study
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.validate import validate

SOURCES = sorted(
    path
    for path in (ROOT / "src").rglob("*")
    if path.suffix in {".py", ".lua", ".typ"} and "__pycache__" not in path.parts
)
NAMED = ("Rotherham", "ORS", "SRS", "WAI", "ProQOL", "Family Support")


@pytest.fixture(scope="module")
def words() -> re.Pattern[str]:
    """Names of the report's, and of the study: its place, tools, roles, instruments and columns."""
    pilot = open_pilot(ROOT / "data/rotherham")
    counted, scales = pilot.study.counted, pilot.instruments.scales
    found = {
        *NAMED,
        pilot.study.place,
        *pilot.tools,
        *pilot.answers("role", "training_attendance"),
        *(team.unit for team in pilot.study.teams),
        *(word for scale in scales.values() for word in (scale.id, scale.instrument)),
        *(column for scale in scales.values() for column in scale.key.items),
        *(*counted.training_views, *counted.training_parts, *counted.anticipated_outcomes),
        *(*counted.prior_training, *counted.prior_tools, *counted.frequency.values()),
        *(counted.never, counted.absent, *counted.regularly),
        *pilot.answers("preferred_format", "post_training_survey"),
        *pilot.answers("time_in_service", "baseline_survey"),
    }
    longest_first = sorted(found, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)


def code(path: Path) -> str:
    """A source without the examples in its docstrings, which may open any study."""
    example = r"^ *>>> .*(?:\n(?! *(?:\"\"\"|$)).*)*"
    return re.sub(example, "", path.read_text("utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_word_of_one_study_is_compiled_in(path: Path, words: re.Pattern[str]) -> None:
    assert words.findall(code(path)) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_arms_and_waves_are_named_by_the_study(path: Path) -> None:
    study = read_study(ROOT / "data/rotherham")
    # "baseline" is a design of a trial, too.
    words = {*study.arm_ids, *study.labels_of_waves} - {"baseline"}
    tree = ast.parse(path.read_text("utf-8") if path.suffix == ".py" else "")
    compared = [node.comparators for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    texts = {side.value for sides in compared for side in sides if isinstance(side, ast.Constant)}
    assert texts.isdisjoint(words)


def test_words_are_found(words: re.Pattern[str]) -> None:
    assert words.findall("used by every Family Support Worker: wai_01, the ORS") == [
        "Family Support Worker",
        "wai_01",
        "ORS",
    ]


# Other words for everything that a study names.
RENAMED = {
    "Family Support Worker": "Nurse",
    "Senior Practitioner": "Lead",
    "Team Manager": "Head",
    "ORS": "Mood",
    "SRS": "Talk",
    "ors": "mood",
    "srs": "talk",
    "wai": "bondscale",
    "proqol": "joy",
    "compassion_satisfaction": "delight",
    "iam": "fit",
    "fim": "doable",
    "pace_right": "tempo",
    "roleplay_helpful": "games",
    "upload_scores": "typing",
    "prior_systemic_training": "prior_course",
    "no sessions": "never",
    "some sessions": "now and then",
    "most sessions": "mostly",
    "every session": "always",
    "not attended": "away",
    "strongly agree": "yes indeed",
    "much easier": "far lighter",
    "over 5 years": "long",
    "yes": "sure",
    "one full day": "a day",
}


def renamed(text: str) -> str:
    """A text in the other words; a digit or an underscore ends a word."""
    longest_first = sorted(RENAMED, key=len, reverse=True)
    words = "|".join(map(re.escape, longest_first))
    return re.sub(rf"(?<![A-Za-z])({words})(?![A-Za-z])", lambda match: RENAMED[match[1]], text)


def rename(study: Path) -> None:
    """Write the files of a study in the other words."""
    for path in study.rglob("*.*"):
        path.write_text(renamed(path.read_text("utf-8")), "utf-8")


def tables(pilot: Pilot) -> dict[str, list[str]]:
    """Every quantity's rows and head as text, in the order of the text."""
    return {
        name: sorted(quantity.compute(pilot).to_csv(index=False).splitlines())
        for name, quantity in QUANTITIES.items()
    }


def test_a_study_in_other_words_has_the_same_tables(mini: Path) -> None:
    before = {name: "\n".join(rows) for name, rows in tables(open_pilot(mini)).items()}
    rename(mini)
    validate(mini)
    expected = {name: sorted(renamed(text).splitlines()) for name, text in before.items()}
    assert tables(open_pilot(mini)) == expected


@pytest.mark.parametrize(
    "page",
    [
        *("codebook", "sample", "feasibility_training", "feasibility_tools"),
        *("promise", "readiness", "trial"),
    ],
)
def test_a_page_runs_for_a_study_in_other_words(mini: Path, page: str) -> None:
    rename(mini)
    run_page(page, mini)
