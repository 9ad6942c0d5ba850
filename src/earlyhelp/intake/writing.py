"""Exports into the raw files of a study, all or none."""

from __future__ import annotations

import itertools
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from earlyhelp.intake import personal
from earlyhelp.intake.mapping import MAPPING_FILE, Column, Entry, fits, read_mapping, recipes
from earlyhelp.intake.proposing import (
    HEAD,
    fields,
    plain_number,
    propose,
    read_dates,
    resource,
)
from earlyhelp.intake.reading import Export, chosen, read_grid, table
from earlyhelp.study import rawtable
from earlyhelp.study.dictionary import (
    DATAPACKAGE_FILE,
    Dictionary,
    Resource,
    as_text,
    measured,
    parse,
    read_dictionary,
)
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.rawtable import read_table, shown
from earlyhelp.study.textfile import is_there, read_text, write_together

# Columns of the file that says who has which pseudonym.
_KEY = ["stands in the export", "pseudonym"]
_NOT_PERSONAL = (
    f"nothing personal; or in {MAPPING_FILE} the column left out, `pseudonym: P` if it says "
    "who answered, or personal: true"
)


def take_in(exports: list[Path], folder: Path, key: Path | None = None) -> list[str]:
    r"""Write the raw files that exports become, or propose how they do.

    What becomes of an export stands in `import.yml`. Where an export has no entry there, one is
    proposed at its end, and no raw file is written. Otherwise the raw files are, and in the data
    dictionary what it does not describe is added; what it says is left as it is.

    Parameters
    ----------
    exports : list of Path
    folder : Path
        The study's; it may be new.
    key : Path, optional
        Who has which pseudonym, where the mapping asks for pseudonyms: read if it is there, and
        continued. It identifies people and lies outside the study's folder.

    Returns
    -------
    list of str
        What was done, and what a person should look at.

    Raises
    ------
    InputError
        With every problem of every export; nothing is written then.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> folder = Path(mkdtemp())
    >>> _ = (folder / "survey.csv").write_text("id;Calm?\nP1;5.0\nP2;4.0\n")
    >>> take_in([folder / "survey.csv"], folder / "pilot")
    ['survey: 2 columns of survey.csv', 'import.yml: correct it, then run the same command again']
    >>> take_in([folder / "survey.csv"], folder / "pilot")
    ['raw/survey.csv: 2 rows', 'datapackage.json: describes survey, by its data alone; correct it']
    >>> (folder / "pilot/raw/survey.csv").read_text()
    'id,calm\nP1,5\nP2,4\n'
    """
    mapping = read_mapping(folder) if is_there(folder / MAPPING_FILE) else {}
    dictionary = read_dictionary(folder) if is_there(folder / DATAPACKAGE_FILE) else None
    taken = {
        path: [name for name, entry in mapping.items() if fits(path.name, entry.exports)]
        for path in exports
    }
    if strangers := [path for path, names in taken.items() if not names]:
        return _propose(strangers, folder, dictionary, mapping)
    wanted = [name for name in mapping if any(name in names for names in taken.values())]
    people = _read_key(key, folder, [mapping[name] for name in wanted])
    problems: list[Problem] = []
    files = []
    for path, names in taken.items():
        problems += _rows_of_no_file(path, [mapping[name] for name in names])
    for name in wanted:
        paths = [path for path, names in taken.items() if name in names]
        try:
            files.append(_raw_file(name, mapping[name], paths, dictionary, people))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    keys = {key: _as_csv(pd.DataFrame(people.items(), columns=_KEY))} if key and people else {}
    return _write(files, folder, dictionary, keys)


