"""What an export may become: a mapping and a data dictionary for a person to correct."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from earlyhelp.intake.doubtful import far_codes
from earlyhelp.intake.mapping import (
    DATE_FORMATS,
    MAPPING_FILE,
    AnswerScale,
    Column,
    DateFormat,
    Recipe,
    Rules,
    fits,
    recipes,
    strptime,
)
from earlyhelp.intake.personal import by_content, by_name, words_of
from earlyhelp.intake.reading import TOP, Export, Grid, chosen, read_grid, table
from earlyhelp.study.dictionary import Dictionary, Field, Resource
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import read_number

HEAD = """\
# How exports become the raw files of this study, proposed by `earlyhelp import`. Correct it and run
# the same command again: it writes raw/, and a data dictionary of what that does not describe.
# Only columns under `columns` are written; move those that are wanted there from `left_out`.
# `answers` says what is written for what the export says, `dates` how dates are written, `missing`
# what is no value: in a column, or in an entry instead of N/A and the like.
"""
# Up to so many different answers, each given twice on average, are a list.
MOST_ANSWERS = 12
# As the recipes say it of what is no answer and names nobody.
KEPT_BY_THE_TOOL = "kept by the tool"
# Words for numbers that tell rows apart.
_COUNTED = {"id", "code", "key", "record", "response", "respondent", "participant"}
# What a tool or browser adds to the name of a file: a date, or a number in parentheses.
_DATED = re.compile(r"[ _-]*(\(\d|\d{4}-?\d\d-?\d\d|[A-Z][a-z]{2,8} \d{1,2}, \d{4}).*")


@dataclass
class Proposal:
    """An entry of the mapping as a person will see it, and what to tell of it."""

    name: str
    text: str
    told: list[str]


def propose(
    path: Path, dictionary: Dictionary | None, taken: Collection[str], others: Collection[str] = ()
) -> list[Proposal]:
    """Propose what becomes of an export.

    Parameters
    ----------
    path : Path
    dictionary : Dictionary, optional
        Of the study, if it has one: columns of the same name or title become its fields.
    taken : collection of str
        Names of raw files that other exports become.
    others : collection of str
        Names of exports that are no later copies of this one.

    Returns
    -------
    list of Proposal
        One, or several where a column tells to which raw file a row belongs.

    Raises
    ------
    InputError
        When the export cannot be read.
    """
    stem = _DATED.sub("", path.stem)
    pattern = f"{stem}*{path.suffix}" if stem and stem != path.stem else path.name
    if any(fits(other, pattern) for other in others):
        pattern = path.name
    grid = read_grid(path, Rules())
    tool, recipe = _recognised(grid)
    export = table(grid, recipe)
    split = recipe.split_by if recipe.split_by in export.cells else None
    found: list[Proposal] = []
    for value in [""] if split is None else dict.fromkeys(export.cells[split]):
        known = {*taken, *(proposal.name for proposal in found)}
        rows = {split: value} if split else {}
        source = ExportSource(pattern, export, tool, recipe, grid.separator, rows)
        found.append(_entry(source, dictionary, known))
    return found


@dataclass
class ExportSource:
    """What is proposed from: exports by their pattern, one of them, its recipe, rows that count."""

    pattern: str
    export: Export
    tool: str
    recipe: Recipe
    separator: str
    rows: dict[str, str]

    @property
    def called(self) -> str:
        """What the raw file may be called after: the rows that count, or the export."""
        return next(iter(self.rows.values()), Path(self.pattern).stem)

    @property
    def cells(self) -> pd.DataFrame:
        """The rows that count, without columns of which nobody was asked in them."""
        cells = chosen(self.export.cells, self.rows)
        return cells.loc[:, (cells != "").any()] if self.rows else cells

    @property
    def decimal(self) -> str:
        """What stands before decimals; a comma only where it does not separate the cells."""
        commas = self.separator not in ("", ",") and any(
            (filled := values[values != ""]).str.fullmatch(r"-?\d+(,\d+)?").all()
            and filled.str.contains(",").any()
            for _, values in self.cells.items()
        )
        return "," if commas else "."

    def short(self, column: str) -> str:
        """The part of a column's name that is enough to know it by."""
        match = self.recipe.short and re.fullmatch(self.recipe.short, column)
        return match[1] if match else column


