"""Reading YAML into a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from earlyhelp.errors import InputError
from earlyhelp.yamlfile import read_yaml


def test_content_is_validated(tmp_path: Path) -> None:
    path = tmp_path / "numbers.yml"
    path.write_bytes(b"\xef\xbb\xbf[1, 2]\r\n")
    assert read_yaml(path, list[int]) == [1, 2]


def test_missing_file_names_folder_and_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"expected {tmp_path.name}/numbers.yml"):
        read_yaml(tmp_path / "numbers.yml", list[int])


def test_every_problem_names_its_place(tmp_path: Path) -> None:
    path = tmp_path / "numbers.yml"
    path.write_text("[1, x, y]")
    with pytest.raises(InputError) as caught:
        read_yaml(path, list[int])
    assert [problem.column for problem in caught.value.problems] == ["1", "2"]


def test_a_tag_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "numbers.yml"
    path.write_text("!!python/object/apply:os.getcwd []")
    with pytest.raises(InputError, match="expected YAML in UTF-8"):
        read_yaml(path, list[int])
