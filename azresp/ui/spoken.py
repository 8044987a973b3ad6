"""The painter for screen readers: text is appended once, in whole lines, and what it is stands before it in a word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from azresp.ui.counting import counted
from azresp.ui.kind import Kind
from azresp.ui.live import Out
from azresp.ui.markdown.flow import Flow
from azresp.ui.markdown.rows import Look, Row, Span
from azresp.ui.markdown.wrap import Margin, Wrap
from azresp.ui.sink import clean

if TYPE_CHECKING:
    from azresp.ui.pictures.picture import Picture

LABELS: Final = {Kind.ANSWER: "Answer:", Kind.THOUGHT: "Reasoning:"}
_SGR: Final = re.compile(r"\x1b\[[0-9;]*m")
_CALL: Final = re.compile(r"call (\S+) ")


def words(line: str) -> str:
    """One of our lines for ears: the dots between its parts would be read out."""
    return line.replace(" · ", ", ")


def _bare(rows: Iterable[Row]) -> str:
    """Rows as lines without styles."""
    return "".join(_SGR.sub("", row.ansi) + "\n" for row in rows)


def spoken(text: str, columns: int) -> str:
    """A whole Markdown text for ears."""
    flow = Flow(columns, Look(colour=False, spoken=True))
    return _bare([*flow.feed(text), *flow.finish()])


class Spoken:
    """Nothing is drawn, coloured or taken back; a sentence comes as soon as it is whole."""

    def __init__(self, out: Out, columns: Callable[[], int]) -> None:
        self._out = out
        self._columns = columns
        self._flow: Flow | None = None
        self._kind = Kind.ANSWER
        self._doing = ""
        self._printed = False

    def add(self, delta: str, kind: Kind = Kind.ANSWER) -> None:
        """More text of the section; another kind opens a new section."""
        if kind is not self._kind:
            self.close()
        self._kind = kind
        if not delta:
            return
        if self._flow is None:
            self._put(("\n" if self._printed else "") + LABELS[kind] + "\n")
            self._flow = Flow(self._columns(), Look(colour=False, spoken=True))
        self._put(_bare(self._flow.feed(delta)))

    def close(self, instead: str | None = None) -> None:
        """End the open section; a thought was read, so nothing takes its place."""
        flow, self._flow = self._flow, None
        if flow is not None:
            self._put(_bare(flow.finish()))

    def note(self, line: str, *, apart: bool = False) -> None:
        """One line of our own."""
        self.close()
        self._line(_CALL.sub(r"Tool call \1: ", words(clean(line)), count=1))

    def aside(self, text: str, *, code: bool = False) -> None:
        """Foreign text as it is, indented, between a line that counts its own and one that ends it."""
        self.close()
        lines = clean(text).split("\n")
        what = "code" if code else "output"
        self._put(f"{what.capitalize()}, {counted(len(lines), 'line')}:\n")
        margin = Margin((Span("  ", ""),), (Span("  ", ""),), self._columns())
        wrap = Wrap(margin, words=False)
        self._put(_bare(row for line in lines for row in wrap.add([Span(line + "\n", "")])))
        self._put(f"End of {what}.\n")

    def picture(self, key: str, picture: Picture, *, final: bool) -> None:
        """A final picture's caption; others would only be words on the way."""
        if final:
            self.close()
            self._line(words(picture.caption))

    def again(self) -> None:
        """Nothing was drawn that could be disturbed."""

    def warm(self) -> None:
        """Nothing is loaded ahead."""

    def status(self, line: str | None, doing: str = "") -> None:
        """What is waited for is told once, when it changes; never how long, and never in the middle of a text."""
        if doing and doing != self._doing and self._flow is None:
            self._doing = doing
            self._line(f"{doing[:1].upper()}{doing[1:]}.")

    def pause(self) -> float:
        """None is needed: only whole lines are written."""
        return 0.0

    def due(self) -> float | None:
        """Never: everything is written at once."""
        return None

    def frame(self) -> None:
        """Nothing waits."""

    def finish(self) -> None:
        """The end: the last line is whole."""
        self.close()

    def _line(self, text: str) -> None:
        wrap = Wrap(Margin((), (Span("  ", ""),), self._columns()))
        self._put(_bare(wrap.add([Span(text, "")]) + wrap.end()))

    def _put(self, text: str) -> None:
        if text:
            self._printed = True
            self._out.write(text)
            self._out.flush()
