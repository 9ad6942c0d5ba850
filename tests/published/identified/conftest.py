"""What the tests of this folder open once."""

from __future__ import annotations

import pytest
from helpers import ROOT

from earlyhelp.published.identified.ranges import IdentifiedSets, open_sets
from earlyhelp.study.raw import Pilot, open_pilot


@pytest.fixture(scope="session")
def sets() -> IdentifiedSets:
    found = open_sets(ROOT / "data/rotherham")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def pilot() -> Pilot:
    return open_pilot(ROOT / "data/rotherham")
