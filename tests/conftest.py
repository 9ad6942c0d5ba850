"""Studies to test on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """A writable copy of the miniature study."""
    return Path(shutil.copytree(ROOT / "tests/studies/mini", tmp_path / "mini"))


@pytest.fixture(scope="session")
def rotherham() -> Path:
    """The committed study folder; not to be written to."""
    return ROOT / "data/rotherham"
