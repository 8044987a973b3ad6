"""The terminal of a chat: everything that azresp writes there goes through this, cleaned."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from azresp.errors import LocalError
from azresp.ui.caps import Caps, detect
from azresp.ui.cells import width
from azresp.ui.early import MARK
from azresp.ui.sink import clean, clean_line
from azresp.ui.window import Window

if TYPE_CHECKING:
    from azresp.core.turn import Turn
    from azresp.ui.markdown.rows import Span
    from azresp.ui.pictures.picture import Picture
    from azresp.ui.pictures.surface import Surface
    from azresp.ui.turn_screen import Later, Painting, TurnScreen

DIM, STRONG = "2", "1"
"""SGR parameters of our two styles."""


class Stream(Protocol):
    """A text stream that knows whether it is a terminal."""

    @property
    def encoding(self) -> str: ...
    def isatty(self) -> bool: ...
    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...


class Terminal:
    """A terminal to write on. Styles are ours; text from elsewhere never brings its own."""

    def __init__(
        self, stream: Stream, environ: Mapping[str, str] = os.environ, aside: Stream | None = None
    ) -> None:
        self.stream = stream
        self.aside = aside
        """where notes go while the stream itself is no terminal"""
        self._blank = False
        self.caps: Caps = detect(environ, tty=stream.isatty())
        self.window = Window(stream, self.caps)
        self._environ = environ

    @property
    def mark(self) -> str:
        """What stands before a line that the user types."""
        if self.caps.reader:
            return "You: "
        try:
            MARK.encode(self.stream.encoding)
        except (UnicodeError, LookupError):
            return "> "
        return MARK

    def size(self) -> tuple[int, int]:
        """Columns and rows now."""
        found = shutil.get_terminal_size()
        return found.columns, found.lines

    def say(self, text: str) -> None:
        """Write lines of plain text."""
        self._write(clean(text) + "\n")

    def gap(self) -> None:
        """One blank line, if there is none yet."""
        if not self._blank:
            self.say("")

    def dim(self, text: str, label: str = "") -> None:
        """Write one quiet line of our own, wrapped at words; `label`: what a screen reader is told that it is."""
        self._styled(text, DIM, label)

    def strong(self, text: str, label: str = "") -> None:
        """Write one line that stands out; `label`: what a screen reader is told that it is."""
        self._styled(text, STRONG, label)

    def said(self, text: str) -> None:
        """Write what the user said, in full, as it stood at the prompt."""
        from azresp.ui.markdown.rows import RESET, Span

        rows = self._wrapped([Span(clean(text), "")], hang=2, first=self.mark)
        self._write(self.window.asked(rows, RESET))

    def markdown(self, text: str) -> None:
        """Write text rendered as Markdown."""
        painter = self.painter()
        painter.add(text)
        painter.finish()

    def pairs(self, rows: list[tuple[str, str]]) -> None:
        """Write a two-column list; the second column wraps beside the first, or below it in a narrow window."""
        columns, _ = self.size()
        widest = max((width(clean_line(name)) for name, _ in rows), default=0)
        for name, value in rows:
            self._pair(clean_line(name), clean_line(value), min(widest, columns // 2 - 2), columns)

    def found(self, head: str, text: str, marks: tuple[str, str]) -> None:
        """Write a hit of a search: a quiet head, then the text with what stands between the marks made strong."""
        from azresp.ui.markdown.rows import Span

        self._rows([Span(clean_line(head), DIM)], hang=0)
        spans: list[Span] = []
        for part in text.split(marks[0]):
            hit, closed, rest = part.rpartition(marks[1])
            spans += [Span(clean_line(hit), STRONG)] if closed else []
            spans.append(Span(clean_line(rest), ""))
        self._rows([Span("  ", ""), *spans], hang=2)

    def painter(self) -> Painting:
        """A painter for one turn."""
        self._blank = False
        if self.caps.cursor:
            from azresp.ui.paint import Painter

            return Painter(self.stream, self.size, time.monotonic, self.caps)
        if self.caps.reader:
            from azresp.ui.spoken import Spoken

            return Spoken(self.stream, lambda: self.size()[0])
        from azresp.ui.plain import Plain

        columns = (lambda: self.size()[0]) if self.stream.isatty() else None
        return Plain(self.stream, self.aside or (self.stream if columns else None), columns=columns)

    def surface(self, wanted: str = "") -> Surface:
        """What pictures are drawn on; `wanted` is the user's setting. Raises UsageError for an unknown one."""
        from azresp.ui.pictures.fit import USUAL_CELL, cell_of
        from azresp.ui.pictures.surface import Surface, mode_of, truecolour_of

        wanted = "none" if self.caps.reader else wanted
        mode = mode_of(self._environ, tty=self.stream.isatty(), wanted=wanted)
        fileno = getattr(self.stream, "fileno", None)
        cell = (lambda: cell_of(fileno)) if fileno is not None else (lambda: USUAL_CELL)
        return Surface(mode, truecolour_of(self._environ), cell)

    def picture(self, picture: Picture) -> None:
        """Write a picture that is ready, with its caption."""
        painter = self.painter()
        painter.picture("", picture, final=True)
        painter.finish()

    def turn_screen(self, later: Later, *, thoughts: bool) -> TurnScreen:
        """A screen for one turn."""
        from azresp.ui.turn_screen import TurnScreen

        return TurnScreen(self.painter(), time.monotonic, later, thoughts=thoughts)

    def turn(self, turn: Turn) -> None:
        """Write a turn that is over as it was shown, thoughts left out."""
        screen = self.turn_screen(lambda seconds, call: _Never(), thoughts=False)
        screen.show(turn)
        screen.finish()

    @contextmanager
    def enter_kept(self) -> Iterator[None]:
        """While it lasts Enter is the same key between two prompts as in them, where the terminal echoes it."""
        restore = _set_modes(_keep_enter) if self.caps.cursor else _nothing
        try:
            yield
        finally:
            restore()

    @contextmanager
    def quiet_keys(
        self, back: Callable[[], object] = lambda: None, *, leaving: bool = False
    ) -> Iterator[None]:
        """While it lasts typed keys are not echoed; they wait for the next prompt. `back` is called after `fg`.

        `leaving`: Ctrl-B is the signal `ui.stopping.LEAVING`.
        """
        # A terminal that edits lines itself could not show them again: there they are echoed at once.
        quieten = partial(_set_modes, _quieten_but_leave if leaving else _quieten)
        restore = quieten() if self.caps.cursor else _nothing
        from azresp.ui.resuming import when_resumed

        try:
            with when_resumed(lambda: (quieten() if self.caps.cursor else None, back())):
                yield
        finally:
            restore()

    def draw(self, ours: str) -> None:
        """Write our own characters as they are, cursor moves too."""
        self._write(ours)

    def send_osc52(self, encoded: str) -> None:
        """Ask the terminal to take base64 text into its clipboard. Raises LocalError if it can't be asked."""
        if not (self.caps.cursor or (self.caps.reader and self.caps.osc)):
            raise LocalError("this terminal has no clipboard", "Install xclip or wl-copy, or use /save.")
        self._write(f"\x1b]52;c;{encoded}\x07")

    def _pair(self, name: str, value: str, left: int, columns: int) -> None:
        from azresp.ui.markdown.rows import Span

        if self.caps.reader:
            self._rows([Span(f"{name}: {_heard(value)}", "")], hang=2)
            return
        gap = max(left - width(name), 0) + 2
        below = columns - left < 20 or width(name) > left
        first = [Span(name, STRONG), Span("\n" if below else " " * gap, "")]
        self._rows([*first, Span(value, "")], hang=2 if below else left + 2)

    def _styled(self, text: str, style: str, label: str) -> None:
        from azresp.ui.markdown.rows import Span

        text = clean_line(text)
        if self.caps.reader:
            text = _heard(f"{label}: {text}" if label else text)
        self._rows([Span(text, style)], hang=0)

    def _rows(self, spans: list[Span], hang: int) -> None:
        """Write spans wrapped at words, all rows but the first indented by `hang` cells."""
        self._write(self._wrapped(spans, hang))

    def _wrapped(self, spans: list[Span], hang: int, first: str = "") -> str:
        """Spans wrapped at words, the first row after `first`, all others indented by `hang` cells."""
        from azresp.ui.markdown.rows import Span
        from azresp.ui.markdown.wrap import Margin, Wrap

        styled = self.caps.cursor
        plain = [span if styled else Span(span.text, "") for span in spans]
        mark = (Span(first, STRONG if styled else ""),) if first else ()
        wrap = Wrap(Margin(mark, (Span(" " * hang, ""),) if hang else (), self.size()[0]))
        return "".join(f"{row.ansi}\n" for row in [*wrap.add(plain), *wrap.end()])

    def _write(self, text: str) -> None:
        self._blank = text == "\n" or text.endswith("\n\n")
        self.stream.write(text)
        self.stream.flush()


