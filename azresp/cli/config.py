"""`azresp config`: show what is in force and why, tell the file's path, edit it, set one value."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from azresp.cli.completion import profile_names, setting_names, setting_values
from azresp.cli.flags import setting_flags
from azresp.cli.lean import LeanTyper
from azresp.cli.offered import listed, listing
from azresp.cli.report import note, tell
from azresp.cli.streams import Output
from azresp.config import file
from azresp.config.edit import write_profile
from azresp.config.endpoint import Endpoint
from azresp.config.example import example, shown
from azresp.config.load import Loaded, load, validate
from azresp.config.origin import find, read_text, resets, unknown
from azresp.config.profile import SETTINGS
from azresp.errors import ConfigError, LocalError, UsageError

if TYPE_CHECKING:
    from azresp.cli.formats import ConfigReport, SettingRow

config_app = LeanTyper(help="Show and edit the configuration.", no_args_is_help=True)

_SECRET_NAMES = ("AZRESP_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN", "OPENAI_API_KEY")
_EDITORS = ("sensible-editor", "nano", "vi", "notepad")

ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="Profile to change", metavar="NAME", autocompletion=profile_names),
]
ConfigOption = Annotated[
    str | None, typer.Option("--config", help="Another configuration file", metavar="FILE")
]


@config_app.command("show")
@setting_flags()
def show(
    *,
    flags: Mapping[str, object],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Print each setting's value and where it came from; keys as references."""
    loaded = load(flags)
    if as_json:
        Output().write_json(_as_json(loaded))
        return
    for warning in loaded.warnings:
        note(f"warning: {warning}")
    from azresp.ui.sink import clean

    typer.echo(clean(_as_text(loaded, _columns())))


@config_app.command("path")
def path(config: ConfigOption = None) -> None:
    """Print the path of the configuration file, whether it exists or not."""
    from azresp.ui.sink import clean_line

    typer.echo(clean_line(str(_path(config))))


@config_app.command("edit")
def edit(config: ConfigOption = None) -> None:
    """Open the file in $VISUAL or $EDITOR; it is replaced only by one that is right."""
    target = _path(config)
    old = file.read_raw(target)
    draft = target.with_name(f"{target.stem}.{os.getpid()}.draft.toml")
    file.write(draft, old or example())
    try:
        while (text := _edited(draft)) != old and (wrong := _wrong(text, target)):
            tell(wrong)
            if not _again():
                raise ConfigError("the configuration was not changed", "The edited text was wrong.")
        if text == (old or example()):
            typer.echo("Nothing was changed.", err=True)
        else:
            file.write(target, text)
            note(f"Saved {target}")
    finally:
        draft.unlink(missing_ok=True)


@config_app.command("set")
def set_value(
    key: Annotated[str, typer.Argument(help="Name of the setting", autocompletion=setting_names)],
    value: Annotated[
        str, typer.Argument(help="Its value; `default` removes it", autocompletion=setting_values)
    ],
    profile: ProfileOption = None,
    config: ConfigOption = None,
) -> None:
    """Write one setting into the file, into the profile in force."""
    setting = find(key, key)
    # /set and flags need a way to say the text "default"; here nothing is lost: the file can be edited.
    removed = value == "default" or resets(setting, value)
    checked = None if removed else read_text(setting, value, key)
    target = _path(config)
    name = profile if profile is not None else load({"config": config}, _without_settings()).name
    known = _profiles(target)
    if profile and profile not in known:
        if removed:
            raise unknown(profile, "--profile", known, "profile")
        note(f"new profile {profile} (there was {', '.join(known) or 'none'})")
    write_profile(target, name, {key: None if removed else setting.rule.parse(value)})
    where = f"profiles.{name}.{key}" if name else key
    note(f"{target}: {where} removed" if removed else f"{target}: {where} = {shown(checked)}")


def _profiles(path: Path) -> list[str]:
    found = file.parse(file.read_raw(path), path).get("profiles", {})
    return list(found) if isinstance(found, dict) else []


