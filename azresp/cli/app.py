"""The commands; one that is named is the only one that is loaded, and the list of them loads none."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from azresp import __version__
from azresp.cli.lean import LeanTyper


def build(wanted: str | None = None) -> typer.Typer:
    """The application: with all commands, or with `wanted` alone, or with lines of help only if there is none such.

    Each command brings some sixty flags; declaring those of all commands takes 40 ms.
    """
    app = LeanTyper(
        name="azresp",
        help="The terminal client for the Azure OpenAI Responses API.",
        epilog="Start with `azresp init`, or try it without an account: `azresp chat --emulator always`.",
        no_args_is_help=True,
        add_completion=False,  # its flags take no name of a shell, and its scripts change more than completion
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name, (add, told) in _COMMANDS.items():
        if wanted is None or wanted == name:
            add(app)
        elif wanted not in _COMMANDS:
            app.command(name, help=told)(_listed)
    if "_AZRESP_COMPLETE" in os.environ:
        from typer import _completion_classes as shells

        # Our help has no markup, and what takes it out loads rich at each Tab.
        shells._sanitize_help_text = lambda text: text
        shells.completion_init()
    return app


def named(words: Sequence[str]) -> str:
    """The command that the words after `azresp` name: the first that is no flag; may be none of ours."""
    return next((word for word in words if not word.startswith("-")), "")


def _listed() -> None:
    """Never called: who names a command gets it."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"azresp {__version__}")
        raise typer.Exit


def _shells(incomplete: str) -> list[str]:
    from azresp.cli.shells import FILES

    return [name for name in FILES if name.startswith(incomplete)]


def _install_completion(shell: str | None) -> None:
    if shell is not None:
        from azresp.cli.report import note
        from azresp.cli.shells import install

        note(f"Completion is in {install(shell)}; shells that start from now on have it.")
        raise typer.Exit


def _show_completion(shell: str | None) -> None:
    if shell is not None:
        from azresp.cli.shells import script

        typer.echo(script(shell), nl=False)
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Print the traceback of an error; may stand after a command as well."),
    ] = False,
    install_completion: Annotated[
        str | None,
        typer.Option(
            callback=_install_completion,
            is_eager=True,
            metavar="[SHELL]",
            autocompletion=_shells,
            help="Install completion for bash, zsh or fish; without a name for this shell.",
        ),
    ] = None,
    show_completion: Annotated[
        str | None,
        typer.Option(
            callback=_show_completion,
            is_eager=True,
            metavar="[SHELL]",
            autocompletion=_shells,
            help="Print the completion script for bash, zsh, fish or powershell.",
        ),
    ] = None,
) -> None:
    """The terminal client for the Azure OpenAI Responses API."""
    # `Debug.take` has taken --debug before we are called: it is declared for the help alone.


def _chat(app: typer.Typer) -> None:
    from azresp.cli.words.chat import chat

    app.command("chat")(chat)


def _run(app: typer.Typer) -> None:
    from azresp.cli.words.run import run

    app.command("run")(run)


def _approve(app: typer.Typer) -> None:
    from azresp.cli.words.approve import approve

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


def _jobs(app: typer.Typer) -> None:
    from azresp.cli.jobs import jobs_app

    app.add_typer(jobs_app, name="jobs")


def _responses(app: typer.Typer) -> None:
    from azresp.cli.responses import responses_app

    app.add_typer(responses_app, name="responses")


def _files(app: typer.Typer) -> None:
    from azresp.cli.files import files_app

    app.add_typer(files_app, name="files")


def _usage(app: typer.Typer) -> None:
    from azresp.cli.usage import usage

    app.command("usage")(usage)


def _privacy(app: typer.Typer) -> None:
    from azresp.cli.privacy import privacy

    app.command("privacy")(privacy)


def _emulator(app: typer.Typer) -> None:
    from azresp.cli.emulator import emulator

    app.command("emulator")(emulator)


_COMMANDS: dict[str, tuple[Callable[[typer.Typer], None], str]] = {
    "chat": (_chat, "Talk to the model; /help inside tells the rest."),
    "run": (_run, "Ask once and print the answer; piped text follows the prompt."),
    "approve": (
        _approve,
        "Answer calls and approvals that a run or chat left open, and print what the model says then.",
    ),
    "tools": (_tools, "List, check and trust local tools."),
    "mcp": (_mcp, "List, add, remove and sign in to remote MCP servers."),
    "init": (
        _init,
        "Set up a profile: endpoint, deployment and sign-in. Flags answer questions; --yes asks none.",
    ),
    "doctor": (
        _doctor,
        "Show settings, sign-in, network, store and terminal, each with ok or what to do; secrets are not shown.",
    ),
    "config": (_config, "Show and edit the configuration."),
    "sessions": (_sessions, "List, show, rename, remove, prune, export and import sessions."),
    "jobs": (_jobs, "Background jobs: list, show, attach, wait for, cancel and forget them."),
    "responses": (_responses, "Get and delete responses at the service, as JSON."),
    "files": (_files, "Upload, list, fetch and delete files at the service."),
    "usage": (_usage, "Sum tokens, and money where prices are known, by day, session, model or turn."),
    "privacy": (_privacy, "Show what is kept where, for how long, and how to delete it."),
    "emulator": (_emulator, "Serve an emulated Azure OpenAI resource on this machine until Ctrl-C."),
}
"""In the order of `--help`, each with its line there: what its docstring begins with."""
