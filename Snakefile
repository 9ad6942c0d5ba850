"""Raw data to HTML, PDF and Word. Run by `earlyhelp report`, which sets the options.

Every output carries in its name a digest of what it depends on, so a step is up to date when its
output is there: times of files say nothing after a clone, and a record of past runs can be lost.
Steps are calls of `python -m earlyhelp` and need no shell.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import earlyhelp
from earlyhelp.compendium.building import folders
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.trial.design_grid import stored_at
from earlyhelp.validate import study_files

NOTEBOOKS = sorted(path.stem for path in Path("notebooks").glob("*.md"))
PACKAGE = Path(earlyhelp.__file__).parent
CODE = (PACKAGE, "requirements.txt", "Snakefile")
BOOK = ("_config.yml", "_toc.yml", "CITATION.cff", *Path("book").glob("*.*"))
BOOK += ("book/_static", "book/_templates")


def digest(*roots):
    """SHA-256 over names and contents of files and of all files below folders.

    A name begins with that of the folder, so that it is the same wherever the folder lies.
    """
    total = hashlib.sha256()
    for root in map(Path, roots):
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                name = file.relative_to(root.parent).as_posix() if root.is_dir() else root.as_posix()
                total.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


CODE_KEY = digest(*CODE)


def run_earlyhelp(*words):
    """Run a command of earlyhelp."""
    subprocess.run([sys.executable, "-m", "earlyhelp", *map(str, words)], check=True)


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
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in NOTEBOOKS:
        shutil.copy(getattr(executed, name), target / f"{name}.ipynb")


class Built:
    """What is built of one study, and under which names.

    Everything is written in `build`; what of it is committed, `make update` copies.
    """

    def __init__(self, folder):
        self.folder, self.build = folder, Path("_build") / folder.name
        # Names from here, so that keys are the same wherever the checkout lies.
        self.given = [os.path.relpath(path) for path in study_files(folder)]
        self.given_key = digest(*self.given)
        self.validated = self.build / f"validated-{self.key()}"
        self.executed = {
            name: self.build / "executed" / f"{name}-{self.key(f'notebooks/{name}.md')}.ipynb"
            for name in NOTEBOOKS
        }
        self.report_key = self.key("notebooks", *BOOK)
        self.site = self.build / f"site-{self.report_key}"
        self.volumes = self.build / f"volumes-{self.report_key}"
        self.published = [self.now_published()]
        # What is stored beside a study: what its printed figures determine, and the simulated grid.
        inputs, grid = folder / "derived/inputs.json", folder / "sweep.yml"
        self.determined = [self.build / f"determined-{self.key()}"] if inputs.is_file() else []
        simulated = self.build / "simulation"
        self.simulation = [simulated / stored_at(folder).name] if grid.is_file() else []

    def key(self, *roots):
        """Digest of the study, the code and what else a step depends on, short enough for a name."""
        all_of_it = f"{self.given_key}{CODE_KEY}{digest(*sorted(map(str, roots)))}"
        return hashlib.sha256(all_of_it.encode()).hexdigest()[:16]

    def now_published(self):
        """Mark of what readers see; a report that was changed by hand has another name."""
        seen = digest(self.build / "results", self.build / "html")[:16]
        return self.build / f"published-{self.report_key}-{seen}"


try:
    given = folders(os.environ.get("STUDY", "data/rotherham"))
    STUDIES = {folder.resolve().name: Built(folder) for folder in given}
    if len(STUDIES) < len(given):
        expected = "folders of different names, as each is built in _build under its own"
        raise InputError([Problem("STUDY", None, "", ", ".join(map(str, given)), expected)])
except InputError as error:
    sys.exit(str(error))


def of_study(name):
    """A rule's input: a path of the study that the rule is run for."""
    return lambda wildcards: getattr(STUDIES[wildcards.study], name).as_posix()


def of_all(name):
    """Paths of all studies."""
    return [path.as_posix() for study in STUDIES.values() for path in getattr(study, name)]