def _recognised(grid: Grid) -> tuple[str, Recipe]:
    """The tool that an export is of, and its recipe, with the place of the header."""
    for tool, recipe in recipes().tools.items():
        for above, (_, row) in enumerate(grid.rows[:TOP]):
            names = [cell.strip() for cell in row]
            if any(_all_there(names, patterns) for patterns in recipe.known_by):
                return tool, recipe.model_copy(update={"above": above})
    return "", Recipe(known_by=())


def _all_there(names: list[str], patterns: Iterable[str]) -> bool:
    return all(any(fits(name, pattern) for name in names) for pattern in patterns)


def _entry(source: ExportSource, dictionary: Dictionary | None, taken: Collection[str]) -> Proposal:
    export, cells, decimal = source.export, source.cells, source.decimal
    resource = _resource(dictionary, cells, source, taken)
    scales = _scales(cells)
    name = resource.name if resource else _name(source.called, taken)
    columns: dict[str, Column] = {}
    left: dict[str, str] = {}
    told: list[str] = []
    used: set[str] = set()
    fields = _fields(resource, cells, source)
    for column in map(str, cells):
        reason = _reason(column, export.titles[column], cells[column], source.recipe)
        if reason == KEPT_BY_THE_TOOL and column in fields:
            reason = ""
        if not reason and resource and column not in fields:
            reason = f"no field of {resource.name} in the data dictionary"
        if reason:
            left[column] = reason
            told.append(f"{column}: left out ({reason})")
            continue
        field = fields.get(column)
        known = source.recipe.columns.get(column) or source.short(column)
        new = field.name if field else _name(known, used)
        used.add(new)
        columns[column], remark = _column(new, cells[column], source, scales, field)
        told += [f"{column}: {remark}"] if remark else []
    if lacking := [f for f in resource.table.fields if f.name not in used] if resource else []:
        names = ", ".join(f"{one.name} ({one.title})" for one in lacking)
        told.append(f"no column becomes {names}: take it from those left out, or correct its title")
    if not columns:
        found, expected = "no column with values that may be written", "at least one"
        raise InputError([Problem(export.name, None, "", found, expected)])
    rules = source.recipe.model_dump(include=set(Rules.model_fields), exclude_defaults=True)
    head = {"exports": source.pattern, **rules}
    head |= {"rows": source.rows} if source.rows else {}
    head |= {"decimal": decimal} if decimal != "." else {}
    tool = f", as {source.tool} exports" if source.tool else ""
    lines = [f"{name}:", *(f"  {key}: {_flow(value)}" for key, value in head.items())]
    lines.append("  columns:")
    for old, becomes in columns.items():
        lines.append(f"    {_flow(old)}: {_flow(becomes.model_dump(exclude_defaults=True))}")
    lines += ["  left_out:"] if left else []
    lines += [f"    {_flow(old)}: {_flow(reason)}" for old, reason in left.items()]
    heading = f"{name}: {len(columns)} columns of {export.name}{tool}"
    return Proposal(name, "\n".join(lines) + "\n", [heading, *(f"  {line}" for line in told)])


def _reason(name: str, title: str, values: pd.Series, recipe: Recipe) -> str:
    """Why a column is not proposed; or nothing."""
    if reason := _left_out(name, recipe):
        return reason
    if (values == "").all():
        return "no value"
    if looks := by_name(name) or by_name(title):
        return f"looks like {looks}"
    kind, where = by_content(values)
    rows = f"row {where[0]}" if len(where) == 1 else f"{len(where)} rows"
    return f"looks like personal data: {kind} in {rows}" if kind else ""


def _left_out(name: str, recipe: Recipe) -> str:
    """Why the recipe leaves a column out; or nothing."""
    found = (reason for pattern, reason in recipe.left_out.items() if fits(name, pattern))
    return next(found, "")


# Names --------------------------------------------------------------------------------------------


def _name(text: str, taken: Collection[str]) -> str:
    """A name for a column or file: its first words, no longer than a head of a table."""
    words = words_of(text) or "column"
    if not words[0].isalpha():
        words = f"q_{words}"
    short = words if len(words) <= 40 else words[:40].rpartition("_")[0] or words[:40]
    number, name = 1, short
    while name in taken:
        number += 1
        name = f"{short}_{number}"
    return name


