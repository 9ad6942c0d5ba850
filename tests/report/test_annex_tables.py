"""The annexes: the data codebook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from earlyhelp.report import annex_tables
from earlyhelp.study.dictionary import Resource, read_dictionary
from earlyhelp.study.scoring_keys import read_instruments


def test_every_column_says_what_it_may_hold() -> None:
    described = {
        "name": "visits",
        "path": "raw/visits.csv",
        "schema": {
            "primaryKey": "id",
            "missingValues": ["", "NA"],
            "foreignKeys": [
                {"fields": "person", "reference": {"resource": "people", "fields": "id"}}
            ],
            "fields": [
                {"name": "id", "type": "string", "constraints": {"pattern": "V[0-9]|W"}},
                {"name": "person", "type": "string", "constraints": {"required": True}},
                {"name": "day", "type": "date", "constraints": {"minimum": "2024-01-01"}},
                {
                    "name": "answer",
                    "type": "string",
                    "title": "Answer",
                    "description": "in *words*",
                    "constraints": {"enum": ["yes", "no"]},
                },
            ],
        },
    }
    table = annex_tables.fields(Resource.model_validate(described))
    assert table["Allowed values"].tolist() == [
        "the pattern V\\[0\\-9\\]\\|W; each once",
        "stands in `id` of `people`",
        "2024\\-01\\-01 to any",
        "yes, no",
    ]
    assert table["May be missing"].tolist() == ["no", "no", "yes, written NA", "yes, written NA"]
    assert table.loc[3, "What it holds"] == "Answer\\: in \\*words\\*"


def test_every_column_of_a_study_has_its_row(mini: Path) -> None:
    for resource in read_dictionary(mini).resources:
        assert len(annex_tables.fields(resource)) == len(resource.table.fields)


def test_instruments_say_how_they_are_scored(mini: Path) -> None:
    path = mini / "instruments.yml"
    text = path.read_text().replace("{name: Goal,", "{name: Goal, reversed: [wai_06],")
    path.write_text(text.replace("missing: 0", "missing: 2", 1))
    shown = annex_tables.instruments(read_instruments(mini))
    assert "The sum of the items, up to 2 missing. Higher is better. Source" in shown
    assert "each from 1 to 7; scores from 4 to 28; reversed `wai_06`." in shown
    assert "low 10 to 22, average 23 to 41, high 42 to 50." in shown
    assert (
        ": **ORS:** total in `score`; scores from 0 to 40; adult: below 25 is of concern." in shown
    )


def test_a_quantity_is_measured_in_its_unit(mini: Path) -> None:
    instruments = read_instruments(mini)
    scale = instruments.scales["ORS"]
    weight = replace(scale, key=scale.key.model_copy(update={"measured_in": "kg"}))
    shown = annex_tables.instruments(replace(instruments, scales={"ORS": weight}))
    assert "total in `score`; measured in kg" in shown
