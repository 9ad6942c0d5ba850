"""The folders of the package: few modules in each, and a line that says what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

import earlyhelp

PACKAGE = Path(earlyhelp.__file__).parent
FOLDERS = sorted(path.parent for path in PACKAGE.glob("*/**/__init__.py"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_folder_has_three_to_nine_modules_and_says_what_it_is_for(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.stem != "__init__"]
    folders = [path for path in folder.iterdir() if (path / "__init__.py").is_file()]
    assert 3 <= len(modules) + len(folders) <= 9 + len(folders)
    assert (folder / "__init__.py").read_text("utf-8").startswith('"""')
