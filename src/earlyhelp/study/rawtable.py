"""One raw file: its text, checked against the data dictionary and turned into values in one go."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from earlyhelp.study.dictionary import (
    DATAPACKAGE_FILE,
    TIDY,
    Field,
    Resource,
    TableSchema,
    as_text,
    differences,
    measured,
    parse,
)
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import decoded, is_there, read_text, read_whole

Rows = list[tuple[int, list[str]]]
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# Lines among which the separator is looked for.
_SAMPLE = 20
LONGEST_CELL = 131_072  # as csv itself has it
ZIPPED = b"PK\x03\x04"
_LONGEST = 80
# How the values of each type stand in a frame.
DTYPES = {"integer": "float64", "number": "float64", "date": "datetime64[us]", "string": "str"}


def read_table(path: Path, resource: Resource, problems: list[Problem]) -> pd.DataFrame:
    """Read one file by its description.

    Parameters
    ----------
    path : Path
        CSV in UTF-8. A byte order mark, any line ends, blank lines and any order of the columns are
        accepted.
    resource : Resource
        Its description in the data dictionary.
    problems : list
        What is wrong is appended, in the order of the file.

    Returns
    -------
    DataFrame
        A column per field of the description; the index is the line of each row, from 1. Numbers
        are float64 with NaN for missing, dates datetime64, the rest str with missing values.
        Without columns when there is a problem.

    Examples
    --------
    >>> from earlyhelp.study.dictionary import read_dictionary
    >>> study, problems = Path("tests/studies/complete"), []
    >>> resource = read_dictionary(study).by_name["interviews"]
    >>> read_table(study / resource.path, resource, problems)["interview_id"].to_dict(), problems
    ({2: 'V1', 3: 'V2', 4: 'V3'}, [])
    """
    fields = resource.table.by_name
    try:
        header, rows = cells(path, remedy="which `earlyhelp import FILE --to STUDY` writes from it")
        content = path.read_bytes()
    except InputError as error:
        problems.extend(error.problems)
        return pd.DataFrame()
    found = list(form_problems(path, header, rows, list(fields)))
    if not found:
        lines = [line for line, _ in rows]
        columns = dict(zip(header, zip(*(row for _, row in rows), strict=True), strict=False))
        read = {
            name: _values(path.name, field, resource.table, lines, columns.get(name, ()), found)
            for name, field in fields.items()
        }
        order = list(fields)
        found.sort(key=lambda problem: (problem.row, order.index(problem.column)))
    found += differences(resource, content, len(rows))
    problems.extend(found)
    if found:
        return pd.DataFrame()
    index = pd.Index(lines, name="line", dtype="int64")
    return pd.DataFrame({name: _series(fields[name], read[name], index) for name in fields})


def _series(field: Field, values: list[Any], index: pd.Index) -> pd.Series:
    return pd.Series(values, index=index, dtype=DTYPES[field.type])


def cells(
    path: Path, separators: str = ",", remedy: str = "saved as CSV in UTF-8"
) -> tuple[list[str], Rows]:
    """Read header and rows of a CSV file, each row with the line at which it begins.

    Parameters
    ----------
    path : Path
    separators : str
        Characters that may separate the cells: the one that stands most often in the header does,
        or the first.
    remedy : str
        What makes it of a spreadsheet, for the message where one lies in its place.

    Raises
    ------
    InputError
        When the file is missing, is no text in UTF-8 or no CSV, or has no header.

    Examples
    --------
    >>> header, rows = cells(Path("tests/studies/complete/raw/interviews.csv"))
    >>> header[0], len(rows), rows[0][0]
    ('interview_id', 3, 2)
    """

    def problem(found: str, expected: str, row: int | None = None) -> InputError:
        return InputError([Problem(path.name, row, "", found, expected)])

    if not is_there(path):
        # A spreadsheet beside the file that is missing is what was meant.
        others = sorted(other.name for other in path.parent.glob(f"{path.stem}.*"))
        found = f"no such file, but {', '.join(others)}" if others else "no such file"
        more = f", {remedy}" if others else ""
        raise problem(found, f"{Path(path.parent.name, path.name)}{more}")
    expected = "comma-separated values in UTF-8"
    content = read_whole(path, expected)
    if content.startswith(ZIPPED):
        raise problem("an Excel workbook", f"comma-separated values, {remedy}")
    text = decoded(path.name, content, expected)
    separator = max(separators, key=text.partition("\n")[0].count)
    reader = csv_reader(text, separator)
    rows: Rows = []
    line = 1
    try:
        for row in reader:
            if row:
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        # A quoted cell before another separator is the separator's fault.
        likely = likely_separator(text)
        found = str(error) if likely in separators else f"cells separated by {SEPARATORS[likely]}"
        raise problem(found, "comma-separated values", line) from None
    if not rows:
        raise problem("an empty file", "a header row and data")
    return rows[0][1], rows[1:]


def csv_reader(text: str, separator: str) -> Any:
    r"""Read the rows of a text strictly, with cells of up to `LONGEST_CELL` characters.

    Examples
    --------
    >>> list(csv_reader("id;note\n1;calm\n", ";"))
    [['id', 'note'], ['1', 'calm']]
    """
    # The limit is every reader's, and some packages lift it when they are imported.
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)


def likely_separator(text: str) -> str:
    r"""The character that separates the cells of a table.

    It is the one that makes the most cells in each of the first rows, or else in most of them, for
    a title above the header has one cell, and texts hold commas in some rows only.

    Examples
    --------
    >>> likely_separator('id;hours\n1;37,5\n'), likely_separator('id,note\n1,"a; b; c"\n')
    (';', ',')
    """

    def widths(separator: str) -> tuple[int, float]:
        rows = csv.reader(text.splitlines(keepends=True)[:_SAMPLE], delimiter=separator)
        found = [len(row) for row in _as_far_as_it_goes(rows) if row]
        return (min(found), median(found)) if found else (0, 0)

    return max(SEPARATORS, key=widths)


def _as_far_as_it_goes(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error:
        return


def form_problems(
    path: Path, header: list[str], rows: Rows, columns: list[str]
) -> Iterator[Problem]:
    """What keeps a file from being a table of some columns, in any order.

    Examples
    --------
    >>> for problem in form_problems(Path("a.csv"), ["id", "n"], [(2, ["P1"])], ["id", "n"]):
    ...     print(problem)
    a.csv, row 2: found 1 cells; expected 2 cells
    """
    yield from _header_problems(path.name, header, columns)
    if set(header) & set(columns):
        yield from _row_problems(path, header, rows)


def _header_problems(name: str, header: list[str], columns: list[str]) -> Iterator[Problem]:
    if not set(header) & set(columns):
        # Whatever it is, it is one fault and not one per column.
        line = ",".join(header)
        known = {sep: len(set(line.split(sep)) & set(columns)) for sep in SEPARATORS}
        likely = max(known, key=lambda sep: known[sep])
        hint = f", which {SEPARATORS[likely]} separate" if known[likely] else ""
        named = ", ".join(columns[:3]) + (f" and {len(columns) - 3} more" if columns[3:] else "")
        expected = f"a header that names the columns {named}, separated by commas"
        yield Problem(name, 1, "", f"{shown(line)}{hint}", expected)
        return
    for column in columns:
        if column not in header:
            yield Problem(name, 1, column, "no such column", "this column")
    for column in dict.fromkeys(header):
        if column not in columns:
            expected = f"only: {', '.join(columns)}"
            yield Problem(name, 1, column[:_LONGEST], "an unknown column", expected)
        if (count := header.count(column)) > 1:
            yield Problem(name, 1, column[:_LONGEST], f"{count} columns of this name", "one")


def _row_problems(path: Path, header: list[str], rows: Rows) -> Iterator[Problem]:
    for line, row in rows:
        if len(row) != len(header):
            yield Problem(path.name, line, "", f"{len(row)} cells", f"{len(header)} cells")
        elif not any(row):
            yield Problem(path.name, line, "", "a row of blank cells", "data, or no row")


def _values(
    name: str,
    field: Field,
    table: TableSchema,
    lines: list[int],
    texts: tuple[str, ...],
    problems: list[Problem],
) -> list[Any]:
    """Values of one column; each text is read once, however often it stands there."""
    is_key = field.name == table.primaryKey
    required = field.constraints.required or is_key
    once = field.constraints.unique or is_key
    blank = "" if required else ", or nothing"
    values: dict[str, Any] = {}
    wrong = set()
    for text in dict.fromkeys(texts):
        try:
            if text not in table.missingValues:
                values[text] = field.value(text)
            elif required:
                raise ValueError
            else:
                values[text] = None
        except ValueError:
            wrong.add(text)
    first: dict[Any, int] = {}
    for line, text in zip(lines, texts, strict=True):
        if text in wrong:
            found, expected = shown(text), field.expected
            if not text:
                found, expected = "nothing", expected.removesuffix(TIDY)
            problems.append(Problem(name, line, field.name, found, f"{expected}{blank}"))
        elif once and values[text] is not None and first.setdefault(values[text], line) != line:
            found = f"{text!r} again (as in row {first[values[text]]})"
            problems.append(Problem(name, line, field.name, found, "each once"))
    return [values.get(text) for text in texts]


def shown(text: str) -> str:
    r"""A text as a message shows it: what nobody sees is spelled, and it has an end.

    Letters that are not ASCII are named by their number where the text looks like an identifier,
    because a Cyrillic letter looks like a Latin one.

    Examples
    --------
    >>> print(shown("P\u043e1"), shown("two words"), shown("a" * 100)[-5:])
    'P\u043e1' 'two words' a...'
    """
    cut = text[:_LONGEST] + ("..." if len(text) > _LONGEST else "")
    one_word = " " not in cut.strip() and any(character.isdigit() for character in cut)
    return ascii(cut) if one_word else repr(cut)


def restate(folder: Path) -> None:
    r"""State rows, size and digest of a study's raw files anew, after they were written.

    A resource of the data dictionary that does not state one of them goes on without it.

    Examples
    --------
    >>> from shutil import copytree
    >>> from tempfile import mkdtemp
    >>> from earlyhelp.study.dictionary import read_dictionary
    >>> study = Path(copytree("data/rotherham", mkdtemp(), dirs_exist_ok=True))
    >>> with (study / "raw/interviews.csv").open("a", encoding="utf-8") as file:
    ...     _ = file.write("V99,,,\n")
    >>> restate(study)
    >>> read_dictionary(study).by_name["interviews"].rows
    6
    """
    path = folder / DATAPACKAGE_FILE
    package = parse(read_text(path))
    for resource in package["resources"]:
        file = folder / resource["path"]
        found = measured(file.read_bytes(), len(cells(file)[1]))
        resource.update({name: value for name, value in found.items() if name in resource})
    path.write_text(as_text(package), encoding="utf-8", newline="\n")
