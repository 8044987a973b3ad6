"""What a child wrote, in bounded memory: the head and the tail, and a count of all of it."""

from __future__ import annotations

import codecs

from azresp.toolbox.images import MAGIC_BYTES, image_kind


class Capture:
    """Takes any number of bytes and keeps the first and the last of them.

    Where the first bytes are an image's, up to `image_bytes` are kept: half an image is none.
    """

    def __init__(self, head_bytes: int, tail_bytes: int, image_bytes: int = 0) -> None:
        self._head, self._tail = bytearray(), bytearray()
        self._head_bytes, self._tail_bytes, self._image_bytes = head_bytes, tail_bytes, image_bytes
        self.total = 0

    def add(self, chunk: bytes) -> None:
        """Take what was read."""
        self.total += len(chunk)
        most = self._head_bytes
        if self._image_bytes > most and image_kind(self._head[:MAGIC_BYTES] or chunk[:MAGIC_BYTES]):
            most = self._image_bytes
        room = 0 if self._tail else max(0, most - len(self._head))
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > 2 * self._tail_bytes:
            del self._tail[: len(self._tail) - self._tail_bytes]

    @property
    def cut(self) -> int:
        """How many bytes were dropped between head and tail."""
        return self.total - len(self._head) - min(len(self._tail), self._tail_bytes)

    @property
    def whole(self) -> bytes | None:
        """All that was written; None if some was dropped."""
        return None if self.cut else bytes(self._head + self._tail)

    @property
    def binary(self) -> bool:
        """It is no text: text has no NUL."""
        return 0 in self._head or 0 in self._tail

    @property
    def image(self) -> str | None:
        """The media type, where the first bytes are an image's."""
        return image_kind(self._head)

    @property
    def text(self) -> str:
        """UTF-8, what is none replaced; where something was dropped, a line says how much."""
        if self.image or self.binary:
            return f"[{self.image or 'binary output'}, {self.total:,} bytes: not shown]" if self.total else ""
        if not self.cut:
            return (self._head + self._tail).decode("utf-8", "replace")
        # The cut may go through a character: its halves are left out.
        head = codecs.getincrementaldecoder("utf-8")("replace").decode(bytes(self._head))
        tail = bytes(self._tail[len(self._tail) - min(len(self._tail), self._tail_bytes) :])
        start = next((at for at, byte in enumerate(tail[:4]) if byte & 0xC0 != 0x80), 0)
        dropped = f"[{self.cut:,} of {self.total:,} bytes left out here]"
        return f"{head}\n{dropped}\n{tail[start:].decode('utf-8', 'replace')}"


def cut_text(text: str, head_bytes: int, tail_bytes: int) -> str:
    """A text at most so long, cut in the middle with a line that says so."""
    capture = Capture(head_bytes, tail_bytes)
    capture.add(text.encode("utf-8", "replace"))
    return capture.text if capture.cut else text
