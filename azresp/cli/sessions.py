"""`azresp sessions`: list, show, rename, remove, export and import what is kept on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from azresp.cli.completion import session_names
from azresp.cli.flags import setting_flags
from azresp.cli.lean import LeanTyper
from azresp.cli.options import EmulatorOption, YesOption

sessions_app = LeanTyper(
    help="List, show, rename, remove, prune, export and import sessions.", no_args_is_help=True
)

Name = Annotated[
    str, typer.Argument(help="Name or id of a session", metavar="NAME", autocompletion=session_names)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON")]


@sessions_app.command("list")
def list_all(
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most so many; 0 is all")] = 20,
    tag: Annotated[str, typer.Option("--tag", help="Only those filed under this word", metavar="TAG")] = "",
    as_json: JsonOption = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """List sessions, the last changed first: name, age, number of exchanges, tags, last question."""
    from azresp.cli.sessions_work import list_sessions

    list_sessions(limit, emulator, as_json=as_json, tag=tag)


@sessions_app.command("show")
def show(name: Name, as_json: JsonOption = False, emulator: EmulatorOption = "auto") -> None:
    """Show a conversation, with what broke off or was deleted marked as such."""
    from azresp.cli.sessions_work import show_session

    show_session(name, emulator, as_json=as_json)


@sessions_app.command("tag")
def tag_one(
    name: Name,
    tags: Annotated[list[str], typer.Argument(help="Words to file it under", metavar="TAG...")],
    remove: Annotated[bool, typer.Option("--remove", help="Take these tags away")] = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """File a session under words: `sessions list --tag` and the picker find it by them."""
    from azresp.cli.sessions_work import tag_session

    tag_session(name, tags, emulator, remove=remove)


@sessions_app.command("search")
def search(
    words: Annotated[
        list[str], typer.Argument(help='Words (or their beginnings) and "phrases"', metavar="WORDS...")
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many")] = 20,
    as_json: JsonOption = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """Find words in everything that was asked and answered, the best places first."""
    from azresp.cli.session_search import search_sessions

    raise typer.Exit(search_sessions(" ".join(words), limit, emulator, as_json=as_json))


@sessions_app.command("rename")
def rename(
    old: Annotated[str, typer.Argument(help="Its name or id", autocompletion=session_names)],
    new: Annotated[str, typer.Argument(help="Its new name")],
    emulator: EmulatorOption = "auto",
) -> None:
    """Give a session another name."""
    from azresp.cli.sessions_work import rename_session

    rename_session(old, new, emulator)


@sessions_app.command("rm")
@setting_flags("connection", "network")
def remove(
    names: Annotated[
        list[str],
        typer.Argument(help="Names or ids of sessions", metavar="NAME...", autocompletion=session_names),
    ],
    *,
    flags: Mapping[str, object],
    remote: Annotated[
        bool,
        typer.Option(
            "--remote", help="Delete their responses at the service too, and conversations that they made"
        ),
    ] = False,
    yes: YesOption = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """Remove sessions from this machine, and with --remote their responses from the service.

    What was attached to their messages goes too, unless another session has it; generated pictures stay: they are
    your files. Uploads that nothing uses any more: `azresp files gc`.
    """
    from azresp.cli.session_removal import remove_sessions

    raise typer.Exit(remove_sessions(names, flags, emulator, remote=remote, yes=yes))


@sessions_app.command("prune")
@setting_flags("connection", "network")
def prune(
    *,
    flags: Mapping[str, object],
    older: Annotated[
        str, typer.Option("--older", help="Those not used for so long: 12h, 30d, 8w", metavar="AGE")
    ],
    remote: Annotated[
        bool,
        typer.Option(
            "--remote", help="Delete their responses at the service too, and conversations that they made"
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go")] = False,
    yes: YesOption = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """Remove old sessions from this machine, and with --remote their responses from the service.

    What can't be deleted now is remembered and tried again at the next deletion; `azresp privacy` shows it.
    """
    from azresp.cli.session_pruning import prune_sessions

    raise typer.Exit(prune_sessions(flags, emulator, older, remote=remote, dry_run=dry_run, yes=yes))


@sessions_app.command("export")
def export(
    name: Name,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="md or html to read; json or jsonl hold everything; items is what `azresp run --input` sends",
            metavar="md|html|json|jsonl|items",
        ),
    ] = "md",
    file: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write this file, 0600", metavar="FILE")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one")] = False,
    redact: Annotated[
        bool, typer.Option("--redact", help="Mask keys, tokens and passwords, and say how many")
    ] = False,
    personal: Annotated[
        bool, typer.Option("--redact-personal", help="Mask e-mail addresses and home folders too")
    ] = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """Write a session to stdout or a file, with its pictures inside (Markdown names their files)."""
    from azresp.cli.session_export import export_session

    export_session(name, emulator, form, file, force=force, redact=redact, personal=personal)


@sessions_app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="A file, or - for stdin", metavar="FILE")],
    name: Annotated[str, typer.Option("--name", help="Name of the session", metavar="NAME")] = "",
    emulator: EmulatorOption = "auto",
) -> None:
    """Keep what `sessions export` wrote as json, jsonl or items, or a list of messages, as a session.

    Nothing of it counts as stored at the service: the next turn sends it in full.
    """
    from azresp.cli.session_import import import_sessions

    import_sessions(file, name, emulator)
