"""The store's file: where it is, how it is opened, its tables and versions."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from azresp.errors import LocalError
from azresp.store.folder import make_private
from azresp.store.index import has_fts5, make_index

VERSION = 5

LOCKED_FOR_S = 10.0
"""How long another process may hold the file before we give up."""

_TABLES = """
create table if not exists sessions (
    id text primary key,
    name text not null unique,
    head text,
    settings text not null default '{}',
    created real not null,
    changed real not null
) without rowid;
create index if not exists sessions_by_change on sessions (changed desc);
create table if not exists exchanges (
    n integer primary key autoincrement,
    id text not null unique,
    parent text,
    session text not null,
    said text not null,
    question text not null,
    response_id text not null default '',
    status text not null default '',
    turn text not null default '{}',
    asked_at real not null,
    deployment text not null,
    origin text not null,
    stored integer not null,
    deleted integer not null default 0,
    sealed integer not null default 0,
    owner text not null default '',
    job integer not null default 0,
    indexed integer not null default 0,
    number integer not null default 0,
    model text not null default '',
    counted integer not null default 0,
    input_tokens integer,
    cached_tokens integer,
    output_tokens integer,
    reasoning_tokens integer
);
create index if not exists exchanges_by_response on exchanges (response_id) where response_id <> '';
create index if not exists exchanges_by_parent on exchanges (parent);
create index if not exists exchanges_by_session on exchanges (session);
create index if not exists exchanges_unsealed on exchanges (sealed) where sealed = 0;
create index if not exists exchanges_tokens on exchanges (
    sealed, counted, asked_at, session, deployment, model,
    input_tokens, cached_tokens, output_tokens, reasoning_tokens
);
create index if not exists exchanges_unindexed on exchanges (indexed) where indexed < 2;
create index if not exists exchanges_jobs on exchanges (job) where job > 0;
create table if not exists heard (
    exchange text not null,
    n integer not null,
    wires text not null,
    primary key (exchange, n)
) without rowid;
create table if not exists answers (
    exchange text not null,
    ask text not null,
    answer text,
    primary key (exchange, ask)
) without rowid;
create table if not exists grants (
    origin text not null,
    server text not null,
    label text not null,
    tool text not null,
    fingerprint text not null,
    scope text not null,
    given_at real not null,
    told text not null,
    primary key (origin, server, label, tool, fingerprint, scope)
) without rowid;
create table if not exists tool_lists (
    server text not null,
    label text not null,
    tools text not null,
    seen_at real not null,
    primary key (server, label)
) without rowid;
create table if not exists uploads (
    file_id text not null,
    origin text not null,
    sha256 text not null,
    name text not null,
    purpose text not null,
    bytes integer not null,
    uploaded_at real not null,
    expires_at real,
    by_hand integer not null default 0,
    primary key (origin, file_id)
) without rowid;
create index if not exists uploads_by_content on uploads (origin, sha256, purpose);
create table if not exists upload_uses (
    origin text not null,
    file_id text not null,
    exchange text not null,
    primary key (origin, file_id, exchange)
) without rowid;
create table if not exists deletions (
    origin text not null,
    response_id text not null,
    wanted_at real not null,
    why text not null,
    primary key (origin, response_id)
) without rowid;
create table if not exists conversations (
    origin text not null,
    id text not null,
    session text not null,
    made_at real not null,
    gone integer not null default 0,
    primary key (origin, id)
) without rowid;
create table if not exists trusted (
    path text primary key,
    digest text not null,
    trusted_at real not null
) without rowid;
"""

_ADDED = (
    *(
        ("exchanges", column, "integer not null default 0")
        for column in ("job", "number", "counted", "indexed")
    ),
    ("exchanges", "model", "text not null default ''"),
    *(("exchanges", f"{kind}_tokens", "integer") for kind in ("input", "cached", "output", "reasoning")),
)
"""Columns that a table of an older version lacks."""


_REPLACED = ("drop index if exists exchanges_unread", "drop table if exists words")
"""The full-text index is made anew, by the next search: how texts are taken apart has changed."""


def store_path(env: Mapping[str, str]) -> Path:
    """`$AZRESP_STORE_FILE`, else `store.db` in the platform's data folder; XDG_DATA_HOME counts on every platform."""
    if own := env.get("AZRESP_STORE_FILE"):
        return Path(own).expanduser()
    if xdg := env.get("XDG_DATA_HOME"):
        return Path(xdg) / "azresp" / "store.db"
    import platformdirs

    return Path(platformdirs.user_data_dir("azresp", appauthor=False)) / "store.db"


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the store at `path`, or one in memory; makes it, 0600, where it does not exist.

    Raises LocalError if the file can't be used. A damaged file is set aside, never deleted.
    """
    if path is None:
        return _prepared(sqlite3.connect(":memory:", isolation_level=None), "the store in memory")
    try:
        make_private(path.parent)
        _create_private(path)
        return _opened(path)
    except OSError as error:
        raise LocalError(
            f"the store {path}: {error.strerror or error}",
            "Set AZRESP_STORE_FILE to a file that can be written.",
        ) from error


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return _tried(path)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        # SQLite takes a read that failed (EIO) for damage: only a file that can be read, twice, is set aside.
        _read_through(path)
    try:
        return _tried(path)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        aside = _set_aside(path)
        raise LocalError(
            f"the store {path} is damaged ({reason(error)}); it was set aside as {aside.name}",
            "Start again: a new store is made. `sqlite3 FILE .recover` may get the old one's rows back.",
        ) from error


def _tried(path: Path) -> sqlite3.Connection:
    """An open store. UnicodeDecodeError: SQLite's own message may quote damaged bytes."""
    try:
        _look_at_header(path)
        db = sqlite3.connect(path, isolation_level=None, timeout=LOCKED_FOR_S)
        return _prepared(db, f"the store {path}")
    except sqlite3.OperationalError as error:
        raise LocalError(
            f"the store {path}: {reason(error)}",
            "Can the file and its folder be written, is there room? AZRESP_STORE_FILE names another file.",
        ) from error


