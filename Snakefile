"""Raw data to HTML and PDF. Run through `make report`, which sets the options.

What a step depends on is a digest of contents, passed as a parameter: times of files say nothing
after a clone or a checkout.
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


# A study with a design grid has its simulation stored beside it, under a key of grid and code.
SIMULATION = STUDY / "derived" / stored_at(STUDY).name
HAS_GRID = (STUDY / "sweep.yml").is_file()
GIVEN = [
    path for path in sorted(STUDY.rglob("*")) if path.is_file() and not path.match("derived/simulation-*")
]
CODE = digest("src/earlyhelp", "requirements.txt", "Snakefile")
DATA = digest(*GIVEN)
SOURCES = digest(*GIVEN, "notebooks", "src/earlyhelp", "requirements.txt", "Snakefile")
# Without book/results, which the last step writes.
BOOK = digest("_config.yml", "_toc.yml", *sorted(Path("book").glob("*.*")), "book/_static", "book/_templates")


wildcard_constraints:
    notebook="[a-z0-9_]+",


# Parts of the design grid; more with `--set-scatter grid=64`. The result does not depend on it.
scattergather:
    grid=4,


rule all:
    input:
        BUILD / "published",


rule validate:
    output:
        touch(BUILD / "validated"),
    params:
        digest=DATA + CODE,
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
        BUILD / "validated",
        source="notebooks/{notebook}.md",
        simulation=lambda wildcards: SIMULATION if HAS_GRID and wildcards.notebook == "trial" else [],
    output:
        BUILD / "executed" / "{notebook}.ipynb",
    params:
        digest=lambda wildcards: digest(f"notebooks/{wildcards.notebook}.md") + DATA + CODE,
    shell:
        EARLYHELP + " execute {input.source} --output {output} -p study={STUDY}"


rule html:
    input:
        expand(BUILD / "executed" / "{notebook}.ipynb", notebook=NOTEBOOKS),
    output:
        directory(BUILD / "staged"),
    params:
        digest=SOURCES + BOOK,
    shell:
        EARLYHELP + " html {STUDY} --results {BUILD}/executed --output {output}"


rule pdf:
    input:
        BUILD / "staged",
    output:
        BUILD / "staged.pdf",
    params:
        digest=SOURCES + BOOK,
    shell:
        EARLYHELP + " pdf {input} --output {output}"


# Readers see a report only once all of it was built: a failed build leaves the last good one.
rule publish:
    input:
        notebooks=expand(BUILD / "executed" / "{notebook}.ipynb", notebook=NOTEBOOKS),
        html=BUILD / "staged",
        pdf=BUILD / "staged.pdf",
    output:
        touch(BUILD / "published"),
    params:
        digest=SOURCES + BOOK,
        published=digest(RESULTS),
    run:
        replace_folder(input.html, BUILD / "html")
        os.replace(shutil.copy(input.pdf, BUILD / "new.pdf"), BUILD / f"earlyhelp-{STUDY.name}.pdf")
        RESULTS.mkdir(parents=True, exist_ok=True)
        for notebook in input.notebooks:
            shutil.copy(notebook, RESULTS)
