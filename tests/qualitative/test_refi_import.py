"""Coded interviews of other programs: what is read, what is told, what is refused."""

from __future__ import annotations

import copy
import io
import os
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest
import yaml
from helpers import ROOT
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from programs import PROGRAMS, Program, atlas_ti, maxqda, names, nvivo, qualcoder, quirkos

from earlyhelp.qualitative import refi_archive, refi_qda
from earlyhelp.qualitative.framework import Codebook
from earlyhelp.qualitative.positions import READINGS, SourceText
from earlyhelp.qualitative.refi_import import codebook_skeleton, import_project
from earlyhelp.qualitative.refi_qda import export_codebook, export_project
from earlyhelp.study.problems import InputError
from earlyhelp.study.textfile import FORMULA
from earlyhelp.study.yamlfile import read_yaml

Maker = Callable[[], Program]
NS = {"q": refi_qda.PROJECT}
GUIDS = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(10)]

# A project as another tool might write it: braces round GUIDs, text inside, no case variables.
FOREIGN = f"""<?xml version="1.0" encoding="utf-8"?>
<Project xmlns="urn:QDA-XML:project:1.0" name="Other" origin="another tool">
  <CodeBook><Codes>
    <Code guid="{{{GUIDS[1]}}}" name="Trust" isCodable="true" color="#AABBCC">
      <Code guid="{GUIDS[2]}" name="Trust in staff" isCodable="true"/>
    </Code>
  </Codes></CodeBook>
  <Sources>
    <TextSource guid="{GUIDS[3]}" name="Talk with Ana">
      <PlainTextContent>She trusts us.
Next day.</PlainTextContent>
      <PlainTextSelection guid="{GUIDS[4]}" name="She trusts us" startPosition="0" endPosition="14">
        <Coding guid="{GUIDS[5]}"><CodeRef targetGUID="{GUIDS[1]}"/></Coding>
        <Coding guid="{GUIDS[6]}"><CodeRef targetGUID="{{{GUIDS[2]}}}"/></Coding>
      </PlainTextSelection>
      <PlainTextSelection guid="{GUIDS[7]}" startPosition="15" endPosition="24"/>
    </TextSource>
  </Sources>
</Project>
"""


@pytest.fixture
def project(tmp_path: Path, matrix: pd.DataFrame, codebook: Codebook) -> Path:
    path = tmp_path / "study.qdpx"
    path.write_bytes(export_project(matrix, codebook, "Study"))
    return path


