"""Coded interviews of other programs: REFI-QDA projects and codebooks.

Every code of a project is accounted for: it is in a row, is told as not read, or the file is
refused. What departs from the standard without changing a row (the name of the XML file, a colour,
a date) is told, and reading goes on; what a row rests on (texts, positions, codes) is refused where
it is wrong. Codes, texts and passages are told apart by their GUIDs, never by their names.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, get_args

import pandas as pd
import yaml
from lxml import etree

from earlyhelp.qualitative.framework import (
    GUID,
    JOINT,
    KEBAB,
    MATRIX_COLUMNS,
    SUPPORT,
    Code,
    to_fill_in,
)
from earlyhelp.qualitative.positions import STANDARD, Placed, SourceText, choose
from earlyhelp.qualitative.refi_archive import Archive, parsed, read_plain
from earlyhelp.qualitative.refi_qda import (
    CASE_VARIABLES,
    CODEBOOK,
    CODED,
    DESCRIBED,
    ID_LINE,
    INTERNAL,
    PROJECT,
    PROJECT_FILE,
    SOURCES,
    THEME,
    departures,
    guid_of,
    own_path,
)
from earlyhelp.study.design import Part
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import MOST_DIGITS, for_spreadsheets, read_number

# What codes are on when they are on no passage of a text.
MEDIA = {
    "PDFSelection": "an area of a PDF's page",
    "PictureSelection": "a part of a picture",
    "AudioSelection": "a stretch of audio",
    "VideoSelection": "a stretch of video",
    "TextSource": "a whole text",
    "Representation": "a whole text",
    "PDFSource": "a whole PDF",
    "PictureSource": "a whole picture",
    "AudioSource": "a whole audio file",
    "VideoSource": "a whole video",
    "Case": "a case",
    "Note": "a memo",
}
READ_ALL_THE_SAME = "; read all the same"


class Import(NamedTuple):
    """What was read, and what a person has to know of it.

    Attributes
    ----------
    matrix : DataFrame
        `framework.MATRIX_COLUMNS`, texts, empty where nothing is known; sorted by row id.
    notes : list of Problem
        Codes that were not read, departures from the standard, how positions are counted, codes
        and sources that got other names, and what is left to fill in.
    """

    matrix: pd.DataFrame
    notes: list[Problem]


def import_project(path: Path, positions: str = "") -> Import:
    """Read a REFI-QDA project (`.qdpx`) as a framework matrix.

    Every coded passage of a text becomes a row, also of the text of a PDF and of a transcript;
    selections of the same characters are one passage, as QualCoder and others write a selection for
    each code. Codes that this package did not write are taken for themes, whose ids are made from
    their names; a passage with several themes gives a row for each. A source without this package's
    variables, on itself or on its case, gives its name as its kind.

    Parameters
    ----------
    path : Path
        Is never unpacked to disk.
    positions : str, optional
        The reading of positions (`positions.READINGS`); else the one that fits best.

    Returns
    -------
    Import
        Rows keep the names of their passages as ids when all of these are different ids, else they
        are numbered.

    Raises
    ------
    InputError
        When the archive is damaged or hostile, or a coded text, a position in it or a code cannot
        be read for sure.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> code, text, passage, coding = (f"{i}2345678-1234-4234-8234-123456789012" for i in range(4))
    >>> qde = f'''<Project xmlns="{PROJECT}" name="Study"><CodeBook><Codes>
    ... <Code guid="{code}" name="Trust" isCodable="true"/></Codes></CodeBook><Sources>
    ... <TextSource guid="{text}" name="Talk"><PlainTextContent>It helps. Yes.</PlainTextContent>
    ... <PlainTextSelection guid="{passage}" startPosition="0" endPosition="9">
    ... <Coding guid="{coding}"><CodeRef targetGUID="{code}"/></Coding></PlainTextSelection>
    ... </TextSource></Sources></Project>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "study.qdpx")
    ...     with zipfile.ZipFile(path, "w") as archive:
    ...         archive.writestr("project.qde", qde)
    ...     matrix, notes = import_project(path)
    >>> matrix[["row_id", "source_type", "theme", "summary"]].to_numpy().tolist()
    [['Q001', 'Talk', 'trust', 'It helps.']]
    """
    project = _Project(path, positions)
    rows = project.rows
    ids = [row["row_id"] for row in rows]
    if len(set(ids)) < len(ids) or not all(re.fullmatch(r"[A-Za-z][\w-]*", i) for i in ids):
        width = max(3, len(str(len(rows))))
        for number, row in enumerate(rows, start=1):
            row["row_id"] = f"Q{number:0{width}d}"
    frame = pd.DataFrame(rows, columns=MATRIX_COLUMNS, dtype=str)
    harmless = frame.map(for_spreadsheets)
    if changed := int((harmless != frame).to_numpy().sum()):
        found = f"{_many(changed, 'cell')} that a spreadsheet would run as a formula"
        project.note("", found, "text; an apostrophe stands before it now")
    matrix = harmless.sort_values("row_id", ignore_index=True)
    return Import(matrix, project.notes + to_fill_in(matrix))


def codebook_skeleton(path: Path, positions: str = "") -> tuple[str, list[Problem]]:
    """Begin a study's codebook with the codes of a codebook (`.qdc`) or project (`.qdpx`).

    Parameters
    ----------
    path : Path
    positions : str, optional
        As of `import_project`.

    Returns
    -------
    str
        `codebook.yml`. What this package asks for and the file does not know is null; `validate`
        lists it.
    list of Problem
        What a person has to know of the codes, as of `Import`.

    Raises
    ------
    InputError
        As `import_project`, or when there is no code.

    Examples
    --------
    >>> import tempfile
    >>> qdc = f'''<CodeBook xmlns="{CODEBOOK}"><Codes><Code name="Trust" isCodable="true"
    ... guid="12345678-1234-4234-8234-123456789012"/></Codes></CodeBook>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "codes.qdc")
    ...     _ = path.write_text(qdc)
    ...     text, notes = codebook_skeleton(path)
    >>> yaml.safe_load(text)["themes"][0]["id"]
    'trust'
    """
    if path.suffix.lower() == ".qdc":
        root = parsed(read_plain(path), path.name)
        if not re.match(r"\{urn:QDA-XML:\w+:[\d.:]+\}CodeBook$", root.tag):
            expected = f"CodeBook of {CODEBOOK}"
            raise InputError([Problem(path.name, None, "", repr(root.tag), expected)])
        codes = _Codes(root, path.name)
        codes.notes += _departures(root, "codebook", path.name)
        kinds: list[str] = []
    else:
        project = _Project(path, positions)
        codes = project.codes
        kinds = list(dict.fromkeys(row["source_type"] for row in project.rows))
    if codes.problems:
        raise InputError(codes.problems)
    if not codes.by_guid:
        raise InputError([Problem(path.name, None, "", "no codes", "at least one")])
    return _skeleton(path.name, codes, kinds), codes.notes


def _skeleton(name: str, codes: _Codes, kinds: list[str]) -> str:
    def terms(column: str, *known: str) -> list[dict[str, Any]]:
        defined = {code.id: code.description for code in codes.of(column)}
        defined |= {i: "" for i in known if i not in defined}
        return [{"id": i} | ({"definition": d} if d else {}) for i, d in defined.items()]

    # Not shared: YAML would refer from one to the other, which no file of a study does.
    def nothing(what: str) -> list[dict[str, Any]]:
        return [{"id": None, what: None}]

    theme = dict.fromkeys(("include", "exclude", "research_questions"))
    content = {
        "source_types": [{"id": kind, "directness": None} for kind in kinds]
        or nothing("directness"),
        "components": terms("component", *get_args(Part)),
        "directions": terms("direction") or nothing("definition"),
        "concerns": terms("concerns") or nothing("definition"),
        "supports": terms("support", *SUPPORT),
        "outcomes": terms("outcome"),
        "research_questions": [
            {"id": code.id, "affirmative": None} for code in codes.of("research_question")
        ]
        or nothing("affirmative"),
        "themes": [
            {"id": code.id, "name": code.label, "definition": code.description or None, **theme}
            | ({} if code.own else {"code": [dict(above) for above in code.path]})
            for code in codes.of(THEME)
        ],
    }
    head = f"# Codes of {name!a}. What is null is left to fill in; `earlyhelp validate` lists it.\n"
    return head + yaml.dump(content, None, _Dumper, sort_keys=False, allow_unicode=True, width=1000)


class _Dumper(yaml.SafeDumper):
    """Quotes what PyYAML takes for text and `yamlfile` for a number, such as 1e5."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        style = None if read_number(text) is None else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _Dumper.represent_str)


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}"