def _propose(
    exports: list[Path], folder: Path, dictionary: Dictionary | None, mapping: dict[str, Entry]
) -> list[str]:
    names = set(mapping)
    problems: list[Problem] = []
    found = []
    for path in exports:
        try:
            others = [other.name for other in exports if other != path]
            proposals = propose(path, dictionary, names, others)
        except InputError as error:
            problems += error.problems
        else:
            found += proposals
            names |= {proposal.name for proposal in proposals}
    if problems:
        raise InputError(problems)
    path = folder / MAPPING_FILE
    before = read_text(path).rstrip("\n") + "\n" if mapping else HEAD
    text = "\n".join([before, *(proposal.text for proposal in found)])
    folder.mkdir(parents=True, exist_ok=True)
    write_together({path: text.encode()})
    told = [line for proposal in found for line in proposal.told]
    return [*told, f"{MAPPING_FILE}: correct it, then run the same command again"]


# From an export to a raw file ---------------------------------------------------------------------


@dataclass
class _RawFile:
    """A raw file that is ready to be written, described where the data dictionary has it not.

    `added` describes columns that the dictionary lacks of a file that it has.
    """

    name: str
    cells: pd.DataFrame
    description: dict[str, Any] | None = None
    added: list[dict[str, Any]] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        return _as_csv(self.cells)


def _as_csv(cells: pd.DataFrame) -> bytes:
    return cells.to_csv(index=False, lineterminator="\n").encode()


def _raw_file(
    name: str,
    entry: Entry,
    paths: list[Path],
    dictionary: Dictionary | None,
    people: dict[str, str],
) -> _RawFile:
    """Convert and check what exports become; `InputError` with all that does not fit."""
    problems: list[Problem] = []
    parts = []
    titles: dict[str, str] = {}
    for path in paths:
        try:
            export = table(read_grid(path, entry), entry)
            export = export._replace(cells=chosen(export.cells, entry.rows))
            _check_columns(export, entry)
            parts.append((export, _converted(export, entry, people)))
            for old, column in entry.columns.items():
                titles.setdefault(column.column, export.titles[old])
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    cells = pd.concat([part for _, part in parts], ignore_index=True)
    known = dictionary.by_name.get(name) if dictionary else None
    description, added = None, []
    if known is None:
        described = description = resource(name, cells, titles, entry.columns.values())
    else:
        described = known.model_dump(mode="json", by_alias=True, exclude_none=True)
        columns = entry.columns.values()
        new = [column for column in columns if column.column not in known.table.by_name]
        added = fields(cells, titles, new)
        described["schema"]["fields"] += added
    known = Resource.model_validate_json(json.dumps(described), strict=True)
    for one in known.table.fields:
        # Nobody was asked, and nobody has to be.
        needed = one.constraints.required or one.name == known.table.primaryKey
        if one.name not in cells and not needed:
            cells[one.name] = ""
    cells = cells[sorted(cells, key=lambda c: [*known.table.by_name, c].index(c))]
    places = [(export.name, row) for export, _ in parts for row in export.cells.index]
    problems = list(_against_the_dictionary(cells, known, entry, places))
    if problems:
        raise InputError(problems)
    return _RawFile(name, cells, description, added)


def _check_columns(export: Export, entry: Entry) -> None:
    """Tell columns that are not there and columns that the mapping does not know."""
    names = list(map(str, export.cells))
    if not set(names) & set(entry.columns):
        # Whatever it is, it is one fault and not one per column.
        found = f"a header that begins with {shown(names[0])}"
        expected = f"the columns {', '.join([*entry.columns][:3])} ... of {MAPPING_FILE}"
        raise InputError([Problem(export.name, None, "", found, expected)])
    known = {*entry.columns, *entry.left_out, *entry.rows}
    problems = [
        Problem(export.name, None, name, "no such column", f"this column of {MAPPING_FILE}")
        for name in (*entry.columns, *entry.rows)
        if name not in names
    ]
    expected = f"only columns that stand in {MAPPING_FILE} under columns or left_out"
    # A column of rows that another entry takes may be blank in these.
    problems += [
        Problem(export.name, None, name, "a new column", expected)
        for name in names
        if name not in known and (not entry.rows or (export.cells[name] != "").any())
    ]
    if problems:
        raise InputError(problems)