def _resource(
    dictionary: Dictionary | None, cells: pd.DataFrame, source: ExportSource, taken: Collection[str]
) -> Resource | None:
    """The file of the dictionary that has most of the columns.

    Of several it is that of the days on which people answered, and of these the one so called.
    """
    best, most = None, (0, False, 0)
    for resource in dictionary.resources if dictionary else ():
        fields = _fields(resource, cells, source)
        count, in_time = len(fields), any(_in_time(cells[name], fields[name]) for name in fields)
        alike = len(set(words_of(source.called).split("_")) & set(resource.name.split("_")))
        most_are_there = 2 * count > len(resource.table.fields)
        if resource.name not in taken and most_are_there and (count, in_time, alike) > most:
            best, most = resource, (count, in_time, alike)
    return best


def _in_time(values: pd.Series, field: Field) -> bool:
    """Whether most values, written in some way, are days that a field may have."""
    first, last = field.constraints.minimum, field.constraints.maximum
    if field.type != "date" or first is None or last is None:
        return False
    filled = values[values != ""]
    read = (read_dates(filled, dates) for dates in DATE_FORMATS)
    return any(2 * days.between(str(first), str(last)).sum() > len(filled) for days in read)


def _field(resource: Resource, name: str, title: str) -> Field | None:
    """The field of a file that a column is by name or title."""
    words = {words_of(name), words_of(title)}
    for field in resource.table.fields:
        if words & {field.name, words_of(field.title)}:
            return field
    return None


def _fields(
    resource: Resource | None, cells: pd.DataFrame, source: ExportSource
) -> dict[str, Field]:
    """Fields of a file by column; a field that no column is may be what the tool keeps."""
    found: dict[str, Field] = {}
    if resource is None:
        return found
    by_heading = {words_of(field.title): field for field in resource.table.fields}
    for column in map(str, cells):
        field = _field(resource, source.short(column), source.export.titles[column])
        if _left_out(column, source.recipe):
            # It may be called as a question is; a heading that somebody gave is meant.
            field = by_heading.get(words_of(column))
        if field and field not in found.values():
            found[column] = field
    for column, name in source.recipe.columns.items():
        field = resource.table.by_name.get(name)
        if column in cells and field and field not in found.values():
            found[column] = field
    return found


# Columns ------------------------------------------------------------------------------------------


def _column(
    new: str,
    values: pd.Series,
    source: ExportSource,
    scales: list[AnswerScale],
    field: Field | None,
) -> tuple[Column, str]:
    """A column as it is proposed, and what a person should look at."""
    gone = {text.casefold() for text in recipes().missing}
    filled = values[(values != "") & ~values.str.casefold().isin(gone)]
    texts = list(dict.fromkeys(filled))
    labels = source.export.labels.get(str(values.name), {})
    if field and field.constraints.enum and field.type == "string":
        return _listed(new, texts, labels, [str(answer) for answer in field.constraints.enum])
    if field and field.type == "string":
        return Column(column=new), ""
    if labels and set(texts) <= set(labels):
        if field or _numbered(list(labels.values()), scales, None):
            return Column(column=new, type="integer"), ""
        return Column(column=new, answers=labels), "written as their labels, not as their codes"
    if answers := _numbered(texts, scales, source.recipe.codes):
        column = Column(column=new, type="integer", answers=answers)
        return column, "answers numbered in their order"
    own = source.recipe.dates if values.name in source.recipe.columns else None
    dated = bool(texts) and re.match(r"\d+\W(\d+\W|[A-Za-z]+\W)\d+", texts[0])
    for dates in ((own, *DATE_FORMATS) if own else DATE_FORMATS) if dated else ():
        if read_dates(filled, dates).notna().all():
            either = _either_way(filled, dates)
            remark = "days before months, as in Britain" if either else ""
            return Column(column=new, type="date", dates=dates), remark
    numbers = [plain_number(text, source.decimal) for text in texts]
    if not texts or None in numbers:
        alike = len(texts) <= MOST_ANSWERS and 2 * len(texts) <= len(filled)
        short = alike or filled.str.len().max() <= 20
        return Column(column=new), "" if short else "free text; read it for what is personal"
    limits = field.constraints if field and field.type in ("integer", "number") else None
    bounds = (limits.minimum, limits.maximum) if limits else (None, None)
    lowest, highest = (None if bound is None else float(bound) for bound in bounds)
    given = [float(number) for number in numbers if number]
    missing = tuple(f"{code:.0f}" for code in far_codes(given, lowest, highest))
    whole = all("." not in str(number) for number in numbers if number not in missing)
    remark = f"{', '.join(missing)} taken as missing" if missing else ""
    numeric = field.type if field and field.type != "date" else "integer" if whole else "number"
    return Column(column=new, type=numeric, missing=missing), remark