def write(path: Path, members: dict[str, str | bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def foreign(tmp_path: Path, old: str = "", new: str = "", **members: str | bytes) -> Path:
    assert old in FOREIGN
    content = FOREIGN.replace(old, new) if old else FOREIGN
    return write(tmp_path / "other.qdpx", {"project.qde": content, **members})


def refused(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        import_project(path)
    return [str(problem) for problem in caught.value.problems]


def qde(path: Path) -> etree._Element:
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read("project.qde"))


def matrix_of(path: Path, positions: str = "") -> pd.DataFrame:
    return import_project(path, positions).matrix


def notes_of(path: Path) -> list[str]:
    """What is told of a project, without what is left to fill in."""
    notes = [str(note) for note in import_project(path).notes]
    return [note for note in notes if not note.startswith("framework_matrix.csv")]


# Read from another tool


def test_another_tools_codes_are_themes_and_its_source_a_kind(tmp_path: Path) -> None:
    rows = matrix_of(foreign(tmp_path))
    assert rows["theme"].tolist() == ["trust", "trust-in-staff"]
    assert rows["source_type"].tolist() == ["Talk with Ana"] * 2
    assert rows["summary"].tolist() == ["She trusts us."] * 2
    # Names that cannot be ids give way to numbers.
    assert rows["row_id"].tolist() == ["Q001", "Q002"]


def test_a_text_beside_the_project_is_found_in_any_case(tmp_path: Path) -> None:
    content = FOREIGN.replace('name="Talk with Ana">', 'plainTextPath="internal://A.txt">')
    start = content.index("<PlainTextContent>")
    end = content.index("</PlainTextContent>") + len("</PlainTextContent>")
    members = {
        "Project.QDE": content[:start] + content[end:],
        "sources/a.TXT": "\ufeffShe trusts us.\nNext day.".encode(),
    }
    rows = matrix_of(write(tmp_path / "other.qdpx", members))
    assert rows["summary"].tolist() == ["She trusts us."] * 2


def as_qualcoder_writes(project: Path, out: Path) -> Path:
    """Rewrite a project in the shape of QualCoder 4.0's export (its src/qualcoder/refi.py).

    A selection of its own for each code, named by its text; new GUIDs for cases, which have lost
    their sources; the sources' variables kept; texts with a byte order mark.
    """
    root = qde(project)
    for case in root.xpath("//q:Case", namespaces=NS):
        case.remove(case.find(f"{{{refi_qda.PROJECT}}}SourceRef"))
    members: dict[str, str | bytes] = {}
    with zipfile.ZipFile(project) as archive:
        for source in root.xpath("//q:TextSource", namespaces=NS):
            name = "sources/" + source.get("plainTextPath").removeprefix("internal://")
            text = archive.read(name).decode()
            members[name] = text.encode("utf-8-sig")
            for passage in source.xpath("q:PlainTextSelection", namespaces=NS):
                start, end = int(passage.get("startPosition")), int(passage.get("endPosition"))
                place = source.index(passage)
                source.remove(passage)
                for coding in passage.xpath("q:Coding", namespaces=NS):
                    alone = copy.deepcopy(passage)
                    for other in alone.xpath("q:Coding", namespaces=NS):
                        if other.get("guid") != coding.get("guid"):
                            alone.remove(other)
                    alone.set("name", text[start:end])
                    alone.set("guid", str(uuid4()))
                    source.insert(place, alone)
    return write(out, {"project.qde": etree.tostring(root), **members})


def test_a_matrix_survives_the_shape_that_qualcoder_writes(
    tmp_path: Path, rotherham: Path, project: Path
) -> None:
    other = as_qualcoder_writes(project, tmp_path / "qualcoder.qdpx")
    # One selection for every coded cell: theme, question, component, direction, whom it concerns
    # and support of each row, and its outcome where it has one.
    matrix = pd.read_csv(rotherham / "raw/framework_matrix.csv", dtype=str)
    expected = 6 * len(matrix) + int(matrix["outcome"].notna().sum())
    assert len(qde(other).xpath("//q:PlainTextSelection", namespaces=NS)) == expected
    back = matrix_of(other).to_csv(index=False, lineterminator="\n")
    assert back.encode() == (rotherham / "raw/framework_matrix.csv").read_bytes()


def test_a_value_left_empty_is_no_departure(tmp_path: Path) -> None:
    # The standard's VariableValueType lets the value be missing.
    variables = (
        f'</CodeBook><Variables><Variable guid="{GUIDS[8]}" name="source_type" '
        'typeOfVariable="Text"/></Variables>'
    )
    content = FOREIGN.replace("</CodeBook>", variables).replace(
        "</TextSource>",
        f'<VariableValue><VariableRef targetGUID="{GUIDS[8]}"/></VariableValue></TextSource>',
    )
    rows = matrix_of(write(tmp_path / "other.qdpx", {"project.qde": content}))
    assert set(rows["source_type"]) == {""}


def test_a_sources_own_variables_say_what_it_is(tmp_path: Path, project: Path) -> None:
    # MAXQDA and QualCoder keep variables with the sources and may drop the cases.
    root = qde(project)
    cases = root.find(f"{{{refi_qda.PROJECT}}}Cases")
    root.remove(cases)
    with zipfile.ZipFile(project) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    back = matrix_of(
        write(tmp_path / "other.qdpx", {**members, "project.qde": etree.tostring(root)})
    )
    assert back.equals(matrix_of(project))


def test_a_schema_location_is_no_departure(tmp_path: Path) -> None:
    new = (
        'name="Other" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="urn:QDA-XML:project:1.0 Project.xsd"'
    )
    assert len(matrix_of(foreign(tmp_path, 'name="Other"', new))) == 2


# Refused


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.qdpx") == [
        "none.qdpx: found no such file; expected a REFI-QDA project (.qdpx)"
    ]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.qdpx")
    expected = "expected a REFI-QDA project (.qdpx)"
    for path in (tmp_path / "pipe.qdpx", Path("/dev/zero")):
        assert refused(path) == [f"{path.name}: found neither a file nor a folder; {expected}"]


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.qdpx"
    path.write_text(FOREIGN)
    assert "expected a whole zip file" in refused(path)[0]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_zip_is_refused(project: Path, share: float) -> None:
    content = project.read_bytes()
    project.write_bytes(content[: int(len(content) * share)])
    assert "expected a whole zip file" in refused(project)[0]


def test_a_damaged_member_is_refused(project: Path) -> None:
    content = bytearray(project.read_bytes())
    content[200] ^= 0xFF
    project.write_bytes(content)
    assert "damaged project.qde" in refused(project)[0]


def test_a_zip_without_a_project_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "other.qdpx", {"readme.txt": "nothing"})
    assert refused(path) == ["other.qdpx: found no project.qde; expected a member of this name"]