def executed(wildcards):
    """The executed notebooks of a study, by name."""
    found = STUDIES[wildcards.study].executed
    return {name: path.as_posix() for name, path in found.items()}


wildcard_constraints:
    study="|".join(map(re.escape, STUDIES)),
    notebook="[a-z0-9_]+",
    key="[0-9a-f]+",
    seen="[0-9a-f]+",


# Parts of the design grid; more with `--set-scatter grid=64`. The result does not depend on it.
scattergather:
    grid=4,


rule report:
    input:
        of_all("published"),


rule validate:
    output:
        touch("_build/{study}/validated-{key}"),
    run:
        run_earlyhelp("validate", STUDIES[wildcards.study].folder)


localrules:
    simulation,
    gather_simulation,


rule simulation:
    input:
        of_all("simulation"),


rule simulate:
    output:
        temp("_build/{study}/simulated/{scatteritem}.csv"),
    run:
        folder, part = STUDIES[wildcards.study].folder, wildcards.scatteritem
        run_earlyhelp("trial", "simulate", folder, "--part", part, "--output", output[0])


rule gather_simulation:
    input:
        gather.grid("_build/{{study}}/simulated/{scatteritem}.csv"),
    output:
        "_build/{study}/simulation/{name}.csv",
    run:
        run_earlyhelp("trial", "gather", *input, "--output", output[0])


rule determine:
    output:
        directory("_build/{study}/determined-{key}"),
    run:
        run_earlyhelp("determine", STUDIES[wildcards.study].folder, "--output", output[0])


# All that is stored beside a study, computed afresh in one folder.
rule derived:
    input:
        of_all("determined"),
        of_all("simulation"),
    run:
        for study in STUDIES.values():
            derived = study.build / "derived"
            shutil.rmtree(derived, ignore_errors=True)
            derived.mkdir(parents=True)
            stored = [path for folder in study.determined for path in folder.iterdir()]
            for path in [*stored, *study.simulation]:
                shutil.copy(path, derived)


rule execute:
    input:
        of_study("validated"),
        source="notebooks/{notebook}.md",
    output:
        "_build/{study}/executed/{notebook}-{key}.ipynb",
    run:
        study = f"study={STUDIES[wildcards.study].folder}"
        run_earlyhelp("execute", input.source, "--output", output[0], "-p", study)


rule html:
    input:
        unpack(executed),
    output:
        directory("_build/{study}/site-{key}"),
    run:
        study = STUDIES[wildcards.study]
        results = study.build / "results.new"
        copy_notebooks(input, results)
        run_earlyhelp("html", study.folder, "--results", results, "--output", output[0])
        shutil.rmtree(results)


rule volumes:
    input:
        of_study("site"),
    output:
        directory("_build/{study}/volumes-{key}"),
    run:
        folder = STUDIES[wildcards.study].folder
        run_earlyhelp("volumes", folder, "--html", input[0], "--output", output[0])


# Readers see a report only once all of it was built: a failed build leaves the last good one.
rule publish:
    input:
        unpack(executed),
        html=of_study("site"),
        volumes=of_study("volumes"),
    output:
        touch("_build/{study}/published-{key}-{seen}"),
    run:
        study = STUDIES[wildcards.study]
        # In one folder, so that it is whole wherever it is put.
        replace_folder([input.html, input.volumes], study.build / "html")
        copy_notebooks(input, study.build / "results")
        for page in (study.build / "results").iterdir():
            # One that the study has nothing for has no cells.
            if not json.loads(page.read_text("utf-8"))["cells"]:
                page.unlink()
        # Also what a build that was killed left behind.
        kinds = ("executed/*", "site-*", "validated-*", "published-*", "determined-*")
        kinds += ("volumes-*", "earlyhelp-*.pdf")
        kinds += (".html-*", "*.new", "*.old")
        outdated = {path for kind in kinds for path in study.build.glob(kind)}
        for old in outdated - {study.validated, *study.determined, *map(Path, input)}:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        study.now_published().touch()