def _listed(
    new: str, texts: list[str], labels: dict[str, str], listed: list[str]
) -> tuple[Column, str]:
    """A column whose answers the dictionary lists."""
    known = {answer.casefold(): answer for answer in listed}
    answers = {
        text: known[said]
        for text in {**dict.fromkeys(texts), **dict.fromkeys(labels)}
        if (said := labels.get(text, text).casefold()) in known
    }
    changed = {text: answer for text, answer in answers.items() if text != answer}
    remark = "" if set(texts) <= set(answers) else f"answers that are none of: {', '.join(listed)}"
    return Column(column=new, answers=answers if changed else {}), remark


def _scales(cells: pd.DataFrame) -> list[AnswerScale]:
    """Usual scales, those first that answer most questions of an export."""
    said = [set(values.str.casefold()) - {""} for _, values in cells.items()]
    counts = {
        scale: sum(bool(a) and a <= {*scale.answers} for a in said) for scale in recipes().scales
    }
    return sorted(counts, key=lambda scale: -counts[scale])


def _numbered(texts: list[str], scales: list[AnswerScale], codes: str | None) -> dict[str, str]:
    """Numbers of answers that are usual ones, begin with their number or are its code."""
    said = {text.casefold() for text in texts}
    for scale in scales:
        if said and said <= set(scale.answers):
            return {
                answer.capitalize(): str(n) for n, answer in enumerate(scale.answers, scale.first)
            }
    like = rf"{codes}(\d+)" if codes else r"(\d{1,2}) ?[-–—=:.)] ?\D.*"
    numbers = {text: text if text.isdecimal() else re.fullmatch(like, text) for text in texts}
    if all(numbers.values()) and not all(text.isdecimal() for text in texts):
        found = {
            text: match if isinstance(match, str) else match[1]
            for text, match in numbers.items()
            if match
        }
        return dict(sorted(found.items(), key=lambda item: int(item[1])))
    return {}


def read_dates(values: pd.Series, dates: DateFormat) -> pd.Series:
    """Dates of a column without their times; missing where a text is no date of the format.

    Examples
    --------
    >>> read_dates(pd.Series(["1/2/2024 10:15", "31/2/2024"]), "dd/mm/yyyy").tolist()
    [Timestamp('2024-02-01 00:00:00'), NaT]
    """
    days = values.str.replace(r"(?i)[ T,]+\d{1,2}:\d{2}.*$", "", regex=True)
    return pd.to_datetime(days, format=strptime(dates), errors="coerce")


def _either_way(values: pd.Series, dates: DateFormat) -> bool:
    """Whether all dates of days before months are dates of months before days as well."""
    other: dict[str, DateFormat] = {"dd/mm/yyyy": "mm/dd/yyyy", "dd/mm/yy": "mm/dd/yy"}
    return dates in other and bool(read_dates(values, other[dates]).notna().all())


def plain_number(text: str, decimal: str) -> str | None:
    """A number as raw files have it, or None.

    Examples
    --------
    >>> plain_number("5.0", "."), plain_number("37,50", ","), plain_number("1,000", ".")
    ('5', '37.5', None)
    """
    if decimal == ",":
        text = text.replace(".", " ").replace(",", ".")
    value = read_number(text)
    return None if value is None else f"{value:.15g}"


# A data dictionary --------------------------------------------------------------------------------


