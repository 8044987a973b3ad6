"""An emulator at full speed, and the contract it is held to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from azresp.emulator import Emulator, Settings
from tests.emulator.contract import Contract


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0)) as running:
        yield running


@pytest.fixture(scope="session")
def contract(shared: Path) -> Contract:
    return Contract(shared / "contract")
