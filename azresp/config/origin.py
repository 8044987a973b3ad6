"""Layers of settings: values with the place each one came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from azresp.config.endpoint import Endpoint, EndpointError
from azresp.config.profile import SETTINGS
from azresp.config.setting import Setting
from azresp.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from."""

    layer: str
    """`flag`, `environment`, `usual` (the usual Azure names in the environment), `file` or `default`."""
    place: str
    """The flag, the variable, or the key path in the file."""

    def __str__(self) -> str:
        return "default" if self.layer == "default" else self.place


DEFAULT = Origin("default", "")


@dataclass(slots=True)
class Layer:
    """Checked values of one source, each with its origin."""

    values: dict[str, object] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)

    def put(self, key: str, value: object, origin: Origin) -> None:
        """Add a value that was already checked."""
        self.values[key] = value
        self.origins[key] = origin

    def complete(self) -> Layer:
        """Add what the values imply: a key means signing in with it; a pasted URL may name more."""
        if "key" in self.values and "auth" not in self.values:
            self.put("auth", "key", self.origins["key"])
        endpoint = self.values.get("endpoint")
        if isinstance(endpoint, Endpoint):
            for key, value in (("api_version", endpoint.api_version), ("deployment", endpoint.deployment)):
                if value is not None and key not in self.values:
                    self.put(key, value, self.origins["endpoint"])
        return self


def check(setting: Setting, value: object, place: str) -> object:
    """Check a value as TOML has it. ConfigError: place, rule and value."""
    try:
        return setting.rule.check(value)
    except EndpointError as bad:
        raise ConfigError(f"{place}: {bad.reason}", bad.hint) from None
    except ValueError:
        got = "" if setting.rule.hidden else f", got {short(value)}"
        raise ConfigError(f"{place}: must be {setting.rule.says}{got}", f"{setting.help}.") from None


def read_text(setting: Setting, text: str, place: str) -> object:
    """Check a value given as text. `default` (or nothing, where any word is a value) gives the default."""
    if resets(setting, text):
        return setting.default
    return check(setting, setting.rule.parse(text), place)


def resets(setting: Setting, text: str) -> bool:
    """Say whether the text asks for the default."""
    return text == ("" if setting.rule.free else "default")


def find(key: str, place: str, known: list[str] | None = None) -> Setting:
    """Give the setting of that name. ConfigError: unknown, with the nearest name."""
    if key in SETTINGS:
        return SETTINGS[key]
    raise unknown(key, place, known or list(SETTINGS), "setting")


def unknown(name: str, place: str, known: list[str], noun: str) -> ConfigError:
    """Give the error for a name that is none of the known ones; suggests the nearest."""
    from difflib import get_close_matches

    near = [one for one in known if len(name) > 2 and name in one][:3] or get_close_matches(name, known, n=1)
    # The whole list of settings would bury the nearest.
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known) or 'none'}"
    return ConfigError(f"{place}: unknown {noun} {short(name)}", hint)


def short(value: object) -> str:
    """A value for a message, cut where it is long."""
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:60]}… ({len(shown)} characters)"
