"""What is computed and committed: compare a computed folder with the committed one, or replace it.

`python tests/committed.py compare COMPUTED COMMITTED` shows what differs and exits 1 when anything
does; it writes nothing. `replace` shows the same and then writes; `make update` alone calls it.
"""

from __future__ import annotations

import difflib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

SHOWN = 40


def differences(computed: Path, committed: Path) -> Iterator[str]:
    """Describe every file that one folder lacks or that differs, with the lines that differ."""
    names = {path.name for folder in (computed, committed) for path in folder.glob("[!.]*")}
    for name in sorted(names):
        new, old = computed / name, committed / name
        if not new.exists():
            yield f"{old}: no longer computed"
        elif not old.exists():
            yield f"{old}: new"
        elif new.read_bytes() != old.read_bytes():
            lines = (path.read_text("utf-8").splitlines() for path in (old, new))
            diff = list(difflib.unified_diff(*lines, str(old), str(new), n=1, lineterm=""))
            more = [f"... and {len(diff) - SHOWN} more lines"] if len(diff) > SHOWN else []
            yield "\n".join(line[:200] for line in diff[:SHOWN] + more)


def main(action: str, computed: Path, committed: Path) -> int:
    """Show what differs; replace the committed files if asked to."""
    if not any(computed.glob("*")):
        print(f"{computed}: nothing was computed", file=sys.stderr)
        return 1
    found = list(differences(computed, committed))
    print("\n".join(found) or f"{committed}: as computed afresh", flush=True)
    if action == "compare":
        if found:
            print(f"{committed} differs from what is computed; see `make update`", file=sys.stderr)
        return int(bool(found))
    if found:
        shutil.rmtree(committed, ignore_errors=True)
        shutil.copytree(computed, committed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
