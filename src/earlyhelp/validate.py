"""Everything a study folder holds: what each file is for, and whether a report can be built."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from earlyhelp.analysis.differencing import worked_back
from earlyhelp.analysis.participants import design, survey_name
from earlyhelp.intake import personal
from earlyhelp.intake.doubtful import doubtful
from earlyhelp.intake.mapping import MAPPING_FILE
from earlyhelp.published.audit import AUDIT_FILE, audit, read_declarations
from earlyhelp.published.claims import CLAIMS_FILE, DESIGN, WORDS_FILE, Claim, claims_of, read_words
from earlyhelp.published.identified import outcome, stored
from earlyhelp.published.identified.between_arms import estimates_in_words
from earlyhelp.published.identified.ranges import open_sets
from earlyhelp.published.ledger import with_statuses
from earlyhelp.published.printed import PrintedFigures
from earlyhelp.qualitative.framework import (
    CODEBOOK_FILE,
    MATRIX_COLUMNS,
    MATRIX_FILE,
    Codebook,
    on_part,
    read_codebook,
    validate_matrix,
)
from earlyhelp.qualitative.theory import THEORY_FILE, Theory, load_theory, unknown_assessors
from earlyhelp.qualitative.triangulation import (
    TRIANGULATION_FILE,
    Triangulation,
    read_triangulation,
    validate_triangulation,
)
from earlyhelp.study.design import (
    QUESTIONS_FILE,
    STUDY_FILE,
    Question,
    Study,
    find_folder,
    read_questions,
    read_study,
    rows_named,
)
from earlyhelp.study.dictionary import DATAPACKAGE_FILE, read_dictionary
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.study.rawtable import cells, form_problems
from earlyhelp.study.scoring_keys import INSTRUMENTS_FILE, Instruments, read_instruments
from earlyhelp.study.textfile import from_spreadsheets, is_there
from earlyhelp.trial import criteria, design_grid
from earlyhelp.trial.next_steps import NUMBERS_FILE, read_numbers, unknown_numbers

# Facts that pages read of themselves; claims name the others (`participants.design`).
FACTS_READ = ("service_teams",)
# How a page of results asks for an answer.
ANSWER_CALL = re.compile(r'^page\.answer\("(.+)", "(.+)"\)$', re.MULTILINE)
# What a page needs of a study (`study_has`), as the tags of its cell of parameters have it.
PAGE_NEEDS = re.compile(r"^:?tags: \[needs-([a-z-]+), parameters", re.MULTILINE)
# How a cell names its figure.
FIGURE = re.compile(r"^    name: (fig-[a-z0-9-]+)$", re.MULTILINE)


@dataclass(frozen=True)
class StudyFile:
    """One kind of file that a study folder may hold.

    Attributes
    ----------
    name : str
        Path in the study folder, or a pattern for it.
    about : str
        What it holds, for people who bring their own pilot.
    read : callable, optional
        Reads and checks it, given the study folder; files that are read together have one reader.
        None for a file that no report is made from.
    needed : bool
        Whether a report can do without.
    """

    name: str
    about: str
    read: Callable[[Path], Any] | None
    needed: bool = False


FILES = (
    StudyFile(
        STUDY_FILE,
        "What was planned: title, `provenance: observed`; one arm or more, of several one the "
        "`reference` that the others are compared with; teams with arm and unit, or without either "
        "where people were allocated one by one, or no teams; the waves, in order, with month, "
        "arms and file; facts of the design; and the `smallest_count` of people that readers are "
        "told of. Under `counted` stands, as far as it was asked, which columns say who people are "
        "(`characteristics: [sex, age]`, told arm by arm), which hold statements, earlier "
        "experience and use of each tool, which answers mean yes, no use, regular use or "
        "agreement, which roles were to use the tools, and what is read together.",
        read_study,
        needed=True,
    ),
    StudyFile(
        DATAPACKAGE_FILE,
        "The data dictionary, a Frictionless data package: of each raw file the columns with type, "
        "title, smallest and greatest value, allowed answers, whether one may be missing and how "
        "that is written, the pattern of identifiers, and which column has to stand in which other "
        "file. Values are read by it; `frictionless validate datapackage.json` checks the same. "
        "`bytes`, `hash` and `rows` of a file may be stated, and a file that was cut short is then "
        "told. A pattern of identifiers takes no names and no addresses; dates lie between those "
        "stated, which include the month of the wave. Files lie in `raw/` under the name of their "
        "resource, and nothing is fetched from elsewhere. A file that is not described is refused.",
        read_dictionary,
        needed=True,
    ),
    StudyFile(
        INSTRUMENTS_FILE,
        "How instruments are scored: of each its title and source, whether the score is the sum or "
        "the mean, how many items may be missing, whether higher is better, and its scales with "
        "items, reversed items, the tool that is rated, bands and cut-offs. In the place of items "
        "a scale may have a `total`, one column with the score; what is no score but a quantity "
        "names its unit (`measured_in: kg`), and a total from 0 to 1 answers yes or no and is "
        "shown in percent. Which answers an item allows stands in the dictionary.",
        read_instruments,
        needed=True,
    ),
    StudyFile(
        "raw/training_attendance.csv",
        "Everybody who was eligible: which part they attended, scheduled or as a catch-up, and why "
        "not.",
        open_pilot,
    ),
    StudyFile(
        "raw/tool_use.csv",
        "One row per completed form: who (a code), adult or child, which tool, with which "
        "practitioner, in which month, and the score if there is one.",
        open_pilot,
    ),
    StudyFile("raw/observations.csv", "One row per observed session.", open_pilot),
    StudyFile("raw/interviews.csv", "One row per interview.", open_pilot),
    StudyFile(
        f"raw/{MATRIX_FILE}",
        "Qualitative findings in long form: source, research question, theme, direction, a "
        "one-sentence summary. A finding of several kinds of source at once is one row that names "
        "them, joined by semicolons.",
        open_pilot,
    ),
    StudyFile(
        "raw/*.csv",
        "One file for each wave that `study.yml` names, one row per response: `practitioner_id`, "
        "`team` where there are teams, `arm` where people were allocated one by one to several "
        "arms, and of the following what was asked: `completed_on`, `role`, `time_in_service`, "
        "`years_practising`, `qualification_level`, `hours_per_week`, `families_supported`; what "
        "people had met before; views on the training, what they feel able to do, "
        "`preferred_format`; use of the tools, upload, engagement, difficulty and the wish to "
        "continue; contact with training and tools in the reference arm; items or totals of the "
        "instruments. An outcome is what the first wave and a later one measure.",
        open_pilot,
        needed=True,
    ),
    StudyFile(
        CODEBOOK_FILE,
        "The definition of every theme and the closed lists of the framework matrix, which needs "
        "it; the names of the questions are those of `research_questions.yml`.",
        read_codebook,
    ),
    StudyFile(
        TRIANGULATION_FILE,
        "Statements that an answer to each question makes, and what each source says of them: it "
        "supports, qualifies, contradicts, or is silent; and what is left unknown. Every row of "
        "the matrix that takes a side has to stand behind one of these codes. A test that is not "
        "significant qualifies; it does not contradict.",
        read_triangulation,
    ),
    StudyFile(
        QUESTIONS_FILE,
        "The questions and the answers that your evidence supports. A number in an answer is a "
        "claim's id in braces, or names what printed figures allow: an instrument, an arm, "
        "`difference` or `units`, and `estimate`, with hyphens between. `{rows: Q001, Q002}` names "
        "the rows of the framework matrix that bear what stands before it.",
        read_questions,
        needed=True,
    ),
    StudyFile(
        THEORY_FILE,
        "Elements with column, text, basis, place and section, and links between them. The basis "
        "is `stated` (in the theory or plan), `reported` (among the findings) or "
        "`inferred`; what is stated or reported names its place. Every outcome says what assessed "
        "it, or why nothing did. A section is a page of results and its "
        "target (`results/promise.md#rq-2-1`), or left out; loops and links into nowhere "
        "are refused.",
        load_theory,
    ),
    StudyFile(
        design_grid.SWEEP_FILE,
        "The designs, intracluster correlations and effects over which a next trial is planned.",
        design_grid.read_sweep,
    ),
    StudyFile(
        NUMBERS_FILE,
        "Which figure of the pilot stands beside which theme of the next steps; without it no "
        "theme has a number.",
        read_numbers,
    ),
    StudyFile(
        CLAIMS_FILE,
        "Only for a study whose report is already published: its printed figures, to be checked "
        "against the data.",
        claims_of,
    ),
    StudyFile(
        WORDS_FILE,
        "How words that bind a number (“most”, “a third”) are read; `claims.csv` needs it.",
        lambda folder: read_words(folder / WORDS_FILE),
    ),
    StudyFile(
        AUDIT_FILE,
        "Which printed figures belong together, and how; `claims.csv` needs it.",
        lambda folder: read_declarations(folder / AUDIT_FILE, claims_of(folder)),
    ),
    StudyFile(
        MAPPING_FILE,
        "How exports of survey tools become the raw files, as `earlyhelp import` proposed it and "
        "somebody corrected it.",
        None,
    ),
    StudyFile(
        "reconstruct.py",
        "The script that drew the raw files from these figures, where it is kept beside its data.",
        None,
    ),
    *(
        StudyFile(
            f"{stored.FOLDER}/{name}",
            "What the printed figures determine; `make update` writes it.",
            stored.read,
        )
        for name in (*(f"{table}.csv" for table in stored.TABLES), stored.INPUTS)
    ),
    StudyFile(
        f"{stored.FOLDER}/simulation-*.csv",
        "The simulated power of the next trial, for one grid; `make update` writes it.",
        design_grid.read_stored,
    ),
)


def registered(name: str) -> StudyFile | None:
    """Entry of a file, by its path in the study folder; None for one that nothing reads."""
    return next((file for file in FILES if fnmatchcase(name, file.name)), None)


def study_files(folder: str | Path) -> list[Path]:
    """Files of a study folder that something reads: the inputs of its report, in order.

    Examples
    --------
    >>> [path.name for path in study_files("tests/studies/mini")][-2:]
    ['research_questions.yml', 'study.yml']
    """
    path, names = find_folder(folder), _listing(find_folder(folder))
    return [path / name for name in names if (file := registered(name)) and file.read]


def digest(folder: str | Path) -> str:
    """Digest of a study's files, as pages and covers have it.

    Examples
    --------
    >>> len(digest("data/rotherham"))
    12
    """
    digests = (sha256(path.read_bytes()).digest() for path in study_files(folder))
    return sha256(b"".join(digests)).hexdigest()[:12]


def table() -> str:
    """Say as a MyST definition list which files a study folder holds.

    Examples
    --------
    >>> print(table()[:37])
    `study.yml`
    : What was planned: title
    """
    about: dict[str, list[str]] = {}
    for file in FILES:
        about.setdefault(file.about + ("" if file.needed else " *Optional.*"), []).append(file.name)
    return "\n".join(
        f"{', '.join(f'`{name}`' for name in names)}\n: {text}\n" for text, names in about.items()
    )


def validate(folder: str | Path) -> Pilot:
    """Read every file of a study folder and check that a report can be made of them.

    Returns
    -------
    Pilot
        The study, which has no problem.

    Raises
    ------
    InputError
        With every problem of every file, or else of what ties them together, or else of what is
        computed from them.

    Examples
    --------
    >>> validate("tests/studies/mini").study.id
    'mini'
    """
    path = find_folder(folder)
    names = _listing(path)
    problems = list(_strangers(names))
    held: dict[str, Any] = {}
    done = set()
    for file in FILES:
        there = file.needed or any(fnmatchcase(name, file.name) for name in names)
        if there and file.read and file.read not in done:
            done.add(file.read)
            try:
                held[file.name] = file.read(path)
            except InputError as error:
                problems.extend(p for p in error.problems if p not in problems)
    if not problems:
        pilot = next(read for read in held.values() if isinstance(read, Pilot))
        problems.extend(_ties(pilot, held))
    elif f"raw/{MATRIX_FILE}" in names:
        places = {(problem.file, problem.row, problem.column) for problem in problems}
        gaps = _in_matrix(path / "raw" / MATRIX_FILE, held.get(CODEBOOK_FILE))
        problems.extend(gap for gap in gaps if (gap.file, gap.row, gap.column) not in places)
    if problems:
        raise InputError(problems)
    # What only computing finds, such as a claim on a column that no table has.
    judged = with_statuses(pilot)
    audit(path)
    criteria.assess(judged)
    return pilot


def study_has(pilot: Pilot) -> dict[str, bool]:
    """What pages and cells may need of a study, and whether it has it.

    Examples
    --------
    >>> has = study_has(open_pilot("tests/studies/single_arm"))
    >>> has["contrasts"], has["tools"]
    (False, False)
    """
    study, counted, folder = pilot.study, pilot.study.counted, pilot.study.folder
    answers = (question.answers for question in read_questions(folder).values())
    graded = [scale for scale in pilot.instruments.whole.values() if scale.graded]
    planned = not study.one_by_one and [*pilot.instruments.whole.values()][:1] == graded[:1]
    return {
        "observed": study.provenance == "observed",
        "contrasts": study.reference is not None,
        "single-arm": study.reference is None,
        "units": study.reference is not None and not study.one_by_one,
        "one-by-one": study.reference is not None and study.one_by_one,
        "higher": bool(graded) and all(scale.better > 0 for scale in graded),
        "lower": any(scale.better < 0 for scale in graded),
        "yes-or-no": any(scale.yes_or_no for scale in pilot.instruments.whole.values()),
        "own-words": not study.chapters,
        "teams": bool(study.teams),
        "two-arms": len(study.arms) == 2 and len(pilot.outcome_waves) > 1,
        # Planning the next trial of teams compares one arm with the reference, before and after.
        "plan": len(study.arms) == len(pilot.outcome_waves) == 2 and planned,
        "training": pilot.has("training_attendance") or bool(counted.statements),
        "tools": bool(pilot.tools),
        "anticipated": bool(counted.anticipated_outcomes),
        "training-views": bool(counted.training_views),
        "know-more": bool(counted.know_more),
        "frequency": bool(counted.frequency),
        "tool-records": pilot.has("tool_use"),
        "difficulty": pilot.wave_asking("difficulty") is not None,
        "engagement": pilot.wave_asking("family_engagement") is not None,
        "answers": any(answers),
        "matrix": not pilot.framework_matrix.empty,
        "theory": is_there(folder / THEORY_FILE),
        "triangulation": is_there(folder / TRIANGULATION_FILE),
        "claims": is_there(folder / CLAIMS_FILE),
        "determined": is_there(folder / stored.FOLDER / stored.INPUTS),
    }


def unshown(pilot: Pilot) -> dict[str, set[str]]:
    """Questions that a study asks and none of its pages shows, each with what the pages need.

    Examples
    --------
    >>> unshown(open_pilot("tests/studies/three_arms"))
    {}
    """
    root, has = book_of(pilot.study.folder), study_has(pilot)
    pages = [page.read_text("utf-8") for page in root.glob("notebooks/*.md")] if root else []
    asked = {page: {question for question, _ in ANSWER_CALL.findall(page)} for page in pages}
    left: dict[str, set[str]] = {}
    for question in read_questions(pilot.study.folder):
        found = [PAGE_NEEDS.search(page) for page in pages if question in asked[page]]
        needed = {match[1] for match in found if match and not has[match[1]]}
        if needed and len(needed) == len(found):
            left[question] = needed
    return left


def remarks(pilot: Pilot) -> list[str]:
    """What a person should know or look at of a study that has no problem.

    Examples
    --------
    >>> remarks(open_pilot("tests/studies/mini"))[0]
    '10 files, no problem'
    """
    files = f"{len(study_files(pilot.study.folder))} files, no problem"
    left = unshown(pilot)
    needed = " or ".join(sorted(set().union(*left.values())))
    pages = [f"no page shows {', '.join(left)}, for there are no data on {needed}"] if left else []
    return [files, *pages, *(f"look at {doubt}" for doubt in doubtful(pilot))]


def _in_matrix(path: Path, codebook: Codebook | None) -> list[Problem]:
    """What a matrix lacks that its dictionary does not ask for, where other problems come first.

    A team fills the matrix in and needs to know of all gaps at once.
    """
    try:
        header, rows = cells(path)
    except InputError:
        return []
    if any(form_problems(path, header, rows, list(MATRIX_COLUMNS))):
        return []
    lines = [line for line, _ in rows]
    matrix = pd.DataFrame([row for _, row in rows], lines, header, dtype=str)
    return validate_matrix(matrix.map(from_spreadsheets), codebook, None)


def _listing(folder: Path) -> list[str]:
    """Everything below a study folder that is no folder.

    What an editor hides is left out, and what Python keeps of a script that was imported.
    """
    found = []
    for base, folders, names in os.walk(folder):
        here = Path(base).relative_to(folder)
        links = [name for name in folders if Path(base, name).is_symlink()]
        kept = (name for name in folders if not name.startswith("."))
        folders[:] = [name for name in kept if name != "__pycache__"]
        found += [(here / name).as_posix() for name in (*links, *names) if not _hidden(name)]
        # A folder in a file's place is for the file's reader to tell.
        wrong = {name for name in folders if registered((here / name).as_posix())}
        folders[:] = [name for name in folders if name not in wrong]
        found += [(here / name).as_posix() for name in wrong]
    return sorted(set(found))


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.endswith("~")


def _strangers(names: list[str]) -> Iterator[Problem]:
    known = {file.name.casefold(): file.name for file in FILES}
    for name in names:
        # The data dictionary knows which files lie in raw/ (`raw.open_pilot`).
        if not registered(name) and not name.startswith("raw/"):
            meant = known.get(name.casefold())
            expected = f"the name {meant}" if meant else "only files that a report is made from"
            yield Problem(name, None, "", "a file that nothing reads", expected)


def _ties(pilot: Pilot, held: dict[str, Any]) -> Iterator[Problem]:
    """Check references from one file to another, and what only a page would stumble over."""
    claims = held.get(CLAIMS_FILE, [])
    yield from _unknown_claims(held, {claim.id for claim in claims}, pilot.study.folder)
    yield from _unknown_rows(held[QUESTIONS_FILE].values(), pilot.framework_matrix)
    yield from _facts(pilot, claims)
    if pilot.study.provenance == "reconstructed":
        yield from _printed_figures(pilot.study, held.get(CLAIMS_FILE))
    else:
        yield from _personal(pilot)
    yield from _small_numbers(pilot)
    theory = held.get(THEORY_FILE)
    if root := book_of(pilot.study.folder):
        yield from _sources(root, pilot.instruments)
        yield from _answers(root, held[QUESTIONS_FILE].values())
        yield from _sections(root, pilot.study, theory) if theory else ()
    if theory:
        surveys = (survey_name(wave.id) for wave in pilot.study.waves)
        yield from unknown_assessors(theory, (*surveys, *pilot.instruments.outcomes))
    yield from _qualitative(pilot, held, theory)


def _unknown_claims(held: dict[str, Any], ids: set[str], folder: Path) -> Iterator[Problem]:
    expected = f"the id of a claim of {CLAIMS_FILE}"
    for question in held[QUESTIONS_FILE].values():
        if unknown := question.placeholders - ids:
            left = open_sets(folder)
            unknown -= set(estimates_in_words(left)) if left else set()
        for name in sorted(unknown):
            yield Problem(QUESTIONS_FILE, None, question.id, f"{{{name}}}", expected)
    for name, claim in _claims_of(held.get(TRIANGULATION_FILE)):
        if claim not in ids:
            yield Problem(TRIANGULATION_FILE, None, name, repr(claim), expected)


def _unknown_rows(questions: Iterable[Question], matrix: pd.DataFrame) -> Iterator[Problem]:
    """Check that the rows an answer names are on its question and part, or take no side at all."""
    silent = set(matrix.loc[matrix["support"] == "silent", "row_id"])
    for question in questions:
        asked = matrix[matrix["research_question"] == question.id]
        said = [(f"answers.{part}", part, text) for part, text in question.answers.items()]
        said += [(f"findings.{name}", "approach", text) for name, text in question.findings.items()]
        for place, part, text in said:
            known = silent.union(on_part(asked, part)["row_id"])
            for row in rows_named(text):
                if row not in known:
                    expected = f"a row of {MATRIX_FILE} on it, or one that takes no side"
                    yield Problem(
                        QUESTIONS_FILE, None, f"{question.id}.{place}", repr(row), expected
                    )


def _facts(pilot: Pilot, claims: list[Claim]) -> Iterator[Problem]:
    """Check that every fact of the design is read, and none is counted as well."""
    study = pilot.study
    design_claims = [claim for claim in claims if claim.quantity == DESIGN]
    named = {fact for claim in design_claims for fact in claim.alternatives("fact")}
    computed = set(design(replace(pilot, study=study.model_copy(update={"design": {}})))["fact"])
    for fact in study.design:
        if fact in computed:
            yield Problem(STUDY_FILE, None, f"design.{fact}", "a fact", "none: it is counted")
        elif fact not in named | set(FACTS_READ):
            expected = f"a fact that a claim names, or one of: {', '.join(FACTS_READ)}"
            yield Problem(STUDY_FILE, None, f"design.{fact}", "a key that nothing reads", expected)


def _personal(pilot: Pilot) -> Iterator[Problem]:
    """Tell what looks personal in the raw files."""
    for resource in pilot.dictionary.resources:
        cells = pilot.by_line(resource.name)
        for name, field in resource.table.by_name.items():
            values = cells[name] if field.type == "string" else cells[name].iloc[:0]
            about = (f"{resource.name}.csv", name, field.title)
            # Roles and themes look like names, too.
            said = values.fillna("").astype(str)
            if found := personal.problem(*about, said, "nothing personal", but=["name"]):
                yield found


def _small_numbers(pilot: Pilot) -> Iterator[Problem]:
    """Check that readers cannot work a count back that they are not told."""
    least = pilot.study.told_from
    if least > 1 and (counts := worked_back(pilot, least)):
        more = f" and {len(counts) - 1} more" if len(counts) > 1 else ""
        able = (str(n) for n in range(least + 1, 10 * least) if not worked_back(pilot, n))
        safe = next(able, "a greater number")
        found = f"{least}, with which readers can work out {counts[0]}{more}"
        yield Problem(STUDY_FILE, None, "smallest_count", found, f"{safe}, with which they cannot")


def _printed_figures(study: Study, claims: list[Claim] | None) -> list[Problem]:
    """Check that the figures are printed which reconstructed data were drawn from."""
    if claims is None:
        expected = "the figures that the data were reconstructed from"
        return [Problem(CLAIMS_FILE, None, "", "no such file", expected)]
    try:
        printed = PrintedFigures(claims)
        outcome.outcomes(study, printed)
        outcome.ratings(study, printed)
    except InputError as error:
        return error.problems
    return []


def book_of(folder: Path) -> Path | None:
    """Where the book is: above the study's folder, or else above the working directory."""
    roots = (*folder.absolute().parents, Path.cwd(), *Path.cwd().parents)
    return next((base for base in roots if (base / "_toc.yml").is_file()), None)


