"""Check the notebooks' code cells as all other code is checked: `python tests/notebook_cells.py`.

ruff reads notebooks as .ipynb only. A place that it names is the number of a cell, as in the
executed notebooks, and the line in it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Check and say what is found; 1 for a finding."""
    with TemporaryDirectory() as folder:
        for source in sorted((ROOT / "notebooks").glob("*.md")):
            jupytext.write(jupytext.read(source), Path(folder, f"{source.stem}.ipynb"))
        notebooks = sorted(path.name for path in Path(folder).iterdir())
        ruff = [sys.executable, "-m", "ruff"]
        rules = ["--no-cache", "--config", str(ROOT / "pyproject.toml"), *notebooks]
        failed = [
            subprocess.run([*ruff, *command, *rules], cwd=folder).returncode
            for command in (["check", "--output-format", "concise"], ["format", "--check"])
        ]
    return int(any(failed))


if __name__ == "__main__":
    sys.exit(main())
