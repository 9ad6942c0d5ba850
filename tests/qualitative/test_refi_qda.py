"""REFI-QDA exchange: what is written, what comes back, and what is refused."""

from __future__ import annotations

import copy
import io
import os
import random
import zipfile
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pytest
from lxml import etree

from earlyhelp.qualitative import refi_qda
from earlyhelp.qualitative.framework import Codebook
from earlyhelp.qualitative.refi_qda import export_codebook, export_project, import_project
from earlyhelp.study.problems import InputError

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


def conforms(root: etree._Element, kind: str) -> bool:
    schema = etree.parse(str(Path(refi_qda.__file__).parent / f"refi_qda_{kind}.xsd"))
    return bool(etree.XMLSchema(schema).validate(root))


# Written


def test_a_matrix_comes_back_from_a_project_to_the_byte(rotherham: Path, project: Path) -> None:
    back = import_project(project).to_csv(index=False, lineterminator="\n")
    assert back.encode() == (rotherham / "raw/framework_matrix.csv").read_bytes()


def test_a_row_of_several_sources_is_one_passage(
    project: Path, matrix: pd.DataFrame, codebook: Codebook
) -> None:
    together = matrix["source_type"].str.contains(";")
    assert together.sum() > 30
    root = qde(project)
    names = [s.get("name") for s in root.iterfind(".//q:PlainTextSelection", NS)]
    assert sorted(names) == sorted(matrix["row_id"])
    # One text holds all of them, which is that of no single source.
    path = ".//q:TextSource[@name='interview;endline survey']/q:PlainTextSelection"
    joint = matrix.loc[matrix["source_type"] == "interview;endline survey", "row_id"]
    assert [s.get("name") for s in root.iterfind(path, NS)] == joint.tolist()


def test_two_exports_are_the_same_bytes(
    project: Path, matrix: pd.DataFrame, codebook: Codebook
) -> None:
    assert export_project(matrix, codebook, "Study") == project.read_bytes()


def test_the_project_conforms_to_the_standard(project: Path) -> None:
    assert conforms(qde(project), "project")


def test_the_codebook_conforms_to_the_standard(codebook: Codebook) -> None:
    assert conforms(etree.fromstring(export_codebook(codebook)), "codebook")


@pytest.mark.parametrize(
    ("path", "break_it"),
    [
        ("//q:Code", lambda e: e.attrib.pop("guid")),
        ("//q:Code", lambda e: e.set("isCodable", "perhaps")),
        ("//q:Variable", lambda e: e.set("typeOfVariable", "Word")),
        ("//q:PlainTextSelection", lambda e: e.attrib.pop("startPosition")),
        ("//q:Coding", lambda e: e.remove(e[0])),
        ("//q:Sources", lambda e: e.getparent().insert(0, e)),
    ],
)
def test_the_schema_sees_a_departure(project: Path, path: str, break_it) -> None:
    root = qde(project)
    break_it(root.xpath(path, namespaces=NS)[0])
    assert not conforms(root, "project")


def test_every_passage_is_one_rows_summary(project: Path, matrix: pd.DataFrame) -> None:
    summaries = dict(zip(matrix["row_id"], matrix["summary"], strict=True))
    with zipfile.ZipFile(project) as archive:
        found = {}
        for source in qde(project).xpath("//q:TextSource", namespaces=NS):
            name = source.get("plainTextPath").removeprefix("internal://")
            text = archive.read(f"sources/{name}").decode()
            for passage in source.xpath("q:PlainTextSelection", namespaces=NS):
                start, end = int(passage.get("startPosition")), int(passage.get("endPosition"))
                found[passage.get("name")] = text[start:end]
    assert found == summaries


def test_there_is_a_case_for_every_source_with_its_variables(project: Path) -> None:
    # Seven kinds without a named source, three groups of them, and the interviews 01 to 04.
    cases = qde(project).xpath("//q:Case", namespaces=NS)
    assert len(cases) == 15
    (named,) = [case for case in cases if case.get("name") == "interview_03"]
    assert named.xpath("q:VariableValue/q:TextValue/text()", namespaces=NS) == [
        "interview",
        "interview_03",
    ]


def test_all_guids_differ_and_all_references_resolve(project: Path) -> None:
    root = qde(project)
    guids = root.xpath("//@guid")
    assert len(set(guids)) == len(guids)
    assert set(root.xpath("//@targetGUID")) <= set(guids)


def test_the_codebook_has_the_guids_of_the_project(project: Path, codebook: Codebook) -> None:
    codes = etree.fromstring(export_codebook(codebook)).xpath("//@guid")
    assert codes == qde(project).xpath("//q:CodeBook//@guid", namespaces=NS)


def test_code_names_are_unique_as_some_tools_demand(project: Path) -> None:
    names = qde(project).xpath("//q:Code/@name", namespaces=NS)
    assert len(set(names)) == len(names)


def test_mark_up_in_a_cell_stays_text(
    tmp_path: Path, matrix: pd.DataFrame, codebook: Codebook
) -> None:
    matrix.loc[0, "summary"] = 'Äpfel <b>&amp; ]]> 𝒳 "quoted".'
    matrix.loc[1, "sub_theme"] = "<x> & y"
    path = tmp_path / "marked.qdpx"
    path.write_bytes(export_project(matrix, codebook, "<&>"))
    back = import_project(path)
    assert back.loc[0, "summary"] == matrix.loc[0, "summary"]
    # Positions count characters: the row after the one outside the basic plane is whole too.
    assert back.loc[1, "summary"] == matrix.loc[1, "summary"]
    assert back.loc[1, "sub_theme"] == "<x> & y"