class _Never:
    """A timer of a screen that is finished at once."""

    def cancel(self) -> None:
        """Nothing waits."""


def _heard(text: str) -> str:
    """One of our lines for ears."""
    from azresp.ui.spoken import words

    return words(text)


def _nothing() -> object:
    """Nothing was changed."""


def _set_modes(change: Callable[[list[Any], Any], None]) -> Callable[[], object]:
    """Change the modes of the terminal that is typed on; gives what undoes it."""
    try:
        import sys
        import termios
    except ImportError:  # Windows
        return _nothing
    try:
        handle = sys.stdin.fileno()
        before: list[Any] = termios.tcgetattr(handle)
    except (termios.error, OSError, ValueError):
        return _nothing
    now = [*before]
    change(now, termios)
    with suppress(termios.error):  # the window was closed
        termios.tcsetattr(handle, termios.TCSADRAIN, now)

    def restore() -> None:
        with suppress(termios.error):
            termios.tcsetattr(handle, termios.TCSADRAIN, before)

    return restore


def _keep_enter(modes: list[Any], termios: Any) -> None:
    import sys

    # A typed Enter stays the Enter key for the next prompt; translated it would be Ctrl-J, a new line.
    modes[0] &= ~termios.ICRNL
    # Ctrl-\ does nothing at the prompt either; here it would leave the echo off, and a core with keys in it.
    modes[6] = [*modes[6]]
    modes[6][termios.VQUIT] = bytes([os.fpathconf(sys.stdin.fileno(), "PC_VDISABLE")])


def _quieten(modes: list[Any], termios: Any) -> None:
    _keep_enter(modes, termios)
    modes[3] &= ~termios.ECHO


def _quieten_but_leave(modes: list[Any], termios: Any) -> None:
    _quieten(modes, termios)
    # Nobody reads keys meanwhile, so the terminal itself must know this one; what was typed ahead stays.
    modes[3] |= termios.NOFLSH
    modes[6][termios.VQUIT] = b"\x02"