def _converted(export: Export, entry: Entry, people: dict[str, str]) -> pd.DataFrame:
    """The columns of a raw file as they will be written."""
    problems: list[Problem] = []
    cells = {}
    for name, column in entry.columns.items():
        values = export.cells[name]
        missing = recipes().missing if entry.missing is None else entry.missing
        gone = {text.casefold() for text in (*missing, *column.missing)}
        values = values.mask(values.str.casefold().isin(gone), "")
        if column.pseudonym:
            cells[column.column] = _pseudonyms(values, column.pseudonym, people)
            continue
        about = (export.name, name, export.titles[name])
        if not column.personal and (looks := personal.problem(*about, values, _NOT_PERSONAL)):
            problems.append(looks)
            continue
        written, expected = _read(values, column, entry.decimal)
        cells[column.column] = written.fillna("")
        wrong = values[written.isna()]
        for text, rows in wrong.groupby(wrong, sort=False):
            more = f" ({len(rows)} times)" if len(rows) > 1 else ""
            found = shown(str(text)) + more
            problems.append(Problem(export.name, int(rows.index[0]), name, found, expected))
    if problems:
        raise InputError(problems)
    return pd.DataFrame(cells)


def _read_key(key: Path | None, folder: Path, entries: list[Entry]) -> dict[str, str]:
    """Who has which pseudonym so far."""

    def problem(found: str, expected: str) -> InputError:
        return InputError([Problem(key.name if key else "options", None, "", found, expected)])

    if not any(column.pseudonym for entry in entries for column in entry.columns.values()):
        return {}
    if key is None:
        raise problem("no --key", f"a file for it, as {MAPPING_FILE} asks for pseudonyms")
    if folder.resolve() in key.resolve().parents:
        raise problem("a file in the study's folder", "one outside, for it says who is who")
    if not is_there(key):
        return {}
    header, rows = rawtable.cells(key)
    if header != _KEY or any(len(row) != 2 for _, row in rows):
        raise problem("another file", f"the columns {' and '.join(_KEY)}")
    return {who: pseudonym for _, (who, pseudonym) in rows}


def _pseudonyms(values: pd.Series, letters: str, people: dict[str, str]) -> pd.Series:
    """Pseudonyms of what stands in a column; who has none gets the next number."""
    said = values.str.casefold()
    numbers = [int(p.removeprefix(letters)) for p in people.values() if _is_of(p, letters)]
    following = itertools.count(max(numbers, default=0) + 1)
    for who in said.unique():
        if who and who not in people:
            people[who] = f"{letters}{next(following):03d}"
    return said.map({"": "", **people})


def _is_of(pseudonym: str, letters: str) -> bool:
    return re.fullmatch(rf"{letters}[0-9]{{1,9}}", pseudonym) is not None


def _read(values: pd.Series, column: Column, decimal: str) -> tuple[pd.Series, str]:
    """What is written for each cell, missing where nothing is; and what was expected."""
    answers = {text.casefold(): answer for text, answer in column.answers.items()}
    if answers and column.type == "string":
        # Which others there may be, the data dictionary says.
        return values.map(lambda text: answers.get(text.casefold(), text)), ""
    if answers:
        # An export may have codes in some rows.
        answers |= {answer.casefold(): answer for answer in column.answers.values()}
        expected = f"one of: {', '.join(column.answers)}"
        return values.str.casefold().map({**answers, "": ""}), expected
    if column.dates:
        days = read_dates(values, column.dates).dt.strftime("%Y-%m-%d")
        return days.mask(values == "", ""), f"a date written as {column.dates}"
    if column.type == "string":
        return values, ""
    numbers = values.map({text: plain_number(text, decimal) for text in values.unique()})
    numbers = numbers.mask(values == "", "")
    if column.type == "integer":
        whole = numbers.str.fullmatch(r"-?\d*", na=False)
        return numbers.where(whole), "a whole number"
    comma = " with a decimal comma" if decimal == "," else ""
    return numbers, f"a number{comma}"


