"""Base64 in pieces: a picture of 20 MB is never held twice in one form."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from azresp.errors import UsageError

_PIECE = 192 * 1024
"""Bytes at a time; divisible by 3, so that no piece but the last is padded."""
_SPACE = re.compile(r"\s+")


class BadBase64(UsageError):
    """The text is no base64."""


def encoded(data: bytes, prefix: str = "") -> str:
    """`prefix` and the base64 of `data`. Takes hardly more memory than the text itself."""
    view = memoryview(data)
    text = prefix
    for start in range(0, len(view), _PIECE):
        # CPython lengthens a text in place that nobody else holds; `join` would hold it twice.
        text += binascii.b2a_base64(view[start : start + _PIECE], newline=False).decode("ascii")
    return text


def encoded_size(size: int) -> int:
    """How many characters `size` bytes become."""
    return (size + 2) // 3 * 4


def decoded(text: str) -> Iterator[bytes]:
    """The bytes that a base64 text stands for, in pieces. Raises BadBase64, also after some of them."""
    _check_end(text)
    step, start, spaced = _PIECE // 3 * 4, 0, True
    while start < len(text):
        try:
            piece = binascii.a2b_base64(text[start : start + step], strict_mode=True)
        except ValueError as error:  # binascii.Error is one; so is what non-ASCII text raises
            if not spaced:
                raise BadBase64(f"the base64 is damaged near character {start}: {error}") from error
            # White space is looked for only now: in a picture of 20 MB that takes longer than all the rest.
            text, spaced = text[:start] + _SPACE.sub("", text[start:]), False
            _check_end(text)
            continue
        if len(piece) < _PIECE and start + step < len(text):
            raise BadBase64(f"the base64 goes on after its end, near character {start}")
        yield piece
        start += step


def _check_end(text: str) -> None:
    if text.endswith("==="):
        raise BadBase64("the base64 ends in more padding than there can be")
