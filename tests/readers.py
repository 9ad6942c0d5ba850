"""Let other programs read what is written here, and read what they write: `make test-readers`.

Runs with libraries of its own, of which some exclude one another's versions; says what each reader
and writer did, and ends with exit status 1 when one of them did not do it. QualCoder, NVivo,
ATLAS.ti, MAXQDA and Quirkos are no Python packages: `programs.py` has small projects of their
shapes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import yaml
from programs import PROGRAMS

from earlyhelp.qualitative.framework import read_codebook
from earlyhelp.qualitative.refi_import import codebook_skeleton, import_project
from earlyhelp.qualitative.refi_qda import export_codebook, export_project

STUDY = Path(__file__).parents[1] / "data/rotherham"
MATRIX = pd.read_csv(STUDY / "raw/framework_matrix.csv", dtype=str, keep_default_na=False)
CODEBOOK = read_codebook(STUDY)
TEXT = "\U0001f642 The form helps. It takes too long."
CODED = [("The form helps.", "Helps", "helps"), ("It takes too long.", "Burden", "burden")]


def ours(folder: Path) -> tuple[Path, Path]:
    """Rotherham's project and codebook."""
    project, codebook = folder / "ours.qdpx", folder / "ours.qdc"
    project.write_bytes(export_project(MATRIX, CODEBOOK, "Rotherham"))
    codebook.write_bytes(export_codebook(CODEBOOK))
    return project, codebook


def passages(project: Path) -> list[tuple[str, str]]:
    """Texts and themes of a project, as they are imported."""
    rows = import_project(project).matrix
    return sorted(zip(rows["summary"], rows["theme"], strict=True))


def themes(codebook: Path) -> list[str]:
    return [theme["id"] for theme in yaml.safe_load(codebook_skeleton(codebook)[0])["themes"]]


def pyrefiqda(folder: Path) -> str:
    from pyrefiqda import RefiCodebook, RefiProject

    project, codebook = ours(folder)
    again = folder / "again.qdpx"

    def rewritten(path: Path) -> Path:
        unpacked = folder / path.stem
        read = RefiProject.load(path, unpacked)
        sources = next(unpacked.glob("[sS]ources"), None)
        RefiProject.save(read, again, sources)
        return again

    assert import_project(rewritten(project)).matrix.equals(MATRIX)
    RefiCodebook.save(RefiCodebook.load(codebook), folder / "again.qdc")
    assert themes(folder / "again.qdc") == [theme.id for theme in CODEBOOK.themes]
    for program in PROGRAMS:
        made = program().write(folder / f"{program.__name__}.qdpx")
        assert passages(rewritten(made)) == passages(made)
    return "reads and rewrites project and codebook; everything comes back, of all shapes too"


def qdapy(folder: Path) -> str:
    from qdapy import read_qdpx

    read = read_qdpx(ours(folder)[0], warn=False)
    coded = read.fragments[read.fragments["code"] != ""]
    cells = [
        "theme",
        "research_question",
        "component",
        "direction",
        "concerns",
        "outcome",
        "support",
    ]
    assert len(coded) == int((MATRIX[cells] != "").to_numpy().sum())
    assert sorted(set(coded["text"])) == sorted(MATRIX["summary"])
    return "reads every code of the project with its text"


def aqda(folder: Path) -> str:
    os.environ["AQDA_DATA_DIR"] = str(folder)
    from aqda.app import app
    from starlette.testclient import TestClient

    with TestClient(app, base_url="http://localhost") as client:

        def post(where: str, **given: object) -> dict:
            answer = client.post(f"/api/{where}", **given)
            answer.raise_for_status()
            return answer.json()

        study = post("projects", json={"name": "Study"})["id"]
        file = {"file": ("talk.txt", TEXT.encode(), "text/plain")}
        document = post("documents", data={"project_id": study}, files=file)["id"]
        for quote, name, _ in CODED:
            code = post("codes", json={"project_id": study, "name": name})["id"]
            start = TEXT.index(quote)
            coding = {"start_pos": start, "end_pos": start + len(quote), "selected_text": quote}
            post("codings", json={"document_id": document, "code_id": code, **coding})
        for suffix in ("qdpx", "qdc"):
            answer = client.get(f"/api/export/{study}/{suffix}")
            (folder / f"theirs.{suffix}").write_bytes(answer.content)
    assert passages(folder / "theirs.qdpx") == sorted((q, theme) for q, _, theme in CODED)
    assert sorted(themes(folder / "theirs.qdc")) == sorted(theme for *_, theme in CODED)
    return "what is coded there is read here, project and codebook"


def exegete(folder: Path) -> str:
    from exegete.database import QualcoderDatabase
    from exegete.new_project import build_database, creation_statements
    from exegete.refi_export import RefiQdaExporter
    from exegete.sessions import CodingSuggestion

    (folder / "study.qda").mkdir()
    path = folder / "study.qda/data.qda"
    build_database(path, creation_statements("Ana", "about", "2026-01-01 00:00:00"))
    base = QualcoderDatabase(str(path), read_only=False)
    file = base.import_text_file("talk.txt", TEXT, "Ana")["id"]
    suggestions = []
    for quote, name, _ in CODED:
        code = base.add_code(name, "Ana")
        start = TEXT.index(quote)
        suggestions.append(
            CodingSuggestion(file, "talk.txt", code, name, start, start + len(quote), quote)
        )
    RefiQdaExporter(base).export_to_qdpx(suggestions, str(folder / "theirs.qdpx"))
    assert passages(folder / "theirs.qdpx") == sorted((q, theme) for q, _, theme in CODED)
    return "what it exports of a QualCoder database is read here"


def taguette(folder: Path) -> str:
    from types import SimpleNamespace

    from taguette.export import codebook_xml

    tags = [
        SimpleNamespace(id=n, path=name, description="") for n, (_, name, _) in enumerate(CODED)
    ]
    with (folder / "theirs.qdc").open("wb") as file:
        codebook_xml(tags, file)
    assert themes(folder / "theirs.qdc") == [theme for *_, theme in CODED]
    return "its codebook is read here; it reads no REFI-QDA file"


def portableqda(folder: Path) -> str:
    from portableqda import codebookCls, codeCls

    book = codebookCls(output=str(folder / "theirs.qdc"))
    for _, name, _ in CODED:
        book.createElement(elementCls=codeCls, name=name, sets=["all"])
    book.writeQdcFile()
    assert themes(folder / "theirs.qdc") == [theme for *_, theme in CODED]
    return "its codebook is read here"


READERS: tuple[Callable[[Path], str], ...] = (
    pyrefiqda,
    qdapy,
    aqda,
    exegete,
    taguette,
    portableqda,
)


def main() -> int:
    failed = 0
    for reader in READERS:
        name = reader.__name__
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
            try:
                told = reader(Path(folder))
            except Exception:
                traceback.print_exc()
                told, failed = "FAILED", failed + 1
        print(f"{name} {version(name)}: {told}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
