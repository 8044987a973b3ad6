"""The settings of a running chat: the loaded profile, and what `/set` changed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from azresp.config.example import shown
from azresp.config.load import change
from azresp.config.origin import find
from azresp.config.profile import SETTINGS, Profile
from azresp.errors import AzrespError, UsageError

if TYPE_CHECKING:
    from azresp.config.origin import Origin
    from azresp.rounds import Budget

_GROUPS = ("request", "tools", "images", "cost", "screen")
_SETTABLE = (
    "deployment",
    "resilient",
    "rebuild",
    *(key for key, one in SETTINGS.items() if one.group in _GROUPS),
)
"""What `/set` may change; the endpoint and sign-in are a profile's."""


def budget_of(profile: Profile) -> Budget:
    """What one question may take in tool calls."""
    from azresp.rounds import Budget

    return Budget(profile.tool_rounds, profile.tool_seconds, profile.tool_tokens or 0)


class ProfileTuner:
    """Settings in force; changes last as long as the chat."""

    def __init__(self, profile: Profile, origins: Mapping[str, Origin]) -> None:
        self._base = self._profile = profile
        self._origins = origins
        self._changed: set[str] = set()

    @property
    def profile(self) -> Profile:
        """The profile with what was changed."""
        return self._profile

    def request(self) -> Mapping[str, object]:
        """The settings that shape a request, by key."""
        return {**self._profile.request(), "deployment": self._profile.deployment}

    def budget(self) -> Budget:
        """What one question may take in tool calls."""
        return budget_of(self._profile)

    def set(self, key: str, text: str) -> None:
        """Change one setting from text. Raises ConfigError, or UsageError for what belongs to the profile."""
        if key in SETTINGS and key not in _SETTABLE:
            raise UsageError(
                f"{key} can't change while a chat runs",
                "Use a profile: `azresp config edit`, then --profile.",
            )
        find(key, "/set", list(_SETTABLE))
        if text == "default":
            self._profile = replace(self._profile, **{key: getattr(self._base, key)})
            self._changed.discard(key)
            return
        self._profile = change(self._profile, key, text)
        self._changed.add(key)

    def restore(self, settings: Mapping[str, str]) -> None:
        """Take back all changes and make those of another session; a flag of the command line stands above them."""
        self._profile = self._base
        self._changed.clear()
        for key, text in settings.items():
            origin = self._origins.get(key)
            if origin is None or origin.layer != "flag":
                with suppress(AzrespError):
                    self.set(key, text)

    def value(self, key: str) -> object:
        """A setting's value."""
        return getattr(self._profile, key)

    def shown(self, key: str) -> str:
        """A setting's value for people, as it may stand in the file."""
        return shown(self.value(key))

    def rows(self) -> list[tuple[str, str, str]]:
        """Key, value and origin of all settings, those that may be changed here first."""
        fixed = [key for key in SETTINGS if key not in _SETTABLE]
        return [(key, self.shown(key), self._origin(key)) for key in (*_SETTABLE, *fixed)]

    def settable(self) -> list[str]:
        """The keys that `set` takes."""
        return list(_SETTABLE)

    def words(self, key: str) -> list[str]:
        """The words that a setting takes, where it takes words."""
        setting = SETTINGS.get(key)
        return list(setting.rule.words) if setting is not None else []

    def _origin(self, key: str) -> str:
        if key in self._changed:
            return "/set"
        return str(self._origins.get(key) or "default")
