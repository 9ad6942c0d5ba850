"""The pins: complete, hashed, the same for conda users, and free of any index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def pins() -> dict[str, str]:
    return dict(PIN.findall((ROOT / "requirements.txt").read_text()))


def conda() -> dict[str, str]:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (pip,) = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    return dict(PIN.findall("\n".join(pip)))


def test_conda_users_get_the_same_versions() -> None:
    assert conda() == pins()


def test_every_pin_has_a_hash() -> None:
    text = (ROOT / "requirements.txt").read_text()
    for block in re.split(r"\n(?=\S)", text):
        assert "==" in block, block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_no_index_is_named() -> None:
    for name in ("requirements.txt", "requirements.in", "environment.yml"):
        assert not re.search(r"https?://|index-url", (ROOT / name).read_text()), name


def test_every_imported_package_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {name.lower().replace("_", "-") for name in pins()}
    for requirement in project["dependencies"]:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert name
        assert name[0].lower().replace("_", "-") in pinned


def test_jupyter_book_stays_at_one() -> None:
    assert pins()["jupyter-book"].startswith("1.")
