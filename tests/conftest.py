"""Fixtures that every layer's tests share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.examples import examples

# Machines under load are slow, and CI must give the same verdict twice; elsewhere every run looks at new examples.
settings.register_profile(
    "azresp",
    examples(),
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("azresp")

SHARED = Path(os.environ.get("AZRESP_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the contract, recordings and hostile samples; tests skip where it is absent."""
    if not (SHARED / "recordings" / "index.json").is_file():
        pytest.skip(f"no shared folder at {SHARED}: the recorded and hostile corpora are not on this machine")
    return SHARED


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Workers take whole stretches of files and steal at the end, so a file's emulator starts once, not per worker."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling  # type: ignore[import-untyped]  # it ships no types

    return WorkStealingScheduling(config, log)