def test_a_member_that_grows_without_measure_is_refused(tmp_path: Path) -> None:
    members = {"project.qde": FOREIGN, "Sources/bomb.txt": b"\0" * 10_000_000}
    path = write(tmp_path / "bomb.qdpx", members, zipfile.ZIP_DEFLATED)
    found = refused(path)
    assert any("'Sources/bomb.txt'" in problem and "grow" in problem for problem in found)


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    # Each grows less than the limit; listed ten times over, they grow ten times that together.
    noise = random.Random(1).randbytes(600)
    path = tmp_path / "bomb.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Sources/0.txt", noise + b"\0" * 100_000)
        for number in range(1, 10):
            archive.filelist.append(copy.copy(archive.filelist[0]))
            archive.filelist[-1].filename = f"Sources/{number}.txt"
    assert [problem.split(";")[0] for problem in refused(path)] == [
        "bomb.qdpx: found members that grow too much together"
    ]


def test_more_text_than_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = foreign(tmp_path)
    monkeypatch.setattr(refi_archive, "READ_LIMIT", len(FOREIGN.encode()))
    assert len(matrix_of(path)) == 2
    monkeypatch.setattr(refi_archive, "READ_LIMIT", len(FOREIGN.encode()) - 1)
    assert "more than that up to project.qde" in refused(path)[0]


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refi_archive, "MEMBERS_LIMIT", 1)
    assert "found 2 members; expected at most 1" in refused(foreign(tmp_path, x="1"))[0]


@pytest.mark.parametrize(
    "name",
    [
        "../out.txt",
        "/etc/out.txt",
        "Sources/../../out.txt",
        "..\\out.txt",
        "C:\\out.txt",
        "a\0.txt",
    ],
)
def test_a_path_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    # zipfile would tidy the name while writing: it is put in by hand, of the same length.
    stand_in = "x" * len(name)
    path = write(tmp_path / "other.qdpx", {"project.qde": FOREIGN, stand_in: "1"})
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), name.encode()))
    assert f"{name!r}: found a path out of the archive" in refused(path)[0]


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    path = foreign(tmp_path, **{"Project.qde": "<Project/>"})
    assert "the name more than once" in refused(path)[0]


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = foreign(tmp_path)
    content = bytearray(path.read_bytes())
    # Bit 0 of the general purpose flags, in the local and in the central header (APPNOTE 4.4.4).
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "an encrypted member" in refused(path)[0]


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE p [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE p SYSTEM "http://example.org/p.dtd">',
        '<!DOCTYPE p [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>',
    ],
)
def test_entity_tricks_are_refused(tmp_path: Path, declaration: str) -> None:
    path = foreign(tmp_path, "<Project xmlns", f"{declaration}<Project xmlns")
    assert refused(path) == [
        "other.qdpx/project.qde: found a document type declaration; expected XML without one"
    ]


