"""Changing the configuration file: profiles and single settings, with its comments and order kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from azresp.config import file
from azresp.config.load import validate
from azresp.config.origin import check, find
from azresp.core.secrets import Secret
from azresp.errors import ConfigError


def write_profile(path: Path, name: str, values: Mapping[str, object], *, make_default: bool = False) -> None:
    """Write settings into `[profiles.NAME]`, or the top level where the name is empty; None removes one.

    Values are as TOML has them; endpoints and secret references may be given as objects. The file is made 0600
    if need be. ConfigError: a wrong key or value, or a broken file; LocalError: it can't be written.
    """
    plain = {key: _plain(key, value) for key, value in values.items()}
    text = _changed(file.read_raw(path), path, name, plain, make_default=make_default)
    validate(file.parse(text, path), path)
    file.write(path, text)


def _plain(key: str, value: object) -> Any:
    """Give a value as TOML has it, after checking it."""
    setting = find(key, key)
    if value is None:
        return None
    if isinstance(value, Secret):
        raise ConfigError(f"{key}: a key itself does not belong into the file", "Keep it in the keyring.")
    plain = value if isinstance(value, str | int | float | Mapping) else str(value)
    check(setting, plain, key)
    return plain


def _changed(old: str, path: Path, name: str, values: Mapping[str, Any], *, make_default: bool) -> str:
    import tomlkit

    file.parse(old, path)  # a broken file is refused in our own words
    document = tomlkit.parse(old)
    if make_default:
        document["default_profile"] = name
    table: Any = document
    if name:
        document.setdefault("profiles", tomlkit.table(is_super_table=True))
        profiles: Any = document["profiles"]
        profiles.setdefault(name, tomlkit.table())
        table = profiles[name]
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        elif isinstance(value, Mapping):
            inline = tomlkit.inline_table()
            inline.update(value)
            table[key] = inline
        else:
            table[key] = value
    return tomlkit.dumps(document)
