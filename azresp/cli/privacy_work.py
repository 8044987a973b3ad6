"""What `azresp privacy` tells: files on this machine, and what services hold as far as the store knows."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.cli.attachments import FOLDER
from azresp.cli.kept import is_emulated, store_file
from azresp.cli.options import emulator_choice
from azresp.cli.streams import Output
from azresp.config.load import Loaded, load
from azresp.store.deletions import RETAINED_S
from azresp.ui.album import shown, size_told
from azresp.ui.counting import counted
from azresp.ui.sink import clean_line

if TYPE_CHECKING:
    from azresp.store.deletions import Wanted
    from azresp.store.holdings import Held
    from azresp.store.store import Store


@dataclass(frozen=True, slots=True)
class Local:
    """Something on this machine."""

    what: str
    """its kind"""
    path: str
    """the file or folder"""
    files: int
    """how many there are"""
    bytes: int
    """all together"""
    mode: str
    """in octal; empty where there is nothing yet"""
    holds: str
    """what is in it"""
    kept: str
    """for how long"""
    delete: str
    """what removes it"""


@dataclass(frozen=True, slots=True)
class Remote:
    """Something at a service."""

    what: str
    """its kind"""
    origin: str
    """the endpoint's base URL; `emulator` for the built-in one"""
    count: int
    """how many"""
    bytes: int
    """all together; 0 where that is not known"""
    oldest: float
    """when the first of them was made"""
    until: float | None
    """when the last of them is gone by itself; null: never"""
    delete: str
    """what removes it; may be empty"""


def show_privacy(flags: Mapping[str, object], emulator: str, *, as_json: bool) -> None:
    """Print it, as lines or JSON."""
    from azresp.cli.sessions_work import columns_of

    loaded, now = load(flags), time.time()
    path = store_file(emulated=is_emulated(emulator_choice(emulator), flags))
    store = _store(path)
    try:
        local = list(_local(loaded, path, store))
        remote = list(_remote(store, now)) if store is not None else []
        waiting = store.deletions.waiting(now) if store is not None else []
    finally:
        if store is not None:
            store.close()
    output = Output()
    if as_json:
        told = {
            "local": [asdict(one) for one in local],
            "service": [asdict(one) for one in remote],
            "deletions_waiting": [one._asdict() for one in waiting],
            "stores_responses": loaded.profile.store,
        }
        output.write_json(told)
        return
    lines = _lines(local, remote, waiting, stores=loaded.profile.store)
    output.write("".join(f"{row}\n" for line in lines for row in _folded(line, columns_of(output))))


def _store(path: Path) -> Store | None:
    """The store, if there is one: looking makes none."""
    from azresp.store.store import Store

    return Store(path) if path.exists() else None


def _local(loaded: Loaded, path: Path, store: Store | None) -> Iterator[Local]:
    beside = path.parent
    sessions, exchanges = store.holdings.kept() if store is not None else (0, 0)
    gallery = loaded.profile.picture_folder or _pictures()
    holds = f"{counted(sessions, 'session')}, {counted(exchanges, 'exchange')}, approvals, uploads"
    removal = "azresp sessions rm NAME, azresp sessions prune --older 30d, /forget"
    yield _files("store", path, [path, *beside.glob(f"{path.name}-*")], holds, removal)
    if damaged := sorted(beside.glob(f"{path.name}.damaged-*")):
        yield _files("set aside", damaged[0], damaged, "stores that were damaged", "remove the files")
    history = beside / "history"
    typed = "what you typed in chats; a line that begins with a blank is not kept"
    yield _files("history", history, [history], typed, "/forget, remove the file")
    audit = beside / "audit.jsonl"
    yield _files(
        "audit log",
        audit,
        sorted(beside.glob("audit*.jsonl")),
        "answered approvals",
        "remove the file",
        _AUDIT,
    )
    attached = beside / FOLDER
    yield _files("attachments", attached, _inside(attached), "what you attached", "goes with its sessions")
    yield _files("pictures", gallery, _inside(gallery), "what was drawn for you", "/forget, remove the files")
    if loaded.path is not None:
        yield _files(
            "configuration",
            loaded.path,
            [loaded.path],
            "settings; secrets by name only",
            "azresp config edit",
        )
    emulated = store_file(emulated=True).parent
    if path.parent == emulated:
        service = emulated / "service.db"
        yield _files(
            "emulated service", service, [*emulated.glob("service.db*")], "its responses", "remove the files"
        )
    elif emulated.exists():
        yield _files("emulator", emulated, _inside(emulated), "talks with the emulator", "remove the folder")


