"""Read a YAML file into a validated model; every problem of the file is told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from earlyhelp.errors import InputError, Problem


def read_yaml(path: Path, model: Any) -> Any:
    """Parse a file and validate its content.

    Parameters
    ----------
    path : Path
        YAML in UTF-8; a byte order mark is accepted.
    model : type
        A pydantic model or any type that pydantic can validate, such as ``list[Model]``.

    Raises
    ------
    InputError
        When the file is missing, is no YAML in UTF-8, or does not fit the model.
    """

    def problem(found: str, expected: str) -> InputError:
        return InputError([Problem(path.name, None, "", found, expected)])

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise problem("no such file", f"{path.parent.name}/{path.name}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise problem(" ".join(str(error).split()), "YAML in UTF-8") from None
    try:
        return TypeAdapter(model).validate_python(content)
    except ValidationError as error:
        raise InputError(_problem(path.name, dict(item)) for item in error.errors()) from None


def _problem(name: str, item: dict[str, Any]) -> Problem:
    found = "nothing" if item["type"] == "missing" else repr(item["input"])[:80]
    place = ".".join(map(str, item["loc"]))
    return Problem(name, None, place, found, item["msg"])