def resource(
    name: str, cells: pd.DataFrame, titles: dict[str, str], columns: Iterable[Column]
) -> dict[str, Any]:
    """Describe a raw file by what stands in it, as a resource of the data dictionary.

    Examples
    --------
    >>> cells = pd.DataFrame({"id": ["P1", "P2"], "calm": ["2", "4"]})
    >>> columns = [Column(column="id"), Column(column="calm", type="integer")]
    >>> resource("survey", cells, {}, columns)["schema"]["fields"][1]["constraints"]
    {'minimum': 2, 'maximum': 4}
    """
    columns = list(columns)
    key = next((c.column for c in columns if _is_key(c, cells[c.column])), None)
    if key is None:
        expected = (
            "a column of pseudonyms such as P01, different in every row; `pseudonym: P` beside a "
            f"column of {MAPPING_FILE} makes them"
        )
        raise InputError([Problem(f"raw/{name}.csv", None, "", "none", expected)])
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "path": f"raw/{name}.csv",
        "encoding": "utf-8",
        "schema": {
            "fields": fields(cells, titles, columns, key),
            "missingValues": [""],
            "primaryKey": key,
        },
    }


def fields(
    cells: pd.DataFrame, titles: dict[str, str], columns: Iterable[Column], key: str = ""
) -> list[dict[str, Any]]:
    """Describe columns by what stands in them, as fields of the data dictionary.

    Examples
    --------
    >>> fields(pd.DataFrame({"age": ["20", "41"]}), {}, [Column(column="age", type="integer")])
    [{'name': 'age', 'type': 'integer', 'constraints': {'minimum': 20, 'maximum': 41}}]
    """
    found = []
    for column in columns:
        is_key = column.column == key
        field = {
            "name": column.column,
            "type": "string" if is_key else column.type,
            "title": titles.get(column.column, ""),
            "description": "a pseudonym" if is_key else "",
            "constraints": dict(_constraints(cells[column.column], column, is_key)),
        }
        found.append({name: value for name, value in field.items() if value})
    return found


def _is_key(column: Column, values: pd.Series) -> bool:
    """Whether values tell rows apart: letters and digits, or numbers that are called so."""
    # What has no digit may be a name.
    like = r"(?=.*\d)[A-Za-z0-9_-]{1,40}"
    counted = _COUNTED & set(column.column.split("_")) if column.type == "integer" else True
    pseudonyms = values.is_unique and bool(values.str.fullmatch(like).all())
    return pseudonyms and bool(counted) and column.type != "date" and not column.answers


def _constraints(values: pd.Series, column: Column, is_key: bool) -> Iterator[tuple[str, Any]]:
    """What can be said of the values; a person knows better what they may be."""
    filled = values[values != ""]
    if is_key:
        yield "required", True
        yield "pattern", _pattern(filled)
    elif column.answers and column.type == "string":
        yield "enum", list(dict.fromkeys(column.answers.values()))
    elif column.type == "string":
        if 0 < filled.nunique() <= MOST_ANSWERS and 2 * filled.nunique() <= len(filled):
            yield "enum", sorted(filled.unique())
    elif column.type == "date" and len(filled):
        # Within whole years, so that new data of the same time fit.
        yield "minimum", f"{filled.min()[:4]}-01-01"
        yield "maximum", f"{filled.max()[:4]}-12-31"
    elif column.type != "date":
        numbers = [read_number(text) or 0 for text in (*filled, *column.answers.values())]
        if numbers:
            yield "minimum", min(numbers)
            yield "maximum", max(numbers)


def _pattern(values: pd.Series) -> str:
    """The pattern of pseudonyms: their letters before, then digits; or as many of both."""
    parts = values.str.extract(r"^([A-Za-z_-]*)([0-9]+)$")
    if parts.notna().to_numpy().all() and len(set(parts[0])) == 1:
        digits = parts[1].str.len()
        return f"{re.escape(parts[0].iloc[0])}[0-9]{{1,{max(digits.max(), 3)}}}"
    lengths = values.str.len()
    return f"[A-Za-z0-9_-]{{{lengths.min()},{lengths.max()}}}"


# The text of the mapping --------------------------------------------------------------------------


def _flow(value: Any) -> str:
    """A value in one line; what is in quotes is JSON, which is YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    plain = re.fullmatch(r"[A-Za-z0-9][\w /.*()'-]*[\w)*]|[A-Za-z]", value, re.ASCII)
    word = value.lower() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return json.dumps(value, ensure_ascii=False) if word or not plain else value
