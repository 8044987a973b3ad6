"""Paragraphs and headings: inline text that settles in chunks, so that a long paragraph streams into the scrollback."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from azresp.ui.markdown.inline import inline
from azresp.ui.markdown.rows import Look, Row
from azresp.ui.markdown.sentence import ends
from azresp.ui.markdown.wrap import Wrap

SOFT: Final = 400
"""Characters after which a paragraph is cut at the first blank where no delimiter seems open."""
HARD: Final = 1600
"""Characters after which it is cut in any case."""

_BLANK: Final = re.compile(r"[ \n]")


@dataclass(slots=True)
class Prose:
    """A leaf block of running text; each line of the source starts a row of its own."""

    wrap: Wrap
    look: Look
    style: str
    heading: bool = False
    source: str = ""
    begun: bool = False
    tried: int = SOFT  # blanks before this position have been refused
    header: int = -1  # where the last line starts, if it may become a table's header

    def copy(self) -> Prose:
        return Prose(
            self.wrap.copy(),
            self.look,
            self.style,
            self.heading,
            self.source,
            self.begun,
            self.tried,
            self.header,
        )

    def line(self, text: str) -> list[Row]:
        """One more line of the source -> the rows that are final now."""
        self.header = -1
        out = self.more("\n" if self.begun else "")
        self.begun = True
        out += self.more(text.strip(" ")) if "|" not in text else []
        if "|" in text:
            self.header = len(self.source)
            self.source += text.strip(" ")
        return out

    def more(self, text: str) -> list[Row]:
        """More text of the same line -> the rows that are final now."""
        out: list[Row] = []
        self.begun = True
        for start in range(0, len(text), HARD):
            self.source += text[start : start + HARD]
            out += self._settle()
        return out

    def close(self) -> list[Row]:
        """The end of the block -> its last rows."""
        source, self.source, self.header = self.source, "", -1
        if source.endswith("\n"):
            source = source[:-1]
        return self.wrap.add(inline(source, self.style, self.look)) + self.wrap.end()

    def take_header(self) -> str:
        """The last line leaves the paragraph, because a table's delimiter row follows it."""
        head = self.source[self.header :]
        self.source, self.header = self.source[: self.header], -1
        return head

    def _settle(self) -> list[Row]:
        out: list[Row] = []
        while (at := self._sentence() if self.look.spoken else self._seam()) > 0:
            out += self.wrap.add(inline(self.source[:at], self.style, self.look))
            out += self.wrap.end() if self.look.spoken else []
            self.source = self.source[at:]
            self.tried = SOFT
        return out

    def _sentence(self) -> int:
        """Where the first sentence ends; 0 if that is not seen yet."""
        for at in ends(self.source):
            if _balanced(self.source[:at]):
                return at
        return self._seam()

    def _seam(self) -> int:
        # where the source may be cut, decided by what stands before the seam and one character after it
        source = self.source
        while (match := _BLANK.search(source, self.tried)) and match.end() < min(len(source), HARD):
            if _balanced(source[: match.start()]):
                return match.end()
            self.tried = match.end()
        if len(source) <= HARD:
            return 0
        last = max(source.rfind(" ", SOFT, HARD), source.rfind("\n", SOFT, HARD))
        return last + 1 if last > 0 else HARD


def _balanced(text: str) -> bool:
    """Whether no delimiter run, bracket or code span of the text seems to be open at its end (a guess, cheap)."""
    count = text.count
    return (
        count("`") % 2 == 0
        and count("*") % 2 == 0
        and count("**") % 2 == 0
        and count("_") % 2 == 0
        and count("~~") % 2 == 0
        and count("$$") % 2 == 0
        and count("[") <= count("]")
        and count("(") <= count(")")
    )
