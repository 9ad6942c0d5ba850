"""Mutation testing: change the code in small ways and see whether a test notices.

`python tests/mutants.py [MODULE ...]` lets mutmut make every mutant, draws a seeded sample of each
module and runs the tests that cover it. Prints a row for each module and a line for each mutant
that no test noticed, and exits 1 when too many live. `make mutants` runs it over all modules;
mutmut keeps what it makes in `mutants/`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

SAMPLE = 20
SEED = 2023
# Shares of mutants killed: of all that were drawn, and of one module's.
OVERALL, MODULE = 0.90, 0.75
MUTMUT = [sys.executable, "-m", "mutmut"]
KILLED = {1, 3}  # pytest: tests failed; internal error
STOPPED = {36, -24, 24, 152, 255}  # mutmut: over its time, which a change of a loop brings about


def results() -> dict[str, dict[str, int | None]]:
    """Exit code of every mutant by module; None for one that was not run."""
    found = {}
    for path in sorted(Path("mutants/src/earlyhelp").rglob("*.py.meta")):
        codes = json.loads(path.read_text("utf-8"))["exit_code_by_key"]
        if codes:
            module = path.relative_to("mutants/src/earlyhelp").as_posix().removesuffix(".py.meta")
            found[module] = codes
    return found


def main(modules: list[str]) -> int:
    """Draw, run and tell."""
    # Makes the mutants and learns which test covers which; its own listing is not wanted.
    subprocess.run([*MUTMUT, "print-time-estimates"], check=True, stdout=subprocess.DEVNULL)
    drawn = {
        module: random.Random(SEED).sample(sorted(codes), min(SAMPLE, len(codes)))
        for module, codes in results().items()
        if not modules or module in modules
    }
    subprocess.run([*MUTMUT, "run", *(name for names in drawn.values() for name in names)])
    codes, living = results(), defaultdict(list)
    for module, names in drawn.items():
        for name in names:
            if codes[module][name] not in KILLED | STOPPED:
                living[module].append(name)
        killed = len(names) - len(living[module])
        print(f"{module:30} {killed:3} of {len(names):3}  {killed / len(names):4.0%}")
    for name in (name for names in living.values() for name in names):
        print(f"lives: {name}")
    total, alive = sum(map(len, drawn.values())), sum(map(len, living.values()))
    print(f"{total - alive} of {total} killed ({1 - alive / total:.0%})")
    weak = [name for name, names in drawn.items() if len(living[name]) > (1 - MODULE) * len(names)]
    return int(bool(weak) or alive > (1 - OVERALL) * total)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
