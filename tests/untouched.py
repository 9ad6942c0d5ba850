"""Run a command and show that it left every file of the checkout as it was.

`python tests/untouched.py COMMAND ...` compares names and contents before and after, tracked or
not and without asking git; only what tools make for themselves (.gitignore) does not count. Exits
with the command's status, or 1 when it changed a file.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

# The plain names in .gitignore, and what git, make and the environment keep for themselves.
IGNORED = {".git", ".venv", ".setup.lock"}


def ignored(root: Path) -> set[str]:
    """Names that do not count, wherever they stand."""
    lines = (root / ".gitignore").read_text("utf-8").split()
    return IGNORED | {line.strip("/") for line in lines}


def contents(root: Path) -> dict[str, str]:
    """Digest of every file below a folder that counts; links by where they lead."""
    left_out, found = ignored(root), {}
    for folder, folders, files in os.walk(root):
        folders[:] = [n for n in folders if n not in left_out and not n.endswith(".egg-info")]
        for path in (Path(folder, name) for name in files if name not in left_out):
            content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(root))] = hashlib.sha256(content).hexdigest()
    return found


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Names of the files that came, went or changed."""
    return sorted(name for name in before | after if before.get(name) != after.get(name))


def main(command: list[str]) -> int:
    """Run the command between two looks at the checkout."""
    root = Path.cwd()
    before = contents(root)
    status = subprocess.run(command, check=False).returncode
    changed = changes(before, contents(root))
    for name in changed:
        print(
            f"{name}: changed by `{' '.join(command)}`, which may change no file", file=sys.stderr
        )
    return status or int(bool(changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