def test_xml_that_is_not_well_formed_is_refused(tmp_path: Path) -> None:
    assert "expected well-formed XML" in refused(foreign(tmp_path, "</Project>", ""))[0]


def test_elements_nested_without_end_are_refused(tmp_path: Path) -> None:
    code = f'<Code guid="{GUIDS[8]}" name="x" isCodable="true">'
    deep = code * 5000 + "</Code>" * 5000
    path = foreign(tmp_path, "</Codes>", f"{deep}</Codes>")
    assert "expected well-formed XML" in refused(path)[0]


@pytest.mark.parametrize("root", ["<Project/>", '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"/>'])
def test_another_root_is_refused(tmp_path: Path, root: str) -> None:
    path = write(tmp_path / "other.qdpx", {"project.qde": root})
    assert "expected Project of urn:QDA-XML:project:1.0" in refused(path)[0]


def test_departures_that_change_no_row_are_told_once_each(tmp_path: Path) -> None:
    content = FOREIGN.replace('color="#AABBCC"', 'color="red"').replace(
        'staff" isCodable="true"', 'staff" isCodable="maybe"'
    )
    plain = matrix_of(foreign(tmp_path))
    path = write(tmp_path / "other.qdpx", {"project.qde": content})
    assert matrix_of(path).equals(plain)
    notes = notes_of(path)
    assert len(notes) == 2
    assert [f", line {line}, Code " in note for line, note in zip((4, 5), notes, strict=True)] == [
        True
    ] * 2
    assert all(note.endswith("expected REFI-QDA 1.0; read all the same") for note in notes)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('endPosition="14"', 'endPosition="99"', "found positions 0 to 99"),
        ('startPosition="0"', 'startPosition="-1"', "found positions -1 to 14"),
        (
            'endPosition="14"',
            f'endPosition="{"9" * 5000}"',
            "expected a whole number",
        ),
        (
            f'CodeRef targetGUID="{GUIDS[1]}"',
            f'CodeRef targetGUID="{GUIDS[9]}"',
            "expected a code of the codebook",
        ),
    ],
)
def test_references_to_nothing_are_refused(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    (problem,) = refused(foreign(tmp_path, old, new))
    assert expected in problem


@pytest.mark.parametrize("path", ["relative:///a.txt", "absolute:///etc/passwd", "/etc/passwd"])
def test_a_text_outside_the_archive_is_told_and_the_others_are_read(
    tmp_path: Path, path: str
) -> None:
    outside = f"""<TextSource guid="{GUIDS[8]}" name="Elsewhere" plainTextPath="{path}">
      <PlainTextSelection guid="{GUIDS[9]}" startPosition="0" endPosition="4">
        <Coding guid="{GUIDS[0]}"><CodeRef targetGUID="{GUIDS[1]}"/></Coding>
      </PlainTextSelection></TextSource></Sources>"""
    found = foreign(tmp_path, "</Sources>", outside)
    assert matrix_of(found)["theme"].tolist() == ["trust", "trust-in-staff"]
    (note,) = notes_of(found)
    assert "1 coding of a text outside the archive; expected codings of text; not read" in note


@pytest.mark.parametrize("path", ["", "internal://", "internal://lost.txt"])
def test_a_text_that_should_be_in_the_archive_is_needed(tmp_path: Path, path: str) -> None:
    content = FOREIGN.replace('name="Talk with Ana">', f'plainTextPath="{path}">')
    start = content.index("<PlainTextContent>")
    end = content.index("</PlainTextContent>") + len("</PlainTextContent>")
    content = content[:start] + content[end:]
    found = refused(write(tmp_path / "other.qdpx", {"project.qde": content}))
    assert "a text in the archive" in found[0] or "expected a member of this name" in found[0]


def test_a_missing_text_is_told(tmp_path: Path, project: Path) -> None:
    with zipfile.ZipFile(project) as archive:
        only = {"project.qde": archive.read("project.qde")}
    # Fourteen sources, fourteen texts that are not there.
    assert len(refused(write(tmp_path / "other.qdpx", only))) == 15


# Accounted for


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_projects_of_other_programs_are_read(tmp_path: Path, program: Maker) -> None:
    made = program()
    rows = matrix_of(made.write(tmp_path / "made.qdpx"))
    assert sorted(zip(rows["summary"], rows["theme"], strict=True)) == sorted(made.coded)


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (nvivo, ["read as utf-16"]),
        (
            atlas_ti,
            ["found Family interviews.qde", "read as code-points-lf", "1 coding of a stretch"],
        ),
        (maxqda, ["told apart as form-quality", "1 coding of an area of a PDF's page"]),
        (qualcoder, ["found 'talk.txt'; expected internal://talk.txt"]),
        (quirkos, ["1 departure from the standard"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_departs_is_told_and_no_more(tmp_path: Path, program: Maker, told: list[str]) -> None:
    notes = notes_of(program().write(tmp_path / "made.qdpx"))
    assert all(part in "\n".join(notes) for part in told)
    assert len(notes) == len(told)


ON = {
    "PictureSource": '<PictureSelection guid="{g}" firstX="0" firstY="0" secondX="1" secondY="1">',
    "AudioSource": '<AudioSelection guid="{g}" begin="0" end="9">',
    "VideoSource": '<VideoSelection guid="{g}" begin="0" end="9">',
    "PDFSource": '<PDFSelection guid="{g}" page="0" firstX="0" firstY="0" secondX="1" secondY="1">',
    "PaintingSource": '<PaintingSelection guid="{g}">',
}


@pytest.mark.parametrize("kind", ON)
@pytest.mark.parametrize("whole", [False, True])
def test_codes_on_other_media_are_counted(tmp_path: Path, kind: str, whole: bool) -> None:
    coding = f'<Coding guid="{GUIDS[8]}"><CodeRef targetGUID="{GUIDS[1]}"/></Coding>' * 3
    selection = ON[kind].format(g=GUIDS[0])
    part = coding if whole else f"{selection}{coding}</{selection[1:].split()[0]}>"
    source = f'<{kind} guid="{GUIDS[9]}">{part}</{kind}></Sources>'
    path = foreign(tmp_path, "</Sources>", source)
    assert len(matrix_of(path)) == 2
    assert sum("found 3 codings of" in note and "not read" in note for note in notes_of(path)) == 1


def test_every_code_is_in_a_row_or_told(tmp_path: Path) -> None:
    """Whatever element a code stands on, somewhere in the project: none is passed over."""
    schema = etree.parse(str(Path(refi_qda.__file__).parent / "refi_qda_project.xsd"))
    xsd = "{http://www.w3.org/2001/XMLSchema}"
    elements = {e.get("name") for e in schema.iter(f"{xsd}element")}
    coding = f'<Coding guid="{GUIDS[8]}"><CodeRef targetGUID="{GUIDS[1]}"/></Coding>'
    for name in sorted(elements - {"PlainTextSelection", "Code", "CodeRef", "Coding"}):
        path = foreign(tmp_path, "</Sources>", f"<{name}>{coding}</{name}></Sources>")
        told = sum("coding of" in note and "not read" in note for note in notes_of(path))
        assert (len(matrix_of(path)), told) == (2, 1), name


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'startPosition="0" endPosition="14"',
            'startPosition="3" endPosition="3"',
            "2 codings of a",
        ),
        ("<PlainTextContent>She trusts us.", "<PlainTextContent>              ", "without words"),
    ],
)
def test_a_passage_without_words_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = foreign(tmp_path, old, new)
    assert matrix_of(path).empty
    assert [told in note for note in notes_of(path)] == [True]


