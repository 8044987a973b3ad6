"""The screen for people: shows a turn through a painter, not faster than it can be painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from azresp.core.text import Grown
from azresp.errors import AzrespError
from azresp.ui.counting import counted
from azresp.ui.kind import Kind
from azresp.ui.screens import told
from azresp.ui.view import Known, Section, sections
from azresp.ui.views.doing import doing

if TYPE_CHECKING:
    from azresp.core.retry import Wait
    from azresp.core.sse import Wire
    from azresp.core.turn import Turn
    from azresp.ui.pictures.picture import Picture

QUIET_S = 1.0
"""After this long without news the status row tells what is waited for."""


class Painting(Protocol):
    """What a painter can do; a terminal's and the plain one."""

    def again(self) -> None: ...
    def warm(self) -> None: ...
    def add(self, delta: str, kind: Kind = Kind.ANSWER) -> None: ...
    def close(self, instead: str | None = None) -> None: ...
    def note(self, line: str, *, apart: bool = False) -> None: ...
    def aside(self, text: str, *, code: bool = False) -> None: ...
    def picture(self, key: str, picture: Picture, *, final: bool) -> None: ...
    def status(self, line: str | None, doing: str = "") -> None: ...
    def pause(self) -> float: ...
    def due(self) -> float | None: ...
    def frame(self) -> None: ...
    def finish(self) -> None: ...


class Timer(Protocol):
    """A call that was put off."""

    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Timer]