_AUDIT = "the last 32 MB"
_LASTING = "until you delete it"


def _files(
    what: str, path: Path, files: Sequence[Path], holds: str, delete: str, kept: str = _LASTING
) -> Local:
    found = [one.lstat() for one in files if one.exists()]
    mode = f"{stat.S_IMODE(path.stat().st_mode):04o}" if path.exists() else ""
    return Local(what, str(path), len(found), sum(one.st_size for one in found), mode, holds, kept, delete)


def _inside(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file() and not one.is_symlink()]


def _pictures() -> Path:
    from platformdirs import user_pictures_path

    return user_pictures_path() / "azresp"


def _remote(store: Store, now: float) -> Iterator[Remote]:
    from azresp.store.holdings import CONTAINER_S

    def each(
        what: str, held: list[Held], until: Callable[[Held], float | None], delete: str
    ) -> Iterator[Remote]:
        for one in held:
            yield Remote(what, one.origin, one.count, one.bytes, one.oldest, until(one), delete)

    holdings = store.holdings
    removal = "azresp sessions rm NAME --remote, azresp sessions prune --older AGE --remote, /delete"
    yield from each("responses", holdings.responses(now), lambda one: one.newest + RETAINED_S, removal)
    yield from each(
        "uploads", holdings.uploads(now), lambda one: None, "azresp files gc, azresp files delete ID"
    )
    yield from each("containers", holdings.containers(now), lambda one: one.newest + CONTAINER_S, "")
    talks = "azresp sessions rm NAME --remote (if it made them), azresp responses delete conv_…"
    yield from each("conversations", holdings.conversations(), lambda one: None, talks)


def _lines(
    local: Sequence[Local], remote: Sequence[Remote], waiting: Sequence[Wanted], *, stores: bool
) -> Iterator[str]:
    """Lines of any length; what belongs to the line before is indented."""
    yield "On this machine"
    for one in local:
        if not one.mode:
            continue
        files = f"{counted(one.files, 'file')} · " if one.files != 1 else ""
        yield f"  {one.what}: {files}{size_told(one.bytes)} · mode {one.mode}{_open(one)}"
        yield f"    {shown(Path(one.path))}"
        yield f"    {one.holds} · {one.kept}"
        yield from (f"    delete: {way}" for way in one.delete.split(", "))
    if empty := [one.what for one in local if not one.mode]:
        yield f"  nothing yet: {', '.join(empty)}"
    yield "  in the system's keyring: keys and sign-ins that you put there, under azresp"
    yield ""
    yield "At services, as far as is known here"
    for there in remote:
        size = f" · {size_told(there.bytes)}" if there.bytes else ""
        yield f"  {there.what}: {there.count:,}{size} · the oldest from {_day(there.oldest)}"
        yield f"    {'the built-in emulator' if there.origin == 'emulator' else there.origin or 'an unknown endpoint'}"
        end = f"the last is gone by {_moment(there.until)}" if there.until else "until you delete them"
        yield f"    {end}"
        yield from (f"    delete: {way}" for way in there.delete.split(", ") if way)
    if not remote:
        yield "  nothing"
    if waiting:
        yield f"  deletions that failed and wait: {len(waiting):,}"
        yield "    made by the next deletion there: azresp sessions prune --older AGE --remote"
        for origin in sorted({one.origin for one in waiting}):
            why = next(one.why for one in waiting if one.origin == origin)
            yield f"    {origin}: {why}"
    if not stores:
        yield "  store is off: the service is asked to keep no new response"
    yield ""
    yield "What was sent by other programs, or from another machine, is not known here."


def _open(one: Local) -> str:
    """A remark where others may look in; pictures are in a folder of the user's."""
    if os.name != "posix" or not one.mode or one.what in ("pictures",):
        return ""
    return f" · open to other users: chmod go= {shown(Path(one.path))}" if int(one.mode, 8) & 0o077 else ""


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(moment))


def _moment(moment: float) -> str:
    soon = moment - time.time() < 86_400
    return time.strftime("%H:%M" if soon else "%Y-%m-%d", time.localtime(moment))


def _folded(line: str, columns: int) -> list[str]:
    """A line in rows of at most `columns` characters; a path is never cut: it is what one types next."""
    import textwrap

    line = clean_line(line) if line.strip() else ""
    margin = line[: len(line) - len(line.lstrip())]
    rows = textwrap.wrap(
        line.strip(),
        max(columns - len(margin), 20),
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [margin + row for row in rows] or [""]
