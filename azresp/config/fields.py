"""Fields: reading a TOML table key by key, each with its rule; what is wrong is said as everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from azresp.config.origin import short, unknown
from azresp.config.rule import full_path
from azresp.core.secrets import SecretRef
from azresp.errors import ConfigError

T = TypeVar("T")
_REFERENCE = "env:NAME or keyring:NAME, where the secret is kept, never the secret itself"


class Fields:
    """One table of the file. `place` is where it stands, e.g. `config.toml: tools[2]`."""

    def __init__(self, table: object, place: str, known: Iterable[str]) -> None:
        if not isinstance(table, Mapping):
            raise ConfigError(f"{place}: must be a table, got {short(table)}")
        self.place = place
        self._table = table
        allowed = list(known)
        for key in table:
            if key not in allowed:
                raise unknown(key, place, allowed, "key")

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def wrong(self, key: str, says: str, *, hidden: bool = False, hint: str = "") -> ConfigError:
        """The error for a key whose value breaks its rule; a hidden value is not shown."""
        where = f"{self.place}.{key}"
        if key not in self._table:
            return ConfigError(f"{where}: is missing; it must be {says}", hint)
        got = "" if hidden else f", got {short(self._table[key])}"
        return ConfigError(f"{where}: must be {says}{got}", hint)

    def read(
        self,
        key: str,
        says: str,
        check: Callable[[object], T],
        default: T | None = None,
        *,
        hidden: bool = False,
    ) -> T | None:
        """The checked value, or the default where there is none; `check` raises ValueError for a wrong one."""
        if key not in self._table:
            return default
        try:
            return check(self._table[key])
        except ValueError:
            raise self.wrong(key, says, hidden=hidden) from None

    def need(self, key: str, says: str, check: Callable[[object], T]) -> T:
        """The checked value of a key that must be there."""
        value = self.read(key, says, check)
        if value is None:
            raise self.wrong(key, says)
        return value

    def switch(self, key: str, default: bool) -> bool:
        """True or false."""
        found = self.read(key, "true or false", _boolean)
        return default if found is None else found

    def word(self, key: str, words: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        return self.read(key, f"one of {', '.join(words)}", one_of(words)) or default

    def text(self, key: str, default: str = "") -> str:
        """Any text."""
        return self.read(key, "text", matching(r"[^\ud800-\udfff]*")) or default

    def names(self, key: str, pattern: str, says: str, *, hidden: bool = False) -> tuple[str, ...] | None:
        """A list of texts that each match a pattern; None where there is none."""
        return self.read(key, f"a list of {says}", many(matching(pattern)), hidden=hidden)

    def path(self, key: str) -> Path | None:
        """A full path; nothing is looked for there."""
        return self.read(key, "a full path (~ may stand first)", full_path)

    def reference(self, key: str) -> SecretRef | None:
        """Where a secret is kept; never shown, since it may be the secret itself."""
        return self.read(key, _REFERENCE, _reference, hidden=True)

    def references(self, key: str, name_pattern: str) -> dict[str, SecretRef]:
        """A table of references by name."""
        table = self._table.get(key, {})
        if not isinstance(table, Mapping):
            raise self.wrong(key, 'a table like { X-Key = "env:NAME" }', hidden=True)
        found: dict[str, SecretRef] = {}
        for name, value in table.items():
            if not re.fullmatch(name_pattern, name):
                raise ConfigError(f"{self.place}.{key}: must have names of headers, got {short(name)}")
            try:
                found[name] = _reference(value)
            except ValueError:
                raise ConfigError(f"{self.place}.{key}.{name}: must be {_REFERENCE}") from None
        return found


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def one_of(words: tuple[str, ...]) -> Callable[[object], str]:
    """A check for one of a few words."""

    def check(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return check


def matching(pattern: str) -> Callable[[object], str]:
    """A check for text that matches a pattern as a whole."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            raise ValueError
        return value

    return check


def many(check: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """A check for a list of what another check takes."""

    def check_all(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise ValueError
        return tuple(check(one) for one in value)

    return check_all


def table(value: object) -> dict[str, object]:
    """A check for a table of whatever JSON can hold."""
    if not isinstance(value, Mapping):
        raise ValueError
    return {str(key): _plain(one) for key, one in value.items()}


def _plain(value: object) -> object:
    match value:
        case Mapping():
            return table(value)
        case list():
            return [_plain(one) for one in value]
        case str() | bool() | int():
            return value
        case float() if value - value == 0:  # neither nan nor inf
            return value
    raise ValueError  # a date or time


def within(low: float, high: float) -> Callable[[object], float]:
    """A check for a number within limits that belong to it."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError
        return value

    return check


def _reference(value: object) -> SecretRef:
    """A check for `env:NAME` or `keyring:NAME`; a reference made by the program passes."""
    found = SecretRef.read(value) if isinstance(value, str) else value
    if not isinstance(found, SecretRef):
        raise ValueError
    return found
