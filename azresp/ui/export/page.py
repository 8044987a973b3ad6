"""A conversation as one HTML page: pictures inside, no script, nothing loaded from anywhere, foreign text escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from azresp.core.events import dicts
from azresp.core.pictures import CALL, Kept, kept_from
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.ui.compacted import COMPACTED
from azresp.ui.export.markdown import done_in, elsewhere, given_in, marks, read_through, when
from azresp.ui.sink import clean, clean_line
from azresp.ui.views.said import with_it

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Read = Callable[[Kept], str | None]
_STYLE = """
:root{color-scheme:light dark;--text:#1b1b1f;--back:#fff;--soft:#f3f3f6;--dim:#5d5d68;--line:#d8d8df;--mark:#0b57d0}
@media(prefers-color-scheme:dark){:root{--text:#e6e6ea;--back:#16161a;--soft:#222228;--dim:#a0a0ad;--line:#3a3a44;
--mark:#8ab4f8}}
body{font:16px/1.55 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:46rem;margin:2rem auto;
padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.4rem}h2{font-size:.85rem;color:var(--dim);margin:1.6rem 0 .3rem;font-weight:600}
.you{white-space:pre-wrap;background:var(--soft);border-radius:.6rem;padding:.6rem .9rem}
.dim,.done{color:var(--dim);font-size:.85rem}.done,pre{white-space:pre-wrap}
pre{background:var(--soft);padding:.6rem .9rem;border-radius:.4rem}code,.done{font-family:ui-monospace,monospace}
img{max-width:100%;height:auto;border-radius:.4rem}table{border-collapse:collapse}
td,th{border:1px solid var(--line);padding:.2rem .5rem;overflow-wrap:break-word}
.right{text-align:right}.center{text-align:center}
blockquote{border-left:3px solid var(--line);margin-left:0;padding-left:1rem}a{color:var(--mark)}
a.told::after{content:" (" attr(href) ")";color:var(--dim)}
@media print{body{max-width:none;margin:0}}
"""
_PICTURE = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}")
"""SVG is none of them: it may load things."""
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def as_page(session: Session, made: Sequence[Exchange], read: Read) -> str:
    """The conversation up to its head; `read` gives the base64 of pictures."""
    name = escape(clean_line(session.name))
    shown = read_through(session, made)
    body = [f"<h1>{name}</h1>"]
    for exchange in shown:
        body += _exchange(exchange, session, read)
    if not shown:
        body.append(_dim("nothing was said yet"))
    if others := elsewhere(session, made):
        body.append(_dim(f"{others} more on other branches: azresp sessions export --format json has them"))
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _exchange(exchange: Exchange, session: Session, read: Read) -> Iterator[str]:
    if exchange.compaction:
        yield _dim(COMPACTED)
        return
    given = given_in(exchange, session)
    yield f"<h2>{'You' if exchange.question or not given else 'Tools'} · {when(exchange.asked_at)}</h2>"
    yield from _listed(given)
    if exchange.question or not given:
        yield f'<div class="you">{escape(clean(exchange.question).strip(chr(10))) or "(no text)"}</div>'
    for item in exchange.said:
        yield from _attached(item, read)
    yield f"<h2>{escape(clean_line(exchange.deployment)) or 'Answer'}</h2>"
    yield from _listed(done_in(exchange))
    if answer := exchange.turn.text or exchange.turn.refusal:
        yield f'<div class="answer">{_markdown().render(clean(answer))}</div>'
    for output in exchange.turn.items:
        if output.kind == CALL and (kept := kept_from(output.picture)) is not None:
            yield _picture(_url(kept, read), "a generated picture")
    if told := " · ".join(marks(exchange, session)):
        yield _dim(told)


def _attached(item: Wire, read: Read) -> Iterator[str]:
    parts = [part for part in dicts(item.get("content")) if part.get("type") in ("input_image", "input_file")]
    for part, line in zip(parts, with_it(item), strict=False):
        source = part.get("image_url")
        kept = kept_from(source)
        url = _url(kept, read) if kept is not None else source
        yield _picture(url, line) if isinstance(url, str) and _PICTURE.fullmatch(url) else _dim(line)


def _url(kept: Kept, read: Read) -> str:
    text = read(kept)
    return f"data:{kept.mime};base64,{text}" if text else ""


def _picture(url: str, told: str) -> str:
    if not _PICTURE.fullmatch(url):
        return _dim(f"{told}, which is no longer at hand")
    return f'<p><img alt="{escape(clean_line(told))}" src="{url}"></p>'


def _listed(lines: list[str]) -> list[str]:
    return [f'<div class="done">{escape(clean_line(line))}</div>' for line in lines]


def _dim(text: str) -> str:
    return f'<p class="dim">{escape(clean_line(text))}</p>'


@cache
def _markdown() -> MarkdownIt:
    """CommonMark with tables: HTML shows as text, pictures become links, and a link tells where it goes."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # To the library a target that it doubts is no link at all, so the source shows.
    markdown.validateLink = lambda url: bool(_LINK.match(url))  # type: ignore[method-assign]
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("link_open", _link_open)
    for cell in ("th_open", "td_open"):
        markdown.add_render_rule(cell, _cell)
    return markdown


def _image(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    source = escape(str(tokens[at].attrs.get("src", "")))
    return f'<a rel="noreferrer noopener" href="{source}">{escape(tokens[at].content) or "picture"}</a> ({source})'


def _link_open(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    target = str(tokens[at].attrs.get("href", ""))
    shown = tokens[at + 1].content if at + 1 < len(tokens) else ""
    told = "" if shown == target else ' class="told"'
    return f'<a rel="noreferrer noopener"{told} href="{escape(target)}">'


def _cell(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    # The policy lets no style attribute count.
    found = re.search(r"right|center", str(tokens[at].attrs.get("style", "")))
    return f"<{tokens[at].tag}" + (f' class="{found[0]}">' if found else ">")
