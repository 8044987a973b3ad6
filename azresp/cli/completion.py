"""Values that the shell completes: names of sessions and profiles, settings and their words. Never an error."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import typer

_PLAIN = re.compile(r"[\w.@%+,/=][\w.@%+,/=-]*")
"""What a shell inserts as it is and reads as one word: a name with `$(…)` in it must not get into a command line."""


def session_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of kept sessions, the last changed first."""
    return _matching(_sessions, ctx, incomplete)


def job_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    """Response ids of background jobs, the newest first."""
    return _matching(_jobs, ctx, incomplete)


def profile_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Profiles of the configuration file."""
    return _matching(_profiles, ctx, incomplete)


def setting_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Keys of the settings."""
    return _matching(_keys, ctx, incomplete)


def setting_values(ctx: typer.Context, incomplete: str) -> list[str]:
    """The words that the setting named before may have."""
    return _matching(_values, ctx, incomplete)


def _matching(
    found: Callable[[typer.Context], Iterable[str]], ctx: typer.Context, incomplete: str
) -> list[str]:
    try:
        return [one for one in found(ctx) if one.startswith(incomplete) and _PLAIN.fullmatch(one)]
    except Exception:
        # Whatever is wrong with a file is told by the command itself; here it would spoil the line being typed.
        return []


def _sessions(ctx: typer.Context) -> Iterable[str]:
    return _column(ctx, "select name from sessions order by changed desc")


def _jobs(ctx: typer.Context) -> Iterable[str]:
    return ["last", *_column(ctx, "select response_id from exchanges where job > 0 order by number desc")]


def _column(ctx: typer.Context, sql: str) -> list[str]:
    import sqlite3
    from contextlib import closing

    from azresp.cli.kept import is_emulated, store_file

    path: Path = store_file(emulated=is_emulated(str(ctx.params.get("emulator") or "never")))
    # Read only: completing makes no file, and waits for nobody.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2)) as db:
        return [str(value) for (value,) in db.execute(sql)]


def _profiles(ctx: typer.Context) -> Iterable[str]:
    from azresp.config import file

    path, _ = file.locate(os.environ, ctx.params.get("config"))
    table = file.parse(file.read_raw(path), path) if path else {}
    return list(table.get("profiles", {}))


def _keys(_: typer.Context) -> Iterable[str]:
    from azresp.config.profile import SETTINGS

    return SETTINGS


def _values(ctx: typer.Context) -> Iterable[str]:
    from azresp.config.profile import SETTINGS

    setting = SETTINGS[ctx.params["key"]]
    words = ("on", "off") if isinstance(setting.default, bool) else setting.rule.words
    return [*words, "default"]
