"""What `azresp files` does, collecting apart."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from azresp.cli.confirm import asked, somebody
from azresp.cli.connect import reach
from azresp.cli.file_desk import FileDesk
from azresp.cli.options import emulator_choice
from azresp.cli.patience import until_done
from azresp.cli.report import StatusLine, note, tell
from azresp.cli.session_list import age
from azresp.cli.storing import open_store
from azresp.cli.streams import Output, write_bytes
from azresp.config.load import load
from azresp.core.uploads import FileTold, file_told
from azresp.errors import AzrespError, Exit, NetworkError, PipeClosed, SignInError, UsageError
from azresp.media.outgoing import demand_uploadable
from azresp.media.output import demand_free
from azresp.media.reading import sized
from azresp.ui.sink import clean_line

if TYPE_CHECKING:
    from azresp.core.sse import Wire

T = TypeVar("T")
WORTH_TELLING = 1_000_000
"""Bytes from which on a terminal sees how far it is."""


@contextmanager
def desk_at(flags: Mapping[str, object], emulator: str) -> Iterator[FileDesk]:
    """The desk for the configured service, with the store that remembers its uploads."""
    loaded = load(flags)
    for warning in loaded.warnings:
        note(f"warning: {warning}")
    reached = reach(loaded.profile, emulator_choice(emulator), model=False)
    try:
        store = open_store(emulated=reached.emulated, warn=note)
        try:
            yield FileDesk(reached.gateway, store, note, _progress())
        finally:
            store.close()
    finally:
        reached.stop()


def upload_all(
    paths: list[Path],
    flags: Mapping[str, object],
    emulator: str,
    purpose: str,
    expires_after_s: int | None,
    *,
    as_json: bool,
) -> int:
    """Upload each file, print ids or file objects; nothing is sent if one of them can't be read."""
    paths = [path.expanduser() for path in paths]
    for path in paths:
        demand_uploadable(path)
    output = Output()
    with desk_at(flags, emulator) as desk:

        async def work(path: Path) -> None:
            told = await desk.upload(path, purpose, expires_after_s)
            file = file_told(told)
            if as_json:
                output.write_json(told, in_lines=True)
            else:
                output.write(clean_line(file.id) + "\n")
                note(f"uploaded {path.name} ({sized(file.bytes)}) for {file.purpose or purpose}")

        return until_done(each(paths, work))


def list_files(
    flags: Mapping[str, object], emulator: str, purpose: str, limit: int, *, as_json: bool
) -> None:
    """Print the files at the service, `limit` of them at most (0: all)."""
    with desk_at(flags, emulator) as desk:
        found, more = until_done(desk.listed(limit or None, purpose))
    if as_json:
        Output().write_json({"object": "list", "data": found, "has_more": more})
        return
    if found:
        Output().write(as_rows([file_told(one) for one in found], time.time()))
    else:
        note("there are no files at the service")
    if more:
        note("there are more: -n 0 shows all")


def show_all(ids: list[str], flags: Mapping[str, object], emulator: str, *, as_json: bool) -> int:
    """Print what the service tells of each file."""
    output = Output()
    with desk_at(flags, emulator) as desk:

        async def work(ident: str) -> None:
            told = await desk.look(ident)
            if as_json:
                output.write_json(told, in_lines=len(ids) > 1)
            else:
                output.write(_as_lines(told))

        return until_done(each(_checked(ids), work))


def get_file(
    ident: str, flags: Mapping[str, object], emulator: str, output: Path | None, container: str
) -> None:
    """Fetch a file's content into a new file, or whole into stdout."""
    _checked([ident, *([container] if container else [])])
    if ident.startswith("cfile_") and not container:
        raise UsageError(
            f"{ident} is a file in a container",
            "Add --container cntr_…: the code_interpreter call in the response names it.",
        )
    path = None if output is None or str(output) == "-" else output.expanduser()
    if path is not None:
        demand_free(path)
    elif Output().isatty():
        raise UsageError(
            "stdout is a terminal, and the bytes of a file could act on it", "Give -o FILE, or pipe it."
        )
    with desk_at(flags, emulator) as desk:
        if path is not None:
            size = until_done(desk.save(ident, path, container))
            note(f"wrote {path} ({sized(size)})")
            return
        with until_done(desk.spool(ident, container)) as spooled:
            write_bytes(spooled)


def delete_all(ids: list[str], flags: Mapping[str, object], emulator: str, *, yes: bool) -> int:
    """Delete each file at the service; give the exit status."""
    ids = _checked(ids)
    what = ids[0] if len(ids) == 1 else f"{len(ids)} files"
    if not yes and somebody() and not asked(f"Delete {what} at the service?"):
        note("nothing was deleted")
        return Exit.OK
    with desk_at(flags, emulator) as desk:

        async def work(ident: str) -> None:
            there = await desk.delete(ident)
            note(f"{ident}: {'deleted' if there else 'was not at the service (any more)'}")

        return until_done(each(ids, work))


async def each(things: Sequence[T], work: Callable[[T], Awaitable[None]]) -> int:
    """Do something with each; the others are done even if one fails, unless they would meet the same."""
    status: int = Exit.OK
    for at, thing in enumerate(things):
        try:
            await work(thing)
        except (SignInError, NetworkError) as error:
            tell(_named(error, thing))
            if left := len(things) - at - 1:
                note(f"azresp: {left} more not tried")
            return error.exit
        except PipeClosed:
            raise
        except AzrespError as error:
            tell(_named(error, thing))
            status = error.exit
    return status


def _named(error: AzrespError, thing: object) -> AzrespError:
    if str(thing) not in error.what:
        error.what = f"{thing}: {error.what}"
    return error


def _checked(ids: list[str]) -> list[str]:
    """The ids, each once. An id is a part of the address: nothing that could change the rest of it may pass."""
    for ident in ids:
        if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,255}", ident):
            raise UsageError(f"{ident[:80]!r} is no file id", "`azresp files list` shows them.")
    return list(dict.fromkeys(ids))


def as_rows(files: list[FileTold], now: float) -> str:
    """A line for each file. Ids are never cut: they are what one types next."""
    cells = [
        (clean_line(one.id), clean_line(one.purpose), sized(one.bytes), _age(one, now), clean_line(one.name))
        for one in files
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    return "".join(
        f"{ident:<{widths[0]}}  {purpose:<{widths[1]}}  {size:>{widths[2]}}  {old:>{widths[3]}}  {name}\n"
        for ident, purpose, size, old, name in cells
    )


def _age(one: FileTold, now: float) -> str:
    return age(now - one.created_at) if one.created_at else "?"


def _as_lines(told: Wire) -> str:
    file = file_told(told)
    rows = [("id", file.id), ("name", file.name), ("purpose", file.purpose), ("size", f"{file.bytes} bytes")]
    rows += [("uploaded", _time(file.created_at))] if file.created_at else []
    rows += [("expires", _time(file.expires_at))] if file.expires_at else []
    rows += [("status", file.status)] if file.status else []
    return "".join(f"{name:<9} {clean_line(value)}\n" for name, value in rows)


def _time(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f} s after 1970"


def _progress() -> Callable[[str, int, int], None]:
    """Tells a person how far large files are."""
    line = StatusLine()
    told = ""

    def show(name: str, done: int, size: int) -> None:
        nonlocal told
        text = ""
        if done and max(done, size) >= WORTH_TELLING:
            text = (
                f"{name}: {done * 100 // size} % of {sized(size)}" if size else f"{name}: {done // 10**6} MB"
            )
        if text != told:
            told = text
            line.show(text)

    return show
