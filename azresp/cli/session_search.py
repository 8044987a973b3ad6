"""`azresp sessions search`: full-text search over what is kept on this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from azresp.cli.kept import open_kept
from azresp.cli.manners import settle_from_file
from azresp.cli.options import emulator_choice
from azresp.cli.report import StatusLine, note
from azresp.cli.session_list import age
from azresp.cli.streams import Output
from azresp.errors import Exit, LocalError
from azresp.ui.terminal import Terminal

if TYPE_CHECKING:
    from azresp.cli.formats import HitRow


def search_sessions(text: str, limit: int, emulator: str, *, as_json: bool) -> int:
    """Print the hits; give the exit status: 1 where nothing was found, as grep does."""
    store = open_kept(emulator_choice(emulator))
    try:
        index, line = store.search, StatusLine()
        if not index.available:
            raise LocalError("this Python's SQLite can't search texts", "It needs FTS5; use another Python.")
        index.catch_up(lambda left: line.show(f"reading {left:,} exchanges"))
        line.show("")
        hits = index.find(text, limit)
    finally:
        store.close()
    output = Output()
    if as_json:
        rows: list[HitRow] = [
            {
                "session": hit.session,
                "response_id": hit.exchange.turn.id or None,
                "asked_at": hit.exchange.asked_at,
                "question": hit.exchange.question,
                "snippet": hit.snippet.replace(index.marks[0], "").replace(index.marks[1], ""),
            }
            for hit in hits
        ]
        output.write_json(rows)
        return Exit.OK if hits else Exit.API
    settle_from_file()
    terminal, now = Terminal(output), time.time()
    for hit in hits:
        head = f"{hit.session} · {age(now - hit.exchange.asked_at)} · {hit.exchange.turn.id}"
        terminal.found(head, hit.snippet, index.marks)
    if not hits:
        note("nothing was found")
    elif output.isatty():
        note("azresp chat --resume ID goes on from there")
    return Exit.OK if hits else Exit.API
