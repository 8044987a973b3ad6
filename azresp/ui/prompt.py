"""The line editor: prompt_toolkit with azresp's keys, completion, history and status line."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application.current import set_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, emacs_mode, is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style

from azresp.core.conversation import conversation_at
from azresp.ui.commands.registry import complete
from azresp.ui.counting import counted
from azresp.ui.early import MARK
from azresp.ui.history import PrivateHistory
from azresp.ui.mentions import at_mention, completions, mentioned
from azresp.ui.reader import end_with_terminal
from azresp.ui.resuming import when_resumed
from azresp.ui.reveal import Revealing
from azresp.ui.sink import clean_line
from azresp.ui.typed import AGAIN, AGAIN_S, agreed, drop_typed, edit_text

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

REMARK_COLUMNS = 60
"""In a narrower window too little of a command's description could be read."""
_LONGEST_LOOKED_AT = 20_000
"""Characters of a message in which files are looked for at each key."""
_MENU_ROWS = 8
ESC_S = 0.05
"""The bytes of one key come within this time."""

_STYLE = Style.from_dict(
    {
        "prompt": "bold",
        "revealed": "reverse",
        "bottom-toolbar": "noreverse nobold dim",
        "bottom-toolbar.text": "noreverse",
        "completion-menu": "noreverse bg:default fg:default",
        "completion-menu.completion": "bg:default fg:default",
        "completion-menu.completion.current": "reverse",
        "completion-menu.meta.completion": "bg:default fg:default dim",
        "completion-menu.meta.completion.current": "bg:default fg:default dim reverse",
        "scrollbar.background": "bg:default",
        "scrollbar.button": "bg:default reverse",
    }
)
"""Attributes alone: a colour that is meant to be quiet is the ground itself in some themes."""
_ASKING = Style.from_dict({"revealed": "reverse", "aborting": "fg:default", "exiting": "fg:default"})

_VI_MODES = {
    InputMode.NAVIGATION: "NORMAL",
    InputMode.REPLACE: "REPLACE",
    InputMode.REPLACE_SINGLE: "REPLACE",
}


class _SlashCompleter(Completer):
    """Completes slash commands and their arguments, and paths after `@`."""

    def __init__(self) -> None:
        self.chat: Chat | None = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        if self.chat is None:
            return
        if not document.text.startswith("/"):
            for path, length in completions(document.text_before_cursor):
                yield Completion(path, -length, display=clean_line(path))
            return
        wide = self.chat.terminal.size()[0] >= REMARK_COLUMNS
        for text, length, remark in complete(self.chat, document.text_before_cursor):
            meta = clean_line(remark) if wide else None
            yield Completion(text, -length, display=clean_line(text), display_meta=meta)


