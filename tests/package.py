"""Let RO-Crate's own validator and library read packages: `make test-package`.

Runs with libraries of its own. What is required and not met ends with exit status 1; what is only
recommended is told. The words of RO-Crate, which the validator asks w3id.org for, come from the
library, so that no network is needed; they are a newer version's, which has all that are used here.
"""

from __future__ import annotations

import io
import sys
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.response import addinfourl

import requests
import rocrate
from requests.adapters import HTTPAdapter
from rocrate.rocrate import ROCrate
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.services import validate
from urllib3 import HTTPResponse

WORDS = (Path(rocrate.__file__).with_name("data") / "ro-crate.jsonld").read_bytes()
JSON_LD = "application/ld+json"


class Words(urllib.request.BaseHandler):
    """Answers whatever is asked with the words of RO-Crate."""

    handler_order = 100  # before the one that asks the network

    def https_open(self, request: urllib.request.Request) -> addinfourl:
        headers = Message()
        headers["Content-Type"] = JSON_LD
        response: Any = addinfourl(io.BytesIO(WORDS), headers, request.full_url, 200)
        response.msg = "OK"
        return response


def send(self: HTTPAdapter, request: requests.PreparedRequest, **_: object) -> requests.Response:
    """The same for the other library that the validator asks by."""
    headers = {"Content-Type": JSON_LD}
    raw = HTTPResponse(io.BytesIO(WORDS), headers, 200, preload_content=False)
    return self.build_response(request, raw)


def told(folder: Path) -> list[tuple[str, str]]:
    """What the validator says of a package, and which entities the library finds no file of."""
    settings = ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="ro-crate-1.1",
        requirement_severity=Severity.RECOMMENDED,
    )
    said = [(one.severity.name, str(one.message)) for one in validate(settings).get_issues()]
    entities = [str(one.id) for one in ROCrate(folder).data_entities]
    missing = [name for name in entities if not (folder / name).exists()]
    print(f"{folder}: {len(entities)} files and folders")
    return [*said, *(("REQUIRED", f"not there: {name}") for name in missing)]


def main(folders: list[str]) -> int:
    urllib.request.install_opener(urllib.request.build_opener(Words))
    HTTPAdapter.send = send
    said = [one for folder in folders for one in told(Path(folder))]
    print(*(f"  {severity}: {message}" for severity, message in said), sep="\n")
    return int(any(severity == "REQUIRED" for severity, _ in said))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
