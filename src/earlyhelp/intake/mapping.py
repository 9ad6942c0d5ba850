"""How exports become raw files: rules of reading, recipes of survey tools, a study's mapping.

`recipes.yml` beside this module knows the exports of five tools; `import.yml` of a study says what
becomes of each column of its own exports. The first proposes the second, and only the second is
read when new data come.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from earlyhelp.study.dictionary import Name, Natural
from earlyhelp.study.yamlfile import Strict, Text, read_yaml

MAPPING_FILE = "import.yml"
RECIPES_FILE = "recipes.yml"
# How dates are written, and how Python says so; where several fit, the first is proposed.
DateFormat = Literal[
    "yyyy-mm-dd", "yyyy/mm/dd", "dd/mm/yyyy", "dd/mm/yy", "dd-mm-yyyy", "dd.mm.yyyy",
    "dd mon yyyy", "dd month yyyy", "dd-mon-yyyy", "dd-mon-yy", "mm/dd/yyyy", "mm/dd/yy",
]  # fmt: skip
DATE_FORMATS: tuple[DateFormat, ...] = get_args(DateFormat)
_CODES = {"yyyy": "%Y", "yy": "%y", "month": "%B", "mon": "%b", "mm": "%m", "dd": "%d"}


def _text(value: object) -> object:
    # A person writes 99 without quotes and means the cell.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Cell = Annotated[str, BeforeValidator(_text)]


class Rules(Strict):
    """How the table lies in a file.

    Attributes
    ----------
    sheet : str, optional
        Of a workbook; the first one when left out.
    encoding, separator : str, optional
        Of a text file; found when left out.
    above : int, optional
        Rows above the header; found when left out.
    header_rows : int
        Rows of the header: names, then what they are about.
    joined : tuple of str, optional
        Where given, a name is that of the first row, which goes on to the right, with the second
        row behind it; not where that says one of these, which tell nothing.
    skipped : str, optional
        A row with a cell that begins with this is no data.
    """

    sheet: Text | None = None
    encoding: Literal["utf-8", "utf-16", "cp1252", "mac_roman"] | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    above: Natural | None = None
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    joined: tuple[str, ...] | None = None
    skipped: Text | None = None

    @model_validator(mode="after")
    def _joined_of_two(self) -> Rules:
        if self.joined is not None and self.header_rows < 2:
            raise ValueError("at least two header_rows to be joined")
        return self


class Column(Strict):
    """What becomes of a column of an export.

    Attributes
    ----------
    column : str
        Its name in the raw file.
    answers : dict
        What is written for each answer of the export; upper and lower case are the same.
    missing : tuple of str
        Cells that are missing values, beside those of the whole export.
    dates : str, optional
        How its dates are written.
    personal : bool
        That it may be written although it looks like personal data.
    pseudonym : str, optional
        Letters; they and a number are written for each person or thing that stands there.
    """

    column: Name
    type: Literal["integer", "number", "date", "string"] = "string"
    answers: dict[str, Cell] = Field(default_factory=dict)
    missing: tuple[Cell, ...] = ()
    dates: DateFormat | None = None
    personal: bool = False
    pseudonym: (
        Annotated[str, Field(pattern="^[A-Z]{1,3}$", description="one to three capital letters")]
        | None
    ) = None

    @model_validator(mode="after")
    def _what_belongs_together(self) -> Column:
        if (self.type == "date") != (self.dates is not None):
            raise ValueError("dates with the type date, and with no other")
        if self.pseudonym and (self.type != "string" or self.answers):
            raise ValueError("a pseudonym for texts without answers")
        return self


class Entry(Rules):
    """How exports become one raw file.

    Attributes
    ----------
    exports : str
        Name of the file, or a pattern with `*`; several files are put under one another.
    rows : dict
        Only rows that have these values are taken, by column of the export.
    missing : tuple of str, optional
        Cells that are missing values, upper and lower case being the same; N/A and the like when
        left out.
    decimal : {".", ","}
        What stands before the decimals of a number.
    columns : dict
        By name in the export.
    left_out : dict
        Columns of the export that are not written, with the reason.
    """

    exports: Text
    rows: dict[str, Cell] = Field(default_factory=dict)
    missing: tuple[Cell, ...] | None = None
    decimal: Literal[".", ","] = "."
    columns: Annotated[dict[str, Column], Field(min_length=1)]
    left_out: dict[str, str] = Field(default_factory=dict)

    @field_validator("columns")
    @classmethod
    def _each_once(cls, columns: dict[str, Column]) -> dict[str, Column]:
        names = [column.column for column in columns.values()]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"each column once ({', '.join(repeated)})")
        return columns


class Recipe(Rules):
    """The exports of one tool.

    Attributes
    ----------
    known_by : tuple
        Patterns of names; an export is of this tool when it has columns for all of one line.
    columns : dict
        Names in the raw file for columns that every export of the tool has.
    left_out : dict
        Patterns of columns that are not proposed, with the reason.
    split_by : str, optional
        A column whose values tell which raw file a row belongs to.
    short : str, optional
        Of names that go on with the question, as a regular expression whose first group is enough.
    codes : str, optional
        What stands before the number in the code of an answer, as a regular expression.
    dates : str, optional
        How the tool writes its own dates.
    """

    known_by: tuple[tuple[str, ...], ...]
    columns: dict[str, Name] = Field(default_factory=dict)
    left_out: dict[str, str] = Field(default_factory=dict)
    split_by: str | None = None
    short: str | None = None
    codes: str | None = None
    dates: DateFormat | None = None


class AnswerScale(Strict):
    """Usual answers in order, which are often exported instead of their numbers."""

    first: int = 1
    answers: tuple[str, ...]


class Recipes(Strict):
    """What is known of exports before one is seen.

    Attributes
    ----------
    missing, missing_codes : tuple of str
        Cells that say that a value is missing; and numbers that do, beside smaller ones.
    """

    missing: tuple[Cell, ...]
    missing_codes: tuple[int, ...]
    scales: tuple[AnswerScale, ...]
    tools: dict[str, Recipe]


@cache
def recipes() -> Recipes:
    """Read the recipes of the package.

    Examples
    --------
    >>> list(recipes().tools)
    ['qualtrics', 'surveymonkey', 'limesurvey', 'redcap', 'microsoft_forms']
    >>> recipes().tools["qualtrics"].header_rows
    2
    """
    found: Recipes = read_yaml(Path(__file__).with_name(RECIPES_FILE), Recipes)
    return found


def read_mapping(folder: Path) -> dict[str, Entry]:
    """Read `import.yml` of a study folder: how each raw file comes about, by its name.

    Raises
    ------
    InputError
        With every problem of the file.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> folder = Path(mkdtemp())
    >>> _ = (folder / "import.yml").write_text(
    ...     "survey: {exports: survey*.csv, missing: [99], columns: {Q1: {column: calm}}}"
    ... )
    >>> read_mapping(folder)["survey"].missing
    ('99',)
    """
    found: dict[str, Entry] = read_yaml(folder / MAPPING_FILE, dict[Name, Entry])
    return found


def fits(name: str, pattern: str) -> bool:
    """Whether a name is of a pattern, in which `*` is anything; capitals do not matter.

    Examples
    --------
    >>> fits("Q1[SQ001]", "q1[*"), fits("Complete?", "Complete")
    (True, False)
    """
    # Brackets and question marks are part of many names.
    literal = re.sub(r"[\[?]", lambda match: f"[{match[0]}]", pattern.casefold())
    return fnmatchcase(name.casefold(), literal)


def strptime(dates: DateFormat) -> str:
    """The format as Python's `strptime` has it.

    Examples
    --------
    >>> strptime("dd/mm/yyyy"), strptime("dd-mon-yy")
    ('%d/%m/%Y', '%d-%b-%y')
    """
    text: str = dates
    for word, code in _CODES.items():
        text = text.replace(word, code)
    return text
