"""REFI-QDA exchange: what is written, what comes back, and what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree

from earlyhelp.qualitative import refi_qda
from earlyhelp.qualitative.framework import Code, Codebook
from earlyhelp.qualitative.refi_import import import_project
from earlyhelp.qualitative.refi_qda import export_codebook, export_project
from earlyhelp.study.problems import InputError

NS = {"q": refi_qda.PROJECT}
GUIDS = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(10)]


@pytest.fixture
def project(tmp_path: Path, matrix: pd.DataFrame, codebook: Codebook) -> Path:
    path = tmp_path / "study.qdpx"
    path.write_bytes(export_project(matrix, codebook, "Study"))
    return path


def qde(path: Path) -> etree._Element:
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read("project.qde"))


def conforms(root: etree._Element, kind: str) -> bool:
    schema = etree.parse(str(Path(refi_qda.__file__).parent / f"refi_qda_{kind}.xsd"))
    return bool(etree.XMLSchema(schema).validate(root))


# Written


def test_a_matrix_comes_back_from_a_project_to_the_byte(rotherham: Path, project: Path) -> None:
    back = import_project(project).matrix.to_csv(index=False, lineterminator="\n")
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


def test_a_code_of_another_program_stands_where_it_stood(codebook: Codebook) -> None:
    """Below ours, above another, or beside them: each code once, with its own name and GUID."""
    group, ours = refi_qda.own_path("theme", codebook.themes[0].id)
    first, second, third = (Code(guid=guid, name=f"New {guid[7]}") for guid in GUIDS[1:4])
    places = {1: (group, ours, first), 2: (third, second), 3: (third,)}
    themes = [
        theme.model_copy(update={"code": places.get(number, ())})
        for number, theme in enumerate(codebook.themes)
    ]
    written = export_codebook(codebook.model_copy(update={"themes": tuple(themes)}))
    root = etree.fromstring(written)
    assert conforms(root, "codebook")
    codes = list(root.iter("{*}Code"))
    assert len({code.get("guid") for code in codes}) == len(codes)
    for path in places.values():
        (found,) = (code for code in codes if code.get("guid") == path[-1].guid)
        above = [code.get("name") for code in found.iterancestors("{*}Code")]
        assert (found.get("isCodable"), found.get("name"), *above) == (
            "true",
            *(code.name for code in reversed(path)),
        )


def test_mark_up_in_a_cell_stays_text(
    tmp_path: Path, matrix: pd.DataFrame, codebook: Codebook
) -> None:
    matrix.loc[0, "summary"] = 'Äpfel <b>&amp; ]]> 𝒳 "quoted".'
    matrix.loc[1, "sub_theme"] = "<x> & y"
    path = tmp_path / "marked.qdpx"
    path.write_bytes(export_project(matrix, codebook, "<&>"))
    back = import_project(path).matrix
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
    assert (problem.row, problem.column) == (2, "summary")
