"""Greedy wrapping that can be fed piecemeal: a row comes out as soon as nothing later can change it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Final

from azresp.ui.cells import TAB_STOP, cut, width
from azresp.ui.markdown.rows import Row, Span, row_of

_PIECE: Final = re.compile(r"\n|[ \t]+|[^ \t\n]+")
_WIDE: Final = (
    "\u2e80-\u2fff\u3001-\u303f\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60"
    "\U00020000-\U0003fffd"
)
_FIRST_WIDE: Final = _WIDE[0]
_NOT_FIRST: Final = frozenset(
    "、。，．・：；？！）〕］｝〉》」』】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}"
)
_NOT_LAST: Final = frozenset("（〔［｛〈《「『【([{")


@dataclass(slots=True)
class Margin:
    """What stands before the rows of one block: the first row's prefix (a bullet, say), and the others'."""

    first: tuple[Span, ...]
    rest: tuple[Span, ...]
    width: int
    """Columns of the terminal."""

    def take(self) -> tuple[Span, ...]:
        """The prefix of the next row, cut to half of the width: content must fit beside it."""
        prefix, self.first = self.first, self.rest
        return self.fit(prefix)

    def fit(self, prefix: tuple[Span, ...]) -> tuple[Span, ...]:
        return _fitting(prefix, self.width)[0]

    def room(self, prefix: tuple[Span, ...]) -> int:
        return _fitting(prefix, self.width)[1] if prefix else max(1, self.width)

    def copy(self) -> Margin:
        return replace(self)


@lru_cache(4096)
def _fitting(prefix: tuple[Span, ...], columns: int) -> tuple[tuple[Span, ...], int]:
    """The end of a prefix that takes half of the columns at most, and the columns left. Asked for at each word."""
    kept = list(prefix)
    while (taken := sum(width(span.text) for span in kept)) > columns // 2 and kept:
        kept.pop(0)
    return tuple(kept), max(1, columns - taken)


@dataclass(slots=True)
class Wrap:
    """One stretch of text that is wrapped between margins; `words=False` cuts at the edge only, as code needs."""

    margin: Margin
    words: bool = True
    row: list[Span] = field(default_factory=list)
    used: int = 0
    blank: list[Span] = field(
        default_factory=list
    )  # blanks that appear only if a word follows in the same row
    word: list[Span] = field(default_factory=list)
    long: int = 0  # cells of the word

    def copy(self) -> Wrap:
        return Wrap(
            self.margin.copy(), self.words, self.row[:], self.used, self.blank[:], self.word[:], self.long
        )

    def add(self, spans: Iterable[Span]) -> list[Row]:
        """More text (LF breaks the row) -> the rows that are final now."""
        out: list[Row] = []
        for text, sgr in spans:
            for piece in _PIECE.findall(text):
                if piece == "\n":
                    self._end_word(out)
                    self._end_row(out)
                elif piece[0] in " \t" and self.words:
                    self._end_word(out)
                    self.blank.append(Span(piece.replace("\t", " " * TAB_STOP), sgr))
                else:
                    self._letters(piece.replace("\t", " " * TAB_STOP), sgr, out)
        return out

    def end(self) -> list[Row]:
        """The end of the text -> the last row, if there is one."""
        out: list[Row] = []
        self._end_word(out)
        if self.row:
            self._end_row(out)
        return out

    def reflow(self, columns: int) -> list[Row]:
        """The terminal got another width: wrap anew what is not final."""
        spans = [*self.row, *self.blank, *self.word]
        self.margin.width = columns
        self.row, self.blank, self.word, self.used, self.long = [], [], [], 0, 0
        return self.add(spans)

    @property
    def _room(self) -> int:
        return self.margin.room(self.margin.first)

    def _letters(self, text: str, sgr: str, out: list[Row]) -> None:
        last = self.word[-1].text[-1] if self.word else ""
        if not self.words or (last < _FIRST_WIDE and (text.isascii() or max(text) < _FIRST_WIDE)):
            self._grow(text, sgr, out)
            return
        for piece in _word().findall(text):
            last = self.word[-1].text[-1] if self.word else ""
            if last and _may_break(last, piece[0]):
                self._end_word(out)
            self._grow(piece, sgr, out)

    def _grow(self, text: str, sgr: str, out: list[Row]) -> None:
        self.word.append(Span(text, sgr))
        self.long += width(text)
        full = self.margin.room(self.margin.rest)
        if self.long <= min(full, self._room) or (self.words and self.long <= full):
            return
        if self.words and self.row:
            self._end_row(out)
        self._fold(out)

    def _fold(self, out: list[Row]) -> None:
        # longer than any row: fill rows with it, keep the rest as the word that may still grow
        spans, self.word, self.long = self.word, [], 0
        for text, sgr in spans:
            rest = text
            while rest:
                room = self._room - self.used
                if width(rest) <= room:
                    self.row.append(Span(rest, sgr))
                    self.used += width(rest)
                    break
                if room <= 0 and self.row:
                    self._end_row(out)
                    continue
                head, rest = cut(rest, room)
                if self.row and width(head) > room:
                    head, rest = "", head + rest
                self.row.append(Span(head, sgr))
                self._end_row(out)
        self.word, self.long = self.row, self.used
        self.row, self.used = [], 0

    def _end_word(self, out: list[Row]) -> None:
        if not self.word:
            return
        gap = sum(len(span.text) for span in self.blank) if self.row else 0
        if self.row and self.used + gap + self.long > self._room:
            self._end_row(out)
            gap = 0
        if gap or not self.row:
            self.row.extend(self.blank if gap else ())
        self.row.extend(self.word)
        self.used += gap + self.long
        self.blank, self.word, self.long = [], [], 0

    def _end_row(self, out: list[Row]) -> None:
        out.append(row_of((*self.margin.take(), *self.row)))
        self.row, self.blank, self.used = [], [], 0


@cache
def _word() -> re.Pattern[str]:
    """A wide letter, or a word of others. Made when first needed: ranges that large take 1.5 ms to compile."""
    return re.compile(f"[{_WIDE}]|[^{_WIDE}]+")


def _may_break(last: str, following: str) -> bool:
    # A word of more than one letter has no wide ones, and two letters alone are two pieces if one of them is wide.
    wide = len(_word().findall(last + following)) > 1
    return wide and following not in _NOT_FIRST and last not in _NOT_LAST
