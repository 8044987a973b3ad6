"""Options for settings: one decorator gives a command a flag for every setting, made from the table."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import typer

from azresp.cli.completion import profile_names
from azresp.config.example import flag
from azresp.config.profile import GROUPS, SETTINGS
from azresp.config.setting import Setting
from azresp.errors import ConfigError

R = TypeVar("R")


def setting_flags(*groups: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command `--profile`, `--config` and a flag for each setting of these groups (none: all).

    The command gets those that were given as one argument, `flags: Mapping[str, object]`, which `load` takes.
    """
    chosen = [one for one in SETTINGS.values() if one.group in (groups or GROUPS)]

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        own = inspect.signature(command, eval_str=True)  # Typer evaluates no annotations of a ready signature
        kept = [one for one in own.parameters.values() if one.name != "flags"]
        added = [_profile_option(), _config_option(), *map(_option, chosen)]

        @functools.wraps(command)
        def run(**given: Any) -> R:
            flags = {one.name: given.pop(one.name) for one in added}
            return command(**given, flags=_given(flags))

        signature = own.replace(parameters=[*kept, *added])
        run.__signature__ = signature  # type: ignore[attr-defined]  # how inspect.signature is told
        run.__annotations__ = {one.name: one.annotation for one in signature.parameters.values()}
        return run

    return decorate


def _given(flags: Mapping[str, Any]) -> dict[str, object]:
    given = {key: value for key, value in flags.items() if value is not None and value not in ([], ())}
    return {
        key: _pairs(SETTINGS[key], value) if isinstance(value, list | tuple) else value
        for key, value in given.items()
    }


def _pairs(setting: Setting, parts: list[str] | tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise ConfigError(f"{setting.flag}: must be KEY=VALUE, got {part!r}", setting.help)
        pairs[key.strip()] = value
    return pairs


def _option(setting: Setting) -> inspect.Parameter:
    kind: Any = str
    if isinstance(setting.default, bool):
        kind = bool
    elif setting.rule.repeats:
        kind = list[str]
    words = setting.rule.words
    option = typer.Option(
        flag(setting),
        help=setting.help,
        metavar=None if kind is bool else setting.rule.metavar,
        rich_help_panel=f"Settings ({setting.group})",
        autocompletion=_completion(words) if words and kind is str else None,
        show_default=False,
    )
    return _keyword(setting.key, Annotated[kind | None, option])


def _profile_option() -> inspect.Parameter:
    option = typer.Option(
        "--profile", help="Profile of the configuration file", metavar="NAME", autocompletion=profile_names
    )
    return _keyword("profile", Annotated[str | None, option])


def _config_option() -> inspect.Parameter:
    option = typer.Option("--config", help="Another configuration file", metavar="FILE")
    return _keyword("config", Annotated[str | None, option])


def _keyword(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _completion(words: tuple[str, ...]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete
