"""Changing the configuration file: profiles, settings and servers, with its comments and order kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from azresp.config import file
from azresp.config.load import validate
from azresp.config.origin import check, find, unknown
from azresp.core.secrets import Secret, SecretRef
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


def add_server(path: Path, fields: Mapping[str, object], *, profile: str = "") -> None:
    """Add `[[mcp]]` with these keys, or `[[profiles.NAME.mcp]]`; references may be given as objects.

    ConfigError: a wrong key or value, a label that is taken there, or a broken file; LocalError: can't be written.
    """
    _rewrite(path, lambda document: _append(_level(document, profile, path), fields))


def set_server(path: Path, label: str, fields: Mapping[str, object], *, profile: str = "") -> None:
    """Change keys of a server; None removes one. ConfigError also where there is no such server."""
    _rewrite(path, lambda document: _update(_one(_level(document, profile, path), label), fields))


def remove_server(path: Path, label: str, *, profile: str = "") -> None:
    """Remove the server of that label. ConfigError also where there is none."""
    _rewrite(path, lambda document: _remove(_level(document, profile, path), label))


def _rewrite(path: Path, change: Callable[[Any], None]) -> None:
    """Change the file through its document, and write it only if it is right then."""
    import tomlkit

    old = file.read_raw(path)
    validate(file.parse(old, path), path)  # what was wrong before is not this change's fault
    document = tomlkit.parse(old)
    change(document)
    text = tomlkit.dumps(document)
    validate(file.parse(text, path), path)
    file.write(path, text)


def _level(document: Any, profile: str, path: Path) -> Any:
    if not profile:
        return document
    known = document.get("profiles", {})
    if profile not in known:
        raise unknown(profile, f"{path.name}: profiles", list(known), "profile")
    return known[profile]


def _append(level: Any, fields: Mapping[str, object]) -> None:
    import tomlkit

    one = tomlkit.table()
    _update(one, fields)
    if level.get("mcp") is None:
        tables = tomlkit.aot()
        tables.append(one)
        level["mcp"] = tables
    elif isinstance(level["mcp"], tomlkit.items.AoT):
        level["mcp"].append(one)
    else:  # mcp = [{ label = "docs", url = "…" }]
        level["mcp"].append(_inline(fields))


def _update(one: Any, fields: Mapping[str, object]) -> None:
    for key, value in fields.items():
        if value is None:
            one.pop(key, None)
        else:
            one[key] = _inline(value)


def _inline(value: object) -> Any:
    """A value as it stands on one line; a secret itself is refused."""
    import tomlkit

    match value:
        case Secret():
            raise ConfigError("a secret itself does not belong into the file", "Keep it in the keyring.")
        case SecretRef() | Path():
            return str(value)
        case Mapping():
            inline = tomlkit.inline_table()
            inline.update({key: _inline(one) for key, one in value.items() if one is not None})
            return inline
        case list() | tuple():
            return [_inline(one) for one in value]
    return value


def _one(level: Any, label: str) -> Any:
    return level["mcp"][_index(level, label)]


def _remove(level: Any, label: str) -> None:
    at = _index(level, label)
    if len(level["mcp"]) == 1:
        level.remove("mcp")
    else:
        del level["mcp"][at]


def _index(level: Any, label: str) -> int:
    labels = [str(one.get("label", "")) for one in level.get("mcp", ())]
    if label not in labels:
        raise unknown(label, "mcp", labels, "server")
    return labels.index(label)