def test_a_memo_is_no_interview(tmp_path: Path) -> None:
    memo = (
        f'</Sources><Notes><Note guid="{GUIDS[9]}"><PlainTextContent>So far.</PlainTextContent>'
        f'<PlainTextSelection guid="{GUIDS[0]}" startPosition="0" endPosition="2"><Coding '
        f'guid="{GUIDS[8]}"><CodeRef targetGUID="{GUIDS[1]}"/></Coding></PlainTextSelection>'
        "</Note></Notes>"
    )
    path = foreign(tmp_path, "</Sources>", memo)
    assert len(matrix_of(path)) == 2
    assert "found 1 coding of a memo" in notes_of(path)[0]


def test_a_code_that_two_people_gave_is_one_row_and_told(tmp_path: Path) -> None:
    again = f'<Coding guid="{GUIDS[8]}"><CodeRef targetGUID="{GUIDS[1]}"/></Coding>'
    path = foreign(tmp_path, "</PlainTextSelection>", f"{again}</PlainTextSelection>")
    assert matrix_of(path)["theme"].tolist() == ["trust", "trust-in-staff"]
    assert "1 coding with a code that the passage has already" in notes_of(path)[0]


def test_who_coded_is_told_once_with_counts(tmp_path: Path) -> None:
    users = f'<Users><User guid="{GUIDS[8]}" name="Coder A"/><User guid="{GUIDS[9]}"/></Users>'
    content = FOREIGN.replace("<CodeBook>", f"{users}<CodeBook>")
    for coding, user in ((GUIDS[5], GUIDS[8]), (GUIDS[6], GUIDS[9])):
        content = content.replace(f'"{coding}">', f'"{coding}" creatingUser="{user}">')
    path = write(tmp_path / "other.qdpx", {"project.qde": content})
    told = "codings by 2 people (Coder A 1, unnamed 1); expected codings; who coded is not kept"
    assert [told in note for note in notes_of(path)] == [True]


