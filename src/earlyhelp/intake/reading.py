"""An export of a survey tool, whatever kind of file it is, as a table of texts."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from earlyhelp.intake import spss
from earlyhelp.intake.mapping import Rules
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.rawtable import SEPARATORS, ZIPPED, csv_reader, likely_separator
from earlyhelp.study.textfile import check_is_file, read_whole, shown_text

# More than any survey has; a hostile file is told before it fills the memory.
LARGEST_EXPORT = 50_000_000
LARGEST_UNPACKED = 150_000_000
MOST_CELLS = 3_000_000
MOST_COLUMNS = 3_000
_ROWS_OF_A_SHEET = 1_048_576
_LONGEST_NAME = 200
# Rows among which the header is looked for.
TOP = 20

Row = tuple[int, list[str]]


class Export(NamedTuple):
    """An export as a table of texts.

    Attributes
    ----------
    name : str
        Name of the file.
    cells : DataFrame
        Columns by their names in the export, the index the row of the file; all str, blank where
        nothing stands.
    titles : dict
        What each column is about.
    labels : dict
        Of coded columns, what each code means.
    """

    name: str
    cells: pd.DataFrame
    titles: dict[str, str]
    labels: dict[str, dict[str, str]]


class Grid(NamedTuple):
    """The rows of an export as they stand, each with its number; blank ones are left out.

    Attributes
    ----------
    separator : str
        Of a text file.
    labels : dict
        Of SPSS data, which have their names and titles as two rows above; otherwise None.
    """

    name: str
    rows: list[Row]
    separator: str = ""
    labels: dict[str, dict[str, str]] | None = None


def read_grid(path: Path, rules: Rules) -> Grid:
    r"""Read the rows of an export.

    Parameters
    ----------
    path : Path
        CSV (.csv, .tsv, .txt), an Excel workbook (.xlsx, .xlsm) or SPSS data (.sav, .zsav).
    rules : Rules
        Of these sheet, encoding and separator.

    Raises
    ------
    InputError
        When it is another kind of file, broken, or larger than any survey.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "export.csv"
    >>> _ = path.write_bytes("id;How often?\n\n1;café\n".encode("cp1252"))
    >>> read_grid(path, Rules()).rows
    [(1, ['id', 'How often?']), (3, ['1', 'café'])]
    """
    readers: dict[str, Callable[[Path, Rules], Grid]] = {
        **dict.fromkeys((".csv", ".tsv", ".txt"), _read_text),
        **dict.fromkeys((".xlsx", ".xlsm"), _read_workbook),
        **dict.fromkeys((".sav", ".zsav"), _read_spss),
    }
    expected = f"an export ending in {', '.join(readers)}"
    check_is_file(path, expected)
    if (size := path.stat().st_size) > LARGEST_EXPORT:
        raise _problem(path, f"{size:,} bytes", f"at most {LARGEST_EXPORT:,}")
    if path.suffix.lower() not in readers:
        raise _problem(path, "another kind of file", expected)
    return readers[path.suffix.lower()](path, rules)


def _problem(path: Path, found: str, expected: str, row: int | None = None) -> InputError:
    return InputError([Problem(path.name, row, "", found, expected)])


# Kinds of file ------------------------------------------------------------------------------------


def _read_text(path: Path, rules: Rules) -> Grid:
    content = read_whole(path, "text")
    if content.startswith((ZIPPED, b"\xd0\xcf\x11\xe0")):
        raise _problem(path, "an Excel workbook", "text, or the ending .xlsx")
    encoding = rules.encoding or _encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{content[error.start]:02x}"
        raise _problem(path, found, f"text in {encoding}", row) from None
    text = shown_text(path.name, text.removeprefix("\ufeff"), "text")
    separator = rules.separator or likely_separator(text)
    first, _, rest = text.partition("\n")
    told = first.strip("\r\n ")
    if told.lower().startswith("sep=") and told[4:] in SEPARATORS:
        # What Excel is told by the first line is no row.
        separator, text = rules.separator or told[4:], "\n" + rest
    reader = csv_reader(text, separator)
    return Grid(path.name, _within(path, _csv_rows(path, reader, separator)), separator)


def _encoding(content: bytes) -> str:
    """The encoding of a text by its first bytes and by what it cannot be.

    What is neither UTF-16 nor UTF-8 is taken for the encoding of Windows in western Europe, because
    guesses from the frequency of letters are wrong for a short table.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if b"\0" in content:
        return "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _csv_rows(path: Path, reader: Any, separator: str) -> Iterator[Row]:
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            expected = f"cells separated by {SEPARATORS.get(separator, separator)}"
            raise _problem(path, str(error), expected, line) from None
        if row is None:
            return
        yield line, row
        line = reader.line_num + 1


def _read_workbook(path: Path, rules: Rules) -> Grid:
    import openpyxl

    content = io.BytesIO(read_whole(path, "an Excel workbook"))
    try:
        with zipfile.ZipFile(content) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        found = "no workbook (an .xls of old, one with a password, or broken)"
        raise _problem(path, found, "an Excel workbook, .xlsx") from None
    if size > LARGEST_UNPACKED:
        raise _problem(path, f"{size:,} bytes when unpacked", f"at most {LARGEST_UNPACKED:,}")
    try:
        with warnings.catch_warnings(action="ignore"):
            book = openpyxl.load_workbook(content, read_only=True, data_only=True)
            names = [sheet.title for sheet in book.worksheets]
            if rules.sheet not in (None, *names):
                raise _problem(path, f"no sheet {rules.sheet}", f"one of: {', '.join(names)}")
            sheet: Any = book[rules.sheet or names[0]]
            # What the file says of its size may be wrong.
            sheet.reset_dimensions()
            rows = enumerate(sheet.iter_rows(values_only=True), start=1)
            texts = ((line, list(map(spss.as_text, row))) for line, row in rows)
            return Grid(path.name, _within(path, texts))
    except InputError:
        raise
    except Exception as error:
        # Its reader lets everything through that a broken file can raise.
        found = f"a workbook that cannot be read ({type(error).__name__})"
        raise _problem(path, found, "an Excel workbook, .xlsx") from None


