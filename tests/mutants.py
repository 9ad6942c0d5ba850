"""Mutation testing: change the code in small ways and see whether a test notices.

`python tests/mutants.py [MODULE ...]` makes the mutants of the modules (of all by default), draws a
seeded sample of each and lets mutmut run, for each mutant, the tests that call the function it
changes: of the golden tests and the modules' own test files. Prints a row for each module and a
line for each mutant that no test noticed, and exits 1 when too many live. What was made is left in
`mutants/`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from pathlib import Path

from mutmut.__main__ import _run, copy_src_dir, create_mutants
from mutmut.configuration import config

SOURCE = Path("src/earlyhelp")
SAMPLE = 20
SEED = 2023
# Shares of mutants killed: of all that were drawn, and of one module's.
OVERALL, MODULE = 0.90, 0.75
KILLED = {1, 3}  # pytest: tests failed; internal error
STOPPED = {36, -24, 24, 152, 255}  # mutmut: over its time, which a change of a loop brings about


def codes(module: str) -> dict[str, int | None]:
    """Exit code of every mutant of a module; None for one that was not run."""
    meta = Path("mutants", SOURCE, f"{module}.py.meta")
    return json.loads(meta.read_text("utf-8"))["exit_code_by_key"] if meta.exists() else {}


def main(modules: list[str]) -> int:
    """Draw, run and tell."""
    if modules:
        config().only_mutate = [f"{SOURCE}/{module}.py" for module in modules]
        names = {f"test_{Path(module).name}.py" for module in modules}
        files = (str(path) for path in Path("tests").rglob("test_*.py") if path.name in names)
        selected = ["tests/test_golden.py", *sorted(files)]
        config().pytest_add_cli_args_test_selection = selected
    else:
        modules = sorted(p.relative_to(SOURCE).as_posix()[:-3] for p in SOURCE.rglob("*.py"))
    shutil.rmtree("mutants", ignore_errors=True)
    copy_src_dir()
    create_mutants(os.cpu_count() or 1)
    made = {module: names for module in modules if (names := sorted(codes(module)))}
    drawn = {
        module: random.Random(SEED).sample(names, min(SAMPLE, len(names)))
        for module, names in made.items()
    }
    names = [name for sample in drawn.values() for name in sample]
    _run(names, None)
    living, weak = [], []
    for module, sample in drawn.items():
        found = codes(module)
        alive = [name for name in sample if found[name] not in KILLED | STOPPED]
        killed = len(sample) - len(alive)
        print(f"{module:30} {killed:3} of {len(sample):3}  {killed / len(sample):4.0%}")
        living += alive
        weak += [module] * (killed < MODULE * len(sample))
    for name in living:
        print(f"lives: {name}")
    killed = len(names) - len(living)
    print(f"{killed} of {len(names)} killed ({killed / len(names):.0%})")
    return int(bool(weak) or killed < OVERALL * len(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