def test_a_matrix_without_rows_makes_no_project(matrix: pd.DataFrame, codebook: Codebook) -> None:
    # The standard wants at least one case and one source where there is a list of them.
    with pytest.raises(InputError) as caught:
        export_project(matrix.iloc[:0], codebook, "Study")
    assert "Case" in str(caught.value.problems[0])


def test_texts_lie_where_the_standard_wants_them(project: Path) -> None:
    # REFI-QDA 1.5, section 8.1: a folder "sources", in small letters.
    with zipfile.ZipFile(project) as archive:
        folders = {name.split("/")[0] for name in archive.namelist()}
    assert folders == {"project.qde", "sources"}


def test_every_coding_says_who_coded(project: Path) -> None:
    root = qde(project)
    (user,) = root.xpath("//q:User/@guid", namespaces=NS)
    assert set(root.xpath("//q:Coding/@creatingUser", namespaces=NS)) == {user}
    assert not root.xpath("//q:Coding[not(@creatingUser)]", namespaces=NS)


def test_a_control_character_is_refused_with_its_place(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    matrix.loc[2, "summary"] = "A bell\x07."
    with pytest.raises(InputError) as caught:
        export_project(matrix, codebook, "Study")
    (problem,) = caught.value.problems
    assert (problem.row, problem.column) == (4, "summary")


# Read from another tool


def test_another_tools_codes_are_themes_and_its_source_a_kind(tmp_path: Path) -> None:
    rows = import_project(foreign(tmp_path))
    assert rows["theme"].tolist() == ["Trust", "Trust in staff"]
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
    rows = import_project(write(tmp_path / "other.qdpx", members))
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
    back = import_project(other).to_csv(index=False, lineterminator="\n")
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
    rows = import_project(write(tmp_path / "other.qdpx", {"project.qde": content}))
    assert set(rows["source_type"]) == {""}


def test_a_sources_own_variables_say_what_it_is(tmp_path: Path, project: Path) -> None:
    # MAXQDA and QualCoder keep variables with the sources and may drop the cases.
    root = qde(project)
    cases = root.find(f"{{{refi_qda.PROJECT}}}Cases")
    root.remove(cases)
    with zipfile.ZipFile(project) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    back = import_project(
        write(tmp_path / "other.qdpx", {**members, "project.qde": etree.tostring(root)})
    )
    assert back.equals(import_project(project))


def test_a_schema_location_is_no_departure(tmp_path: Path) -> None:
    new = (
        'name="Other" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="urn:QDA-XML:project:1.0 Project.xsd"'
    )
    assert len(import_project(foreign(tmp_path, 'name="Other"', new))) == 2


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
    monkeypatch.setattr(refi_qda, "READ_LIMIT", len(FOREIGN.encode()))
    assert len(import_project(path)) == 2
    monkeypatch.setattr(refi_qda, "READ_LIMIT", len(FOREIGN.encode()) - 1)
    assert "more than that up to project.qde" in refused(path)[0]


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refi_qda, "MEMBERS_LIMIT", 1)
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


def test_every_departure_from_the_standard_is_told_with_its_line(tmp_path: Path) -> None:
    content = FOREIGN.replace('isCodable="true"', 'isCodable="maybe"')
    found = refused(write(tmp_path / "other.qdpx", {"project.qde": content}))
    assert any("line 4" in problem for problem in found)
    assert any("line 5" in problem for problem in found)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('endPosition="14"', 'endPosition="99"', "found positions 0 to 99"),
        ('startPosition="0"', 'startPosition="-1"', "found positions -1 to 14"),
        ('endPosition="14"', f'endPosition="{"9" * 5000}"', "found a position of 5000 digits"),
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


@pytest.mark.parametrize("path", ["relative:///a.txt", "absolute:///etc/passwd", ""])
def test_a_text_outside_the_archive_is_not_read(tmp_path: Path, path: str) -> None:
    content = FOREIGN.replace('name="Talk with Ana">', f'plainTextPath="{path}">')
    start = content.index("<PlainTextContent>")
    end = content.index("</PlainTextContent>") + len("</PlainTextContent>")
    content = content[:start] + content[end:]
    found = refused(write(tmp_path / "other.qdpx", {"project.qde": content}))
    assert "expected a text in the archive" in found[0]


def test_a_missing_text_is_told(tmp_path: Path, project: Path) -> None:
    with zipfile.ZipFile(project) as archive:
        only = {"project.qde": archive.read("project.qde")}
    # Fourteen sources, fourteen texts that are not there.
    assert len(refused(write(tmp_path / "other.qdpx", only))) == 15


def test_codes_on_other_media_are_not_lost_in_silence(tmp_path: Path) -> None:
    coding = f'<Coding guid="{GUIDS[8]}"><CodeRef targetGUID="{GUIDS[1]}"/></Coding>'
    audio = (
        f'<AudioSource guid="{GUIDS[9]}"><AudioSelection guid="{GUIDS[0]}" begin="0" end="9">'
        f"{coding}</AudioSelection></AudioSource></Sources>"
    )
    (problem,) = refused(foreign(tmp_path, "</Sources>", audio))
    assert "AudioSelection" in problem


def test_an_archive_is_read_without_writing_anything(tmp_path: Path) -> None:
    path = foreign(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    import_project(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_stored_archive_says_nothing_of_when_it_was_written(project: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(project.read_bytes())) as archive:
        assert {m.date_time for m in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
