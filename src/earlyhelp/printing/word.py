"""Word: a volume for people who comment in Word.

Pandoc writes the file from the same joined pages as the PDF. Headings, captions and header rows are
Word's own, so that its contents and navigation work; a status stands in brackets; figures are
pictures, with their alternative text, that every Word can show. Lists of tables and figures follow
the contents, with the pages as Word counts them.
"""

from __future__ import annotations

import copy
import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from html import escape
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import matplotlib
import pypandoc
import typst
from bs4 import BeautifulSoup

from earlyhelp.printing.joined import converted
from earlyhelp.printing.layout import column_widths, set_widths, shared, turn_page
from earlyhelp.render.volumes import Imprint, Volume, in_words
from earlyhelp.study.problems import InputError, Problem

Replacement = tuple[str, str | Callable[[re.Match[str]], str]]
NONE_ADDED: Mapping[str, str] = MappingProxyType({})
# For characters that the font of text and figures (`joined.FONT`) has not, and for code.
FONT_FOLDERS = [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
# Dots per inch of the pictures.
RESOLUTION = 220
PICTURE = '#set page(width: auto, height: auto, margin: 0pt)\n#image("{}")'
# The first moment that an archive can state: the bytes depend on the content alone.
NO_DATE = (1980, 1, 1, 0, 0, 0)
# Characters across an upright page in the size of tables; more of a gap than on paper, as other
# programs put a wider font in the place of Word's.
ROOM, GAP = 90, 2
# A page's measures in twentieths of a point: paper, margins, and what is left for the text.
A4, SIDE, ENDS = (11906, 16838), 1304, 1417
PAGE = (
    '<w:sectPr>{}<w:pgSz w:w="{}" w:h="{}"{}/><w:pgMar w:top="' + f'{ENDS}" w:right="{SIDE}" '
    f'w:bottom="{ENDS}" w:left="{SIDE}" w:header="708" w:footer="708" w:gutter="0"/></w:sectPr>'
)
FOOTER = '<w:footerReference w:type="default" r:id="rId31"/>'
UPRIGHT = PAGE.format(FOOTER, *A4, "")
TURNED = PAGE.format(FOOTER, *reversed(A4), ' w:orient="landscape"')
# What a picture grows by on a turned page, with its heading above and its caption below.
WIDER = 1.4
FOOT = (
    '<w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:pPr>'
    '<w:tabs><w:tab w:val="right" w:pos="9298"/></w:tabs></w:pPr><w:r><w:rPr><w:sz w:val="14"/>'
    '</w:rPr><w:t>{}</w:t><w:tab/></w:r><w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r>'
    "</w:fldSimple></w:p></w:ftr>"
)
# What pandoc's own template has otherwise: letter paper, no page numbers, larger letters, parts
# that run on, tables in the size of the text, nothing for answers.
TEMPLATE = {
    "word/document.xml": [(r"<w:sectPr>.*</w:sectPr>", UPRIGHT)],
    "word/_rels/document.xml.rels": [
        (
            "(?=</Relationships>)",
            '<Relationship Id="rId31" Target="footer1.xml" Type="http://schemas.openxmlformats.org/'
            'officeDocument/2006/relationships/footer"/>',
        )
    ],
    "[Content_Types].xml": [
        (
            "(?=</Types>)",
            '<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.wordprocessingml.footer+xml"/>',
        )
    ],
    "word/styles.xml": [
        (r'(?<=<w:sz w:val=")24(?=")', "22"),
        (r'(w:styleId="Heading1">.*?<w:keepLines />)', r"\1<w:pageBreakBefore/>"),
        # A heading or a caption below a table would touch it.
        (r'(w:styleId="Heading4">.*?w:before=)"80"', r'\1"200"'),
        (r'(w:styleId="TableCaption">.*?<w:keepNext />)', r'\1<w:spacing w:before="200"/>'),
        (r'(w:styleId="Caption">.*?)<w:i />', r"\1"),
        (
            r'(w:styleId="Table">.*?<w:tblStylePr w:type="firstRow">)',
            r"\1<w:rPr><w:b/></w:rPr>",
        ),
        (
            r'(w:styleId="Table">.*?)(<w:tblPr>\s*<w:tblInd[^>]*>)',
            r'\1<w:rPr><w:sz w:val="18"/></w:rPr>\2'
            '<w:tblBorders><w:top w:val="single" w:sz="8"/><w:bottom w:val="single" w:sz="4"/>'
            '<w:insideH w:val="single" w:sz="4" w:color="9AA5AB"/></w:tblBorders>',
        ),
        (
            "(?=</w:styles>)",
            '<w:style w:type="paragraph" w:customStyle="1" w:styleId="Answer">'
            '<w:name w:val="Answer"/><w:basedOn w:val="BodyText"/><w:pPr><w:keepNext/><w:pBdr>'
            '<w:left w:val="single" w:sz="24" w:space="8" w:color="1F5C7A"/></w:pBdr>'
            '<w:shd w:val="clear" w:color="auto" w:fill="EFF4F7"/>'
            '<w:spacing w:before="0" w:after="0"/></w:pPr></w:style>'
            + "".join(
                f'<w:style w:type="paragraph" w:styleId="TOC{level}"><w:name w:val="toc {level}"/>'
                '<w:basedOn w:val="Normal"/><w:pPr><w:tabs><w:tab w:val="right" w:leader="dot" '
                f'w:pos="9298"/></w:tabs><w:spacing w:after="20"/><w:ind w:left="{240 * level}"/>'
                '</w:pPr><w:rPr><w:sz w:val="18"/></w:rPr></w:style>'
                for level in (1, 2, 3)
            )
            + '<w:style w:type="paragraph" w:styleId="TableofFigures">'
            '<w:name w:val="table of figures"/><w:basedOn w:val="TOC1"/><w:pPr>'
            '<w:ind w:left="240" w:right="720" w:hanging="240"/></w:pPr>'
            "</w:style>",
        ),
    ],
}
# A table of so many rows stays on one page; of a longer one so many stay together at both ends.
WHOLE, ENDING = 14, 3
# What pandoc writes otherwise: tables without row headers (those that have some `word.lua` gives a
# style, by which they are found) that are broken anywhere; contents that are empty until Word makes
# them; marks where pages are turned.
HEADING = re.compile(
    r'(?:<w:bookmarkStart [^>]*w:name="([^"]*)" />\s*)?'
    r'<w:p><w:pPr><w:pStyle w:val="Heading([1-3])" /></w:pPr>(.*?)</w:p>',
    re.DOTALL,
)
CAPTION = re.compile(r'<w:p><w:pPr><w:pStyle w:val="(Table|Image)Caption" />.*?</w:p>', re.DOTALL)
# Filled in by the program that opens the file.
PAGE_OF = (
    '<w:r><w:tab/></w:r><w:fldSimple w:instr=" PAGEREF {} \\h " w:dirty="true"><w:r><w:t/></w:r>'
    "</w:fldSimple>"
)
LISTS = {"Table": "Tables", "Image": "Figures"}
CHANGES: dict[str, list[Replacement]] = {
    "word/document.xml": [
        # The name of a picture's file; what it shows stands beside it, where readers look for it.
        (r'(<pic:cNvPr [^>]*?)descr="[^"]*"', r'\1descr=""'),
        (r"<w:tr>(?=<w:tc>)", "<w:tr><w:trPr><w:cantSplit/></w:trPr>"),
        (r"<w:tbl>.*?</w:tbl>", lambda found: _kept_together(found[0])),
        # Before the contents, which then have all that follows them.
        (r"^.*$", lambda found: _with_lists(found[0])),
        (
            r'(<w:fldChar w:fldCharType="separate" />)'
            r'(<w:fldChar w:fldCharType="end" /></w:r></w:p>)(.*)',
            lambda found: (
                f"{found[1]}</w:r></w:p>{_contents(found[3])}<w:p><w:r>{found[2]}{found[3]}"
            ),
        ),
        (
            r'w:val="Row headers"((?:(?!</w:tblPr>).)*w:firstColumn=)"0"(.*?)w:val="0020"',
            r'w:val="Table"\1"1"\2w:val="00A0"',
        ),
        (
            "<!--turned-->(.*?)<!--upright-->",
            lambda found: _section(UPRIGHT) + _enlarged(found[1]) + _section(TURNED),
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
    for name in page.select(".row-name > strong"):
        name.unwrap()
    for image in page.select("img"):
        image["src"] = _picture(work / str(image["src"])).name
    for table in page.select("table:not(.colwidths-given)"):
        narrow, wide = ([width + GAP for width in widths] for widths in column_widths(table))
        set_widths(table, shared(ROOM, narrow, wide, table), ROOM)
    for image in page.select("img.full-page"):
        turn_page(image.find_parent("figure") or image)
    about = filter(None, [said.provenance, said.edition, said.licence, said.cite])
    properties = {
        "abstract": "\n\n".join(about),
        "abstract-title": "About this volume",
        "toc-title": "Contents",
        "title": said.title,
        "subtitle": f"{volume.heading}. {said.subtitle}".removesuffix(" "),
        "author": said.authors,
        "keywords": said.keywords,
        "date": in_words(date.fromisoformat(said.date)) if said.date else "",
        "lang": "en-GB",
    }
    (work / "properties.json").write_text(json.dumps(properties), "utf-8")
    made = work / f"{volume.id}.docx"
    (work / "template.docx").write_bytes(_template(said.provenance))
    options = (
        *(f"--resource-path={work}", f"--metadata-file={work / 'properties.json'}"),
        *(f"--reference-doc={work / 'template.docx'}", "--toc", "--toc-depth=3"),
    )
    converted(str(page), "docx", "word", *options, output=made)
    moment = rf"\g<1>{said.date}T00:00:00Z\3" if said.date else ""
    dated = (r"(<dcterms:(created|modified)[^>]*>).*?(</dcterms:\2>)", moment)
    return _changed(made.read_bytes(), {**CHANGES, "docProps/core.xml": [dated]})


def _template(foot: str) -> bytes:
    """Pandoc's template with `TEMPLATE` and a line at the foot of every page."""
    pandoc = pypandoc.get_pandoc_path()
    command = [pandoc, "--print-default-data-file", "reference.docx"]
    printed = subprocess.run(command, check=True, capture_output=True).stdout
    return _changed(printed, TEMPLATE, {"word/footer1.xml": FOOT.format(escape(foot))})


def _contents(content: str) -> str:
    """Headings with links, for programs that make no contents."""
    return "".join(
        _entry(f"TOC{level}", name, _words(text)) for name, level, text in HEADING.findall(content)
    )


def _entry(style: str, name: str, words: str, page: str = "") -> str:
    return (
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:hyperlink w:anchor="{name}"><w:r>'
        f"<w:t>{words}</w:t></w:r>{page}</w:hyperlink></w:p>"
    )


def _words(text: str) -> str:
    return re.sub("<[^>]*>", "", text)


def _with_lists(content: str) -> str:
    """Lists of tables and figures below the contents: the first sentence of each caption."""
    lists: dict[str, list[str]] = {kind: [] for kind in LISTS}

    def marked(caption: re.Match[str]) -> str:
        number = sum(map(len, lists.values()))
        name = f"caption.{number}"
        sentence = re.split(r"\.(?:\s|$)", _words(caption[0]), maxsplit=1)[0]
        lists[caption[1]].append(_entry("TableofFigures", name, sentence, PAGE_OF.format(name)))
        # Far from the numbers that pandoc gives its own.
        mark = f'<w:bookmarkStart w:id="{100_000 + number}" w:name="{name}"/>'
        return f'{mark}{caption[0]}<w:bookmarkEnd w:id="{100_000 + number}"/>'

    content = CAPTION.sub(marked, content)
    listed = "".join(
        '<w:p><w:pPr><w:pStyle w:val="TOCHeading"/><w:pageBreakBefore w:val="0"/></w:pPr><w:r>'
        f"<w:t>{LISTS[kind]}</w:t></w:r></w:p>{''.join(entries)}"
        for kind, entries in lists.items()
        if entries
    )
    return content.replace("</w:sdt>", f"</w:sdt>{listed}", 1)


def _kept_together(table: str) -> str:
    """Let rows of a table stay on the page of the next."""
    *rows, end = table.split("</w:tr>")
    for number, row in enumerate(rows[:-1]):
        if len(rows) <= WHOLE or not ENDING < number < len(rows) - ENDING:
            rows[number] = re.sub(r'(<w:pStyle w:val="Compact" />)', r"\1<w:keepNext/>", row)
    return "</w:tr>".join([*rows, end])


def _section(page: str) -> str:
    """End a section of pages."""
    return f"<w:p><w:pPr>{page}</w:pPr></w:p>"


def _enlarged(content: str) -> str:
    """Pictures as wide as a turned page."""
    return re.sub(
        r'\bc([xy])="(\d+)"', lambda size: f'c{size[1]}="{int(int(size[2]) * WIDER)}"', content
    )


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
            font_paths=FONT_FOLDERS,
            ignore_system_fonts=True,
            ppi=RESOLUTION,
        )
    except typst.TypstError as error:
        raise InputError([Problem("Word", None, "", str(error), "a figure")]) from None
    return path


def _changed(
    archive: bytes,
    changes: Mapping[str, Iterable[Replacement]],
    added: Mapping[str, str] = NONE_ADDED,
) -> bytes:
    """Write the parts of an archive anew, with changes of their text, and further parts."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(written, "w") as new:
        parts = {part.filename: old.read(part) for part in old.infolist()}
        for name, content in (parts | {key: text.encode() for key, text in added.items()}).items():
            for pattern, replacement in changes.get(name, ()):
                content = re.sub(pattern, replacement, content.decode(), flags=re.DOTALL).encode()
            new.writestr(zipfile.ZipInfo(name, NO_DATE), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
