"""`/move`: the chat goes on at another profile's endpoint and deployment, with the conversation it has."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azresp.cli.connect import Reached, reach
from azresp.config.load import Loaded, load
from azresp.config.profile import SETTINGS
from azresp.errors import AzrespError, UsageError

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

Equip = Callable[["Chat", Loaded, Reached], None]
"""Gives a chat everything that belongs to a profile."""

_CONNECTING = frozenset(key for key, one in SETTINGS.items() if one.group == "connection")
_ENV = frozenset(
    {SETTINGS[key].env for key in _CONNECTING}
    | {"AZRESP_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_API_KEY"}
    | {"OPENAI_API_VERSION", "AZRESP_PROFILE"}
)


@dataclass(slots=True)
class Mover:
    """Moves a chat between the profiles of the configuration file."""

    flags: Mapping[str, object]
    """of the command line"""
    loaded: Loaded
    reached: Reached
    """where the chat is"""
    equip: Equip

    def profiles(self) -> list[str]:
        """The profiles that there are."""
        return list(self.loaded.names)

    async def move(self, chat: Chat, name: str) -> None:
        """Go on with another profile. Raises UsageError, ConfigError; then nothing has changed."""
        if self.reached.emulated:
            raise UsageError(
                "this chat is with the built-in emulator",
                "Leave --emulator out to talk to a profile's endpoint.",
            )
        # Where to connect was said for the profile that is left, and its key is nobody else's.
        flags = {key: value for key, value in self.flags.items() if key not in _CONNECTING}
        env = {key: value for key, value in os.environ.items() if key not in _ENV}
        loaded = load({**flags, "profile": name}, env)
        reached = reach(loaded.profile, "never")
        left, self.loaded, self.reached = self.reached, loaded, reached
        self.equip(chat, loaded, reached)
        with suppress(AzrespError):
            await left.gateway.close()
