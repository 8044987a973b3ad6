"""Block structure, line by line: open containers (quotes, list items) around one open leaf.

CommonMark's own algorithm without the constructs that reach backwards over settled rows: no setext headings, no link
reference definitions (shown as text), lists are neither tight nor loose (a blank row stands where the source has one).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from azresp.ui.cells import TAB_STOP
from azresp.ui.markdown.code import Code
from azresp.ui.markdown.highlight import Highlighter
from azresp.ui.markdown.prose import Prose
from azresp.ui.markdown.rows import DIM, Look, Row, Span, row_of, stack
from azresp.ui.markdown.table import Table, alignments, may_be_delimiter
from azresp.ui.markdown.wrap import Margin, Wrap

DEEPEST: Final = 12
"""Containers inside one another; deeper marks are shown as text."""

_FENCE: Final = re.compile(r"(`{3,})([^`]*)$|(~{3,})(.*)$", re.DOTALL)
_HEADING: Final = re.compile(r"(#{1,6})(?: +|$)(.*?)(?: +#+)? *$", re.DOTALL)
_RULE: Final = re.compile(r"(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$")
_ITEM: Final = re.compile(r"([-+*]|(\d{1,9})[.)])( +|$)", re.DOTALL)
_TASK: Final = re.compile(r"\[([ xX])\] +(?=\S)")
_RULE_WIDTH: Final = 40


@dataclass(frozen=True, slots=True)
class Box:
    """An open container: a quote (`indent` 0) or a list item (`indent` = columns its content is indented by)."""

    marker: str
    style: str
    indent: int = 0
    start: int = 0
    fresh: bool = False  # its marker is not printed yet

    @property
    def quote(self) -> bool:
        return not self.indent


Leaf = Prose | Code | Table


@dataclass(slots=True)
class Blocks:
    """The state between two lines of the source; `copy` makes trying an unfinished line cheap."""

    width: int
    look: Look
    boxes: list[Box] = field(default_factory=list)
    leaf: Leaf | None = None
    gap: int | None = None  # a blank row is due; how many containers it lies in
    begun: bool = False
    open_line: bool = False

    def copy(self) -> Blocks:
        leaf = self.leaf.copy() if self.leaf else None
        return Blocks(self.width, self.look, self.boxes[:], leaf, self.gap, self.begun, self.open_line)

    def line(self, text: str) -> list[Row]:
        """One whole line without its LF -> the rows that are final now."""
        return self._line(text, whole=True)

    def begin(self, text: str) -> list[Row]:
        """The head of a line that is too long to wait for; `more` and `end_line` follow."""
        self.open_line = True
        return self._line(text, whole=False)

    def more(self, text: str) -> list[Row]:
        text = text.replace("\t", " " * TAB_STOP)
        return [] if isinstance(self.leaf, Table | None) else self.leaf.more(text)

    def end_line(self) -> list[Row]:
        self.open_line = False
        if isinstance(self.leaf, Code):
            return self.leaf.end_line()
        return self._close_leaf() if isinstance(self.leaf, Prose) and self.leaf.heading else []

    @property
    def speaks(self) -> bool:
        """Whether a line may be spoken before its end: it can be neither code nor a row of a table."""
        return self.look.spoken and not isinstance(self.leaf, Code | Table)

    def finish(self) -> list[Row]:
        """The end of the source -> the rows that were still open."""
        return self._close_to(0)

    def tentative(self, text: str) -> list[Row]:
        """The rows that are open, as if the source ended after this unfinished line; changes nothing."""
        trial = self.copy()
        if not text or (self._awaits_delimiter() and may_be_delimiter(text)):
            return trial.finish()
        return trial.line(text) + trial.finish()

    def reflow(self, columns: int) -> list[Row]:
        """The terminal got another width; rows that were cut for the old one may become final."""
        self.width = columns
        match self.leaf:
            case Prose(wrap=wrap):
                return wrap.reflow(columns)
            case Code(open_line=Wrap() as wrap):
                return wrap.reflow(columns)
            case Code(margin=margin):
                margin.width = columns
            case Table() as table:
                table.reflow(columns)
        return []

    def _awaits_delimiter(self) -> bool:
        return isinstance(self.leaf, Prose) and self.leaf.header >= 0

    def _line(self, text: str, *, whole: bool) -> list[Row]:
        verbatim = isinstance(self.leaf, Code) and bool(self.leaf.fence)
        text = text if verbatim else text.expandtabs(TAB_STOP)
        depth, rest = self._match(text)
        leaf = self.leaf
        if isinstance(leaf, Code) and depth == len(self.boxes):
            rows = self._code_line(leaf, rest, whole)
            if rows is not None:
                return rows
        if whole and not rest.strip(" "):
            return self._blank(depth)
        if depth < len(self.boxes):
            if isinstance(leaf, Prose) and not leaf.heading and not self._opens(rest):
                return self._continue(leaf, rest, whole)
            out = self._close_to(depth)
        else:
            out = []
        return out + self._content(rest, whole)

    def _match(self, text: str) -> tuple[int, str]:
        """How many open containers the line continues, and what is left of it."""
        rest = text
        for depth, box in enumerate(self.boxes):
            bare = rest.lstrip(" ")
            lead = len(rest) - len(bare)
            if box.quote:
                if lead > 3 or not bare.startswith(">"):
                    return depth, rest
                rest = bare[1:].removeprefix(" ")
            elif bare and lead < box.indent:
                # models indent what is nested under "1. " by two: take it as nested
                if lead < box.start + 2 or not _ITEM.match(bare):
                    return depth, rest
                rest = bare
            else:
                rest = rest[box.indent :]
        return len(self.boxes), rest

    def _code_line(self, leaf: Code, rest: str, whole: bool) -> list[Row] | None:
        if leaf.fence:
            bare = rest.strip(" ")
            if whole and len(bare) >= len(leaf.fence) and not bare.strip(leaf.fence[0]):
                out = leaf.edge(bare)
                self.leaf = None
                return out
            return leaf.line(rest) if whole else leaf.begin(rest)
        if not rest.strip(" ") and whole:
            leaf.blanks += 1
            return []
        if not rest.startswith("    "):
            return None
        out = [row for _ in range(leaf.blanks) for row in leaf.line("")]
        leaf.blanks = 0
        return out + (leaf.line(rest[4:]) if whole else leaf.begin(rest[4:]))

    def _blank(self, depth: int) -> list[Row]:
        out = self._close_to(depth) if self._quote_ends(depth) else self._close_leaf()
        self.gap = depth if self.gap is None else min(self.gap, depth)
        return out

    def _quote_ends(self, depth: int) -> bool:
        return any(box.quote for box in self.boxes[depth:])

    def _continue(self, leaf: Prose, rest: str, whole: bool) -> list[Row]:
        if whole:
            return leaf.line(rest)
        return leaf.line("") + leaf.more(rest.lstrip(" "))

    def _opens(self, rest: str) -> bool:
        """Whether the line starts a block that may interrupt a paragraph."""
        bare = rest.lstrip(" ")
        if len(rest) - len(bare) > 3:
            return False
        item = _ITEM.match(bare)
        return bool(
            bare.startswith(">") or _FENCE.match(bare) or _HEADING.match(bare) or _RULE.match(bare) or item
        )

    def _content(self, rest: str, whole: bool) -> list[Row]:
        out: list[Row] = []
        while True:
            bare = rest.lstrip(" ")
            lead = len(rest) - len(bare)
            prose = self.leaf if isinstance(self.leaf, Prose) else None
            if lead > 3 and prose is None:
                return out + (self._indented(rest[4:], whole) if bare else [])
            if lead > 3 or len(self.boxes) >= DEEPEST:
                return out + self._text(rest, whole)
            if bare.startswith(">"):
                out += self._close_leaf()
                self.boxes.append(Box("Quote: " if self.look.spoken else "│ ", DIM))
                rest = bare[1:].removeprefix(" ")
            elif (
                (item := _ITEM.match(bare))
                and not (whole and _RULE.match(bare))
                and self._may_open(item, bare)
            ):
                out += self._close_leaf()
                rest = self._item(item, bare, lead)
            else:
                return out + self._leaf_of(bare, whole)
            if not rest.strip(" ") and whole:
                return out

    def _may_open(self, item: re.Match[str], bare: str) -> bool:
        # a paragraph is interrupted only by items that are not empty and start at 1
        if not isinstance(self.leaf, Prose):
            return True
        return bool(bare[item.end() :].strip(" ")) and item.group(2) in (None, "1")

    def _item(self, item: re.Match[str], bare: str, lead: int) -> str:
        blanks = len(item.group(3))
        taken = len(item.group(1)) + (blanks if 0 < blanks < 5 else 1)
        rest = bare[taken:]
        spoken = self.look.spoken
        marker = f"{item.group(1)} " if item.group(2) or spoken else "• "
        if task := _TASK.match(rest):
            done = task.group(1).lower()
            marker = f"[{done}] " if not spoken else "Done: " if done == "x" else "To do: "
            rest = rest[task.end() :]
        self.boxes.append(Box(marker, "", lead + taken, lead, fresh=True))
        return rest

    def _leaf_of(self, bare: str, whole: bool) -> list[Row]:
        if whole and (fence := _FENCE.match(bare)):
            return self._fenced(fence, bare)
        if heading := _HEADING.match(bare):
            return self._heading(heading, bare, whole)
        if whole and _RULE.match(bare):
            out = self._close_leaf()
            margin = self._margin(out)
            drawn = "─" * min(_RULE_WIDTH, margin.room(margin.rest))
            rule = Span("Section break." if self.look.spoken else drawn, stack(self.look.base, DIM))
            return [*out, row_of((*margin.take(), rule))]
        return self._text(bare, whole)

    def _fenced(self, fence: re.Match[str], bare: str) -> list[Row]:
        out = self._close_leaf()
        margin = self._margin(out)
        words = (fence.group(2) or fence.group(4) or "").split()
        language = words[0].strip("{}.") if words else ""
        highlighter = Highlighter(language, self.look.palette) if language and self.look.colour else None
        self.leaf = Code(margin, self.look, fence.group(1) or fence.group(3), 0, highlighter)
        return out + self.leaf.edge(bare.rstrip(" "), language)

    def _indented(self, text: str, whole: bool) -> list[Row]:
        out = self._close_leaf()
        margin = self._margin(out)
        leaf = self.leaf = Code(margin, self.look, "", 0, None)
        out += leaf.edge("", "") if self.look.spoken else []
        return out + (leaf.line(text) if whole else leaf.begin(text))

    def _heading(self, heading: re.Match[str], bare: str, whole: bool) -> list[Row]:
        out = self._close_leaf()
        if self.begun and self.gap is None:
            self.gap = len(self.boxes)
        level = len(heading.group(1))
        leaf = self._prose(out, self.look.heading(level), heading=True)
        out += leaf.more(f"Heading {level}: " if self.look.spoken else "")
        if not whole:
            return out + leaf.more(bare[heading.end(1) :].lstrip(" "))
        return out + leaf.more(heading.group(2)) + self._close_leaf()

    def _text(self, text: str, whole: bool) -> list[Row]:
        leaf = self.leaf
        if isinstance(leaf, Table):
            if whole and "|" in text:
                return leaf.line(text)
            out = self._close_leaf()
            self.gap = len(self.boxes)
            return out + self._continue(self._prose(out), text, whole)
        if isinstance(leaf, Prose) and whole and leaf.header >= 0:
            aligns = alignments(leaf.source[leaf.header :], text)
            if aligns:
                return self._table(leaf, aligns, text)
        out = [] if isinstance(leaf, Prose) else self._close_leaf()
        prose = leaf if isinstance(leaf, Prose) else self._prose(out)
        return out + self._continue(prose, text, whole)

    def _table(self, leaf: Prose, aligns: list[str], delimiter: str) -> list[Row]:
        header = leaf.take_header()
        out: list[Row] = []
        margin = leaf.wrap.margin
        if leaf.source or leaf.wrap.row or leaf.wrap.word:
            out = self._close_leaf()
            self.gap = len(self.boxes)
            margin = self._margin(out)
        self.leaf = Table(margin, self.look, aligns, header, delimiter)
        return out + self.leaf.open()

    def _prose(self, out: list[Row], style: str = "", *, heading: bool = False) -> Prose:
        margin = self._margin(out)
        self.leaf = leaf = Prose(Wrap(margin), self.look, stack(self.look.base, style), heading)
        return leaf

    def _margin(self, out: list[Row]) -> Margin:
        """The margin of a block that opens now; a blank row that is due goes out before it."""
        if self.gap is not None and self.begun:
            quotes = [] if self.look.spoken else [box for box in self.boxes[: self.gap] if box.quote]
            out.append(row_of(Span(box.marker, DIM) for box in quotes))
        self.gap, self.begun = None, True
        first = tuple(self._edge(box, shown=box.fresh or box.quote) for box in self.boxes)
        rest = tuple(self._edge(box, shown=box.quote and not self.look.spoken) for box in self.boxes)
        self.boxes = [replace(box, fresh=False) for box in self.boxes]
        return Margin(first, rest, self.width)

    def _edge(self, box: Box, *, shown: bool) -> Span:
        text = box.marker if shown else " " * len(box.marker) if not box.quote else ""
        return Span(text, stack(self.look.base, box.style) if text.strip() else "")

    def _close_leaf(self) -> list[Row]:
        leaf, self.leaf = self.leaf, None
        if leaf is None:
            return []
        if isinstance(leaf, Code) and leaf.blanks:
            self.gap = len(self.boxes)
        return leaf.close()

    def _close_to(self, depth: int) -> list[Row]:
        out = self._close_leaf()
        if any(box.fresh for box in self.boxes[depth:]):  # an empty item still shows its bullet
            margin = self._margin(out)
            out.append(row_of(margin.take()))
        del self.boxes[depth:]
        if self.gap is not None:
            self.gap = min(self.gap, depth)
        return out
