"""Raw data to HTML, PDF and Word. Run through `make report`, which sets the options.

Every output carries in its name a digest of what it depends on, so a step is up to date when its
output is there: times of files say nothing after a clone, and a record of past runs can be lost.
"""

import hashlib
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from earlyhelp.study.problems import InputError
from earlyhelp.trial.design_grid import stored_at
from earlyhelp.validate import study_files

STUDY = Path(os.environ.get("STUDY", "data/rotherham"))
# Everything is written here; what of it is committed, `make update` copies.
BUILD = Path("_build") / STUDY.name
NOTEBOOKS = sorted(path.stem for path in Path("notebooks").glob("*.md"))
EARLYHELP = f"{shlex.quote(sys.executable)} -m earlyhelp"


def digest(*roots):
    """SHA-256 over names and contents of files and of all files below folders."""
    total = hashlib.sha256()
    for root in map(Path, roots):
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(f"{file}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def replace_folder(sources, target):
    """Put a copy of folders, as one, in the place of another."""
    new, old = (target.with_name(f"{target.name}.{suffix}") for suffix in ("new", "old"))
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    for source in sources:
        shutil.copytree(source, new, dirs_exist_ok=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def copy_notebooks(executed, target):
    """Copy executed notebooks into a folder, under their plain names."""
    target.mkdir(parents=True, exist_ok=True)
    for name in NOTEBOOKS:
        # A page that the study has nothing for has no cells.
        if json.loads(Path(getattr(executed, name)).read_text("utf-8"))["cells"]:
            shutil.copy(getattr(executed, name), target / f"{name}.ipynb")


try:
    # Names from here, so that keys are the same wherever the checkout lies.
    GIVEN = [os.path.relpath(path) for path in study_files(STUDY)]
except InputError as error:
    sys.exit(str(error))
CODE = ("src/earlyhelp", "requirements.txt", "Snakefile")
BOOK = ("_config.yml", "_toc.yml", "CITATION.cff", *Path("book").glob("*.*"))
BOOK += ("book/_static", "book/_templates")


def key(*roots):
    """Digest of the study, the code and what else a step depends on, short enough for a name."""
    return digest(*GIVEN, *CODE, *sorted(map(str, roots)))[:16]


VALIDATED = BUILD / f"validated-{key()}"
EXECUTED = {
    name: BUILD / "executed" / f"{name}-{key(f'notebooks/{name}.md')}.ipynb" for name in NOTEBOOKS
}
REPORT_KEY = key("notebooks", *BOOK)
SITE = BUILD / f"site-{REPORT_KEY}"
VOLUMES = BUILD / f"volumes-{REPORT_KEY}"


def published():
    """Mark of what readers see; a report that was changed by hand has another name."""
    return BUILD / f"published-{REPORT_KEY}-{digest(BUILD / 'results', BUILD / 'html')[:16]}"


PUBLISHED = published()
# What is stored beside a study: what its printed figures determine, and the simulated grid.
DETERMINED = [BUILD / f"determined-{key()}"] if (STUDY / "derived/inputs.json").is_file() else []
HAS_GRID = (STUDY / "sweep.yml").is_file()
SIMULATION = [BUILD / "simulation" / stored_at(STUDY).name] if HAS_GRID else []


wildcard_constraints:
    notebook="[a-z0-9_]+",
    key="[0-9a-f]+",


# Parts of the design grid; more with `--set-scatter grid=64`. The result does not depend on it.
scattergather:
    grid=4,


rule report:
    input:
        PUBLISHED,


rule validate:
    output:
        touch(VALIDATED),
    shell:
        EARLYHELP + " validate {STUDY:q}"


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
        EARLYHELP + " trial simulate {STUDY:q} --part {wildcards.scatteritem} --output {output:q}"


rule gather_simulation:
    input:
        gather.grid(BUILD / "simulated" / "{scatteritem}.csv"),
    output:
        BUILD / "simulation" / "{name}.csv",
    shell:
        EARLYHELP + " trial gather {input:q} --output {output:q}"


rule determine:
    output:
        directory(BUILD / "determined-{key}"),
    shell:
        EARLYHELP + " determine {STUDY:q} --output {output:q}"


# All that is stored beside the study, computed afresh in one folder.
rule derived:
    input:
        folders=DETERMINED,
        files=SIMULATION,
    run:
        derived = BUILD / "derived"
        shutil.rmtree(derived, ignore_errors=True)
        derived.mkdir()
        for path in [*(p for folder in input.folders for p in Path(folder).iterdir()), *input.files]:
            shutil.copy(path, derived)


rule execute:
    input:
        VALIDATED,
        source="notebooks/{notebook}.md",
    output:
        BUILD / "executed" / "{notebook}-{key}.ipynb",
    params:
        study=f"study={STUDY}",
    shell:
        EARLYHELP + " execute {input.source} --output {output:q} -p {params.study:q}"


rule html:
    input:
        **EXECUTED,
    output:
        directory(SITE),
    run:
        results = BUILD / "results.new"
        shutil.rmtree(results, ignore_errors=True)
        copy_notebooks(input, results)
        shell(EARLYHELP + " html {STUDY:q} --results {results:q} --output {output:q}")
        shutil.rmtree(results)


rule volumes:
    input:
        SITE,
    output:
        directory(VOLUMES),
    shell:
        EARLYHELP + " volumes {STUDY:q} --html {input:q} --output {output:q}"


# Readers see a report only once all of it was built: a failed build leaves the last good one.
rule publish:
    input:
        **EXECUTED,
        html=SITE,
        volumes=VOLUMES,
    output:
        touch(PUBLISHED),
    run:
        # In one folder, so that it is whole wherever it is put.
        replace_folder([input.html, input.volumes], BUILD / "html")
        shutil.rmtree(BUILD / "results", ignore_errors=True)
        copy_notebooks(input, BUILD / "results")
        # Also what a build that was killed left behind.
        kinds = ("executed/*", "site-*", "validated-*", "published-*", "determined-*")
        kinds += ("volumes-*", "earlyhelp-*.pdf")
        kinds += (".html-*", "*.new", "*.old")
        outdated = {path for kind in kinds for path in BUILD.glob(kind)}
        for old in outdated - {VALIDATED, *DETERMINED, *map(Path, input)}:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        published().touch()