def _read_through(path: Path) -> None:
    """Read the file and its log to their ends. Raises OSError."""
    for name in (path.name, f"{path.name}-wal"):
        with suppress(FileNotFoundError), path.with_name(name).open("rb") as file:
            while file.read(1 << 20):
                pass


def reason(error: Exception) -> str:
    """What SQLite says, in one line: it may quote whole statements."""
    words = " ".join(str(error).split())
    return words if len(words) <= 200 else f"{words[:200]}…"


def _look_at_header(path: Path) -> None:
    # Beside a file that it does not know, SQLite deletes the log: with it the last answers.
    with path.open("rb") as file:
        header = file.read(16)
    if header and header != b"SQLite format 3\0":
        raise sqlite3.DatabaseError("file is not a database")


def _set_aside(path: Path) -> Path:
    """Rename a damaged store with its log: another file's log beside a new store would be taken for its own."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{path.name}.damaged-{stamp}" + (f"-{n}" if n else "") for n in range(1000))
    aside = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def _prepared(db: sqlite3.Connection, name: str) -> sqlite3.Connection:
    # Damaged text is better than none.
    db.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        _bring_up(db, name)
    except BaseException:
        db.close()
        raise
    return db


def _bring_up(db: sqlite3.Connection, name: str) -> None:
    (version,) = db.execute("pragma user_version").fetchone()
    if version > VERSION:
        raise LocalError(
            f"{name} was written by a newer azresp (version {version})",
            "Update azresp, or set AZRESP_STORE_FILE to another file.",
        )
    _switch_to_wal(db)
    db.execute("pragma synchronous = normal")
    if version < VERSION:
        _update(db)
    for probe in _PROBES:
        db.execute(probe).fetchall()


def _update(db: sqlite3.Connection) -> None:
    """Bring the tables of an older version, or of a new file, up to this one."""
    db.execute("pragma secure_delete = on")  # no word of an older index stays in a page that is free
    db.execute("begin immediate")
    try:
        if db.execute("pragma user_version").fetchone() == (VERSION,):
            # Another process was first, and may have filled the index that would be dropped here.
            db.execute("rollback")
            db.execute("pragma secure_delete = off")
            return
        for table, column, kind in _ADDED:
            known = {row[1] for row in db.execute(f"pragma table_info({table})")}
            if known and column not in known:
                db.execute(f"alter table {table} add column {column} {kind}")
        for statement in _TABLES.split(";\n"):
            db.execute(statement)
        if has_fts5(db):
            for statement in _REPLACED:
                db.execute(statement)
        make_index(db)
        db.execute(f"pragma user_version = {VERSION}")
        db.execute("commit")
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("pragma secure_delete = off")


_PROBES = (
    "select id, name, head, settings, changed from sessions order by changed desc limit 1",
    "select * from exchanges order by n desc limit 1",
    "select id from exchanges where sealed = 0 limit 1",
    "select exchange from heard limit 1",
)
"""A file that lost its end is noticed here, where it can still be set aside."""


def _switch_to_wal(db: sqlite3.Connection) -> None:
    # Two processes that make the store at once: SQLite does not wait for the lock that this switch takes.
    deadline = time.monotonic() + LOCKED_FOR_S
    while True:
        try:
            db.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _create_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        found = path.stat()
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise LocalError(
                f"the store {path} belongs to another user", "Set AZRESP_STORE_FILE to a file of your own."
            ) from None
        if stat.S_IMODE(found.st_mode) & 0o077:
            path.chmod(0o600)
