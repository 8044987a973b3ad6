"""The HTML page of a conversation: nothing foreign acts in it, and it loads nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azresp.core.items import item_from
from azresp.core.pictures import Kept
from azresp.core.session import Exchange, Session, message
from azresp.core.turn import Turn
from azresp.ui.export.markdown import as_markdown
from azresp.ui.export.page import as_page
from azresp.ui.export.whole import whole

_OURS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "h4", "h5", "h6", "div", "p", "pre", "code",
    "a", "img", "em", "strong", "s", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "br", "hr",
    "blockquote",
}  # fmt: skip


class _Seen(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def _page(text: str, *, mime: str = "image/png", image_url: str = "") -> str:
    answer = {"type": "message", "content": [{"type": "output_text", "text": text, "annotations": []}]}
    drawn = {"type": "image_generation_call", "result": Kept("/x", 3, "ab", mime).to_wire()}
    turn = Turn(text, "completed", (item_from(0, answer), item_from(1, drawn)))
    parts = [
        {"type": "input_image", "image_url": image_url or text},
        {"type": "input_file", "filename": text},
    ]
    one = Exchange("e", None, (message(text, parts=parts),), turn, 1.0, text)
    return as_page(Session("s", text, "e", {}, {"e": one}), [one], lambda kept: "aGVq")


_BAD = (
    "<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](https://evil/p.png)", "<!--", "</style>", "]]>",
    '"><img src=x onerror=y>', "<a href='data:text/html,x'>", "[a](https://b \"t\" onclick=x)", "&lt;script&gt;",
    "|a|b|\n|:-|-:|\n|<b>|2|", "[r]: javascript:x\n[r]", "`</code><script>`", "<https://x\"onload=y>",
    "\u202eevil\x1b[2J",
)  # fmt: skip


@given(st.lists(st.sampled_from(_BAD) | st.text(max_size=12), max_size=6).map("\n\n".join))
@settings(max_examples=60)
def test_whatever_was_said_nothing_of_it_acts_or_loads(text: str) -> None:
    page = _page(text)
    assert not set("\u202e\x1b") & set(page)
    for tag, attributes in _Seen(page).tags:
        assert tag in _OURS
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert re.match(r"data:image/|None", str(attributes.get("src")))
        assert re.match(r"(?i)https?://|mailto:|None", str(attributes.get("href")))


def test_the_page_holds_its_pictures_and_a_policy_that_allows_nothing_else() -> None:
    page = _page("see [bank](https://evil.example)", image_url="data:image/gif;base64,R0lG")
    assert page.count("<img ") == 2
    assert 'src="data:image/png;base64,aGVq"' in page
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in page
    assert 'class="told" href="https://evil.example"' in page
    for odd in ("image/svg+xml", 'image/png"onload=x', "text/html"):
        assert "no longer at hand" in _page("x", mime=odd, image_url="data:image/svg+xml;base64,AA==")
        assert "<img" not in _page("x", mime=odd, image_url="data:image/svg+xml;base64,AA==")


@pytest.mark.parametrize(
    ("open_", "closed"),
    [
        ("```py\ncode", "```py\ncode\n```"), ("~~~~\n```\n~~~", "~~~~\n```\n~~~\n~~~~"),
        ("```\na\n```\nb", "```\na\n```\nb"),
        ("a\n<!-- b", "a\n\\<!-- b"), ("<!-- b\n-->", "<!-- b\n-->"), ("```\n<!-- b\n```", "```\n<!-- b\n```"),
        ("<script>", "\\<script>"), ("`` ``` ``", "`` ``` ``"), ("", ""),
    ],
)  # fmt: skip
def test_no_message_of_an_export_swallows_the_next(open_: str, closed: str) -> None:
    assert whole(open_) == closed
    assert whole(closed) == closed


def test_a_conversation_that_began_in_another_session_has_no_other_branches() -> None:
    one = Exchange("a", None, (message("q"),), Turn("resp_a", "completed"), 1.0)
    two, aside = replace(one, id="b", parent="a"), replace(one, id="c", parent="a")
    fork = Session("s", "fork", "b", {}, {"a": one, "b": two})
    for made, told in (([two], False), ([two, aside], True)):
        page, text = as_page(fork, made, lambda _: None), as_markdown(fork, made, lambda _: Path())
        assert [("1 more on other branches" in one) for one in (page, text)] == [told, told]
        assert "-1 more" not in page + text