def _local(element: Any) -> str:
    name: str = etree.QName(element).localname
    return name


def _key(guid: str | None) -> str:
    return (guid or "").strip("{} ").lower()


def _departures(root: Any, kind: str, name: str) -> list[Problem]:
    """What the schema does not allow, a note for each kind of departure."""
    kinds: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for line, message in departures(root, kind):
        at = re.match(r"Element '(\w+)'(?:, attribute '(\w+)')?", message)
        place = " ".join(filter(None, at.groups())) if at else ""
        kinds[place].append((line, message))
    return [
        Problem(
            name,
            found[0][0],
            place,
            f"{_many(len(found), 'departure')} from the standard ({found[0][1][:200]})",
            f"REFI-QDA 1.0{READ_ALL_THE_SAME}",
        )
        for place, found in kinds.items()
    ]


@dataclass
class _Code:
    """A code of a codebook: the column of the matrix that it belongs to, and its id there."""

    path: tuple[Code, ...]
    codable: bool
    description: str
    column: str = THEME
    id: str = ""
    label: str = ""
    # Whether names alone would give another code the same id.
    shared: bool = False

    @property
    def name(self) -> str:
        """Its own, without those above."""
        return self.path[-1].name

    @property
    def own(self) -> bool:
        """Whether this package wrote it for a theme of its own."""
        return self.path == own_path(THEME, self.id)


