"""Syntax colours line by line: the lexer's state is kept between lines, so that finished lines are final."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from azresp.ui.markdown.rows import DIM, Span
from azresp.ui.sink import clean

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_COLOURS: Final = {
    "Comment": DIM,
    "Comment.Preproc": "35",
    "Keyword": "35",
    "Keyword.Constant": "36",
    "Keyword.Type": "36",
    "Literal.Number": "36",
    "Literal.String": "32",
    "Literal.String.Escape": "36",
    "Literal.String.Interpol": "36",
    "Name.Attribute": "36",
    "Name.Builtin": "36",
    "Name.Class": "1",
    "Name.Decorator": "35",
    "Name.Exception": "36",
    "Name.Function": "1",
    "Name.Tag": "35",
    "Operator.Word": "35",
    "Generic.Deleted": "31",
    "Generic.Inserted": "32",
    "Generic.Heading": "1",
    "Generic.Subheading": "35",
    "Generic.Prompt": DIM,
}
"""Token type -> SGR; all readable on light and dark grounds, plain names keep the terminal's own colour."""

_OPENS_COMMENT: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`|//.*|/\*.*?\*/|(/\*)')
_SLASH_STAR: Final = frozenset(
    ("c", "c++", "c#", "css", "dart", "go", "groovy", "java", "javascript", "kotlin", "objective-c")
).union(("php", "rust", "scala", "scss", "swift", "typescript"))
LONG_LINE: Final = 2000
"""Characters of a line beyond which it is not lexed: some lexers need quadratic time."""


class Highlighter:
    """The colours of one code block; `line` is called once for each line, in order."""

    __slots__ = ("_comment", "_lexer", "_slash_star", "_stack")

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language.lower())
        self._slash_star = self._lexer is not None and self._lexer.name.lower() in _SLASH_STAR
        self._stack: tuple[str, ...] = ("root",)
        self._comment = False  # inside a comment of several lines that the lexer can only see as a whole

    def copy(self) -> Highlighter:
        other = Highlighter.__new__(Highlighter)
        other._lexer, other._slash_star = self._lexer, self._slash_star
        other._stack, other._comment = self._stack, self._comment
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
            return [Span(clean(value.rstrip("\n")), _style(str(kind))) for kind, value in tokens]
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
def _style(kind: str) -> str:
    name = kind.removeprefix("Token").removeprefix(".")
    while name:
        if name in _COLOURS:
            return _COLOURS[name]
        name = name.rpartition(".")[0]
    return ""