def test_two_directions_of_one_passage_are_not_reduced_to_one(tmp_path: Path) -> None:
    content = FOREIGN.replace('name="Trust in staff"', 'name="direction: like"')
    content = content.replace('name="Trust"', 'name="direction: dislike"')
    path = write(tmp_path / "other.qdpx", {"project.qde": content})
    assert "found 'dislike' and 'like' as direction of one passage" in refused(path)[0]


# Told apart


def test_codes_and_sources_of_one_name_stay_two(tmp_path: Path) -> None:
    path = maxqda().write(tmp_path / "made.qdpx")
    assert matrix_of(path)["source_type"].tolist() == ["Talk", "Talk (2)", "interview"]
    skeleton, _ = codebook_skeleton(path)
    names = {theme["id"]: theme["name"] for theme in yaml.safe_load(skeleton)["themes"]}
    assert names["form-quality"] == "form / quality"
    assert names["service-quality"] == "service / quality"


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (("Été 1", "Été 2"), ["ete", "ete-b"]),
        (("信頼", "負担"), ["theme", "theme-b"]),
        (("a-b", "A b"), ["a-b", "a-b-b"]),
    ],
)
def test_names_that_make_one_id_make_two(
    tmp_path: Path, names: tuple[str, str], ids: list[str]
) -> None:
    content = FOREIGN.replace('name="Trust in staff"', f'name="{names[1]}"')
    content = content.replace('name="Trust"', f'name="{names[0]}"')
    # Side by side, so that no parent tells them apart.
    content = content.replace('"#AABBCC">', '"#AABBCC"/>').replace("    </Code>\n", "")
    path = write(tmp_path / "other.qdpx", {"project.qde": content})
    assert matrix_of(path)["theme"].tolist() == ids


def test_what_is_told_of_ids_is_true(tmp_path: Path) -> None:
    (told, _) = notes_of(names().write(tmp_path / "made.qdpx"))
    assert "2 codes whose names have the letters a to z of others, or none" in told
    assert told.endswith("told apart as stages-stage (Stage 2), stages-stage-b (Stage 1)")


