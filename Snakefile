"""Raw data to HTML and PDF. Run through `make report`, which sets the options.

Every output carries in its name a digest of what it depends on, so a step is up to date when its
output is there: times of files say nothing after a clone, and a record of past runs can be lost.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from earlyhelp.sweep import stored_at

STUDY = Path(config.get("study", "data/rotherham"))
BUILD = Path("_build") / STUDY.name
NOTEBOOKS = sorted(path.stem for path in Path("notebooks").glob("*.md"))
# Rotherham's executed notebooks are committed; another team's stay in its build folder.
RESULTS = Path("book/results") if STUDY == Path("data/rotherham") else BUILD / "results"
EARLYHELP = f"{sys.executable} -m earlyhelp"


def digest(*roots):
    """SHA-256 over names and contents of files and of all files below folders."""
    total = hashlib.sha256()
    for root in map(Path, roots):
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(f"{file}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def replace_folder(source, target):
    """Put a copy of a folder in the place of another."""
    new, old = (target.with_name(f"{target.name}.{suffix}") for suffix in ("new", "old"))
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, new)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def copy_notebooks(executed, target):
    """Copy executed notebooks into a folder, under their plain names."""
    target.mkdir(parents=True, exist_ok=True)
    for name in NOTEBOOKS:
        shutil.copy(getattr(executed, name), target / f"{name}.ipynb")


# A study with a design grid has its simulation stored beside it, under a key of grid and code.
SIMULATION = STUDY / "derived" / stored_at(STUDY).name
HAS_GRID = (STUDY / "sweep.yml").is_file()
GIVEN = [
    path for path in sorted(STUDY.rglob("*")) if path.is_file() and not path.match("derived/simulation-*")
]
CODE = ("src/earlyhelp", "requirements.txt", "Snakefile")
# Without book/results, which the last step writes.
BOOK = ("_config.yml", "_toc.yml", "CITATION.cff", *Path("book").glob("*.*"))
BOOK += ("book/_static", "book/_templates")


def key(*roots):
    """Digest of the study, the code and what else a step depends on, short enough for a name."""
    return digest(*GIVEN, *CODE, *sorted(map(str, roots)))[:16]


VALIDATED = BUILD / f"validated-{key()}"
EXECUTED = {
    name: BUILD / "executed" / f"{name}-{key(f'notebooks/{name}.md')}.ipynb" for name in NOTEBOOKS
}
SITE = BUILD / f"site-{key('notebooks', *BOOK)}"
PDF = SITE.with_suffix(".pdf")
# What readers see: once it is there, or has been changed by hand, its name is another.
PUBLISHED = BUILD / f"published-{key('notebooks', *BOOK)}-{digest(RESULTS, BUILD / 'html')[:16]}"


wildcard_constraints:
    notebook="[a-z0-9_]+",
    key="[0-9a-f]+",


# Parts of the design grid; more with `--set-scatter grid=64`. The result does not depend on it.
scattergather:
    grid=4,


rule all:
    input:
        PUBLISHED,


rule validate:
    output:
        touch(VALIDATED),
    shell:
        EARLYHELP + " validate {STUDY}"


localrules:
    simulation,
    gather_simulation,


rule simulation:
    input:
        SIMULATION,


rule simulate:
    output:
        temp(BUILD / "simulated" / "{scatteritem}.csv"),
    shell:
        EARLYHELP + " trial simulate {STUDY} --part {wildcards.scatteritem} --output {output}"


rule gather_simulation:
    input:
        gather.grid(BUILD / "simulated" / "{scatteritem}.csv"),
    output:
        SIMULATION,
    shell:
        "rm -f {STUDY}/derived/simulation-*.csv && "
        + EARLYHELP + " trial gather {input} --output {output}"


rule execute:
    input:
        VALIDATED,
        source="notebooks/{notebook}.md",
        simulation=lambda wildcards: SIMULATION if HAS_GRID and wildcards.notebook == "trial" else [],
    output:
        BUILD / "executed" / "{notebook}-{key}.ipynb",
    shell:
        EARLYHELP + " execute {input.source} --output {output} -p study={STUDY}"


rule html:
    input:
        **EXECUTED,
    output:
        directory(SITE),
    run:
        results = BUILD / "results.new"
        copy_notebooks(input, results)
        shell(EARLYHELP + " html {STUDY} --results {results} --output {output}")
        shutil.rmtree(results)


rule pdf:
    input:
        SITE,
    output:
        PDF,
    shell:
        EARLYHELP + " pdf {input} --output {output}"


# Readers see a report only once all of it was built: a failed build leaves the last good one.
rule publish:
    input:
        **EXECUTED,
        html=SITE,
        pdf=PDF,
    output:
        touch(PUBLISHED),
    run:
        replace_folder(input.html, BUILD / "html")
        os.replace(shutil.copy(input.pdf, BUILD / "new.pdf"), BUILD / f"earlyhelp-{STUDY.name}.pdf")
        copy_notebooks(input, RESULTS)
        kinds = ("executed/*", "site-*", "validated-*", "published-*")
        outdated = {path for kind in kinds for path in BUILD.glob(kind)}
        for old in outdated - {VALIDATED, *map(Path, input)}:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
