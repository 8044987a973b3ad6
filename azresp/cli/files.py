"""`azresp files`: upload files to the service, list, fetch and delete them, and collect what nothing uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from azresp.cli.flags import setting_flags
from azresp.cli.lean import LeanTyper
from azresp.cli.options import EmulatorOption, YesOption

files_app = LeanTyper(help="Upload, list, fetch and delete files at the service.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="Id of a file (assistant-…, file-…, cfile_…)", metavar="ID")]
Ids = Annotated[list[str], typer.Argument(help="Ids of files", metavar="ID...")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON")]
PurposeOption = Annotated[
    str,
    typer.Option("--purpose", help="What for: assistants, vision, batch, fine-tune, evals", metavar="WORD"),
]


@files_app.command("upload")
@setting_flags("connection", "network")
def upload(
    files: Annotated[list[Path], typer.Argument(help="Files of this machine", metavar="FILE...")],
    *,
    flags: Mapping[str, object],
    purpose: PurposeOption = "",
    expires_after: Annotated[
        int | None,
        typer.Option("--expires-after", min=1, help="Have it deleted after so long", metavar="SECONDS"),
    ] = None,
    as_json: JsonOption = False,
    emulator: EmulatorOption = "never",
) -> None:
    """Upload files and print their ids; the purpose is vision for pictures and assistants for all others."""
    from azresp.cli.files_work import upload_all

    raise typer.Exit(upload_all(files, flags, emulator, purpose, expires_after, as_json=as_json))


@files_app.command("list")
@setting_flags("connection", "network")
def list_all(
    *,
    flags: Mapping[str, object],
    purpose: PurposeOption = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most so many; 0 is all")] = 20,
    as_json: JsonOption = False,
    emulator: EmulatorOption = "never",
) -> None:
    """List the files at the service, newest first: id, purpose, size, age, name."""
    from azresp.cli.files_work import list_files

    list_files(flags, emulator, purpose, limit, as_json=as_json)


@files_app.command("show")
@setting_flags("connection", "network")
def show(
    ids: Ids, *, flags: Mapping[str, object], as_json: JsonOption = False, emulator: EmulatorOption = "never"
) -> None:
    """Show what the service tells of files."""
    from azresp.cli.files_work import show_all

    raise typer.Exit(show_all(ids, flags, emulator, as_json=as_json))


@files_app.command("get")
@setting_flags("connection", "network")
def get(
    file_id: Id,
    *,
    flags: Mapping[str, object],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write this file, never an old one; - is stdout", metavar="FILE"),
    ] = None,
    container: Annotated[
        str,
        typer.Option("--container", help="The container that code_interpreter made it in", metavar="ID"),
    ] = "",
    emulator: EmulatorOption = "never",
) -> None:
    """Fetch a file's content to a new file, or to a pipe."""
    from azresp.cli.files_work import get_file

    get_file(file_id, flags, emulator, output, container)


@files_app.command("delete")
@setting_flags("connection", "network")
def delete(
    ids: Ids, *, flags: Mapping[str, object], yes: YesOption = False, emulator: EmulatorOption = "never"
) -> None:
    """Delete files at the service; one that is gone already is fine."""
    from azresp.cli.files_work import delete_all

    raise typer.Exit(delete_all(ids, flags, emulator, yes=yes))


@files_app.command("gc")
@setting_flags("connection", "network")
def collect(
    *,
    flags: Mapping[str, object],
    older_than: Annotated[
        str,
        typer.Option(
            "--older-than", help="Only uploads older than that: 90m, 12h, 1d, 2w, 0", metavar="TIME"
        ),
    ] = "1d",
    everything: Annotated[
        bool, typer.Option("--all", help="Also what you uploaded by name with `azresp files upload`")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List them, delete nothing")] = False,
    yes: YesOption = False,
    emulator: EmulatorOption = "never",
) -> None:
    """Delete uploads of this machine that no kept exchange uses, such as those of failed turns."""
    from azresp.cli.files_gc import collect_unused

    raise typer.Exit(
        collect_unused(flags, emulator, older_than, everything=everything, dry_run=dry_run, yes=yes)
    )
