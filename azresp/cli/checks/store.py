"""The store's file, looked at without changing it."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from azresp.cli.checks.finding import Finding, Mark
from azresp.errors import Exit
from azresp.ui.counting import counted


def store(path: Path) -> Iterator[Finding]:
    """Where it is, its mode, size and integrity."""
    from azresp.store.schema import VERSION

    if not path.exists():
        yield _unborn(path)
        return
    yield _file(path)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)) as db:
            (version,) = db.execute("pragma user_version").fetchone()
            (journal,) = db.execute("pragma journal_mode").fetchone()
            (health,) = db.execute("pragma quick_check(1)").fetchone()
            (sessions,) = db.execute("select count(*) from sessions").fetchone()
            (exchanges,) = db.execute("select count(*) from exchanges").fetchone()
    except sqlite3.Error as error:
        todo = "Copy the file first; `sqlite3 FILE .recover` may get its rows back. The next start sets it aside."
        yield Finding("store", "integrity", Mark.FAIL, str(error), todo, Exit.LOCAL)
        return
    if version > VERSION:
        text = f"written by a newer azresp (version {version}, this one knows {VERSION})"
        yield Finding("store", "version", Mark.FAIL, text, "Update azresp.", Exit.LOCAL)
    yield Finding(
        "store", "content", Mark.OK, f"{counted(sessions, 'session')}, {counted(exchanges, 'exchange')}"
    )
    if health == "ok":
        yield _journal(journal)
    else:
        yield Finding(
            "store", "integrity", Mark.FAIL, str(health), "Copy the file, then see `.recover`.", Exit.LOCAL
        )


def _unborn(path: Path) -> Finding:
    folder = next(one for one in (path.parent, *path.parents) if one.exists())
    if folder.is_dir() and os.access(folder, os.W_OK):
        return Finding("store", "file", Mark.OK, f"none yet; it will be {path}")
    text = f"{path} can't be made: {folder} can't be written"
    return Finding("store", "file", Mark.FAIL, text, "Set AZRESP_STORE_FILE to another file.", Exit.LOCAL)


def _file(path: Path) -> Finding:
    found = path.stat()
    log = path.with_name(path.name + "-wal")
    size = f"{found.st_size / 1e6:.1f} MB"
    size += f" and {log.stat().st_size / 1e6:.1f} MB of log" if log.exists() else ""
    mode = stat.S_IMODE(found.st_mode)
    if os.name == "posix" and mode & 0o077:
        text = f"{path} is open to other users (mode {mode:04o}), {size}"
        return Finding("store", "file", Mark.WARN, text, f"Run chmod 600 {path}")
    if not os.access(path, os.W_OK):
        return Finding("store", "file", Mark.FAIL, f"{path} can't be written", "Check its owner.", Exit.LOCAL)
    return Finding("store", "file", Mark.OK, f"{path} (mode {mode:04o}), {size}")


def _journal(journal: str) -> Finding:
    if journal == "wal":
        return Finding("store", "integrity", Mark.OK, "quick_check found nothing wrong; WAL")
    text = f"quick_check found nothing wrong; the journal is {journal}, not WAL"
    return Finding(
        "store", "integrity", Mark.WARN, text, "Is it on a network drive? Two processes may then collide."
    )
