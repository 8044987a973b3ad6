"""The settings of a running chat: the loaded profile, and what `/set` changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from azresp.config.example import shown
from azresp.config.load import change
from azresp.config.origin import find
from azresp.config.profile import SETTINGS, Profile
from azresp.errors import UsageError

if TYPE_CHECKING:
    from azresp.config.origin import Origin

CHANGEABLE = tuple(key for key, one in SETTINGS.items() if one.group in ("request", "screen"))
"""What `/set` may change; the endpoint and sign-in are a profile's."""


class ProfileTuner:
    """Settings in force; changes last as long as the chat."""

    def __init__(self, profile: Profile, origins: Mapping[str, Origin], place: str) -> None:
        self._profile = profile
        self._origins = origins
        self._changed: set[str] = set()
        self._place = place

    @property
    def place(self) -> str:
        """Where answers come from, for people."""
        return self._place

    def request(self) -> Mapping[str, object]:
        """The settings that shape a request, by key."""
        return {**self._profile.request(), "deployment": self._profile.deployment}

    def set(self, key: str, text: str) -> None:
        """Change one setting from text. Raises ConfigError, or UsageError for what belongs to the profile."""
        setting = find(key, "/set")
        if key not in (*CHANGEABLE, "deployment", "image_deployment"):
            raise UsageError(
                f"{setting.key} can't change while a chat runs",
                "Use a profile: `azresp config edit`, then --profile.",
            )
        self._profile = change(self._profile, key, text)
        self._changed.add(key)

    def value(self, key: str) -> object:
        """A setting's value."""
        return getattr(self._profile, key)

    def rows(self) -> list[tuple[str, str, str]]:
        """Key, value and origin of all that may be changed here, deployment first."""
        return [
            (key, shown(value) if (value := self.value(key)) is not None else "-", self._origin(key))
            for key in ("deployment", *CHANGEABLE)
        ]

    def words(self, key: str) -> list[str]:
        """The words that a setting takes, where it takes words."""
        setting = SETTINGS.get(key)
        return list(setting.rule.words) if setting is not None else []

    def _origin(self, key: str) -> str:
        if key in self._changed:
            return "/set"
        origin = self._origins.get(key)
        return "" if origin is None or origin.layer == "default" else str(origin)