def _sources(root: Path, instruments: Instruments) -> Iterator[Problem]:
    """Check that the references have every source of an instrument."""
    text = (root / "book/references.bib").read_text("utf-8")
    keys = set(re.findall(r"^@[a-z]+\{([^,]+),", text, re.MULTILINE))
    sources = {scale.instrument: scale.about.source for scale in instruments.scales.values()}
    for name, source in sources.items():
        if source not in keys:
            expected = "a key of book/references.bib"
            yield Problem(INSTRUMENTS_FILE, None, f"{name}.source", repr(source), expected)


def _answers(root: Path, questions: Iterable[Question]) -> Iterator[Problem]:
    """Check that pages show each question, answer and figure; pages tell which are missing."""
    asked: dict[str, set[str]] = {}
    pages = [path.read_text("utf-8") for path in sorted((root / "notebooks").glob("*.md"))]
    for question, part in (found for page in pages for found in ANSWER_CALL.findall(page)):
        asked.setdefault(question, set()).add(part)
    drawn = {name for page in pages for name in FIGURE.findall(page)}
    for about in questions:
        for name in sorted(set(about.findings) - drawn):
            expected = f"a figure of the pages: {', '.join(sorted(drawn))}"
            yield Problem(QUESTIONS_FILE, None, f"{about.id}.findings", repr(name), expected)
        if about.id not in asked:
            expected = f"one of: {', '.join(sorted(asked))}"
            yield Problem(QUESTIONS_FILE, None, about.id, "a question that no page shows", expected)
        for part in sorted(set(about.answers) - asked.get(about.id, set(about.answers))):
            expected = f"answers for {' or '.join(sorted(asked[about.id]))}"
            yield Problem(QUESTIONS_FILE, None, f"{about.id}.answers", f"one for {part}", expected)