class _Codes:
    """The codes of a codebook by GUID; problems and notes are gathered."""

    def __init__(self, root: Any, name: str) -> None:
        self.by_guid: dict[str, _Code] = {}
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        for element in root.iter("{*}Code"):
            code_name = " ".join(element.get("name", "").split())
            guid = _key(element.get("guid"))
            if not guid or not code_name:
                lacks = "a GUID" if code_name else "a name"
                self._problem(name, element, f"a code without {lacks}", "both")
            elif guid in self.by_guid:
                self._problem(name, element, f"the GUID {guid} again", "each code once")
            else:
                described = element.findtext("{*}Description", "")
                codable = element.get("isCodable", "true").strip() not in ("false", "0")
                above = self.by_guid.get(_key(element.getparent().get("guid")))
                known = guid if re.fullmatch(GUID, guid) else guid_of("foreign", guid)
                path = (*(above.path if above else ()), Code(guid=known, name=code_name))
                self.by_guid[guid] = _Code(path, codable, described.strip())
        self._name()
        if renamed := [code for code in self.by_guid.values() if code.shared]:
            ids = ", ".join(f"{code.id} ({code.label})" for code in renamed[:10])
            ids += "..." if renamed[10:] else ""
            found = f"{len(renamed)} codes whose names have the letters a to z of others, or none"
            expected = f"names that differ in letters, of which ids are made; told apart as {ids}"
            self.notes.append(Problem(name, None, "Code", found, expected))

    def _problem(self, name: str, element: Any, found: str, expected: str) -> None:
        self.problems.append(Problem(name, element.sourceline, "Code", found, expected))

    def _name(self) -> None:
        """Give each code its column and an id that no other code of the column has."""
        # Codes that somebody codes with have the first choice.
        codes = sorted(self.by_guid.values(), key=lambda code: not code.codable)
        for code in codes:
            column, _, value = code.name.partition(": ")
            if value and column in CODED and column != THEME:
                code.column, code.id = column, value
        themes = [code for code in codes if code.column == THEME]
        names = Counter(code.name for code in themes)
        taken: set[str] = set()
        for code in themes:
            path = " / ".join(above.name for above in code.path)
            code.label = path if names[code.name] > 1 else code.name
            given = re.search(f"^{ID_LINE}({KEBAB})$", code.description, re.MULTILINE)
            if given and given[1] not in taken:
                code.id = given[1]
                taken.add(code.id)
        themes = [code for code in themes if not code.id]
        often = Counter(_slug(code.name) for code in themes)
        numbers: Counter[str] = Counter()
        for code in themes:
            wanted = _slug(code.name)
            code.shared = often[wanted] > 1 or wanted in taken
            if code.shared:
                wanted = _slug(" ".join(above.name for above in code.path))
            code.id = wanted
            while code.id in taken:
                numbers[wanted] += 1
                code.id = f"{wanted}-{_letters(numbers[wanted])}"
            taken.add(code.id)

    def of(self, column: str) -> list[_Code]:
        """Codes of a column that somebody codes with."""
        return [c for c in self.by_guid.values() if c.column == column and c.codable]


