"""Raw data to HTML, PDF and Word. Run through `make report`, which sets the options.

Every output carries in its name a digest of what it depends on, so a step is up to date when its
output is there: times of files say nothing after a clone, and a record of past runs can be lost.
"""

import os
import shlex
import shutil
import sys
from pathlib import Path

from earlyhelp.render import dependencies
from earlyhelp.study.problems import InputError

STUDY = Path(os.environ.get("STUDY", "data/rotherham"))
# Everything is written here; what of it is committed, `make update` copies.
BUILD = Path("_build") / STUDY.name
EARLYHELP = f"{shlex.quote(sys.executable)} -m earlyhelp"


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


def key(*entries, files=(), said=()):
    """Digest of what a step that runs some modules depends on (`dependencies.key`)."""
    try:
        return dependencies.key(STUDY, entries, ("Snakefile", *files), said)
    except InputError as error:
        sys.exit(str(error))


NOTEBOOKS = sorted(Path("notebooks").glob("*.md"))
# What the cells of the notebooks import; the pages show its source, too.
IMPORTED = {module for path in NOTEBOOKS for module in dependencies.imported(path.read_text("utf-8"))}
BOOK = ("_config.yml", "_toc.yml", "CITATION.cff", *Path("book").glob("*.*"))
BOOK += (Path("book/_static"), Path("book/_templates"))
RENDER = "earlyhelp.render"
# Each step's name says what it depends on; a later step depends on what the one before it made.
VALIDATED = BUILD / f"validated-{key('earlyhelp.validate')}"
RESULTS = BUILD / f"results-{key(f'{RENDER}.results', *IMPORTED, files=NOTEBOOKS)}"
# Sphinx loads its extensions by their names.
PAGES = [f"{RENDER}.{name}" for name in ("html", "inline_svg", "numbered", "origins")]
SITE = BUILD / f"site-{key(*PAGES, *IMPORTED, files=BOOK, said=[RESULTS.name])}"
PRINTED = ("_toc.yml", "CITATION.cff")
VOLUMES = BUILD / f"volumes-{key(f'{RENDER}.pdf', files=PRINTED, said=[SITE.name])}"


def published():
    """Mark of what readers see; a report that was changed by hand has another name."""
    seen = dependencies.digest(BUILD / "results", BUILD / "html")
    return BUILD / f"published-{VOLUMES.name.rpartition('-')[2]}-{seen}"


PUBLISHED = published()
# What is stored beside a study: what its printed figures determine, and the simulated grid.
DETERMINED = []
if (STUDY / "derived/inputs.json").is_file():
    DETERMINED = [BUILD / f"determined-{key('earlyhelp.published.identified_sets')}"]


def simulation(_=None):
    """The simulated grid, if the study has one; its name is found only where it is asked for."""
    from earlyhelp.trial.design_grid import stored_at

    has_grid = (STUDY / "sweep.yml").is_file()
    return [BUILD / "simulation" / stored_at(STUDY).name] if has_grid else []


wildcard_constraints:
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
        simulation,


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
        files=simulation,
    run:
        derived = BUILD / "derived"
        shutil.rmtree(derived, ignore_errors=True)
        derived.mkdir()
        for path in [*(p for folder in input.folders for p in Path(folder).iterdir()), *input.files]:
            shutil.copy(path, derived)


rule results:
    input:
        VALIDATED,
    output:
        directory(RESULTS),
    params:
        kept=BUILD / "executed",
    shell:
        EARLYHELP + " results {STUDY:q} --kept {params.kept:q} --output {output:q}"


rule html:
    input:
        RESULTS,
    output:
        directory(SITE),
    shell:
        EARLYHELP + " html {STUDY:q} --results {input:q} --output {output:q}"


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
        results=RESULTS,
        html=SITE,
        volumes=VOLUMES,
    output:
        touch(PUBLISHED),
    run:
        # In one folder, so that it is whole wherever it is put.
        replace_folder([input.html, input.volumes], BUILD / "html")
        replace_folder([input.results], BUILD / "results")
        # Also what a build that was killed left behind.
        kinds = ("results-*", "site-*", "validated-*", "published-*", "determined-*", "volumes-*")
        kinds += (".html-*", "*.new", "*.old")
        outdated = {path for kind in kinds for path in BUILD.glob(kind)}
        for old in outdated - {VALIDATED, *DETERMINED, *map(Path, input)}:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        published().touch()
