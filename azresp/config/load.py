"""Loading: flags > environment > the usual Azure names > file > defaults, each value with its origin."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azresp.config import file
from azresp.config.endpoint import serves_responses
from azresp.config.origin import DEFAULT, Layer, Origin, check, find, read_text, unknown
from azresp.config.profile import SETTINGS, Profile
from azresp.core.secrets import SecretRef
from azresp.errors import ConfigError

if TYPE_CHECKING:
    from azresp.config.servers import ServerDefinition
    from azresp.config.tools import ToolDefinition
    from azresp.core.usage import Prices

_LISTS = ("tools", "mcp")
"""Keys of any level besides the settings."""

_TOP = ("default_profile", "profiles", "prices")
"""Keys of the file's top level besides those."""

_OTHER_NAMES = ("AZRESP_API_KEY", "AZRESP_PROFILE", "AZRESP_CONFIG")
"""Environment names that are no setting's own."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A profile, and how it came about."""

    profile: Profile
    origins: Mapping[str, Origin]
    """Where each setting's value came from, by key; complete."""
    warnings: tuple[str, ...]
    """Sentences to show on stderr (foreign text: through the sink)."""
    path: Path | None
    """The file that was read or would be; None where there is no home folder."""
    name: str
    """The profile's name; empty where the file's top level is used alone."""
    names: tuple[str, ...]
    """All profiles of the file."""
    found: bool
    """Whether the file exists."""
    tools: tuple[ToolDefinition, ...] = ()
    """The top level's and the profile's."""
    servers: tuple[ServerDefinition, ...] = ()
    prices: Prices = field(default_factory=dict)
    """What tokens cost, by deployment or model; empty unless the file tells."""


def load(flags: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None) -> Loaded:
    """Give the settings in force. `flags` by setting key, also `profile` and `config`; None or missing: not given.

    ConfigError (exit 2): file, key path, rule and value of the first thing that is wrong.
    """
    flags = {key: value for key, value in (flags or {}).items() if value is not None}
    env = os.environ if env is None else env
    path, named = file.locate(env, _chosen(flags.pop("config", None)))
    source = file.read(path, must_exist=named) if path else file.Source({}, found=False)
    tables = _tables(source.table, path)
    name = _name(flags.pop("profile", None), env, source.table, tables, path)
    flag_layer, own = _flag_layer(flags), _own_layer(env)
    usual = _usual_layer(env, {*flag_layer.values, *own.values})
    in_file = [_file_layer(*part) for part in _parts(source.table, tables, name, path)]
    profile, origins = _merge([flag_layer, own, usual, *in_file])
    warnings = (*source.warnings, *_warnings(env, path, profile, origins, in_file))
    if tables and not name:
        warnings += ("no profile is chosen: give --profile, or set default_profile in the file",)
    tools, servers = _offered(source.table, tables, name, path)
    prices = _prices(source.table, path)
    return Loaded(profile, origins, warnings, path, name, tuple(tables), source.found, tools, servers, prices)


def validate(table: Mapping[str, Any], path: Path) -> None:
    """Check a whole file's content, all profiles. ConfigError: the first thing that is wrong, as `load` says it."""
    tables = _tables(table, path)
    _name(None, {}, table, tables, path)
    for name in ("", *tables):
        for part in _parts(table, tables, name, path):
            _file_layer(*part)
        _offered(table, tables, name, path)
    _prices(table, path)


def change(profile: Profile, key: str, text: str) -> Profile:
    """Give the profile with one setting changed by text, as `/set KEY VALUE` does; `default` resets it.

    ConfigError: unknown key (with the nearest), or the value's rule.
    """
    from dataclasses import replace

    return replace(profile, **{key: read_text(find(key, key), text, key)})  # type: ignore[arg-type]  # checked


def _chosen(value: object) -> str | Path | None:
    return value if isinstance(value, str | Path) else None


def _merge(layers: list[Layer]) -> tuple[Profile, dict[str, Origin]]:
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for layer in layers:
        for key, value in layer.complete().values.items():
            if key not in values:
                values[key] = value
                origins[key] = layer.origins[key]
    return Profile(**values), {key: origins.get(key, DEFAULT) for key in SETTINGS}


def _flag_layer(flags: Mapping[str, object]) -> Layer:
    layer = Layer()
    for key, value in flags.items():
        setting = find(key, f"--{key}")
        text = isinstance(value, str)
        right = read_text(setting, str(value), setting.flag) if text else check(setting, value, setting.flag)
        layer.put(key, right, Origin("flag", setting.flag))
    return layer


def _own_layer(env: Mapping[str, str]) -> Layer:
    layer = Layer()
    for setting in SETTINGS.values():
        if text := env.get(setting.env):
            layer.put(setting.key, read_text(setting, text, setting.env), Origin("environment", setting.env))
    if env.get("AZRESP_API_KEY"):
        layer.put("key", SecretRef("env", "AZRESP_API_KEY"), Origin("environment", "AZRESP_API_KEY"))
    return layer