def test_a_code_whose_guid_is_none_gets_one(tmp_path: Path) -> None:
    skeleton, _ = codebook_skeleton(foreign_codebook(tmp_path, GUIDS[3], "code 3"))
    given = yaml.safe_load(skeleton)["themes"][1]["code"]
    assert [(code["guid"], code["name"]) for code in given] == [
        (refi_qda.guid_of("foreign", "code 3"), "Time")
    ]


def test_a_code_keeps_its_name_to_the_letter(tmp_path: Path) -> None:
    """Also one that YAML, or this package's, would take for something else."""
    for name in ("1e5", "yes", "12", "null", "a: b", "#x", "'=1"):
        skeleton, _ = codebook_skeleton(foreign_codebook(tmp_path, "Time", name))
        (tmp_path / "codebook.yml").write_text(skeleton, "utf-8")
        content = read_yaml(tmp_path / "codebook.yml", dict[str, Any])
        assert content["themes"][1]["code"][0]["name"] == name


def test_one_guid_for_two_codes_is_refused(tmp_path: Path) -> None:
    (found,) = refused(foreign(tmp_path, f'guid="{GUIDS[2]}"', f'guid="{GUIDS[1]}"'))[:1]
    assert "again; expected each code once" in found


# Positions


def test_each_reading_can_be_forced(tmp_path: Path) -> None:
    path = nvivo().write(tmp_path / "made.qdpx")
    right = matrix_of(path)
    assert matrix_of(path, "utf-16").equals(right)
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(matrix_of(path, "code-points"), right)


def test_readings_that_fit_equally_are_told(tmp_path: Path) -> None:
    # One passage, cut within words either way.
    text = "\U0001f642abcdefgh\U0001f642"
    content = FOREIGN.replace("She trusts us.\nNext day.", text).replace('"14"', '"5"')
    content = content.replace('startPosition="0"', 'startPosition="3"')
    content = content.replace('endPosition="24"', 'endPosition="16"')
    path = write(tmp_path / "other.qdpx", {"project.qde": content})
    (note,) = notes_of(path)
    assert note.endswith("read as code-points, which fits no better than utf-16")


@given(st.text("ab \r\n\U0001f642", max_size=12), st.sampled_from(list(READINGS)))
def test_positions_are_counted_as_one_would_by_hand(content: str, reading: str) -> None:
    offsets, position, offset = {}, 0, 0
    while offset < len(content):
        offsets[position] = offset
        line_end = "lf" in reading and content.startswith("\r\n", offset)
        offset += 2 if line_end else 1
        position += 2 if "utf-16" in reading and content[offset - 1] > "\uffff" else 1
    offsets[position] = offset
    text = SourceText(content)
    for start in range(-2, 30):
        expected = None if start not in offsets else (offsets[start],) * 2
        assert text.span(start, start, reading) == expected


@pytest.mark.parametrize("lost", ["position", "guid"])
def test_a_transcript_by_time_alone_is_told(tmp_path: Path, lost: str) -> None:
    made = qualcoder()
    qde = re.sub(rf'(<SyncPoint[^>]*) {lost}="[^"]*"', r"\1", str(made.members["project.qde"]))
    path = made._replace(members=made.members | {"project.qde": qde}).write(tmp_path / "x.qdpx")
    assert len(matrix_of(path)) == 2
    assert "1 coding of a transcript without positions" in "\n".join(notes_of(path))


# Formulas


def test_formulas_are_made_harmless(tmp_path: Path) -> None:
    path = foreign(tmp_path, "She trusts us.", "=cmd|x!A1 now.")
    rows = matrix_of(path)
    assert rows["summary"].tolist() == ["'=cmd|x!A1 now."] * 2
    assert "2 cells that a spreadsheet would run as a formula" in notes_of(path)[0]


def test_pages_and_commands_know_the_same_formulas() -> None:
    script = (ROOT / "book/_static/article.js").read_text("utf-8")
    assert re.findall(r"/\^\[(.+?)\]/", script) == [FORMULA]


# The codebook


