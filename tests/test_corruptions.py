"""Raw files spoilt in every way that people and programs spoil them, each with several seeds.

Each spoilt study is refused in the place of the fault, and without anything but an `InputError`.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from frictionless import Package

from earlyhelp.study.dictionary import DATAPACKAGE_FILE, Field, read_dictionary
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.study.rawtable import restate

MINI = Path(__file__).parent / "studies/mini"
SEEDS = range(7)
DICTIONARY = read_dictionary(MINI)
Place = tuple[str, int | None, str]


@dataclass(frozen=True)
class Spoiler:
    """A copy of the miniature study and a draw of what to spoil in it."""

    study: Path
    draw: random.Random

    def path(self, stem: str) -> Path:
        return self.study / f"raw/{stem}.csv"

    def rows(self, stem: str) -> list[list[str]]:
        return list(csv.reader(self.path(stem).read_text("utf-8").splitlines()))

    def write(self, stem: str, rows: list[list[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        self.path(stem).write_text(text.getvalue(), encoding="utf-8", newline="")

    def stem(self, *without: str) -> str:
        return self.draw.choice([r.name for r in DICTIONARY.resources if r.name not in without])

    def cell(self, kind: Callable[[Field], bool], new: Callable[[str], str]) -> Place:
        """Put something else into one cell that is not empty, of a column of this kind."""
        cells = [
            (resource.name, row, column, field.name)
            for resource in DICTIONARY.resources
            for table in [self.rows(resource.name)]
            for column, field in enumerate(resource.table.fields)
            if kind(field)
            for row in range(1, len(table))
            if new(table[row][column]) != table[row][column] != ""
        ]
        stem, row, column, name = self.draw.choice(cells)
        rows = self.rows(stem)
        rows[row][column] = new(rows[row][column])
        self.write(stem, rows)
        return f"{stem}.csv", row + 1, name


def number(field: Field) -> bool:
    return field.type in ("integer", "number")


def day(field: Field) -> bool:
    return field.type == "date"


def choice(field: Field) -> bool:
    return field.constraints.enum is not None


def identifier(field: Field) -> bool:
    return field.constraints.pattern is not None


def text(field: Field) -> bool:
    return field.type == "string"


def required(field: Field) -> bool:
    return field.constraints.required


def always(field: Field) -> bool:
    return True


# Kind of fault to the columns that it befalls and what stands in the cell then.
CELLS: dict[str, tuple[Callable[[Field], bool], Callable[[str], str]]] = {
    "a word for a number": (number, lambda _: "five"),
    "a number above its scale": (number, lambda _: "999999"),
    "a number below its scale": (number, lambda _: "-1"),
    "a code for no answer": (number, lambda _: "-99"),
    "a label for a number": (number, lambda old: f"{old} - agree"),
    "a decimal comma": (number, lambda old: f"{old},0"),
    "an underscore": (number, lambda _: "1_0"),
    "a leading nought": (number, lambda old: f"0{old}"),
    "an exponent": (number, lambda old: f"{old}e0"),
    "a plus sign": (number, lambda old: f"+{old}"),
    "thousands of digits": (number, lambda _: "1" * 5000),
    "no number": (number, lambda _: "NaN"),
    "an infinite number": (number, lambda _: "inf"),
    "digits of another script": (number, lambda _: "٣"),
    "a spreadsheet's error": (number, lambda _: "#REF!"),
    "a missing answer in words": (number, lambda _: "n/a"),
    "a date that is none": (day, lambda _: "2024-02-30"),
    "a date of another order": (day, lambda _: "14/02/2024"),
    "a date without noughts": (day, lambda _: "2024-2-1"),
    "a week for a date": (day, lambda _: "2024-W07-3"),
    "a date of the last century": (day, lambda _: "1899-12-30"),
    "a date of the far future": (day, lambda _: "9999-12-31"),
    "a spreadsheet's number of a day": (day, lambda _: "45337"),
    "a time after the date": (day, lambda old: f"{old} 00:00"),
    "an answer that is not offered": (choice, lambda _: "perhaps"),
    "an answer in other letters": (choice, str.swapcase),
    "markup": (choice, lambda old: f"<b>{old}</b>"),
    "a formula": (choice, lambda old: f"=1+{old}"),
    "a blank before": (always, lambda old: f" {old}"),
    "a blank after": (always, lambda old: f"{old} "),
    "a hard blank after": (always, lambda old: f"{old}\u00a0"),
    "a mark of no width": (always, lambda old: f"{old}\u200b"),
    "a mark that turns the text": (text, lambda old: f"\u202e{old}"),
    "a line break": (text, lambda old: f"{old}\n"),
    "nothing where something must be": (required, lambda _: ""),
    "an id in small letters": (identifier, str.lower),
    "an id with a letter that looks like another": (
        identifier,
        lambda old: chr({"P": 0x420, "T": 0x422, "F": 0x3DC, "O": 0x41E}[old[0]]) + old[1:],
    ),
    "an address for an id": (identifier, lambda _: "jane.doe@example.org"),
    "a name for an id": (identifier, lambda _: "Jane Doe"),
    "an id without end": (identifier, lambda old: old + "0" * 100_000),
}
# What Table Schema takes, as frictionless reads it.
LAX = {
    "a leading nought",
    "an underscore",
    "an exponent",
    "a plus sign",
    "digits of another script",
    "a blank before",
    "a blank after",
    "a hard blank after",
    "a mark of no width",
    "a mark that turns the text",
    "a line break",
    "a date without noughts",
}


def control_character(spoiler: Spoiler) -> Place:
    file, row, _ = spoiler.cell(text, lambda old: old + spoiler.draw.choice("\x00\x1b\x08\x7f"))
    return file, row, ""


def id_twice(spoiler: Spoiler) -> Place:
    stem = spoiler.stem("observations")
    rows = spoiler.rows(stem)
    first, second = sorted(spoiler.draw.sample(range(1, len(rows)), 2))
    rows[second][0] = rows[first][0]
    spoiler.write(stem, rows)
    return f"{stem}.csv", second + 1, rows[0][0]


def row_twice(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    rows = spoiler.rows(stem)
    row = spoiler.draw.randrange(1, len(rows))
    spoiler.write(stem, [*rows, rows[row]])
    return f"{stem}.csv", len(rows) + 1, rows[0][0]


def unknown_person(spoiler: Spoiler) -> Place:
    stem = spoiler.draw.choice(["tool_use", "post_training_survey"])
    rows = spoiler.rows(stem)
    row, column = spoiler.draw.randrange(1, len(rows)), rows[0].index("practitioner_id")
    rows[row][column] = "P99"
    spoiler.write(stem, rows)
    return f"{stem}.csv", row + 1, "practitioner_id"


def person_of_another_team(spoiler: Spoiler) -> Place:
    stem = spoiler.draw.choice(["endline_survey", "training_attendance", "tool_use"])
    rows = spoiler.rows(stem)
    row, column = spoiler.draw.randrange(1, len(rows)), rows[0].index("team")
    other = {"A": "B", "B": "A", "C": "D", "D": "C"}
    rows[row][column] = other[rows[row][column]]
    # Whichever of a person's rows comes later is told; here it is the one that was changed.
    if stem == "tool_use":
        rows = [rows[0], rows[row]]
        row = 1
    spoiler.write(stem, rows)
    if stem == "training_attendance":
        spoiler.write("tool_use", spoiler.rows("tool_use")[:1])
    return f"{stem}.csv", row + 1, "team"


def column_without_name(spoiler: Spoiler) -> Place:
    return header_cell(spoiler, lambda _: "")


def column_renamed(spoiler: Spoiler) -> Place:
    return header_cell(spoiler, lambda old: f"{old}_1")


def column_in_capitals(spoiler: Spoiler) -> Place:
    return header_cell(spoiler, str.title)


def column_with_a_blank(spoiler: Spoiler) -> Place:
    return header_cell(spoiler, lambda old: f"{old} ")


def header_cell(spoiler: Spoiler, new: Callable[[str], str]) -> Place:
    stem = spoiler.stem()
    rows = spoiler.rows(stem)
    column = spoiler.draw.randrange(len(rows[0]))
    old = rows[0][column]
    rows[0][column] = new(old)
    spoiler.write(stem, rows)
    return f"{stem}.csv", 1, old


def column_twice(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    rows = spoiler.rows(stem)
    column = spoiler.draw.randrange(len(rows[0]))
    spoiler.write(stem, [[*row, row[column]] for row in rows])
    return f"{stem}.csv", 1, rows[0][column]


def column_left_out(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    rows = spoiler.rows(stem)
    column = spoiler.draw.randrange(len(rows[0]))
    spoiler.write(stem, [row[:column] + row[column + 1 :] for row in rows])
    return f"{stem}.csv", 1, rows[0][column]


def column_of_addresses(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    rows = spoiler.rows(stem)
    spoiler.write(stem, [[*row, "IPAddress" if row is rows[0] else "192.0.2.1"] for row in rows])
    return f"{stem}.csv", 1, "IPAddress"


def header_left_out(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    spoiler.write(stem, spoiler.rows(stem)[1:])
    return f"{stem}.csv", 1, ""


def header_twice(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    rows = spoiler.rows(stem)
    spoiler.write(stem, [rows[0], *rows])
    return f"{stem}.csv", 2, rows[0][0]


def other_separator(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    path = spoiler.path(stem)
    path.write_text(path.read_text().replace(",", spoiler.draw.choice(";\t|")))
    return f"{stem}.csv", 1, ""


def line_for_a_spreadsheet(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    path = spoiler.path(stem)
    path.write_text("sep=,\n" + path.read_text())
    return f"{stem}.csv", 1, ""


def title_above(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    path = spoiler.path(stem)
    path.write_text("Survey of spring\n" + path.read_text())
    return f"{stem}.csv", 1, ""


def cell_too_many(spoiler: Spoiler) -> Place:
    return one_row(spoiler, lambda row, at: [*row[:at], "5", *row[at:]])


def cell_too_few(spoiler: Spoiler) -> Place:
    return one_row(spoiler, lambda row, at: row[:at] + row[at + 1 :])


def blank_row(spoiler: Spoiler) -> Place:
    return one_row(spoiler, lambda row, _: [""] * len(row))


def one_row(spoiler: Spoiler, new: Callable[[list[str], int], list[str]]) -> Place:
    stem = spoiler.stem()
    rows = spoiler.rows(stem)
    row = spoiler.draw.randrange(1, len(rows))
    rows[row] = new(rows[row], spoiler.draw.randrange(len(rows[row])))
    spoiler.write(stem, rows)
    return f"{stem}.csv", row + 1, ""


def total_below(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    rows = spoiler.rows(stem)
    spoiler.write(stem, [*rows, ["Total", *[""] * (len(rows[0]) - 1)]])
    return f"{stem}.csv", len(rows) + 1, rows[0][0]


def open_quote(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    rows = spoiler.path(stem).read_text().splitlines(keepends=True)
    row = spoiler.draw.randrange(1, len(rows))
    rows[row] = f'"{rows[row]}'
    spoiler.path(stem).write_text("".join(rows))
    return f"{stem}.csv", row + 1, ""


def cut_in_a_row(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    rows = spoiler.path(stem).read_text().splitlines(keepends=True)
    row = spoiler.draw.randrange(1, len(rows))
    commas = [match.start() for match in re.finditer(",", rows[row])]
    rest = rows[row][: spoiler.draw.choice(commas)]
    spoiler.path(stem).write_text("".join([*rows[:row], rest]))
    return f"{stem}.csv", row + 1, ""


def cut_at_a_row(spoiler: Spoiler) -> Place:
    stem = stated(spoiler)
    rows = spoiler.rows(stem)
    spoiler.write(stem, rows[: spoiler.draw.randrange(1, len(rows))])
    return f"{stem}.csv", None, "rows"


def cell_of_a_file_that_is_stated(spoiler: Spoiler) -> Place:
    stem = stated(spoiler)
    path = spoiler.path(stem)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n", 1))
    return f"{stem}.csv", None, "hash"


def stated(spoiler: Spoiler) -> str:
    """Let the dictionary state what one of the files is."""
    stem = spoiler.stem()
    package = json.loads((spoiler.study / DATAPACKAGE_FILE).read_text())
    for resource in package["resources"]:
        if resource["name"] == stem:
            resource.update(rows=0, bytes=0, hash="")
    (spoiler.study / DATAPACKAGE_FILE).write_text(json.dumps(package))
    restate(spoiler.study)
    return stem


def empty(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    spoiler.path(stem).write_bytes(spoiler.draw.choice([b"", b"\n\n", b"\xef\xbb\xbf"]))
    return f"{stem}.csv", None, ""


def a_spreadsheet(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    spoiler.path(stem).write_bytes(b"PK\x03\x04\x14\x00")
    return f"{stem}.csv", None, ""


def utf_16(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    path = spoiler.path(stem)
    path.write_bytes(path.read_text().encode("utf-16"))
    return f"{stem}.csv", 1, ""


def latin_1(spoiler: Spoiler) -> Place:
    file, row, _ = spoiler.cell(text, lambda old: f"{old}\u00e9")
    path = spoiler.study / "raw" / file
    path.write_bytes(path.read_text("utf-8").encode("latin-1"))
    return file, row, ""


def missing(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    spoiler.path(stem).unlink()
    return f"{stem}.csv", None, ""


def renamed(spoiler: Spoiler) -> Place:
    stem = spoiler.stem()
    ending = spoiler.draw.choice(["xlsx", "CSV", "csv.txt", "sav"])
    spoiler.path(stem).rename(spoiler.path(stem).with_suffix(f".{ending}"))
    return f"{stem}.csv", None, ""


def a_folder(spoiler: Spoiler) -> Place:
    return something_else(spoiler, lambda path: path.mkdir())


def a_pipe(spoiler: Spoiler) -> Place:
    return something_else(spoiler, os.mkfifo)


def a_link_to_itself(spoiler: Spoiler) -> Place:
    return something_else(spoiler, lambda path: path.symlink_to(path.name))


def a_link_to_nowhere(spoiler: Spoiler) -> Place:
    return something_else(spoiler, lambda path: path.symlink_to("nowhere.csv"))


def something_else(spoiler: Spoiler, make: Callable[[Path], None]) -> Place:
    stem = spoiler.stem()
    spoiler.path(stem).unlink()
    make(spoiler.path(stem))
    return f"{stem}.csv", None, ""


def another_file(spoiler: Spoiler) -> Place:
    name = spoiler.draw.choice(["notes.txt", "old.csv", "Baseline_survey.csv", "tool_use.xlsx"])
    (spoiler.study / "raw" / name).write_bytes(b"\xff\x00")
    return f"raw/{name}", None, ""


def files_exchanged(spoiler: Spoiler) -> Place:
    pairs = [("observations", "tool_use"), ("baseline_survey", "observations")]
    one, other = (spoiler.path(stem) for stem in spoiler.draw.choice(pairs))
    spare = one.with_name("spare")
    one.rename(spare)
    other.rename(one)
    spare.rename(other)
    return one.name, 1, ""


FILES = (
    control_character,
    id_twice,
    row_twice,
    unknown_person,
    person_of_another_team,
    column_without_name,
    column_renamed,
    column_in_capitals,
    column_with_a_blank,
    column_twice,
    column_left_out,
    column_of_addresses,
    header_left_out,
    header_twice,
    other_separator,
    line_for_a_spreadsheet,
    title_above,
    cell_too_many,
    cell_too_few,
    blank_row,
    total_below,
    open_quote,
    cut_in_a_row,
    cut_at_a_row,
    cell_of_a_file_that_is_stated,
    empty,
    a_spreadsheet,
    utf_16,
    latin_1,
    missing,
    renamed,
    a_folder,
    a_pipe,
    a_link_to_itself,
    a_link_to_nowhere,
    another_file,
    files_exchanged,
)


def spoilers(folder: Path, kind: str) -> Iterator[Spoiler]:
    for seed in SEEDS:
        study = folder / str(seed)
        shutil.copytree(MINI, study)
        yield Spoiler(study, random.Random(f"{kind} {seed}"))


def told(study: Path) -> list[Place]:
    with pytest.raises(InputError) as caught:
        open_pilot(study)
    return [(problem.file, problem.row, problem.column) for problem in caught.value.problems]


@pytest.mark.parametrize("kind", CELLS)
def test_a_spoilt_cell_is_told_in_its_place(tmp_path: Path, kind: str) -> None:
    column, new = CELLS[kind]
    for spoiler in spoilers(tmp_path, kind):
        place = spoiler.cell(column, new)
        assert told(spoiler.study) == [place]


@pytest.mark.parametrize("spoil", FILES, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_file_is_told_in_its_place(
    tmp_path: Path, spoil: Callable[[Spoiler], Place]
) -> None:
    for spoiler in spoilers(tmp_path, spoil.__name__):
        place = spoil(spoiler)
        assert place in told(spoiler.study)


@pytest.mark.parametrize("kind", [kind for kind in CELLS if kind not in LAX])
def test_another_tool_of_the_standard_refuses_it_too(tmp_path: Path, kind: str) -> None:
    spoiler = next(spoilers(tmp_path, kind))
    spoiler.cell(*CELLS[kind])
    assert not Package(str(spoiler.study / DATAPACKAGE_FILE)).validate().valid


# --- What spoils nothing --------------------------------------------------------------------------


def byte_order_mark(content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def windows_line_ends(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


def old_line_ends(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r")


def no_line_end(content: bytes) -> bytes:
    return content.removesuffix(b"\n")


def blank_lines(content: bytes) -> bytes:
    return content.replace(b"\n", b"\n\n") + b"\n\n"


def quotes_everywhere(content: bytes) -> bytes:
    rows = csv.reader(content.decode().splitlines())
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def columns_reversed(content: bytes) -> bytes:
    rows = [row[::-1] for row in csv.reader(content.decode().splitlines())]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


HARMLESS = (
    byte_order_mark,
    windows_line_ends,
    old_line_ends,
    no_line_end,
    blank_lines,
    quotes_everywhere,
    columns_reversed,
)


@pytest.mark.parametrize("change", HARMLESS, ids=lambda change: change.__name__)
def test_what_programs_do_to_a_file_changes_no_value(
    mini: Path, pilot: Pilot, change: Callable[[bytes], bytes]
) -> None:
    for path in (mini / "raw").glob("*.csv"):
        path.write_bytes(change(path.read_bytes()))
    changed = open_pilot(mini)
    for resource in DICTIONARY.resources:
        pd.testing.assert_frame_equal(changed.raw[resource.name], pilot.raw[resource.name])
