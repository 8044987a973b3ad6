"""Inline Markdown -> spans, through markdown-it's inline rules; link targets are shown, HTML stays text."""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

from azresp.ui.markdown.rows import DIM, EMPHASIS, STRONG, STRUCK, UNDERLINE, Look, Span, stack
from azresp.ui.sink import clean

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_SPECIAL: Final = re.compile(r"[\\`*_~\[\]<&!$\n]")
_MATH: Final = re.compile(r"\\\((?:.+?)\\\)|\\\[(?:.+?)\\\]|\$\$(?:.+?)\$\$", re.DOTALL)
_STYLES: Final = {"strong": STRONG, "em": EMPHASIS, "s": STRUCK}


def loaded() -> bool:
    """Whether the parser is imported already (it costs some 20 ms)."""
    return "markdown_it.main" in sys.modules


def inline(source: str, style: str, look: Look) -> list[Span]:
    """The source of one stretch of text -> clean spans; LF inside a span breaks the row."""
    if _SPECIAL.search(source) is None:
        return [Span(clean(source), style)]
    parser = _parser()
    tokens: list[Token] = []
    parser.inline.parse(source, parser, {}, tokens)
    return _Printer(look).run(tokens, style)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("js-default", {"maxNesting": 20})
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign] # shown as it is, never followed
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.inline.ruler.disable(["html_inline", "linkify"])
    parser.inline.ruler.before("escape", "math", _math)
    return parser


def _math(state: StateInline, silent: bool) -> bool:
    # TeX between its usual brackets is shown as it came: escapes and emphasis would garble it
    match = _MATH.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("text", "", 0).content = match.group()
    state.pos = match.end()
    return True


class _Printer:
    """Walks the tokens of one stretch of text."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._out: list[Span] = []

    def run(self, tokens: list[Token], style: str) -> list[Span]:
        styles = [style]
        links: list[tuple[Token, int]] = []
        for token in tokens:
            kind, _, edge = token.type.rpartition("_")
            if kind == "link":
                self._link_edge(token, edge, styles, links)
            elif kind in _STYLES and edge == "open":
                styles.append(stack(styles[-1], _STYLES[kind]))
                self._put("(deleted: " if self._look.spoken and kind == "s" else "", styles[-1])
            elif kind in _STYLES and edge == "close":
                self._put(")" if self._look.spoken and kind == "s" else "", styles[-1])
                styles.pop()
            else:
                self._leaf(token, styles[-1])
        return self._out

    def _leaf(self, token: Token, style: str) -> None:
        match token.type:
            case "softbreak" | "hardbreak":
                self._put("\n", style)
            case "code_inline":
                self._code(token, style)
            case "image":
                self._image(token, style)
            case _:
                self._put(token.content, style)

    def _code(self, token: Token, style: str) -> None:
        if self._look.code and token.content.strip():
            self._put(token.content, stack(style, self._look.code))
        elif self._look.spoken:
            self._put(token.content, style)
        else:  # without colours, or anything to colour, the ticks must tell what is code
            self._put(f"{token.markup}{token.content}{token.markup}", style)

    def _image(self, token: Token, style: str) -> None:
        self._put("image: ", stack(style, DIM))
        self.run(token.children or [], stack(style, UNDERLINE))
        self._target(token, "src", style)

    def _link_edge(self, token: Token, edge: str, styles: list[str], links: list[tuple[Token, int]]) -> None:
        if edge == "open":
            links.append((token, len(self._out)))
            styles.append(stack(styles[-1], UNDERLINE))
            return
        styles.pop()
        opened, start = links.pop()
        text = "".join(span.text for span in self._out[start:])
        href = clean(str(opened.attrs.get("href", "")))
        bare = href.removeprefix("mailto:") if opened.markup == "autolink" else href
        if text not in (href, bare) or opened.attrs.get("title"):
            self._target(opened, "href", styles[-1])

    def _target(self, token: Token, name: str, style: str) -> None:
        title = token.attrs.get("title")
        target = f"{token.attrs.get(name, '')}" + (f' "{title}"' if title else "")
        self._put(f" ({target})", stack(style, DIM))

    def _put(self, text: str, style: str) -> None:
        if text:
            self._out.append(Span(clean(text), style))
