"""The sanitizing sink: foreign text in, text that cannot act on a terminal and hides nothing out.

Escape, never delete: a deleted character would glue words together and hide what was sent. What may pass: printable
characters, line feed, tab, combining marks in sane numbers, and the joiners and selectors that emoji and the Arabic
and Indic scripts need. Run it after every decode (JSON, character references), never before.
"""

from __future__ import annotations

import re
from typing import Final

MARKS_KEPT: Final = 8
"""Combining marks that one base may carry; real languages need four or five."""

_INVISIBLE: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff" + "".join(f"{chr(p << 16 | 0xFFFE)}{chr(p << 16 | 0xFFFF)}" for p in range(1, 15))
)
"""Controls, default-ignorables, bidi controls, fillers, tags, selectors, private use, noncharacters."""

_MARKS: Final = (
    "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06dc\u06df-\u06e4"
    "\u0730-\u074a\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u0f71-\u0f84\u135d-\u135f\u1ab0-\u1ace\u1cd0-\u1ce8\u1dc0-\u1dff\u20d0-\u20f0\u302a-\u302f\u3099\u309a"
    "\ua66f-\ua672\ua6f0\ua6f1\ua8e0-\ua8f1\ufb1e\ufe20-\ufe2f\U0001d165-\U0001d169\U0001e8d0-\U0001e8d6"
)
_PICTURE: Final = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
_IDEOGRAPHS: Final = (
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)
"""No regular expression: one with ranges that large takes 1.4 ms to compile."""
_JOINING: Final = (
    "\u0620-\u065f\u066e-\u06d3\u06d5\u06dc\u06ee\u06ef\u06fa-\u06ff\u0710-\u07ff\u0840-\u08ff\u0900-\u0dff"
    "\u0f40-\u0fbc\u1000-\u109f\u1780-\u17d3\u1820-\u18aa\u1b00-\u1b4b\ufb50-\ufdcf\ufe70-\ufefc"
)

_TOKEN: Final = re.compile(f"[{_MARKS}]+|[{_INVISIBLE}]")
_ASCII_TOKEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_IS_MARK: Final = re.compile(f"[{_MARKS}]")
_IS_PICTURE: Final = re.compile(f"[{_PICTURE}]")
_TAKES_PRESENTATION: Final = re.compile(f"[0-9#*{_PICTURE}]")
_IS_JOINING: Final = re.compile(f"[{_JOINING}]")
_IS_VIRAMA: Final = re.compile(
    "[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u1039\u103a\u17d2\u1b44]"
)
_IS_MONGOLIAN: Final = re.compile("[\u1820-\u18aa]")

_JOINERS: Final = "\u200c\u200d"
_BLACK_FLAG: Final = "\U0001f3f4"
_CANCEL_TAG: Final = "\U000e007f"
_FLAGS: Final = frozenset(
    "".join(chr(0xE0000 + ord(letter)) for letter in region) + _CANCEL_TAG
    for region in ("gbeng", "gbsct", "gbwls")
)
"""The tag sequences that Unicode recommends for interchange; any other tag is smuggled text."""
_TAG_LIMIT: Final = 6


