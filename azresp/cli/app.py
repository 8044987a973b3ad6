"""The commands; one that is named is the only one that is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from azresp import __version__
from azresp.cli.lean import LeanTyper


def build(wanted: str = "") -> typer.Typer:
    """The application with the command `wanted`, or with all of them if there is none of that name.

    Each command brings some fifty flags; declaring those of all commands takes 40 ms.
    """
    app = LeanTyper(
        name="azresp",
        help="The terminal client for the Azure OpenAI Responses API.",
        epilog="Start with `azresp init`, or try it without an account: `azresp chat --emulator always`.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for add in [_COMMANDS[wanted]] if wanted in _COMMANDS else _COMMANDS.values():
        add(app)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"azresp {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Print the traceback of an error; may stand after a command as well."),
    ] = False,
) -> None:
    """The terminal client for the Azure OpenAI Responses API."""
    # `Debug.take` has taken --debug before we are called: it is declared for the help alone.


def _chat(app: typer.Typer) -> None:
    from azresp.cli.words import chat

    app.command("chat")(chat)


def _run(app: typer.Typer) -> None:
    from azresp.cli.words import run

    app.command("run")(run)


def _approve(app: typer.Typer) -> None:
    from azresp.cli.words import approve

    app.command("approve")(approve)


def _tools(app: typer.Typer) -> None:
    from azresp.cli.tools import tools_app

    app.add_typer(tools_app, name="tools")


def _mcp(app: typer.Typer) -> None:
    from azresp.cli.mcp import mcp_app

    app.add_typer(mcp_app, name="mcp")


def _init(app: typer.Typer) -> None:
    from azresp.cli.init import init

    app.command("init")(init)


def _doctor(app: typer.Typer) -> None:
    from azresp.cli.doctor import doctor

    app.command("doctor")(doctor)


def _config(app: typer.Typer) -> None:
    from azresp.cli.config import config_app

    app.add_typer(config_app, name="config")


def _sessions(app: typer.Typer) -> None:
    from azresp.cli.sessions import sessions_app

    app.add_typer(sessions_app, name="sessions")


def _responses(app: typer.Typer) -> None:
    from azresp.cli.responses import responses_app

    app.add_typer(responses_app, name="responses")


def _files(app: typer.Typer) -> None:
    from azresp.cli.files import files_app

    app.add_typer(files_app, name="files")


def _emulator(app: typer.Typer) -> None:
    from azresp.cli.emulator import emulator

    app.command("emulator")(emulator)


_COMMANDS: dict[str, Callable[[typer.Typer], None]] = {
    "chat": _chat,
    "run": _run,
    "approve": _approve,
    "tools": _tools,
    "mcp": _mcp,
    "init": _init,
    "doctor": _doctor,
    "config": _config,
    "sessions": _sessions,
    "responses": _responses,
    "files": _files,
    "emulator": _emulator,
}
"""In the order of `--help`."""
