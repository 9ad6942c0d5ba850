"""Small projects in the shapes that programs write, with the passages that somebody coded in each.

The shapes are those of files and importers that can be read: exports of NVivo 12 (Windows and
Mac) and ATLAS.ti 26 in public repositories, and what QualCoder's importer (refi.py) says of MAXQDA
and Quirkos. Texts and codes are made up for the purpose.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

TALK = (
    "\U0001f642 The form helps. It takes too long!\r\n"
    "She said: \u201cask her first\u201d \U0001f44d\U0001f44d and left."
)
QUOTES = ("The form helps.", "It takes too long!", "\u201cask her first\u201d")
HELPS, BURDEN, FIRST = "Helps", "Burden", "Ask first"


class Program(NamedTuple):
    """A program's project: the members of its archive, and what was coded with what."""

    members: dict[str, str | bytes]
    coded: list[tuple[str, str]]

    def write(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in self.members.items():
                archive.writestr(name, content)
        return path


def guids() -> Iterator[str]:
    return (f"{number:08x}-1111-4222-8333-444455556666" for number in count(1))


def ends(text: str, quote: str, astral: int = 1, line_end: int = 2) -> tuple[int, int]:
    """Where a quote stands if a character outside the basic plane and a line end count so many."""

    def counted(part: str) -> int:
        beyond = sum(ord(character) > 0xFFFF for character in part)
        return len(part) + beyond * (astral - 1) + part.count("\r\n") * (line_end - 2)

    start = text.index(quote)
    return counted(text[:start]), counted(text[: start + len(quote)])


def selection(
    guid: Iterator[str], at: tuple[int, int], code: str, name: str, inside: str = ""
) -> str:
    return (
        f'<PlainTextSelection guid="{next(guid)}" name="{name}" startPosition="{at[0]}" '
        f'endPosition="{at[1]}">{inside}<Coding guid="{next(guid)}">'
        f'<CodeRef targetGUID="{code}"/></Coding></PlainTextSelection>'
    )


def document(origin: str, codes: str, rest: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<Project xmlns="urn:QDA-XML:project:1.0" '
        f'name="Study" origin="{origin}">\n<CodeBook><Codes>{codes}</Codes></CodeBook>\n{rest}\n'
        "</Project>"
    )


def code(guid: str, name: str, more: str = "", inside: str = "") -> str:
    return f'<Code guid="{guid}" name="{name}" isCodable="true"{more}>{inside}</Code>'


def nvivo() -> Program:
    """Empty names and descriptions, `Sources`, CRLF, UTF-16 units, a case with a code's GUID."""
    guid = guids()
    ids = [next(guid) for _ in QUOTES]
    codes = "".join(map(code, ids, (HELPS, BURDEN, FIRST)))
    selections = "".join(
        selection(guid, ends(TALK, quote, astral=2), i, "", "<Description />")
        for quote, i in zip(QUOTES, ids, strict=True)
    )
    name = next(guid)
    text = (
        f'<TextSource guid="{name}" name="Interview 1" richTextPath="internal://{name}.docx" '
        f'plainTextPath="internal://{name}.txt"><Description />{selections}</TextSource>'
    )
    case = (
        f'<Cases><Case guid="{ids[0]}" name="Ana"><SourceRef targetGUID="{name}"/></Case></Cases>'
    )
    qde = document("NVivo for Windows 12.6", codes, f"{case}<Sources>{text}</Sources>")
    members: dict[str, str | bytes] = {
        "project.qde": qde,
        f"Sources/{name}.txt": TALK.encode(),
        f"Sources/{name}.docx": b"PK",
    }
    return Program(members, list(zip(QUOTES, ("helps", "burden", "ask-first"), strict=True)))


def atlas_ti() -> Program:
    """XML named after the study, capital GUIDs, line ends that count once, video elsewhere."""
    guid = (part.upper() for part in guids())
    ids = [next(guid) for _ in QUOTES]
    codes = "".join(map(code, ids, (HELPS, BURDEN, FIRST)))
    selections = "".join(
        selection(guid, ends(TALK, quote, line_end=1), i, quote)
        for quote, i in zip(QUOTES, ids, strict=True)
    )
    name = next(guid)
    video = (
        f'<VideoSource guid="{next(guid)}" name="Visit.MP4" path="relative:///a.mov">'
        f'<VideoSelection guid="{next(guid)}" begin="21477" end="21477" name="21s"><Coding '
        f'guid="{next(guid)}"><CodeRef targetGUID="{ids[0]}"/></Coding></VideoSelection>'
        "</VideoSource>"
    )
    text = (
        f'<TextSource guid="{name}" name="Interview 1" plainTextPath="internal://{name}.txt">'
        f"{selections}</TextSource>"
    )
    qde = document("ATLAS.ti Mac", codes, f"<Sources>{text}{video}</Sources>")
    return Program(
        {"Family interviews.qde": qde, f"sources/{name}.txt": TALK.encode()},
        list(zip(QUOTES, ("helps", "burden", "ask-first"), strict=True)),
    )


def maxqda() -> Program:
    """Two documents of one name, a PDF coded in its text and on a page, variables on sources."""
    guid = guids()
    form, service, form_quality, service_quality = (next(guid) for _ in range(4))
    codes = code(form, "form", ' color="#ff0000"', code(form_quality, "quality")) + code(
        service, "service", "", code(service_quality, "quality")
    )
    first, second, of_pdf = "Forms are short.\n", "Staff are kind.\n", "A leaflet on the forms.\n"
    variable = next(guid)
    value = (
        f'<VariableValue><VariableRef targetGUID="{variable}"/><TextValue>interview</TextValue>'
        "</VariableValue>"
    )
    texts = "".join(
        f'<TextSource guid="{next(guid)}" name="Talk"><PlainTextContent>{text}</PlainTextContent>'
        f"{selection(guid, (0, len(text) - 1), i, text[:8] + '...')}</TextSource>"
        for text, i in ((first, form_quality), (second, service_quality))
    )
    pdf = (
        f'<PDFSource guid="{next(guid)}" name="Leaflet" path="internal://l.pdf"><PDFSelection '
        f'guid="{next(guid)}" page="0" firstX="1" firstY="1" secondX="9" secondY="9"><Coding '
        f'guid="{next(guid)}"><CodeRef targetGUID="{form}"/></Coding></PDFSelection>'
        f'<Representation guid="{next(guid)}" plainTextPath="internal://l.txt">'
        f"{selection(guid, (2, 9), form, 'leaflet')}</Representation>{value}</PDFSource>"
    )
    variables = (
        f'<Variables><Variable guid="{variable}" name="source_type" '
        'typeOfVariable="Text"/></Variables>'
    )
    qde = document("MAXQDA 2022", codes, f"{variables}<Sources>{texts}{pdf}</Sources>")
    return Program(
        {"project.qde": qde, "sources/l.txt": of_pdf, "sources/l.pdf": b"%PDF"},
        [
            ("Forms are short.", "form-quality"),
            ("Staff are kind.", "service-quality"),
            ("leaflet", "form"),
        ],
    )


def qualcoder() -> Program:
    """A selection for each code, named by its text; a transcript; a path without its scheme."""
    guid = guids()
    helps, burden = next(guid), next(guid)
    codes = code(helps, HELPS) + code(burden, BURDEN)
    at = (4, 14)
    text = (
        f'<TextSource guid="{next(guid)}" name="talk.txt" plainTextPath="talk.txt">'
        f"{selection(guid, at, helps, 'form helps')}{selection(guid, at, burden, 'form helps')}"
        "</TextSource>"
    )
    points = [next(guid), next(guid)]
    sync = "".join(
        f'<SyncPoint guid="{point}" position="{position}" timeStamp="{position * 1000}"/>'
        for point, position in zip(points, (3, 11), strict=True)
    )
    transcript = (
        f'<AudioSource guid="{next(guid)}" name="call.mp3" path="internal://c.mp3"><Transcript '
        f'guid="{next(guid)}" plainTextPath="internal://call.txt">{sync}<TranscriptSelection '
        f'guid="{next(guid)}" name="too long" fromSyncPoint="{points[0]}" '
        f'toSyncPoint="{points[1]}"><Coding guid="{next(guid)}"><CodeRef targetGUID="{burden}"/>'
        "</Coding></TranscriptSelection></Transcript></AudioSource>"
    )
    qde = document("QualCoder 4.0", codes, f"<Sources>{text}{transcript}</Sources>")
    return Program(
        {
            "project.qde": qde,
            "sources/talk.txt": "\ufeffThe form helps.",
            "sources/call.txt": "It too long.",
        },
        [("form helps", "helps"), ("form helps", "burden"), ("too long", "burden")],
    )


def quirkos() -> Program:
    """Text inside the XML, a case without a name for its variable, a colour that is none."""
    guid = guids()
    helps, source, variable = next(guid), next(guid), next(guid)
    rest = (
        f'<Variables><Variable guid="{variable}" name="source_type" typeOfVariable="Text"/>'
        f'</Variables><Cases><Case guid="{next(guid)}"><VariableValue><VariableRef '
        f'targetGUID="{variable}"/><TextValue>interview</TextValue></VariableValue><SourceRef '
        f'targetGUID="{source}"/></Case></Cases><Sources><TextSource guid="{source}" name="Ana">'
        "<PlainTextContent>The form helps.</PlainTextContent>"
        f"{selection(guid, (0, 15), helps, '')}</TextSource></Sources>"
    )
    codes = code(helps, HELPS, ' color="rgb(255, 0, 0)"')
    qde = document("Quirkos 2.5", codes, rest)
    return Program({"project.qde": qde}, [("The form helps.", "helps")])


def names() -> Program:
    """Any program: names that a spreadsheet runs, of other letters, told apart by a number."""
    guid = guids()
    second, first, safe = next(guid), next(guid), next(guid)
    group = code(next(guid), "Stages", "", code(second, "Stage 2") + code(first, "Stage 1"))
    codes = group.replace('"true"', '"false"', 1) + code(safe, "\u5b89\u5168")
    texts = "".join(
        f'<TextSource guid="{next(guid)}" name="{name}"><PlainTextContent>Yes. =No. Yes.'
        f"</PlainTextContent>{selection(guid, (0, 4), second, '')}"
        f"{selection(guid, (5, 9), safe, '')}{selection(guid, (10, 14), first, '')}</TextSource>"
        for name in ("@SUM(1)", "'@SUM(1)")
    )
    qde = document("any", codes, f"<Sources>{texts}</Sources>")
    coded = [("Yes.", "stages-stage"), ("'=No.", "theme"), ("Yes.", "stages-stage-b")]
    return Program({"project.qde": qde}, coded * 2)


PROGRAMS = (nvivo, atlas_ti, maxqda, qualcoder, quirkos, names)