def foreign_codebook(tmp_path: Path, old: str = "", new: str = "") -> Path:
    """As ATLAS.ti writes it: no definitions but one, a colour, a group that nobody codes with."""
    content = (
        '<?xml version="1.0" encoding="utf-8"?>\n<CodeBook xmlns="urn:QDA-XML:codebook:1.0" '
        'origin="ATLAS.ti"><Codes>'
        f'<Code guid="{GUIDS[1]}" name="Families" isCodable="false">'
        f'<Code guid="{GUIDS[2]}" name="Trust" isCodable="true" color="#AABBCC">'
        "<Description>Faith in staff.</Description></Code></Code>"
        f'<Code guid="{GUIDS[3]}" name="Time" isCodable="true"/></Codes></CodeBook>'
    )
    path = tmp_path / "codes.qdc"
    path.write_text(content.replace(old, new) if old else content, "utf-8")
    return path


def test_a_foreign_codebook_begins_a_codebook(tmp_path: Path) -> None:
    skeleton, notes = codebook_skeleton(foreign_codebook(tmp_path))
    assert notes == []
    themes = yaml.safe_load(skeleton)["themes"]
    assert [(t["id"], t["name"], t["definition"]) for t in themes] == [
        ("trust", "Trust", "Faith in staff."),
        ("time", "Time", None),
    ]
    (tmp_path / "codebook.yml").write_text(skeleton, "utf-8")
    with pytest.raises(InputError) as caught:
        read_yaml(tmp_path / "codebook.yml", Codebook)
    # Every null is told, and nothing else.
    assert len(caught.value.problems) == skeleton.count(": null")
    assert {problem.found for problem in caught.value.problems} == {"nothing"}


def test_a_codebook_of_this_package_keeps_its_closed_lists(
    tmp_path: Path, codebook: Codebook
) -> None:
    path = tmp_path / "own.qdc"
    path.write_bytes(export_codebook(codebook))
    content = yaml.safe_load(codebook_skeleton(path)[0])
    for key in ("components", "directions", "concerns", "supports", "outcomes", "themes"):
        assert [e["id"] for e in content[key]] == [e.id for e in getattr(codebook, key)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("urn:QDA-XML:codebook:1.0", "urn:other", "expected CodeBook of"),
        ("<CodeBook", "<!DOCTYPE x><CodeBook", "found a document type declaration"),
        ("</CodeBook>", "", "expected well-formed XML"),
        (f'guid="{GUIDS[3]}" ', "", "a code without a GUID"),
        (' name="Time"', "", "a code without a name"),
    ],
)
def test_a_codebook_that_cannot_be_read_is_told(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        codebook_skeleton(foreign_codebook(tmp_path, old, new))
    assert expected in str(caught.value)


def test_departures_of_a_codebook_are_told(tmp_path: Path) -> None:
    _, notes = codebook_skeleton(foreign_codebook(tmp_path, "#AABBCC", "10,20,30"))
    assert [note.column for note in notes] == ["Code color", "Code color"][: len(notes)]
    assert notes


def test_a_codebook_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refi_archive, "READ_LIMIT", 100)
    with pytest.raises(InputError, match="more than 0 MiB"):
        codebook_skeleton(foreign_codebook(tmp_path))


# The archive


@pytest.mark.parametrize("name", ["Study.qde", "Folder/project.qde"])
def test_the_only_project_of_an_archive_is_read(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "other.qdpx", {name: FOREIGN, "__MACOSX/._Study.qde": "x"})
    assert len(matrix_of(path)) == 2
    assert notes_of(path) == [f"other.qdpx: found {name}; expected project.qde; read all the same"]


def test_two_projects_are_not_chosen_from(tmp_path: Path) -> None:
    path = write(tmp_path / "other.qdpx", {"a.qde": FOREIGN, "b.qde": FOREIGN})
    assert "found 2 files that end in .qde" in refused(path)[0]


def test_an_archive_is_read_without_writing_anything(tmp_path: Path) -> None:
    path = foreign(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    matrix_of(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_stored_archive_says_nothing_of_when_it_was_written(project: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(project.read_bytes())) as archive:
        assert {m.date_time for m in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
