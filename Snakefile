"""Raw data to HTML and PDF. Run through `make report`, which sets the options.

What a step depends on is a digest of contents, passed as a parameter: times of files say nothing
after a clone or a checkout.
"""

import hashlib
from pathlib import Path

STUDY = Path(config.get("study", "data/rotherham"))
BUILD = Path("_build") / STUDY.name
NOTEBOOKS = sorted(path.stem for path in Path("notebooks").glob("*.md"))
# Rotherham's executed notebooks are committed; another team's stay in its build folder.
PUBLISHED = Path("book/results") if STUDY == Path("data/rotherham") else BUILD / "results"
EARLYHELP = "python -m earlyhelp"


def digest(*roots):
    """SHA-256 over names and contents of files and of all files below folders."""
    total = hashlib.sha256()
    for root in map(Path, roots):
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(f"{file}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


CODE = digest("src", "requirements.txt", "Snakefile")
DATA = digest(STUDY)
SOURCES = digest(STUDY, "notebooks", "src", "requirements.txt", "Snakefile")
BOOK = digest("_config.yml", "_toc.yml", "book", "CITATION.cff")


wildcard_constraints:
    notebook="[a-z0-9_]+",


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


rule execute:
    input:
        BUILD / "validated",
        source="notebooks/{notebook}.md",
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
        html=BUILD / "staged",
        pdf=BUILD / "staged.pdf",
    output:
        touch(BUILD / "published"),
    params:
        digest=SOURCES + BOOK,
        published=digest(PUBLISHED),
    shell:
        EARLYHELP + " publish {STUDY} --build {BUILD} --results {PUBLISHED}"