def _read_spss(path: Path, _: Rules) -> Grid:
    data = spss.read(path, MOST_CELLS)
    if isinstance(data, str):
        raise _problem(path, f"data that cannot be read ({data})", "SPSS data, .sav")
    # A case is told by its number, as SPSS shows it.
    rows = enumerate((data.names, data.titles, *data.rows), start=-1)
    return Grid(path.name, _within(path, rows), labels=data.labels)


def _within(path: Path, rows: Iterable[Row]) -> list[Row]:
    """Rows that are not blank, as long as memory lasts."""
    kept: list[Row] = []
    cells = 0
    for line, row in rows:
        cells += len(row)
        if cells > MOST_CELLS or line > _ROWS_OF_A_SHEET:
            raise _problem(path, f"more than {MOST_CELLS:,} cells", "an export of a survey")
        if any(cell.strip() for cell in row):
            kept.append((line, row))
    return kept


# From rows to a table -----------------------------------------------------------------------------


def table(grid: Grid, rules: Rules) -> Export:
    """Make a table of the rows of an export.

    Parameters
    ----------
    grid : Grid
    rules : Rules
        How the table lies in it; of SPSS data nothing has to be said.

    Raises
    ------
    InputError
        When there is no header, or with every row that has more or fewer cells.

    Examples
    --------
    >>> grid = Grid("export.csv", [(1, ["Q1", "Q2"]), (2, ["Calm?", "Glad?"]), (3, ["4", " 5 "])])
    >>> export = table(grid, Rules(header_rows=2))
    >>> export.cells.to_dict("list"), export.titles
    ({'Q1': ['4'], 'Q2': ['5']}, {'Q1': 'Calm?', 'Q2': 'Glad?'})
    """
    if grid.labels is not None:
        rules = Rules(above=0, header_rows=2)
    above = _above(grid.rows) if rules.above is None else rules.above
    header, rows = grid.rows[above:][: rules.header_rows], grid.rows[above + rules.header_rows :]
    if len(header) < rules.header_rows:
        found = "no header" if header else "an empty file"
        raise InputError([Problem(grid.name, None, "", found, "a header row and data")])
    width = max(len(row) for _, row in header)
    if width > MOST_COLUMNS:
        found, expected = f"{width:,} columns", f"at most {MOST_COLUMNS:,}"
        raise InputError([Problem(grid.name, None, "", found, expected)])
    heads = [[_clean(cell) for cell in (*row, *[""] * (width - len(row)))] for _, row in header]
    if rules.joined is not None:
        heads = [_joined(heads, rules.joined)]
    names, titles = heads[0], heads[-1]
    data = []
    problems = []
    for line, row in rows:
        if rules.skipped and any(cell.strip().startswith(rules.skipped) for cell in row):
            continue
        if any(cell.strip() for cell in row[width:]) or (len(row) < width and grid.separator):
            found, expected = f"{len(row)} cells", f"{width}, as in the header"
            problems.append(Problem(grid.name, line, "", found, expected))
        data.append((line, [*map(_clean, row[:width]), *[""] * (width - len(row))]))
    if problems:
        raise InputError(problems)
    index = pd.Index([line for line, _ in data], name="row", dtype="int64")
    cells = pd.DataFrame([row for _, row in data], index, range(width), dtype="str")
    # A column without a name is one if something stands in it.
    used = [n for n in range(width) if names[n] or (cells[n] != "").any()]
    named = _unlike([names[n] or f"column {n + 1}" for n in used])
    return Export(
        grid.name,
        cells[used].set_axis(named, axis=1),
        {name: titles[n] or name for name, n in zip(named, used, strict=True)},
        grid.labels or {},
    )


def chosen(cells: pd.DataFrame, rows: dict[str, str]) -> pd.DataFrame:
    """Rows of a table that have some values, by column; a column that is not there asks nothing.

    Examples
    --------
    >>> cells = pd.DataFrame({"event": ["first", "last"], "calm": ["4", "5"]})
    >>> chosen(cells, {"event": "last"})["calm"].tolist()
    ['5']
    """
    for column, value in rows.items():
        if column in cells:
            cells = cells[cells[column] == value]
    return cells


def _above(rows: list[Row]) -> int:
    """Rows above the header: it is the first that has at least half of the cells that any has."""
    filled = [sum(bool(cell.strip()) for cell in row) for _, row in rows[:TOP]]
    return next((n for n, count in enumerate(filled) if 2 * count >= max(filled)), 0)


def _joined(heads: list[list[str]], silent: tuple[str, ...]) -> list[str]:
    names: list[str] = []
    question = ""
    for above, below in zip(heads[0], heads[1], strict=True):
        question = above or question
        names.append(" - ".join(dict.fromkeys(filter(None, (question, below)))))
        if below in ("", *silent):
            names[-1] = question
    return names


def _clean(text: str) -> str:
    """A text without blanks at its ends, line breaks and characters that nobody sees."""
    shown = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return " ".join(shown.split())


def _unlike(names: list[str]) -> list[str]:
    """Names of which no two are the same."""
    known: dict[str, None] = {}
    for name in names:
        short = name[:_LONGEST_NAME]
        number = 1
        while short in known:
            number += 1
            short = f"{name[:_LONGEST_NAME]} ({number})"
        known[short] = None
    return list(known)