def _usual_layer(env: Mapping[str, str], taken: set[str]) -> Layer:
    """Read the names that other programs use too: what they hold for those must not be an error where not used."""
    layer = Layer()
    if (text := env.get("AZURE_OPENAI_ENDPOINT")) and "endpoint" not in taken:
        right = check(SETTINGS["endpoint"], text, "AZURE_OPENAI_ENDPOINT")
        layer.put("endpoint", right, Origin("usual", "AZURE_OPENAI_ENDPOINT"))
    # The SDK's order: a token counts before a key.
    for name, auth in (("AZURE_OPENAI_AD_TOKEN", "token"), ("AZURE_OPENAI_API_KEY", "key")):
        if env.get(name) and "key" not in layer.values:
            layer.put("key", SecretRef("env", name), Origin("usual", name))
            layer.put("auth", auth, Origin("usual", name))
    version = env.get("OPENAI_API_VERSION", "")
    if serves_responses(version):  # others are meant for other programs; `_warnings` tells
        layer.put("api_version", version, Origin("usual", "OPENAI_API_VERSION"))
    if text := env.get("ACCESSIBLE", "").strip():  # a word of any kind, but those that mean no
        wanted = text.lower() not in ("0", "false", "no", "off")
        layer.put("screen_reader", wanted, Origin("usual", "ACCESSIBLE"))
    return layer


def _tables(table: Mapping[str, Any], path: Path | None) -> Mapping[str, Mapping[str, Any]]:
    tables = table.get("profiles", {})
    shown = path.name if path else ""
    if not isinstance(tables, dict):
        raise ConfigError(f"{shown}: profiles: must be tables like [profiles.work], got {tables!r}", "")
    for name, one in tables.items():
        if not isinstance(one, dict):
            raise ConfigError(
                f"{shown}: profiles.{name}: must be a table like [profiles.{name}], got {one!r}", ""
            )
    return tables


def _name(
    flag: object,
    env: Mapping[str, str],
    table: Mapping[str, Any],
    tables: Mapping[str, Any],
    path: Path | None,
) -> str:
    """Choose the profile: flag, environment, the file's `default_profile`, or the only one there is."""
    shown = path.name if path else ""
    default = table.get("default_profile", "")
    if not isinstance(default, str):
        raise ConfigError(f"{shown}: default_profile: must be the name of a profile, got {default!r}")
    only = next(iter(tables)) if len(tables) == 1 else ""
    for name, place in (
        (flag, "--profile"),
        (env.get("AZRESP_PROFILE"), "AZRESP_PROFILE"),
        (default, f"{shown}: default_profile"),
        (only, shown),
    ):
        if isinstance(name, str) and name:
            if name not in tables:
                raise unknown(name, place, list(tables), "profile")
            return name
    return ""


def _parts(
    table: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]], name: str, path: Path | None
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Give the file's layers, strongest first: the profile, then the top level as its defaults."""
    shown = path.name if path else ""
    if name:
        yield shown, f"profiles.{name}.", tables[name]
    yield shown, "", {key: value for key, value in table.items() if key not in _TOP}


def _offered(
    table: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]], name: str, path: Path | None
) -> tuple[tuple[ToolDefinition, ...], tuple[ServerDefinition, ...]]:
    """The tools and MCP servers of the file; nothing is imported for a file without any."""
    levels = {"": table} | ({f"profiles.{name}.": tables[name]} if name else {})
    if not any(key in level for level in levels.values() for key in _LISTS):
        return (), ()
    from azresp.config.servers import read_servers
    from azresp.config.tools import merged, read_tools

    shown = path.name if path else ""
    tools: tuple[ToolDefinition, ...] = ()
    servers: tuple[ServerDefinition, ...] = ()
    for prefix, level in levels.items():
        tools = merged(tools, read_tools(level.get("tools", []), f"{shown}: {prefix}tools"))
        servers = merged(servers, read_servers(level.get("mcp", []), f"{shown}: {prefix}mcp"))
    return tools, servers


def _prices(table: Mapping[str, Any], path: Path | None) -> Prices:
    if "prices" not in table:
        return {}
    from azresp.config.prices import read_prices

    return read_prices(table["prices"], f"{path.name if path else ''}: prices")


def _file_layer(shown: str, prefix: str, table: Mapping[str, Any]) -> Layer:
    layer = Layer()
    known = [*SETTINGS, *_LISTS, *(() if prefix else _TOP)]
    for key, value in table.items():
        if key in _LISTS:
            continue
        place = f"{shown}: {prefix}{key}"
        layer.put(key, check(find(key, place, known), value, place), Origin("file", place))
    return layer


def _warnings(
    env: Mapping[str, str],
    path: Path | None,
    profile: Profile,
    origins: Mapping[str, Origin],
    in_file: list[Layer],
) -> Iterator[str]:
    if path is None:
        yield "there is no home folder: no configuration file is read; set AZRESP_CONFIG to name one"
    for key, origin in origins.items():
        if origin.layer != "usual" or key == "key":  # `auth` tells of the key
            continue
        over = next((layer for layer in in_file if key in layer.values), None)
        if over and over.values[key] != getattr(profile, key):
            instead = f"{origin} of the environment is used for {key}, not {over.origins[key]}"
            yield f"{instead}; unset it or set {SETTINGS[key].env}"
    version = env.get("OPENAI_API_VERSION")
    if version and not serves_responses(version):
        yield f"OPENAI_API_VERSION={version!r} is ignored: it does not know the Responses API"
    if profile.endpoint and profile.endpoint.ignored:
        ignored = profile.endpoint.ignored
        yield f"the api-version {ignored} in the endpoint is ignored: responses are not served by it there"
    yield from _misspelt(env)


def _misspelt(env: Mapping[str, str]) -> Iterator[str]:
    known = {*_OTHER_NAMES, *(setting.env for setting in SETTINGS.values())}
    strange = [name for name in env if name.startswith("AZRESP_") and name not in known]
    if not strange:
        return
    from difflib import get_close_matches

    for name in strange:
        if near := get_close_matches(name, sorted(known), n=1, cutoff=0.85):
            yield f"{name} in the environment is no setting; did you mean {near[0]}?"
