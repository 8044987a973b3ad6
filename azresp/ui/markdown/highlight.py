"""Syntax colours line by line: the lexer's state is kept between lines, so that finished lines are final."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from azresp.ui.markdown.palette import Palette
from azresp.ui.markdown.rows import DIM, STRONG, Span
from azresp.ui.sink import clean

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_ROLES: Final = {
    "Comment": "",
    "Comment.Preproc": "keyword",
    "Keyword": "keyword",
    "Keyword.Constant": "number",
    "Keyword.Type": "code",
    "Literal.Number": "number",
    "Literal.String": "string",
    "Literal.String.Escape": "number",
    "Literal.String.Interpol": "number",
    "Name.Attribute": "code",
    "Name.Builtin": "code",
    "Name.Class": STRONG,
    "Name.Decorator": "keyword",
    "Name.Exception": "code",
    "Name.Function": STRONG,
    "Name.Tag": "keyword",
    "Operator.Word": "keyword",
    "Generic.Deleted": "removed",
    "Generic.Inserted": "added",
    "Generic.Heading": STRONG,
    "Generic.Subheading": "keyword",
    "Generic.Prompt": "",
}
"""Token type -> role of the palette, or an attribute; empty: dimmed."""

_OPENS_COMMENT: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`|//.*|/\*.*?\*/|(/\*)')
_SLASH_STAR: Final = frozenset(
    ("c", "c++", "c#", "css", "dart", "go", "groovy", "java", "javascript", "kotlin", "objective-c")
).union(("php", "rust", "scala", "scss", "swift", "typescript"))
LONG_LINE: Final = 2000
"""Characters of a line beyond which it is not lexed: some lexers need quadratic time."""


class Highlighter:
    """The colours of one code block; `line` is called once for each line, in order."""

    __slots__ = ("_comment", "_lexer", "_palette", "_slash_star", "_stack")

    def __init__(self, language: str, palette: Palette) -> None:
        self._palette = palette
        self._lexer = _lexer(language.lower())
        self._slash_star = self._lexer is not None and self._lexer.name.lower() in _SLASH_STAR
        self._stack: tuple[str, ...] = ("root",)
        self._comment = False  # inside a comment of several lines that the lexer can only see as a whole

    def copy(self) -> Highlighter:
        other = Highlighter.__new__(Highlighter)
        other._lexer, other._slash_star = self._lexer, self._slash_star
        other._stack, other._comment, other._palette = self._stack, self._comment, self._palette
        return other

    def line(self, text: str) -> list[Span]:
        """One line without its LF -> clean spans."""
        if self._lexer is None or len(text) > LONG_LINE:
            return [Span(clean(text), "")]
        head = ""
        if self._comment:
            head, end, text = text.partition("*/")
            head += end
            self._comment = not end
        tail = ""
        if self._slash_star and not self._comment:
            for match in _OPENS_COMMENT.finditer(text):
                if match.group(1):
                    text, tail, self._comment = text[: match.start()], text[match.start() :], True
                    break
        spans = [Span(clean(head), DIM)] if head else []
        if text or not (head or tail):
            spans += self._lex(text)
        return [*spans, Span(clean(tail), DIM)] if tail else spans

    def _lex(self, text: str) -> list[Span]:
        if self._lexer is None:
            return [Span(clean(text), "")]
        try:
            tokens = self._tokens(self._lexer, text + "\n")
            return [
                Span(clean(value.rstrip("\n")), _style(str(kind), self._palette)) for kind, value in tokens
            ]
        except Exception:  # a lexer that cannot be resumed in mid-text: the rest of the block stays plain
            self._lexer = None
            return [Span(clean(text), "")]

    def _tokens(self, lexer: Lexer, text: str) -> list[tuple[Any, str]]:
        from pygments.lexer import ExtendedRegexLexer, LexerContext, RegexLexer

        if not isinstance(lexer, RegexLexer):
            return [(kind, value) for _, kind, value in lexer.get_tokens_unprocessed(text)]
        context = LexerContext(text, 0, list(self._stack))
        tokens = [
            (kind, value)
            for _, kind, value in ExtendedRegexLexer.get_tokens_unprocessed(lexer, context=context)  # type: ignore[arg-type]
        ]
        if "".join(value for _, value in tokens) != text:
            raise ValueError("the lexer lost text")
        self._stack = tuple(context.stack[:50])
        return tokens


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexer import DelegatingLexer, RegexLexer
    from pygments.lexers import get_lexer_by_name
    from pygments.lexers.data import JsonLexer
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    if isinstance(lexer, DelegatingLexer) or not isinstance(lexer, RegexLexer | JsonLexer):
        return None  # needs the whole text
    return lexer


@lru_cache(maxsize=512)
def _style(kind: str, palette: Palette) -> str:
    name = kind.removeprefix("Token").removeprefix(".")
    while name:
        if name in _ROLES:
            role = _ROLES[name]
            return getattr(palette, role, role) if role else DIM
        name = name.rpartition(".")[0]
    return ""
