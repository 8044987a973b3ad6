"""`azresp chat --pick`: which session to go on in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from azresp.cli.kept import ALL, store_file
from azresp.core.session import asked_in
from azresp.errors import UsageError
from azresp.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azresp.ui.picker import Choice
    from azresp.ui.terminal import Terminal

_MOST = 20_000
"""Sessions in the list; the full text finds among them only."""


def pick(terminal: Terminal, *, emulated: bool) -> str:
    """The name of the session that the user chooses; empty for none. Raises UsageError where there is none."""
    path = store_file(emulated=emulated)
    if not path.exists():
        raise UsageError("there is no session yet", "`azresp chat` starts one.")
    store = Store(path)
    try:
        choices = store.listed(_MOST if store.count() > _MOST else ALL)
        if not choices:
            raise UsageError("there is no session yet", "`azresp chat` starts one.")
        if not terminal.caps.cursor:
            return _by_number(terminal, choices[:20])
        from azresp.ui.picker import Picker

        store.search.catch_up()
        found = lambda text: [hit.session for hit in store.search.find(text, 50)]  # noqa: E731
        return Picker(choices, lambda name: _end(store, name), found).run()
    finally:
        store.close()


def _end(store: Store, name: str) -> str:
    """How a conversation ended: its last question and answer."""
    session = store.find(name)
    if session is None:
        return ""
    # One whose answer broke off has no head.
    last = session.last or next(reversed(store.all_exchanges(session.id)), None)
    if last is None:
        return ""
    asked, turn = asked_in(session, last) or last, last.turn
    return f"› {asked.question.strip()}\n\n{turn.text or turn.refusal}"


def _by_number(terminal: Terminal, choices: Sequence[Choice]) -> str:
    rows = [f"{one.name} · {one.question.strip().split(chr(10))[0][:200]}" for one in choices]
    terminal.pairs([(str(number), row.removesuffix(" · ")) for number, row in enumerate(rows, 1)])
    terminal.draw("Number of the session, or Enter for none: ")
    typed = sys.stdin.readline().strip()
    return choices[int(typed) - 1].name if typed.isdigit() and 0 < int(typed) <= len(choices) else ""