def _against_the_dictionary(
    cells: pd.DataFrame, known: Resource, entry: Entry, places: list[tuple[str, int]]
) -> Iterator[Problem]:
    """What the data dictionary does not take, told by its place in the exports."""
    old = {column.column: name for name, column in entry.columns.items()}
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{known.name}.csv"
        path.write_bytes(_as_csv(cells))
        stated = {"rows": None, "bytes": None, "hash": None}
        read_table(path, known.model_copy(update=stated), problems)
    for problem in problems:
        if problem.row is None or problem.row == 1:
            yield replace(problem, file=f"{MAPPING_FILE}, {known.name}", row=None)
        else:
            file, row = places[problem.row - 2]
            column = old.get(problem.column, problem.column)
            yield replace(problem, file=file, row=row, column=column)


def _rows_of_no_file(path: Path, entries: list[Entry]) -> list[Problem]:
    """Tell values by which rows are taken for a raw file, where no entry takes the row."""
    if not all(entry.rows for entry in entries):
        return []
    try:
        cells = table(read_grid(path, entries[0]), entries[0]).cells
    except InputError as error:
        return error.problems
    problems = []
    for column in sorted({column for entry in entries for column in entry.rows} & {*cells}):
        known = {entry.rows[column] for entry in entries if column in entry.rows}
        expected = f"one of the rows of {MAPPING_FILE}: {', '.join(sorted(known))}"
        others = cells[column][~cells[column].isin(known)].drop_duplicates()
        for row, value in others.items():
            problems.append(Problem(path.name, int(str(row)), column, shown(value), expected))
    return problems


# Into the study's folder --------------------------------------------------------------------------


def _write(
    files: list[_RawFile], folder: Path, dictionary: Dictionary | None, keys: dict[Path, bytes]
) -> list[str]:
    """Write raw files, the key, and the data dictionary where it changes, in one go."""
    told = []
    contents = dict(keys)
    for file in files:
        path = folder / f"raw/{file.name}.csv"
        told.append(f"raw/{path.name}: {len(file.cells)} rows{_before(path)}")
        contents[path] = file.content
    name = folder.resolve().name
    package: dict[str, Any] = {"profile": "tabular-data-package", "name": name, "title": name}
    if dictionary:
        package = parse(read_text(folder / DATAPACKAGE_FILE))
    known = [_restated(described, files) for described in package.get("resources", [])]
    new = [file for file in files if file.description]
    described = [{**file.description, "rows": len(file.cells)} for file in new if file.description]
    changed = {**package, "resources": [*known, *described]}
    if changed != package:
        contents[folder / DATAPACKAGE_FILE] = as_text(changed).encode()
    (folder / "raw").mkdir(exist_ok=True)
    write_together(contents)
    named = [file.name for file in new]
    named += [f"{one['name']} of {file.name}" for file in files for one in file.added]
    if names := ", ".join(named):
        told.append(f"{DATAPACKAGE_FILE}: describes {names}, by its data alone; correct it")
    return told


def _before(path: Path) -> str:
    """How many rows a raw file has so far: fewer in a new export may be too few."""
    try:
        return f" ({len(rawtable.cells(path)[1])} before)" if is_there(path) else ""
    except InputError:
        return ""


def _restated(described: dict[str, Any], files: list[_RawFile]) -> dict[str, Any]:
    """A resource of the dictionary; what it states of its file is stated of the new one."""
    for file in files:
        if file.name == described["name"]:
            stated = measured(file.content, len(file.cells))
            schema = described["schema"]
            schema = schema | {"fields": [*schema["fields"], *file.added]}
            # Without it nobody would see that a file was cut at the end of a row.
            known = {key: stated[key] for key in stated if key in described or key == "rows"}
            return described | known | {"schema": schema}
    return described