def _sections(root: Path, study: Study, theory: Theory) -> Iterator[Problem]:
    """Check that every element leads to a place of the study's book."""
    pages = {f"results/{path.name}": path for path in (root / "notebooks").glob("*.md")}
    if study.chapters:
        pages |= {path.name: path for path in (root / "book").glob("*.md")}
    targets = {
        f"{name}#{target}"
        for name, path in pages.items()
        for target in re.findall(r"^\(([a-z0-9-]+)\)=$", path.read_text("utf-8"), re.MULTILINE)
    }
    for element in theory.elements.values():
        if element.section not in targets:
            expected = f"no section, or a target of a page: {', '.join(sorted(pages))}"
            yield Problem(THEORY_FILE, None, f"{element.id}.section", element.section, expected)


def _qualitative(pilot: Pilot, held: dict[str, Any], theory: Theory | None) -> Iterator[Problem]:
    matrix, codebook = pilot.framework_matrix, held.get(CODEBOOK_FILE)
    yield from unknown_numbers(held.get(NUMBERS_FILE, []), pilot)
    if codebook is None:
        needed = f"the codes of the {TRIANGULATION_FILE if matrix.empty else 'framework matrix'}"
        if not matrix.empty or TRIANGULATION_FILE in held:
            yield Problem(CODEBOOK_FILE, None, "", "no such file", needed)
        return
    if theory:
        for outcome in codebook.outcomes:
            if outcome.id not in theory.outcomes:
                expected = f"the id of an outcome of {THEORY_FILE}"
                yield Problem(CODEBOOK_FILE, None, "outcomes", repr(outcome.id), expected)
    yield from validate_matrix(pilot.by_line("framework_matrix"), codebook, pilot.sources)
    if TRIANGULATION_FILE in held:
        yield from validate_triangulation(held[TRIANGULATION_FILE], matrix, codebook)


def _claims_of(triangulation: Triangulation | None) -> Iterator[tuple[str, str]]:
    """Yield each statement with the claims that its evidence names."""
    for question in triangulation.questions if triangulation else ():
        for statement in question.statements:
            for evidence in statement.evidence:
                yield from ((statement.id, claim) for claim in evidence.claims)