class TurnScreen:
    """Shows one turn. Level-triggered: `show` may be called at any rate; only the newest turn counts."""

    def __init__(
        self, painter: Painting, clock: Callable[[], float], later: Later, *, thoughts: bool = True
    ) -> None:
        self.keys = "Ctrl-C stops"
        """what keys do meanwhile"""
        self.differs = False
        """the final text is not what the deltas said"""
        self._painter = painter
        self._clock = clock
        self._later = later
        self._thoughts = thoughts
        self._turn: Turn | None = None
        self._shown: Turn | None = None
        self._told: dict[tuple[int, str, int], Grown] = {}
        self._done: set[tuple[int, str, int]] = set()
        self._known: Known = {}
        self._sourced = False
        self._open: Section | None = None
        self._hung: list[Callable[[], None]] = []  # pictures that wait for the end of a text
        self._began = self._news = clock()
        self._thinking_since = 0.0
        self._thought_chars = 0
        self._timer: Timer | None = None
        self._trouble: AzrespError | None = None
        self._ticker: Timer | None = later(QUIET_S, self._tick)

    def show(self, turn: Turn) -> None:
        """Show the newest state, now or at the next frame."""
        self._raise_trouble()
        if self._turn is None:
            self._painter.warm()
        self._turn = turn
        if self._timer is None:
            wait = self._painter.pause()
            if wait <= 0:
                self._paint()
            else:
                self._timer = self._later(wait, self._paint_late)

    def picture(self, key: str, picture: Picture, *, final: bool) -> None:
        """Show a picture in place of the last one of its key; below the text that is being written."""
        if self._ticker is None:
            return  # the screen is others' again
        self._raise_trouble()
        self._hear_news()
        self._hung.append(lambda: self._painter.picture(key, picture, final=final))
        if not self._writing():
            self._take()  # the end of a text may still wait for its frame
            self._close()
        if self._timer is None:
            self._paint()

    def again(self) -> None:
        """The program was in the background meanwhile."""
        self._painter.again()

    def heard(self, wires: list[Wire]) -> None:
        """Nothing: `show` has it all."""

    def waiting(self, wait: Wait, left_s: float) -> None:
        """Count down to the next try."""
        if left_s >= wait.seconds:
            self._painter.note(told(wait))
        self._painter.status(f"{wait.why} · next try in {left_s:.0f} s · {self.keys}")

    def resumed(self) -> None:
        """The wait is over."""
        self._painter.status(None)

    def remark(self, line: str) -> None:
        """Tell something about how the answer comes."""
        self._painter.note(line)

    def finish(self) -> None:
        """Everything is shown; the screen is left to others."""
        for timer in (self._timer, self._ticker):
            if timer is not None:
                timer.cancel()
        self._timer = self._ticker = None
        self._raise_trouble()
        self._paint()
        self._close()
        self._show_missed()
        self._painter.status(None)
        self._painter.finish()

    def _paint(self) -> None:
        self._timer = None
        self._take()
        due = self._painter.due()
        if due is not None:
            if due <= 0:
                self._painter.frame()
                due = self._painter.due()
            if due is not None and self._ticker is not None:
                self._timer = self._later(due, self._paint_late)

    def _take(self) -> None:
        """Bring the painter up to the newest turn."""
        turn = self._turn
        if turn is not None and turn is not self._shown:
            self._shown = turn
            for section in sections(turn, self._known):
                self._section(section)

    def _paint_late(self) -> None:
        # Nobody would catch what a timer's call raises (the reader of a pipe went away, a disk is full).
        try:
            self._paint()
        except AzrespError as error:
            self._trouble = error

    def _raise_trouble(self) -> None:
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble

    def _section(self, section: Section) -> None:
        if section.key in self._done or (section.kind == "thought" and not self._thoughts):
            return
        if section.kind not in ("answer", "thought"):
            self._aside(section)
            return
        before = self._told.get(section.key, Grown())
        new = section.text.since(before)
        if new == "":
            return
        if self._open is None or self._open.key != section.key:
            self._switch(section)
        if new is None:
            # The service's final text is not what it streamed: what was shown stays, the other follows.
            self.differs = True
            self._painter.close()
            new = section.text.raw
        self._hear_news()
        self._told[section.key] = section.text
        thought = section.kind == "thought"
        self._thought_chars += len(new) if thought else 0
        self._painter.add(new, Kind.THOUGHT if thought else Kind.ANSWER)

    def _aside(self, section: Section) -> None:
        """Something whole beside the answer."""
        self._close()
        self._done.add(section.key)
        self._hear_news()
        text = str(section.text)
        if section.kind == "line":
            self._painter.note(text)
        elif section.kind == "source":
            self._painter.note(text, apart=not self._sourced)
            self._sourced = True
        else:
            self._painter.aside(text, code=section.kind == "code")

    def _switch(self, section: Section) -> None:
        was = self._open
        if was is not None and was.kind == "thought" and section.kind == "thought":
            self._painter.add("\n\n", Kind.THOUGHT)
            self._done.add(was.key)
        else:
            self._close()
            self._thinking_since = self._clock()
        self._open = section

    def _close(self) -> None:
        section, self._open = self._open, None
        if section is not None:
            self._close_section(section)
        hung, self._hung = self._hung, []
        for hang in hung:
            hang()

    def _writing(self) -> bool:
        """Whether more may come of the text that is shown."""
        key = self._open.key if self._open is not None else None
        items = self._turn.items if self._turn is not None else ()
        return key is not None and any(item.index == key[0] and not item.closed for item in items)

    def _close_section(self, section: Section) -> None:
        self._done.add(section.key)
        if section.kind == "thought":
            seconds = self._clock() - self._thinking_since
            length = counted(self._thought_chars, "character")
            self._painter.close(f"thought for {_seconds(seconds)} · {length}")
            self._thought_chars = 0
        else:
            self._painter.close()

    def _show_missed(self) -> None:
        """Items may interleave: what an earlier section got after a later one had begun comes at the end."""
        for section in sections(self._turn) if self._turn is not None else ():
            if section.kind != "answer":
                continue
            missed = section.text.since(self._told.get(section.key, Grown()))
            if missed != "":
                self.differs = True
                self._painter.add(section.text.raw if missed is None else missed, Kind.ANSWER)
                self._painter.close()

    def _hear_news(self) -> None:
        self._news = self._clock()
        self._painter.status(None)

    def _tick(self) -> None:
        self._ticker = self._later(QUIET_S, self._tick)
        if self._clock() - self._news >= QUIET_S:
            waited = self._clock() - self._began
            at = doing(self._turn)
            self._painter.status(f"{at} · {_seconds(waited)} · {self.keys}", at)
            if self._timer is None:
                self._paint_late()


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
