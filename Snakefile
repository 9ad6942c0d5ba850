"""Raw data to HTML, PDF and Word. Run through `make report`, which sets the options.

Every output carries in its name a digest of what it depends on, so a step is up to date when its
output is there: times of files say nothing after a clone, and a record of past runs can be lost.
Steps are calls of `python -m earlyhelp` and need no shell.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from earlyhelp.compendium.building import folders
from earlyhelp.execution import dependencies, results
from earlyhelp.execution.forked import OPENING
from earlyhelp.study.problems import InputError, Problem

NOTEBOOKS = sorted(Path("notebooks").glob("*.md"))
# What the cells of the notebooks import; the pages show its source, too.
IMPORTED = {module for path in NOTEBOOKS for module in dependencies.imported(path.read_text("utf-8"))}
CHAPTERS = tuple(Path("book").glob("*.md"))
BOOK = ("_config.yml", "_toc.yml", "CITATION.cff", *{*Path("book").glob("*.*")}.difference(CHAPTERS))
BOOK += (Path("book/_static"), Path("book/_templates"))
PRINTED = ("_toc.yml", "CITATION.cff")
EXECUTED = ["earlyhelp.execution.results", OPENING]
RENDER = "earlyhelp.render"
# Sphinx loads its extensions by their names.
EXTENSIONS = re.findall(rf"{RENDER}\.\w+", Path("_config.yml").read_text("utf-8"))
PAGES = [f"{RENDER}.html", *EXTENSIONS]


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


class Built:
    """What is built of one study, and under which names.

    Each name says what the step depends on; a later step depends on what the one before it made.
    Everything is written in `build`; what of it is committed, `make update` copies.
    """

    def __init__(self, folder):
        # From here, so that names are the same wherever the checkout lies.
        self.folder, self.build = Path(os.path.relpath(folder)), Path("_build") / folder.name
        executed = self.key(*EXECUTED, *IMPORTED, files=NOTEBOOKS)
        self.executed = self.build / f"results-{executed}"
        self.results, self.told = self.executed / "notebooks", self.executed / "told.json"
        # What all pages share; of a page whose own text changed, the others are kept.
        shared = self.key(*PAGES, *IMPORTED, files=BOOK, said=[results.told_name(self.folder)])
        self.pages = self.build / f"pages-{shared}"
        said = [self.pages.name, self.executed.name]
        self.pages_key = self.key(files=CHAPTERS, said=said)
        self.site = self.build / f"site-{self.pages_key}"
        self.printed_key = self.key("earlyhelp.printing.pdf", files=PRINTED, said=[self.site.name])
        self.volumes = self.build / f"volumes-{self.printed_key}"
        self.published, self.drafted = [self.now_published()], [self.now_drafted()]
        # What is stored beside a study: what its printed figures determine, and the simulated grid.
        self.determined = []
        if (folder / "derived/inputs.json").is_file():
            stored = self.key("earlyhelp.published.identified.stored")
            self.determined = [self.build / f"determined-{stored}"]

    @property
    def simulation(self):
        """The simulated grid, if there is one; its name is found only where it is asked for."""
        from earlyhelp.trial.design_grid import stored_at

        has_grid = (self.folder / "sweep.yml").is_file()
        return [self.build / "simulation" / stored_at(self.folder).name] if has_grid else []

    def key(self, *entries, files=(), said=()):
        """Digest of what a step that runs some modules depends on (`dependencies.key`)."""
        return dependencies.key(self.folder, entries, ("Snakefile", *files), said)

    def now_published(self):
        """Mark of what readers see; a report that was changed by hand has another name."""
        seen = dependencies.digest(self.build / "results", self.build / "html")
        return self.build / f"published-{self.printed_key}-{seen}"

    def now_drafted(self):
        """Mark of the pages alone, which authors see."""
        seen = dependencies.digest(self.build / "draft")
        return self.build / f"drafted-{self.pages_key}-{seen}"

    def remove_outdated(self):
        """Remove what earlier builds made, and what one that was killed left behind."""
        kinds = ("results-*", "pages-*", "site-*", "determined-*", "volumes-*")
        kinds += ("published-*", "drafted-*", ".html-*", "*.new", "*.old")
        made = {self.executed, self.pages, self.site, self.volumes, *self.determined}
        made |= {self.now_published(), self.now_drafted()}
        for old in {path for kind in kinds for path in self.build.glob(kind)} - made:
            shutil.rmtree(old) if old.is_dir() else old.unlink()


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
    """A rule's input: paths of all studies."""
    return lambda _: [path.as_posix() for one in STUDIES.values() for path in getattr(one, name)]


wildcard_constraints:
    study="|".join(map(re.escape, STUDIES)),
    key="[0-9a-f]+",
    seen="[0-9a-f]+",


# Parts of the design grid; more with `--set-scatter grid=64`. The result does not depend on it.
scattergather:
    grid=4,


rule report:
    input:
        of_all("published"),


# The pages without PDF and Word, for authors.
rule html:
    input:
        of_all("drafted"),


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


rule results:
    output:
        notebooks=directory("_build/{study}/results-{key}/notebooks"),
        told="_build/{study}/results-{key}/told.json",
    run:
        study = STUDIES[wildcards.study]
        said = ("--kept", study.build / "executed", "--told", output.told)
        run_earlyhelp("results", study.folder, *said, "--output", output.notebooks)


rule site:
    input:
        results=of_study("results"),
        told=of_study("told"),
    output:
        directory("_build/{study}/site-{key}"),
    run:
        study = STUDIES[wildcards.study]
        given = ("--results", input.results, "--told", input.told, "--kept", study.pages)
        run_earlyhelp("html", study.folder, *given, "--output", output[0])


rule volumes:
    input:
        html=of_study("site"),
        told=of_study("told"),
    output:
        directory("_build/{study}/volumes-{key}"),
    run:
        folder = STUDIES[wildcards.study].folder
        given = ("--html", input.html, "--told", input.told)
        run_earlyhelp("volumes", folder, *given, "--output", output[0])


# Readers see a report only once all of it was built: a failed build leaves the last good one.
rule publish:
    input:
        results=of_study("results"),
        html=of_study("site"),
        volumes=of_study("volumes"),
    output:
        touch("_build/{study}/published-{key}-{seen}"),
    run:
        study = STUDIES[wildcards.study]
        # In one folder, so that it is whole wherever it is put.
        replace_folder([input.html, input.volumes], study.build / "html")
        replace_folder([input.results], study.build / "results")
        for page in (study.build / "results").glob("*.ipynb"):
            # One that the study has nothing for has no cells.
            if not json.loads(page.read_text("utf-8"))["cells"]:
                page.unlink()
        study.remove_outdated()
        study.now_published().touch()


rule draft:
    input:
        of_study("site"),
    output:
        touch("_build/{study}/drafted-{key}-{seen}"),
    run:
        study = STUDIES[wildcards.study]
        replace_folder([input[0]], study.build / "draft")
        study.remove_outdated()
        study.now_drafted().touch()