class PromptEditor:
    """Reads lines from the terminal."""

    def __init__(
        self,
        history: Path | None,
        *,
        vi: bool = False,
        first: Callable[[], None] | None = None,
    ) -> None:
        end_with_terminal()
        self._completer = _SlashCompleter()
        self._first = first
        self._last_interrupt = 0.0
        self._hint = ""
        self._session: PromptSession[str] = PromptSession(
            [("class:prompt", MARK)],
            multiline=True,
            history=_history(history),
            completer=self._completer,
            reserve_space_for_menu=_MENU_ROWS,
            complete_while_typing=Condition(self._at_slash),
            key_bindings=self._keys(),
            editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
            enable_open_in_editor=True,
            bottom_toolbar=self._toolbar,
            prompt_continuation="  ",
            input_processors=[Revealing()],
            erase_when_done=True,
            style=_STYLE,
            include_default_pygments_style=False,
            output=_output(),
            tempfile_suffix=".md",
        )

        if vi:
            _tell_apart(self._session)

    async def read(self, chat: Chat) -> str:
        """One message or command. Raises EOFError or KeyboardInterrupt when the user leaves."""
        self._completer.chat = chat
        first, self._first = self._first, None
        loop = asyncio.get_running_loop()
        # Not in the signal handler itself: it may have come in the middle of a write.
        with when_resumed(lambda: loop.call_soon_threadsafe(self._resume)):
            text = await self._session.prompt_async(pre_run=first)
        if text.strip():
            # The editor shows no more than a screenful and breaks words; what was said stands here in full.
            chat.terminal.said(text)
        return await agreed(chat, text)

    def announce(self, show: Callable[[], None]) -> bool:
        """Write above the prompt that stands; False if none does."""
        app = self._session.app
        if not app.is_running:
            return False
        from prompt_toolkit.application import run_in_terminal

        with set_app(app):
            run_in_terminal(show)
        return True

    def refresh(self) -> None:
        """The status line has changed."""
        if self._session.app.is_running:
            self._session.app.invalidate()

    async def answer(self, question: str) -> str | None:
        """A short answer; None for Ctrl-C. Raises EOFError for Ctrl-D."""
        asker: PromptSession[str] = PromptSession(
            history=InMemoryHistory(), input_processors=[Revealing()], style=_ASKING, output=_output()
        )
        try:
            return await asker.prompt_async(clean_line(question))
        except KeyboardInterrupt:
            return None

    def forget_typed(self) -> None:
        """Drop what was typed and not read: here what the last prompt left over, and in the terminal."""
        from prompt_toolkit.application.current import get_app_session
        from prompt_toolkit.input.typeahead import clear_typeahead

        clear_typeahead(get_app_session().input)
        drop_typed()

    def forget_line(self, text: str) -> bool:
        """Take a text out of the history, here and in its file; tells whether it was there."""
        history = self._session.history
        return history.forget(text) if isinstance(history, PrivateHistory) else False

    async def edit(self, text: str) -> str | None:
        """Text changed in $VISUAL or $EDITOR; None if the editor failed."""
        return edit_text(text)

    def _resume(self) -> None:
        """The program goes on after it was suspended: the shell's lines stand above, the prompt is drawn anew."""
        app = self._session.app
        if not app.is_running:
            return
        # Entered and never left: what the editor found before it began is put back at its end.
        app.input.raw_mode().__enter__()
        app.output.write_raw("\r")
        app.renderer.reset()
        app.invalidate()

    def _along(self) -> str:
        """Which files a message that is being written will take along: a pasted `@name` may be one by chance."""
        text = self._session.default_buffer.text
        found = mentioned(text) if "@" in text and len(text) < _LONGEST_LOOKED_AT else []
        return f"Enter sends {', '.join(found)} along" if found else ""

    def _at_slash(self) -> bool:
        buffer = self._session.default_buffer
        return buffer.text.startswith("/") or at_mention(buffer.document.current_line_before_cursor)

    def _toolbar(self) -> StyleAndTextTuples:
        chat = self._completer.chat
        if chat is None:
            return []
        columns = self._session.app.output.get_size().columns
        text = self._hint or self._more() or self._along() or _status_line(chat, columns - len(self._mode()))
        return [("class:bottom-toolbar.text", self._mode() + text)]

    def _more(self) -> str:
        """What to do about a menu that shows a part of the completions only."""
        state = self._session.default_buffer.complete_state
        if state is None or len(state.completions) < _MENU_ROWS:
            return ""
        at = f"{state.complete_index + 1} of " if state.complete_index is not None else ""
        return f"{at}{len(state.completions)} in all · ↓ shows more"

    def _mode(self) -> str:
        """The mode of vi's keys."""
        app = self._session.app
        if app.editing_mode != EditingMode.VI:
            return ""
        return f"-- {_VI_MODES.get(app.vi_state.input_mode, 'INSERT')} -- "

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("enter", filter=~is_searching)
        def _send(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            if buffer.document.is_cursor_at_the_end and buffer.text.endswith("\\"):
                buffer.delete_before_cursor()
                buffer.newline(copy_margin=False)
            else:
                self._hint = ""
                buffer.validate_and_handle()

        @keys.add("escape", "enter", filter=emacs_mode & ~is_searching)
        @keys.add("c-j", filter=~is_searching)
        def _newline(event: KeyPressEvent) -> None:
            event.current_buffer.newline(copy_margin=False)

        @keys.add("c-c", filter=~is_searching)
        @keys.add("<sigint>")
        def _interrupt(event: KeyPressEvent) -> None:
            self._interrupt(event.current_buffer, event)

        @keys.add("c-d", filter=Condition(lambda: not self._session.default_buffer.text))
        def _leave(event: KeyPressEvent) -> None:
            event.app.exit(exception=EOFError)

        @keys.add("<any>", filter=Condition(lambda: bool(self._hint)))
        def _typed(event: KeyPressEvent) -> None:
            self._hint, self._last_interrupt = "", 0.0
            event.current_buffer.insert_text(event.data)

        return keys

    def _interrupt(self, buffer: Buffer, event: KeyPressEvent) -> None:
        now = time.monotonic()
        if buffer.text:
            buffer.append_to_history()
            buffer.reset()
            self._last_interrupt = 0.0
            return
        if now - self._last_interrupt < AGAIN_S:
            event.app.exit(exception=KeyboardInterrupt)
            return
        self._last_interrupt = now
        self._hint = AGAIN


def _tell_apart(session: PromptSession[str]) -> None:
    """Esc acts at once, Alt-Enter is one key: two keys would make every Esc wait for what may follow it."""
    from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
    from prompt_toolkit.keys import Keys

    ANSI_SEQUENCES["\x1b\r"] = Keys.ControlJ
    session.app.ttimeoutlen = ESC_S


def _output() -> Output | None:
    """The terminal without cursor position requests: a late reply would land in what is typed next."""
    if sys.platform == "win32":
        return None
    from prompt_toolkit.output.vt100 import Vt100_Output

    class Unasked(Vt100_Output):
        def get_rows_below_cursor_position(self) -> int:
            # Without any answer prompt_toolkit would never show the status line; the prompt needs its own rows only.
            return 1

    output = Unasked.from_pty(sys.stdout, term=os.environ.get("TERM"))
    output.enable_cpr = False
    return output


def _status_line(chat: Chat, columns: int) -> str:
    """Deployment, session, tokens, storing; what does not fit is left out from the right."""
    from azresp.ui.cells import cut, width
    from azresp.ui.usage import total

    tokens = total(chat.session.path()).total
    stored = "" if chat.tuner.value("store") else "not stored"
    parts = [
        str(chat.tuner.value("deployment")),
        chat.session.name or "new session",
        f"{tokens:,} tokens" if tokens else "",
        counted(jobs, "job") if (jobs := chat.jobs.running) else "",
        f"{tools} tool{'s' * (tools != 1)}" if (tools := chat.tools.count) else "",
        stored,
        f"in {ident[:12]}…" if (ident := conversation_at(chat.session, chat.service.origin)) else "",
        "/help",
    ]
    shown = [clean_line(part) for part in parts if part]
    while len(shown) > 2 and width(" · ".join(shown)) >= columns:
        shown.pop()
    return cut(" · ".join(shown), columns - 1)[0]


def _history(path: Path | None) -> History:
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return PrivateHistory(path)
    except OSError:
        return InMemoryHistory()