def _slug(name: str) -> str:
    """A theme's id made of a name: small letters without accents, joined by hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z]+", plain)) or "theme"


def _letters(number: int) -> str:
    """A number from 1 in letters, as columns of spreadsheets are: b, c, ..., z, aa, ..."""
    number, letters = number + 1, ""
    while number:
        number, last = divmod(number - 1, 26)
        letters = chr(ord("a") + last) + letters
    return letters


@dataclass
class _Passage:
    """A coded selection of a text: where it is by its program's count, and its codes."""

    selection: Any
    start: int
    end: int
    codes: list[_Code] = field(default_factory=list)


class _Project:
    """A parsed project: its codes, and rows of a matrix without ids of their own."""

    def __init__(self, path: Path, positions: str) -> None:
        self.notes: list[Problem] = []
        self._problems: list[Problem] = []
        self._positions = positions
        # Where the marks of a transcript are in its text.
        self._points: dict[Any, dict[str, str | None]] = {}
        with Archive(path) as self._archive:
            member = self._member()
            self._name = f"{path.name}/{member}"
            root = parsed(self._archive.read(member), self._name)
            if root.tag != f"{{{PROJECT}}}Project":
                found, expected = repr(root.tag), f"Project of {PROJECT}"
                raise InputError([Problem(self._name, None, "", found, expected)])
            self.notes += _departures(root, "project", self._name)
            self.codes = _Codes(root, self._name)
            self.notes += self.codes.notes
            self._problems += self.codes.problems
            self._sources = _Sources(root)
            self._skipped: dict[str, list[int]] = defaultdict(list)
            self._coders: Counter[str] = Counter()
            coded = self._coded(root)
            texts = [(element, self._text(element, coded[element])) for element in coded]
        self.rows = list(self._rows([(e, t, coded[e]) for e, t in texts if t is not None]))
        if self._problems:
            raise InputError(dict.fromkeys(self._problems))
        if len(self._coders) > 1:
            names = {_key(user.get("guid")): user.get("name") for user in root.iter("{*}User")}
            each = (f"{names.get(i) or 'unnamed'} {n}" for i, n in self._coders.most_common())
            found = f"codings by {len(self._coders)} people ({', '.join(each)})"
            self.note("Coding", found, "codings; who coded is not kept")
        for what, lines in self._skipped.items():
            found = f"{_many(len(lines), 'coding')} of {what}"
            self.notes.append(
                Problem(self._name, min(lines), "", found, "codings of text; not read")
            )

    def note(self, place: str, found: str, expected: str) -> None:
        """Tell something of the whole project."""
        self.notes.append(Problem(self._name, None, place, found, expected))

    def _problem(self, element: Any, found: str, expected: str) -> None:
        place = Problem(self._name, element.sourceline, _local(element), found, expected)
        self._problems.append(place)

    def _member(self) -> str:
        """The project's XML: `project.qde`, or the only file that could be meant."""
        found = self._archive.members("*.qde")
        named = [name for name in found if name.lower() == PROJECT_FILE]
        if not named and len(found) != 1:
            among = f"{len(found)} files that end in .qde" if found else f"no {PROJECT_FILE}"
            raise InputError(
                [Problem(self._archive.name, None, "", among, "a member of this name")]
            )
        (member,) = named or found
        if not named:
            name = Problem(
                self._archive.name, None, "", member, f"{PROJECT_FILE}{READ_ALL_THE_SAME}"
            )
            self.notes.append(name)
        return member

    def _coded(self, root: Any) -> dict[Any, list[_Passage]]:
        """Coded passages by the element of their text; all other codes are counted as not read."""
        texts: dict[Any, dict[Any, _Passage]] = {}
        for reference in root.iter("{*}CodeRef"):
            code = self.codes.by_guid.get(_key(reference.get("targetGUID")))
            if code is None:
                found = repr(reference.get("targetGUID"))
                self._problem(reference, found, "a code of the codebook")
                continue
            holder = reference.getparent()
            on = holder.getparent() if _local(holder) == "Coding" else holder
            kind = _local(on)
            text = on.getparent()
            if next(on.iterancestors("{*}Notes"), None) is not None:
                kind = "Note"
            if kind not in ("PlainTextSelection", "TranscriptSelection"):
                what = MEDIA.get(kind, f"what {kind} stands for")
            elif (passage := texts.setdefault(text, {}).get(on)) or (passage := self._placed(on)):
                texts[text][on] = passage
                passage.codes.append(code)
                if user := holder.get("creatingUser") or on.get("creatingUser"):
                    self._coders[_key(user)] += 1
                continue
            elif kind == "TranscriptSelection":
                what = "a transcript without positions in its text"
            else:
                continue  # a problem that is told
            self._skipped[what].append(reference.sourceline)
        return {text: list(passages.values()) for text, passages in texts.items() if passages}

    def _placed(self, selection: Any) -> _Passage | None:
        """A selection with its two positions; None when it has none."""
        if _local(selection) == "TranscriptSelection":
            transcript = selection.getparent()
            if transcript not in self._points:
                self._points[transcript] = {
                    _key(point.get("guid")): point.get("position")
                    for point in transcript.iterfind("{*}SyncPoint")
                }
            points = self._points[transcript]
            ends = ("fromSyncPoint", "toSyncPoint")
            written = [points.get(_key(selection.get(end))) for end in ends]
            if None in written:
                return None
        else:
            written = [selection.get(end) for end in ("startPosition", "endPosition")]
        for position in written:
            # Python converts no more than some thousand digits.
            if not re.fullmatch(rf"\s*[-+]?[0-9]{{1,{MOST_DIGITS}}}\s*", position or ""):
                found = repr(position)[:40] if position else "no position"
                self._problem(selection, f"{found} as a position", "a whole number")
                return None
        start, end = map(int, map(str, written))
        return _Passage(selection, start, end)

    def _text(self, element: Any, coded: list[_Passage]) -> SourceText | None:
        """The text that an element holds or names, None when it cannot be read.

        A text that its program left outside the archive is none of what was handed over, so that
        its codings are told like those of other media; one that should be inside is a problem.
        """
        contents = element.findall("{*}PlainTextContent")
        if len(contents) > 1:
            self._problem(element, f"{len(contents)} texts", "one")
            return None
        if contents:
            return SourceText(contents[0].text or "")
        path = element.get("plainTextPath", "")
        inside = path.removeprefix(INTERNAL)
        if re.match(r"\w+://|/", inside):
            lines = [passage.selection.sourceline for passage in coded for _ in passage.codes]
            self._skipped["a text outside the archive"] += lines
            return None
        if not inside:
            self._problem(element, repr(path), f"a text in the archive ({INTERNAL}...)")
            return None
        name = re.sub(r"([\[*?])", r"[\1]", PurePosixPath(inside).name)
        found_members = [
            *self._archive.members(f"{SOURCES}/{name}"),
            *self._archive.members(name),
        ]
        if not found_members:
            self._problem(element, f"no {SOURCES}/{inside}", "a member of this name")
            return None
        if not path.startswith(INTERNAL):
            place = (self._name, element.sourceline, _local(element))
            expected = f"{INTERNAL}{path}{READ_ALL_THE_SAME}"
            self.notes.append(Problem(*place, repr(path), expected))
        try:
            return SourceText(self._archive.read(found_members[0]).decode("utf-8-sig"))
        except UnicodeDecodeError:
            self._problem(element, f"{inside!r} in another encoding", "text in UTF-8")
        except InputError as error:
            self._problems += error.problems
        return None

    def _rows(
        self, texts: list[tuple[Any, SourceText, list[_Passage]]]
    ) -> Iterator[dict[str, str]]:
        """Every coded passage of every text, in the project's order."""
        reading = self._positions or self._fitting(texts)
        repeated = 0
        for element, text, selected in texts:
            passages: dict[tuple[int, int], list[_Passage]] = defaultdict(list)
            for passage in selected:
                span = text.span(passage.start, passage.end, reading)
                if span is None:
                    found = f"positions {passage.start} to {passage.end}"
                    expected = f"a part of the text's {len(text.content)} characters"
                    self._problem(passage.selection, found, expected)
                elif not text.content[slice(*span)].strip():
                    line = passage.selection.sourceline
                    self._skipped["a passage without words"] += [line] * len(passage.codes)
                else:
                    passages[span].append(passage)
            known = self._sources.known(element)
            for span, alike in passages.items():
                codes = [code for passage in alike for code in passage.codes]
                once = list({id(code): code for code in codes}.values())
                repeated += len(codes) - len(once)
                row = dict.fromkeys(MATRIX_COLUMNS, "") | known
                row["summary"] = " ".join(text.content[slice(*span)].split())
                yield from self._passage_rows(row, [p.selection for p in alike], once)
        if repeated:
            found = f"{_many(repeated, 'coding')} with a code that the passage has already"
            self.note("Coding", found, "each once, whoever coded; one row for all of them")

    def _fitting(self, texts: list[tuple[Any, SourceText, list[_Passage]]]) -> str:
        choice = choose(
            [
                Placed(text, passage.start, passage.end, passage.selection.get("name", ""))
                for _, text, passages in texts
                for passage in passages
            ]
        )
        if not choice.compared:
            return STANDARD
        kinds = ("named by their text", "of whole words", "in their text")
        counts = "; ".join(
            f"{what}: {', '.join(f'{name} {fit[kind]}' for name, fit in choice.fits.items())}"
            for kind, what in enumerate(kinds)
            if len({fit[kind] for fit in choice.fits.values()}) > 1
        )
        passages = _many(choice.compared, "passage")
        found = f"{passages} whose place depends on how characters are counted"
        doubt = f", which fits no better than {' or '.join(choice.rivals)}" if choice.rivals else ""
        expected = f"one way to count; read as {choice.reading}{doubt}"
        self.note("positions", f"{found} ({counts})" if counts else found, expected)
        return choice.reading

    def _passage_rows(
        self, row: dict[str, str], selections: list[Any], codes: list[_Code]
    ) -> Iterator[dict[str, str]]:
        row["row_id"] = selections[0].get("name", "")
        for selection in selections:
            for line in (selection.findtext("{*}Description") or "").splitlines():
                for column, label in DESCRIBED.items():
                    if line.startswith(f"{label}: "):
                        row[column] = line.removeprefix(f"{label}: ")
        themes = []
        for code in codes:
            if code.column == THEME:
                themes.append(code.id)
            elif row[code.column] not in ("", code.id):
                found = f"{row[code.column]!r} and {code.id!r} as {code.column} of one passage"
                self._problem(selections[0], found, "one of them")
            else:
                row[code.column] = code.id
        for theme in themes or [""]:
            yield {**row, THEME: theme}


