"""Word: a volume for people who comment in Word.

Pandoc writes the file from the same joined pages as the PDF. Headings, captions and header rows are
Word's own, so that its contents and navigation work; a status stands in brackets; figures are
pictures, with their alternative text, that every Word can show.
"""

from __future__ import annotations

import copy
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

import matplotlib
import typst
from bs4 import BeautifulSoup

from earlyhelp.printing.joined import converted
from earlyhelp.render.volumes import Imprint, Volume, in_words
from earlyhelp.study.problems import InputError, Problem

# For characters that the font of text and figures (`joined.FONT`) has not, and for code.
FONTS = [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
# Dots per inch of the pictures.
RESOLUTION = 220
PICTURE = '#set page(width: auto, height: auto, margin: 0pt)\n#image("{}")'
# The first moment that an archive can state: the bytes depend on the content alone.
NO_DATE = (1980, 1, 1, 0, 0, 0)
# What pandoc's own template has otherwise: letter paper, tables without row headers (those
# that have some `word.lua` gives a style, by which they are found) and in the size of the text.
CHANGES = {
    "word/document.xml": [
        (
            r"(?=</w:sectPr>)",
            '<w:pgSz w:w="11906" w:h="16838"/>'
            '<w:pgMar w:top="1417" w:right="1304" w:bottom="1417" w:left="1304" w:header="708" '
            'w:footer="708" w:gutter="0"/>',
        ),
        (
            r'w:val="Row headers"((?:(?!</w:tblPr>).)*w:firstColumn=)"0"(.*?)w:val="0020"',
            r'w:val="Table"\1"1"\2w:val="00A0"',
        ),
    ],
    "word/styles.xml": [
        (
            r'(w:styleId="Table" w:type="table".*?)(<w:tblPr>\s*<w:tblInd[^>]*>)',
            r'\1<w:rPr><w:sz w:val="18"/></w:rPr>\2'
            '<w:tblBorders><w:top w:val="single" w:sz="8"/><w:bottom w:val="single" w:sz="4"/>'
            '<w:insideH w:val="single" w:sz="4" w:color="9AA5AB"/></w:tblBorders>',
        ),
    ],
}


def document(
    joined: str,
    volume: Volume,
    said: Imprint,
    leads: Sequence[Mapping[str, str]],
    work: Path,
) -> bytes:
    """Make the Word file of a volume.

    Parameters
    ----------
    joined : str
        What `joined.to_html` wrote of it.
    volume : Volume
        For the title.
    said : Imprint
        For what stands below the title, and for the properties.
    leads : list of dict
        Text and address of what is outside the volume, as `Joined.leads` has them.
    work : Path
        Folder of the figures; pictures of them are added.

    Raises
    ------
    InputError
        When a figure cannot be drawn.
    """
    page = BeautifulSoup(joined, "lxml")
    for link in page.select("a[href^='outside:']"):
        link["href"] = leads[int(str(link["href"]).partition(":")[2])]["url"]
    for mention in page.select("span.outside"):
        mention.string = leads[int(str(mention["data-index"]))]["text"]
    for status in page.select("span.status"):
        status.insert(0, "[")
        status.append("]")
    # Word can refer to a note again only by a field; the note stands again instead.
    notes = {note["id"]: note for note in page.select("span.footnote")}
    for again in page.select("span.footnote-again"):
        note = copy.copy(notes[again["id"]])
        del note["id"]
        again.replace_with(note)
    for image in page.select("img"):
        image["src"] = _picture(work / str(image["src"])).name
    assert page.body is not None
    for text in reversed([said.provenance, said.edition, said.licence, said.cite]):
        if text:
            paragraph = page.new_tag("p")
            paragraph.string = text
            page.body.insert(0, paragraph)
    properties = {
        "title": said.title,
        "subtitle": f"{volume.heading}. {said.subtitle}".removesuffix(" "),
        "author": said.authors,
        "keywords": said.keywords,
        "date": in_words(date.fromisoformat(said.date)) if said.date else "",
        "lang": "en-GB",
    }
    (work / "properties.json").write_text(json.dumps(properties), "utf-8")
    made = work / f"{volume.id}.docx"
    options = (f"--resource-path={work}", f"--metadata-file={work / 'properties.json'}")
    converted(str(page), "docx", "word", *options, "--toc", "--toc-depth=3", output=made)
    return _changed(made.read_bytes(), said.date)


def _picture(drawing: Path) -> Path:
    if drawing.suffix != ".svg":
        return drawing
    source, path = drawing.with_suffix(".typ"), drawing.with_suffix(".png")
    source.write_text(PICTURE.format(drawing.name), "utf-8")
    try:
        typst.compile(
            source,
            path,
            root=drawing.parent,
            font_paths=FONTS,
            ignore_system_fonts=True,
            ppi=RESOLUTION,
        )
    except typst.TypstError as error:
        raise InputError([Problem("Word", None, "", str(error), "a figure")]) from None
    return path


def _changed(archive: bytes, day: str) -> bytes:
    """Write the parts of an archive anew, with `CHANGES`; they were made on the day, if any."""
    written = BytesIO()
    made = rf"\g<1>{day}T00:00:00Z\3" if day else ""
    dated = (r"(<dcterms:(created|modified)[^>]*>).*?(</dcterms:\2>)", made)
    changes = {**CHANGES, "docProps/core.xml": [dated]}
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(written, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            for change in changes.get(part.filename, ()):
                content = re.sub(*change, content.decode(), flags=re.DOTALL).encode()
            new.writestr(zipfile.ZipInfo(part.filename, NO_DATE), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
