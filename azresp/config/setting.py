"""One setting: its rule, default, group and help, and the names that follow from its key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, overload

from azresp.config.rule import Rule, T


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table of settings."""

    key: str
    """Name in the file, and the name of `Profile`'s attribute."""
    rule: Rule[Any]
    default: Any
    group: str
    help: str
    example: str
    """A value as it may stand in config.toml."""

    @property
    def env(self) -> str:
        """Name of its environment variable."""
        return f"AZRESP_{self.key.upper()}"

    @property
    def flag(self) -> str:
        """Name of its command-line option."""
        return "--" + self.key.replace("_", "-")


@overload
def setting(rule: Rule[T], default: None, group: str, example: str, help: str) -> T | None: ...
@overload
def setting(rule: Rule[T], default: T, group: str, example: str, help: str) -> T: ...
def setting(rule: Rule[T], default: T | None, group: str, example: str, help: str) -> T | None:
    """Declare a setting as a field of `Profile`; `example` is how it may stand in config.toml."""
    metadata = {"rule": rule, "group": group, "example": example, "help": help}
    return field(default=default, metadata=metadata)
