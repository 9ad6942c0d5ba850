"""What `earlyhelp` does with one study: check, compare, determine, exchange and render."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Exit, Option, Typer, prompt

from earlyhelp.cli.boundary import Command, Format, StudyFolder, argument, option
from earlyhelp.compendium.asked import ASKED
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import for_spreadsheets, is_there, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from earlyhelp.paper.verdicts import RowResult
    from earlyhelp.published.audit import Checked

AGAINST = (
    "list the claims that change with the raw data of another study folder, or in a ledger saved "
    "with --format json"
)
NEW = "print a .csv file to fill with a paper's figures, with examples"
STRICT = "of a .csv file: exit status 1, too, when a row holds only if an unusual reading is meant"
HTML = "of a .csv file: write the report as one HTML page, too"
KEY = (
    "who has which pseudonym, where import.yml has `pseudonym`; outside STUDY, and made when it is "
    "not there"
)
PARAMETER = (
    "override a parameter of the notebook's `parameters` cell; may be repeated. VALUE is taken as "
    "the type that it has there: text as it stands, a decimal number (0.05, .05 or 5e-2), a whole "
    "number, or for anything else a Python literal"
)

TARGET = (
    "the report, its pages alone for its authors (html, in _build/STUDY/draft), or what is stored "
    "beside a study (derived), computed afresh"
)
POSITIONS = (
    "what the project's positions count: code-points (the standard), utf-16 (NVivo), or either "
    "with -lf, where a line end counts once (ATLAS.ti); else what fits its passages best"
)

app = Typer(
    help="Recompute and check a mixed-methods pilot evaluation.",
    add_completion=False,
    rich_markup_mode=None,
    suggest_commands=False,
)
qualitative = Typer(
    help="Exchange the framework matrix with other tools (REFI-QDA). NVivo, ATLAS.ti, MAXQDA and "
    "QualCoder read and write the format."
)
app.add_typer(qualitative, name="qualitative")


def _refuse(place: str, found: str, expected: str) -> InputError:
    return InputError([Problem(place, None, "", found, expected)])


@app.command(cls=Command)
def validate(study: StudyFolder) -> None:
    """Check a study folder and tell every problem, and what to look at."""
    from earlyhelp.validate import remarks, validate

    files, *others = remarks(validate(study))
    print(f"{study}: {files}")
    for remark in others:
        print(f"{study}: {remark}", file=sys.stderr)


def _asked(name: str) -> Any:
    """Option for what a new compendium is asked for."""
    about, example = ASKED[name]
    return option("TEXT", f"{about}; such as {example!r}")


@app.command(cls=Command)
def new(
    place: Annotated[Path, argument("PLACE", "folder to make; its name is that of the study")],
    arms: Annotated[str | None, _asked("arms")] = None,
    clusters: Annotated[str | None, _asked("clusters")] = None,
    waves: Annotated[str | None, _asked("waves")] = None,
    instruments: Annotated[str | None, _asked("instruments")] = None,
    questions: Annotated[str | None, _asked("questions")] = None,
) -> None:
    """Make a compendium for a pilot of your own, which builds at once.

    At a terminal, what is not given as an option is asked; elsewhere the example is taken. All of
    it can be changed afterwards.
    """
    from earlyhelp.compendium.making import new

    given = dict(
        arms=arms, clusters=clusters, waves=waves, instruments=instruments, questions=questions
    )
    said = {name: text if text is not None else _ask(name) for name, text in given.items()}
    study = new(place, said)
    print(f"{place}: made; README.md in it says how to go on, {study.as_posix()} holds the data")


def _ask(name: str) -> str:
    about, example = ASKED[name]
    if not sys.stdin.isatty():
        return example
    if name == "questions":
        from earlyhelp.compendium.making import questions

        print(*(f"{id} {asked.question}" for id, asked in questions().items()), sep="\n")
    answer: str = prompt(f"{name.capitalize()} ({about})", default=example)
    return answer


@app.command("import", cls=Command)
def take_in(
    exports: Annotated[
        list[Path], argument("EXPORT...", "CSV, Excel or SPSS file of a survey tool")
    ],
    to: Annotated[Path, option("STUDY", "study folder, such as data/yourpilot")],
    key: Annotated[Path | None, option("FILE", KEY)] = None,
) -> None:
    """Turn exports of survey tools into a study's raw files.

    The first time it proposes STUDY/import.yml, which says what becomes of each column. Correct it
    and run the same command again: that writes STUDY/raw, and describes in STUDY/datapackage.json
    what is not described there. So does any later run with new data.
    """
    from earlyhelp.intake.writing import take_in

    for line in take_in(exports, to, key):
        print(line)


# Printed figures ----------------------------------------------------------------------------------


def _template(wanted: bool) -> None:
    if wanted:
        from earlyhelp.paper.form import template

        print(template(), end="")
        raise Exit


@app.command(cls=Command)
def audit(
    study: Annotated[Path, argument("STUDY", "study folder, or a paper's figures as a .csv file")],
    format: Format = "text",
    strict: Annotated[bool, Option("--strict", help=STRICT)] = False,
    html: Annotated[Path | None, option("FILE", HTML)] = None,
    new: Annotated[bool, Option("--new", help=NEW, is_eager=True, callback=_template)] = False,
) -> int:
    """Check the printed figures against each other.

    The figures of STUDY/claims.csv are checked without raw data, as STUDY/audit.yml declares.
    Findings come first, by severity and by what rests on them, then the checks that held.

    The rows of a .csv file are checked each by itself, under all usual conventions. Exit status 1
    when a row cannot be true, 2 when the file cannot be read.
    """
    if study.suffix.lower() in (".csv", ".tsv", ".txt"):
        return _audit_paper(study, format, strict, html)
    for name in ("--strict",) * strict + ("--html",) * (html is not None):
        raise _refuse("options", f"{name} for a study", f"{name} for a .csv file alone")
    from earlyhelp.published.audit import NO_FIGURES, audit, summary, with_severity
    from earlyhelp.published.checks.base import SEVERITIES
    from earlyhelp.study.design import find_folder

    outcomes = audit(find_folder(study))
    counts = dict(zip(*summary(outcomes).T.to_numpy().tolist(), strict=True))
    if format == "json":
        document = {"summary": counts, "outcomes": [vars(outcome) for outcome in outcomes]}
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        for severity in SEVERITIES:
            for outcome in with_severity(outcomes, severity):
                print(_entry(outcome))
        for outcome in outcomes:
            if not outcome.severity:
                arithmetic = "; ".join(outcome.arithmetic)
                print(f"{outcome.verdict}: {outcome.id} ({outcome.check}): {arithmetic}")
    told = ", ".join(f"{n} {name}" for name, n in counts.items())
    print(f"{len(outcomes)} checks: {told}" if outcomes else NO_FIGURES, file=sys.stderr)
    return 0


def _audit_paper(path: Path, format: str, strict: bool, html: Path | None) -> int:
    from earlyhelp.paper.audit import audit
    from earlyhelp.paper.verdicts import FALSE, ONLY_IF, UNDECIDED, VERDICTS

    try:
        if html and html.suffix.lower() not in (".html", ".htm"):
            raise _refuse("options", f"--html {html.name}", "a name that ends in .html")
        outcomes = audit(path)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    if html:
        from earlyhelp.paper.page import page

        write_whole(html, page(path.name, outcomes).encode())
    verdicts = [outcome.verdict for outcome in outcomes]
    counts = {verdict: verdicts.count(verdict) for verdict in VERDICTS}
    if format == "json":
        document = {"summary": counts, "outcomes": [vars(outcome) for outcome in outcomes]}
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        for outcome in outcomes:
            print(_row_entry(outcome))
    told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
    print(f"{len(outcomes)} checks: {told}", file=sys.stderr)
    failing = (FALSE, ONLY_IF, UNDECIDED) if strict else (FALSE,)
    return int(any(verdict in failing for verdict in verdicts))


def _row_entry(outcome: RowResult) -> str:
    lines = [f"{outcome.verdict}: {outcome.place} ({outcome.check})", *outcome.arithmetic]
    return "\n  ".join([*lines, *filter(None, [outcome.read_as, outcome.remark])])


def _entry(outcome: Checked) -> str:
    parts = [
        ("places", "; ".join(outcome.places)),
        *(("arithmetic", line) for line in outcome.arithmetic),
        *(("reading", line) for line in outcome.readings),
        ("chosen", outcome.chosen),
        ("claims", ", ".join(outcome.claims)),
        ("used by", "; ".join(outcome.used_by)),
    ]
    lines = [f"{outcome.severity}: {outcome.id}", f"  {outcome.says}"]
    lines += [f"  {name}: {text}" for name, text in parts if text]
    return "\n".join(lines) + "\n"


@app.command(cls=Command)
def ledger(
    study: StudyFolder,
    format: Annotated[
        Literal["text", "json", "csv"], Option(help="for people, programs or spreadsheets")
    ] = "text",
    only: Annotated[str | None, option("STATUS", "only claims of this status")] = None,
    where: Annotated[str | None, option("TEXT", "only ids, sections and places with TEXT")] = None,
    against: Annotated[str | None, option("OTHER", AGAINST)] = None,
) -> int:
    """Set every printed figure beside the recomputed one.

    Every claim of STUDY/claims.csv is answered from the study's raw data. Exit status 1 when a
    status is not the recorded one, or, with --against, when a claim changes.
    """
    from earlyhelp.published import ledger
    from earlyhelp.published.claims import CLAIM_STATUSES, CLAIMS_FILE, read_claims
    from earlyhelp.study.raw import open_pilot

    if only and only not in CLAIM_STATUSES:
        expected = f"one of: {', '.join(CLAIM_STATUSES)}"
        raise InputError([Problem("options", None, "--only", repr(only), expected)])
    pilot = open_pilot(study)
    claims = read_claims(pilot.study.folder / CLAIMS_FILE)
    table = ledger.ledger(pilot, claims)
    chosen = table["id"].notna()
    if only:
        chosen &= table["status"] == only
    if where:
        places = table["id"] + "\n" + table["section"] + "\n" + table["place"]
        chosen &= places.str.casefold().str.contains(where.casefold(), regex=False)
    if against:
        saved = Path(against)
        is_file = is_there(saved) and not saved.is_dir()
        other = ledger.read_ledger(saved) if is_file else ledger.ledger(open_pilot(saved), claims)
        changed = ledger.compare(table[chosen], other)
        _print_claims(changed, list(changed.columns), format)
        print(f"{len(changed)} of {chosen.sum()} claims change", file=sys.stderr)
        return int(len(changed) > 0)
    shown = ["id", "population", "printed", "unit", "recomputed", "status"]
    _print_claims(table[chosen], shown, format)
    differing = table[~table["agrees"]]
    for row in differing.to_dict("records"):
        recorded = row["recorded"] + (f" ({row['answer']})" if row["answer"] else "")
        now = f"{row['status']} ({row['recomputed']})"
        told = f"{row['id']}: printed {row['printed']}; recorded {recorded}; now {now}"
        print(told, file=sys.stderr)
    counts = table["status"].value_counts()
    summary = ", ".join(f"{counts.get(status, 0)} {status}" for status in CLAIM_STATUSES)
    print(f"{len(table)} claims: {summary}; {len(differing)} not as recorded", file=sys.stderr)
    return int(len(differing) > 0)


def _harmless(cell: object) -> object:
    return for_spreadsheets(cell) if isinstance(cell, str) else cell


def _print_claims(table: pd.DataFrame, columns: list[str], form: str) -> None:
    if form == "json":
        print(json.dumps(json.loads(table.to_json(orient="records")), ensure_ascii=False, indent=1))
    elif form == "csv":
        print(table.map(_harmless).to_csv(index=False, lineterminator="\n"), end="")
    else:
        rows = [columns, *table[columns].astype(str).to_numpy().tolist()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
        for row in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            print(line.rstrip())


@app.command(cls=Command)
def determine(
    study: StudyFolder,
    output: Annotated[
        Path | None, option("FOLDER", "folder to write; STUDY/derived by default")
    ] = None,
) -> None:
    """Compute and store what the printed figures determine.

    The sets that STUDY/claims.csv identifies are stored in STUDY/derived, where the book reads
    them. Needed after a change of a printed figure. The search for people who agree with all
    figures takes a few minutes.
    """
    from earlyhelp.published.identified.stored import inputs_hash, write

    # Bad input is told before the long work, not after.
    inputs_hash(study)
    if output and is_there(output) and not output.is_dir():
        raise InputError([Problem("options", None, "--output", str(output), "a folder")])
    for path in write(study, partial(print, file=sys.stderr, flush=True), output):
        print(path)


# The framework matrix -----------------------------------------------------------------------------


@qualitative.command(cls=Command)
def export(
    study: StudyFolder, output: Annotated[Path, argument("OUT", "file ending in .qdpx or .qdc")]
) -> None:
    """Write a project (.qdpx) or a codebook (.qdc)."""
    from earlyhelp.qualitative.framework import MATRIX_FILE, read_codebook, validate_matrix
    from earlyhelp.qualitative.refi_qda import export_codebook, export_project
    from earlyhelp.study.raw import open_pilot

    suffix = output.suffix.lower()
    if suffix not in (".qdpx", ".qdc"):
        raise _refuse(output.name, repr(suffix), "a name ending in .qdpx or .qdc")
    pilot = open_pilot(study)
    matrix = pilot.by_line("framework_matrix")
    if matrix.empty:
        raise _refuse(MATRIX_FILE, "no rows", "a study with qualitative data")
    codebook = read_codebook(pilot.study.folder)
    if problems := validate_matrix(matrix, codebook, pilot.sources):
        raise InputError(problems)
    if suffix == ".qdc":
        write_whole(output, export_codebook(codebook))
    else:
        write_whole(output, export_project(matrix, codebook, pilot.study.title))


@qualitative.command("import", cls=Command)
def read(
    project: Annotated[Path, argument("FILE", "file ending in .qdpx or .qdc")],
    output: Annotated[Path, option("OUT", "matrix (.csv) or begun codebook (.yml) to write")],
    positions: Annotated[str, option("READING", POSITIONS)] = "",
) -> None:
    """Read the coded interviews of another program.

    A project's coded passages become a matrix; the codes of a project or codebook begin a
    codebook. What was not read, what departs from the standard and what is left to fill in is told.
    A file that is there already is never replaced.
    """
    from earlyhelp.qualitative.positions import READINGS
    from earlyhelp.qualitative.refi_import import codebook_skeleton, import_project

    known, written = project.suffix.lower(), output.suffix.lower()
    if known == ".qdc" and written != ".yml":
        raise _refuse(project.name, "a codebook, which has no rows", "--output with a .yml file")
    if written not in (".csv", ".yml"):
        raise _refuse(output.name, repr(written), "a name ending in .csv or .yml")
    if positions and positions not in READINGS:
        raise _refuse("--positions", repr(positions), f"one of: {', '.join(READINGS)}")
    if is_there(output):
        found, expected = "a file that is there already", "a new one; nobody's work is replaced"
        raise _refuse(str(output), found, expected)
    if written == ".yml":
        content, notes = codebook_skeleton(project, positions)
        done = f"{output}: begun"
    else:
        matrix, notes = import_project(project, positions)
        if matrix.empty:
            nothing = Problem(project.name, None, "", "no coded passage of text", "at least one")
            raise InputError([nothing, *notes])
        content = matrix.to_csv(index=False, lineterminator="\n")
        done = f"{output}: {len(matrix)} rows"
    write_whole(output, content.encode())
    for note in notes:
        print(note, file=sys.stderr)
    print(done, file=sys.stderr)


# The report ---------------------------------------------------------------------------------------


@app.command(cls=Command)
def execute(
    notebook: Annotated[Path, argument("NOTEBOOK", "text notebook, such as notebooks/promise.md")],
    output: Annotated[Path, option("FILE", "the .ipynb to write")],
    parameter: Annotated[
        list[str] | None, option("NAME=VALUE", PARAMETER, "--parameter", "-p")
    ] = None,
) -> int:
    """Run one notebook and keep its executed copy.

    Exit status 1 when a cell fails.
    """
    from earlyhelp.execution.notebooks import execute

    problems: list[Problem] = []
    given: dict[str, str] = {}
    for text in parameter or ():
        name, equals, value = text.partition("=")
        if not equals:
            problems.append(Problem("--parameter", None, text, "no =", "NAME=VALUE"))
        elif name in given:
            problems.append(Problem("--parameter", None, name, "two values", "one"))
        given[name] = value
    # The source is a text file, which must not be overwritten by a slip.
    if output.suffix != ".ipynb":
        problems.append(Problem("--output", None, "", repr(str(output)), "an .ipynb file"))
    if not is_there(notebook):
        problems.append(Problem(str(notebook), None, "", "no such file", "a notebook"))
    if problems:
        raise InputError(problems)
    print(f"executing {notebook}", file=sys.stderr)
    return _executing(partial(execute, notebook, output, given))


@app.command(cls=Command)
def results(
    study: StudyFolder,
    kept: Annotated[Path, option("FOLDER", "folder that keeps what execution gave")],
    output: Annotated[Path, option("FOLDER", "folder for the executed notebooks; replaced")],
    told: Annotated[Path, option("FILE", "file for what pages are told of the study")],
) -> int:
    """Check a study folder and run the notebooks of its book.

    Of one whose code, modules and study are as before only the prose is taken anew. Exit status 1
    when there is a problem or a cell fails.
    """
    from earlyhelp.execution.results import build_results

    print(f"Executing the notebooks in {output}", file=sys.stderr)
    return _executing(partial(build_results, study, output, told, kept))


def _executing(run: Callable[[], None]) -> int:
    """Exit status of a run of notebooks; what a cell says that fails is told."""
    from earlyhelp.execution.notebooks import NotebookError

    try:
        run()
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@app.command(cls=Command)
def report(
    studies: Annotated[list[str], argument("STUDY...", "study folders, such as data/yourpilot")],
    target: Annotated[Literal["report", "html", "derived"], Option(help=TARGET)] = "report",
) -> int:
    """Build reports: notebooks, HTML, PDF and Word, in _build/STUDY.

    Only what is out of date is built, of several studies side by side. Run it in the folder of a
    compendium.
    """
    from earlyhelp.compendium.building import build

    return build(studies, target)


@app.command(cls=Command)
def package(
    study: StudyFolder,
    output: Annotated[
        Path | None, option("FOLDER", "folder to write; _build/STUDY/package by default")
    ] = None,
) -> None:
    """Put a built report and what it was made from into one folder to hand on (RO-Crate).

    Data, notebooks, environment, pages, PDFs and Word, and who wrote it, described for machines. Of
    real people the data dictionary goes with it and no raw file. Run it in the folder of a
    compendium.
    """
    from earlyhelp.compendium.packaging import package

    print(package(study, output or Path("_build", study.resolve().name, "package")))


@app.command(cls=Command)
def watch(study: StudyFolder) -> None:
    """Build a report's pages again whenever one of its files changes, and show them in a browser.

    Run it in the folder of a compendium; Ctrl-C ends it.
    """
    from earlyhelp.compendium.watching import watch

    watch(study)


@app.command(cls=Command)
def html(
    study: StudyFolder,
    results: Annotated[Path, option("FOLDER", "folder of the study's executed notebooks")],
    told: Annotated[Path, option("FILE", "what `earlyhelp results` told of it")],
    kept: Annotated[Path, option("FOLDER", "folder that keeps pages for builds by the same code")],
    output: Annotated[Path, option("FOLDER", "folder for the pages; replaced")],
) -> None:
    """Build a study's book as HTML; pages of which the text is as before are kept."""
    from earlyhelp.render.html import build_html

    print(f"Building the pages in {output}", file=sys.stderr)
    build_html(study, results, told, output, kept)


@app.command(cls=Command)
def volumes(
    study: StudyFolder,
    html: Annotated[Path, option("FOLDER", "folder that `earlyhelp html` wrote for it")],
    told: Annotated[Path, option("FILE", "what `earlyhelp results` told of it")],
    output: Annotated[Path, option("FOLDER", "folder for the files")],
) -> None:
    """Turn a built HTML book into its PDF volumes and the report's Word file."""
    from earlyhelp.printing.pdf import build_volumes

    print(f"Building the volumes in {output}", file=sys.stderr)
    build_volumes(study, html, told, output)
