"""What one study says stands in the study: no word of Rotherham's is compiled in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from earlyhelp.study.raw import open_pilot

ROOT = Path(__file__).parents[1]
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


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_word_of_one_study_is_compiled_in(path: Path, words: re.Pattern[str]) -> None:
    assert words.findall(path.read_text("utf-8")) == []


def test_words_are_found(words: re.Pattern[str]) -> None:
    assert words.findall("used by every Family Support Worker: wai_01, the ORS") == [
        "Family Support Worker",
        "wai_01",
        "ORS",
    ]
