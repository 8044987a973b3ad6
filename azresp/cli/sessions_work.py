"""What `azresp sessions` does: list, show, rename."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from azresp.cli.kept import ALL, is_emulated, open_kept, session_named, store_file
from azresp.cli.manners import settle_from_file
from azresp.cli.options import emulator_choice
from azresp.cli.report import note
from azresp.cli.streams import Output
from azresp.errors import UsageError

if TYPE_CHECKING:
    from azresp.store.store import Store


def list_sessions(limit: int, emulator: str, *, as_json: bool, tag: str = "") -> None:
    """Print the sessions that changed last, or those of them under a tag."""
    from azresp.cli import session_list

    emulated = is_emulated(emulator_choice(emulator))
    with _store(emulator) as store:
        listed, count = store.listed(ALL if tag else limit or ALL), store.count()
    if tag:
        listed = [one for one in listed if tag.removeprefix("#") in one.tags]
        count = len(listed)
        listed = listed[: limit or None]
    output = Output()
    if as_json:
        output.write_json(session_list.as_dicts(listed))
    elif listed:
        output.write(session_list.as_rows(listed, time.time(), columns_of(output)))
    else:
        note(f"no session is tagged {tag}" if tag else "there are no sessions yet")
        if not emulated and store_file(emulated=True).exists():
            note("  Talks with the emulator are kept apart: `azresp sessions list --emulator always`.")
    if len(listed) < count:
        note(f"{count - len(listed)} more: -n 0 shows all")


def show_session(name: str, emulator: str, *, as_json: bool) -> None:
    """Print a conversation: painted on a terminal, Markdown in a pipe, or JSON."""
    from azresp.media.names import path_kept
    from azresp.ui.export.forms import as_json as whole
    from azresp.ui.export.markdown import as_markdown

    with _store(emulator) as store:
        session = session_named(store, name)
        made = store.all_exchanges(session.id)
    output = Output()
    if as_json:
        output.write(whole(session, made))
        return
    text = as_markdown(session, made, lambda kept: path_kept(kept.saved))
    output.write(_painted(text) if output.isatty() else text)


def tag_session(name: str, words: list[str], emulator: str, *, remove: bool) -> None:
    """File a session under words, or no more; tell its tags."""
    from azresp.core.session import tagged

    with _store(emulator) as store:
        session = session_named(store, name)
        try:
            session = tagged(session, [f"-{word.removeprefix('-')}" if remove else word for word in words])
        except ValueError as word:
            raise UsageError(f"{str(word)!r} can't be a tag", "A tag is one printable word.") from None
        store.save(session, "tags")
    note(f"{session.name}: {' '.join('#' + tag for tag in session.tags) or 'no tags'}")


def rename_session(old: str, new: str, emulator: str) -> None:
    """Give a session another name. UsageError: a name that is taken or can't be typed again."""
    name = demand_name(new)
    with _store(emulator) as store:
        session = session_named(store, old)
        taken = store.find(name)
        if taken is not None and taken.id != session.id and name in (taken.name, taken.id):
            raise UsageError(f"there is a session {name!r} already", "Choose another name.")
        store.save(replace(session, name=name), "name")
    note(f"{session.name} is now {name}")


def demand_name(wish: str) -> str:
    """The name that a user may give a session. UsageError: it can't be typed again."""
    name = wish.strip()
    if not name or not name.isprintable() or len(name) > 200 or name.startswith(("-", "resp_")):
        raise UsageError(
            f"{wish!r} can't be the name of a session",
            "A name is one line of at most 200 characters and does not begin with - or resp_.",
        )
    return name


@contextmanager
def _store(emulator: str) -> Iterator[Store]:
    store = open_kept(emulator_choice(emulator))
    try:
        yield store
    finally:
        store.close()


def columns_of(output: Output) -> int:
    """Cells of a line: the terminal's, or no limit in a pipe."""
    from azresp.cli.session_list import UNLIMITED

    if not output.isatty() and not os.environ.get("COLUMNS"):
        return UNLIMITED
    return max(shutil.get_terminal_size().columns, 20)


def _painted(text: str) -> str:
    from azresp.ui.caps import detect
    from azresp.ui.markdown.flow import render
    from azresp.ui.markdown.palette import PALETTES
    from azresp.ui.markdown.rows import Look

    settle_from_file()
    caps = detect(os.environ, tty=True)
    columns = max(shutil.get_terminal_size().columns, 10)
    if caps.reader:
        from azresp.ui.spoken import spoken

        return spoken(text, columns)
    if not caps.cursor:
        return text
    rows = render(text, columns, Look(colour=caps.colour, palette=PALETTES[caps.theme]))
    return "".join(f"{row.ansi}\n" for row in rows)
