"""The folders of the package: few modules in each, and a line that says what it is for."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
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


def defined(node: ast.stmt) -> Iterator[str]:
    """Public names of classes and of what is assigned."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.ClassDef):
        names = [node.name]
    yield from (name for name in names if not name.startswith("_"))


def test_what_is_used_elsewhere_has_a_name_of_its_own() -> None:
    trees = {path: ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    homes: dict[str, list[str]] = {}
    classes, used = set(), set()
    for path, tree in trees.items():
        for node in tree.body:
            for name in defined(node):
                homes.setdefault(name, []).append(path.relative_to(PACKAGE).as_posix())
        classes |= {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        used |= {name.name for node in imports for name in node.names}
    twice = {name for name, places in homes.items() if len(set(places)) > 1}
    assert {name: homes[name] for name in twice & (classes | used)} == {}


def test_every_path_that_contributors_are_told_of_is_there() -> None:
    told = re.findall(r"`([\w./-]+)`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    paths = [text for text in told if re.search(r"\w/|\.\w+$", text) and "_build" not in text]
    # From the checkout, the package, a study or the tests, as the sentence has it.
    homes = [ROOT, PACKAGE, ROOT / "data/rotherham", ROOT / "tests"]
    assert len(paths) > 30
    assert [path for path in paths if not any((home / path).exists() for home in homes)] == []


def test_no_folder_passes_on_the_names_of_its_modules() -> None:
    inits = [path for path in PACKAGE.rglob("__init__.py") if path.parent.name != "cli"]
    assert [path for path in inits if "from earlyhelp" in path.read_text("utf-8")] == []


def test_texts_about_code_name_only_what_is_there() -> None:
    """Of `module.name`, where both are ours; files such as `study.yml` are none of it."""
    known: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        nodes = [*ast.walk(ast.parse(path.read_text("utf-8")))]
        names = {getattr(node, "name", "") or getattr(node, "arg", "") for node in nodes}
        names |= {node.id for node in nodes if isinstance(node, ast.Name)}
        known.setdefault(path.stem, set()).update(names)
    gone, modules = [], known.keys() - {folder.name for folder in FOLDERS}
    texts = [*PACKAGE.rglob("*.py"), *(ROOT / "notebooks").glob("*.md"), ROOT / "CONTRIBUTING.md"]
    for path in texts:
        for module, name in re.findall(r"`([a-z_]+)\.([A-Za-z_]+)`", path.read_text("utf-8")):
            file = name in ("yml", "csv", "json", "toml", "py", "md", "lua", "typ")
            if module in modules and not file and name not in known[module]:
                gone.append(f"{path.name}: {module}.{name}")
    assert gone == []
