"""The fixtures of whole dialogues."""

from __future__ import annotations

from tests.cli.conftest import configured as configured
from tests.cli.conftest import emulator as emulator
from tests.cli.conftest import isolated as isolated