class _Sources:
    """What is known of the sources of a project: their kinds and ids."""

    def __init__(self, root: Any) -> None:
        variables = {_key(v.get("guid")): v.get("name") for v in root.iter("{*}Variable")}
        self._values: dict[str, dict[str, str]] = {}
        for case in root.iter("{*}Case"):
            for source in case.iterfind("{*}SourceRef"):
                of_source = self._values.setdefault(_key(source.get("targetGUID")), {})
                of_source.update(self._of(case, variables))
        self._names: dict[Any, str] = {}
        times: Counter[str] = Counter()
        for place, source in enumerate(root.iterfind("{*}Sources/{*}*"), start=1):
            # A semicolon joins kinds of source.
            name = " ".join(source.get("name", "").replace(JOINT, ",").split())
            name = name or f"source {place}"
            times[name] += 1
            self._names[source] = f"{name} ({times[name]})" if times[name] > 1 else name
            of_source = self._values.setdefault(_key(source.get("guid")), {})
            of_source.update(self._of(source, variables))

    @staticmethod
    def _of(element: Any, variables: dict[str, str]) -> dict[str, str]:
        """Values of this package's variables on an element."""
        values = {}
        for value in element.iterfind("{*}VariableValue"):
            reference = value.find("{*}VariableRef")
            name = variables.get(_key(reference.get("targetGUID") if reference is not None else ""))
            if name in CASE_VARIABLES:
                values[str(name)] = " ".join((value.findtext("{*}TextValue") or "").split())
        return values

    def known(self, text: Any) -> dict[str, str]:
        """Kind and id of the source that a text is or belongs to."""
        for element in (text, *text.iterancestors()):
            if element in self._names:
                values = self._values[_key(element.get("guid"))]
                return {"source_type": self._names[element], **values}
        return {}
