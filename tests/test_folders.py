"""The folders of the package: few modules in each, and a line that says what it is for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from helpers import ROOT

import earlyhelp

PACKAGE = Path(earlyhelp.__file__).parent
FOLDERS = sorted(path.parent for path in PACKAGE.glob("*/**/__init__.py"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_folder_has_three_to_nine_modules_and_says_what_it_is_for(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.stem != "__init__"]
    folders = [path for path in folder.iterdir() if (path / "__init__.py").is_file()]
    assert 3 <= len(modules) + len(folders) <= 9 + len(folders)
    assert (folder / "__init__.py").read_text("utf-8").startswith('"""')


def test_the_house_is_drawn_in_the_order_in_which_imports_run() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    drawn = re.findall(
        r"^    (\w+)(?:/|\.py) ", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.M
    )
    assert drawn == [name for name in reversed(layers) if name != "__main__"]


def test_every_target_that_contributors_are_told_of_is_listed() -> None:
    told = re.findall(r"`make ([a-z-]+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    listed = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert {"help", "lint"} < set(told) <= set(listed)