def _as_json(loaded: Loaded) -> ConfigReport:
    settings: dict[str, SettingRow] = {}
    for key in SETTINGS:
        value, origin = _value(loaded, key), loaded.origins[key]
        plain = value if isinstance(value, str | int | float | dict | None) else str(value)
        settings[key] = {"value": plain, "layer": origin.layer, "place": origin.place}
    offered = listed(loaded)
    return {
        "file": str(loaded.path) if loaded.path else None,
        "found": loaded.found,
        "profile": loaded.name,
        "profiles": list(loaded.names),
        "settings": settings,
        "tools": offered["tools"],
        "mcp": offered["mcp"],
        "prices": offered["prices"],
        "warnings": list(loaded.warnings),
    }


def _value(loaded: Loaded, key: str) -> object:
    """Give a setting's value; the endpoint as the base URL that requests go to."""
    value = getattr(loaded.profile, key)
    return loaded.profile.base_url if isinstance(value, Endpoint) else value


def _columns() -> int:
    """Cells of a line; a pipe has as many as are needed."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return 1 << 20
    return max(shutil.get_terminal_size().columns, 40)


def _as_text(loaded: Loaded, columns: int) -> str:
    rows = [(key, shown(_value(loaded, key)), str(loaded.origins[key]) or "default") for key in SETTINGS]
    key_width = max(len(key) for key, _, _ in rows)
    width = min(48, columns // 3, max(len(value) for _, value, _ in rows))
    state = "" if loaded.found else " (there is none)"
    head = [f"file     {loaded.path or 'none: there is no home folder'}{state}"]
    head.append(f"profile  {loaded.name or 'none: the top level'}")
    indent = " " * (key_width + 2)
    lines = [f"{key:{key_width}}  {value:{width}}  {origin}" for key, value, origin in rows]
    return "\n".join(
        [
            *(_fit(line, "         ", columns) for line in head),
            "",
            *(_fit(line, indent, columns) for line in lines),
            *(_fit(line, "  ", columns) for line in listing(loaded)),
        ]
    )


def _fit(line: str, indent: str, columns: int) -> str:
    """A line, broken between words where it is too long; never in them, so that what is copied is whole."""
    if len(line) <= columns:
        return line
    import textwrap

    return textwrap.fill(
        line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _path(config: str | None) -> Path:
    found, _ = file.locate(os.environ, config)
    if found is None:
        raise LocalError("there is no home folder for a configuration file", "Set AZRESP_CONFIG to name one.")
    return found


def _without_settings() -> dict[str, str]:
    """Give the environment as far as it chooses file and profile, so that wrong values in it don't matter."""
    chosen = ("HOME", "XDG_CONFIG_HOME", "AZRESP_CONFIG", "AZRESP_PROFILE")
    return {name: os.environ[name] for name in chosen if name in os.environ}


def _edited(draft: Path) -> str:
    """Let the user's editor work on the draft and give its text."""
    command = [*_editor(), str(draft)]
    env = {name: value for name, value in os.environ.items() if name not in _SECRET_NAMES}
    try:
        status = subprocess.run(command, env=env, check=False).returncode
    except OSError as bad:
        raise LocalError(f"{command[0]} can't be run: {bad.strerror}", "Set VISUAL or EDITOR.") from None
    if status:
        raise LocalError(f"{command[0]} ended with status {status}; nothing was changed")
    return file.read_raw(draft)


def _editor() -> list[str]:
    words = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if words:
        return shlex.split(words, posix=os.name == "posix")
    for name in _EDITORS:
        if found := shutil.which(name):
            return [found]
    raise UsageError("there is no editor", "Set VISUAL or EDITOR to the one to use.")


def _wrong(text: str, target: Path) -> ConfigError | None:
    try:
        validate(file.parse(text, target), target)
    except ConfigError as wrong:
        return wrong
    return None


def _again() -> bool:
    try:
        return typer.confirm("Edit again?", default=True, err=True)
    except typer.Abort:
        return False