def visible(char: str) -> str:
    """One unwanted character as something to look at: a control picture, U+FFFD or `<U+202E>`."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"<U+{code:04X}>"


def join_halves(half: str, delta: str) -> tuple[str, str]:
    """(high surrogate left over, next delta) -> (left over now, text with whole pairs): JSON may cut a pair in two."""
    if not half and (delta.isascii() or not _SURROGATE.search(delta)):
        return "", delta
    text, half = half + delta, ""
    if "\ud800" <= text[-1:] <= "\udbff":
        text, half = text[:-1], text[-1]
    return half, text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


class Cleaner:
    """One stream's sink: the concatenation of what it returns equals `clean(whole)`, however the text was cut."""

    __slots__ = ("_half", "_held", "_marks", "_prev", "escaped")

    def __init__(self) -> None:
        self.escaped = 0
        """Characters escaped so far."""
        self._prev = ""  # the last character that went out as it was; "" after an escape
        self._held = ""  # characters whose fate the next one decides: CR, a joiner, tags of a flag
        self._half = ""  # a high surrogate whose other half may come with the next delta
        self._marks = 0  # combining marks since the last base

    def feed(self, delta: str) -> str:
        """The next piece of foreign text -> what may be written now (undecided characters wait)."""
        self._half, delta = join_halves(self._half, delta)
        token = _ASCII_TOKEN if delta.isascii() else _TOKEN
        if not (self._held or self._marks) and token.search(delta) is None:
            self._prev = delta[-1:] or self._prev
            return delta
        out: list[str] = []
        at = 0
        for match in token.finditer(delta):
            if match.start() > at:
                self._plain(delta[at : match.start()], out)
            self._token(match.group(), out)
            at = match.end()
        if at < len(delta):
            self._plain(delta[at:], out)
        return "".join(out)

    def flush(self) -> str:
        """The end of the stream: what was still undecided, escaped."""
        out: list[str] = []
        self._end_run("", out)
        if self._half:
            out.append(self._escape(self._half))
        self._half = self._prev = ""
        return "".join(out)

    def _plain(self, run: str, out: list[str]) -> None:
        self._end_run(run[0], out)
        out.append(run)
        self._prev = run[-1]

    def _token(self, token: str, out: list[str]) -> None:
        if _IS_MARK.match(token):
            self._resolve(token[0], out)
            kept = token[: max(0, MARKS_KEPT - self._marks)]
            self._marks += len(token)
            out.append(kept)
            self._prev = kept[-1:] or self._prev
        elif self._held and self._grows_flag(token):
            self._held += token
            if token == _CANCEL_TAG or len(self._held) > _TAG_LIMIT:
                self._resolve("", out)
        else:
            self._end_run(token, out)
            self._suspect(token, out)

    def _suspect(self, char: str, out: list[str]) -> None:
        if (
            char == "\r"
            or (char in _JOINERS and self._may_join())
            or (self._prev == _BLACK_FLAG and _is_tag(char))
        ):
            self._held = char
        elif self._is_selector(char) or (char in _JOINERS and _IS_VIRAMA.match(self._prev)):
            self._keep(char, out)
        else:
            out.append(self._escape(char))

    def _grows_flag(self, char: str) -> bool:
        return _is_tag(self._held[0]) and _is_tag(char)

    def _may_join(self) -> bool:
        prev = self._prev
        if _IS_VIRAMA.match(prev):
            return False  # kept at once: a joiner after a virama may end the word
        return prev == "\ufe0f" or bool(_IS_PICTURE.match(prev) or _IS_JOINING.match(prev))

    def _is_selector(self, char: str) -> bool:
        prev = self._prev
        if char in "\ufe0e\ufe0f":
            return bool(_TAKES_PRESENTATION.match(prev))
        if "\ufe00" <= char <= "\ufe02" or "\U000e0100" <= char <= "\U000e01ef":
            return any(first <= prev <= last for first, last in _IDEOGRAPHS)
        return "\u180b" <= char <= "\u180f" and bool(_IS_MONGOLIAN.match(prev))

    def _end_run(self, following: str, out: list[str]) -> None:
        self._resolve(following, out)
        if self._marks > MARKS_KEPT:
            out.append(f"<+{self._marks - MARKS_KEPT} marks>")
            self.escaped += self._marks - MARKS_KEPT
        self._marks = 0

    def _resolve(self, following: str, out: list[str]) -> None:
        held, self._held = self._held, ""
        if not held:
            return
        if held == "\r" and following == "\n":
            return  # CR LF ends a line like LF: it overwrites nothing
        if held in _FLAGS or (held in _JOINERS and self._joins(held, following)):
            self._keep(held, out)
            return
        out.extend(self._escape(char) for char in held)

    def _joins(self, joiner: str, following: str) -> bool:
        if _IS_JOINING.match(self._prev):
            return bool(_IS_JOINING.match(following))
        return joiner == "\u200d" and bool(_IS_PICTURE.match(following))

    def _keep(self, text: str, out: list[str]) -> None:
        out.append(text)
        self._prev = text[-1]

    def _escape(self, char: str) -> str:
        self.escaped += 1
        self._prev = ""
        return visible(char)


def _is_tag(char: str) -> bool:
    return "\U000e0020" <= char <= _CANCEL_TAG


def clean(text: str) -> str:
    """Foreign text -> text that is safe to write; line feeds and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    cleaner = Cleaner()
    out = cleaner.feed(text)
    return out + cleaner.flush()


def clean_line(text: str) -> str:
    """Foreign text for one line (names, titles, errors): line feeds and tabs become visible too."""
    return clean(text).replace("\n", "␊").replace("\t", "␉")


def invisible(text: str) -> int:
    """How many characters of the text are escaped when it is shown."""
    cleaner = Cleaner()
    cleaner.feed(text)
    cleaner.flush()
    return cleaner.escaped
