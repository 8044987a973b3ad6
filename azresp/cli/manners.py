"""What the user wants of the terminal, settled once: everybody looks at the environment alone."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from azresp.errors import AzrespError
from azresp.ui.caps import reading

if TYPE_CHECKING:
    from azresp.config.profile import Profile


def settle(profile: Profile) -> None:
    """Let flags and the configuration file count wherever only the environment is looked at."""
    if reading(os.environ) is not profile.screen_reader:
        os.environ["AZRESP_SCREEN_READER"] = "on" if profile.screen_reader else "off"
    if os.environ.get("AZRESP_THEME", "auto") != profile.theme:
        os.environ["AZRESP_THEME"] = profile.theme


def settle_from_file() -> None:
    """The same for commands that need no settings; a file that is wrong is told by those that do."""
    from azresp.config.load import load

    with suppress(AzrespError):
        settle(load().profile)
