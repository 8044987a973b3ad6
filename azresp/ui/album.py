"""The pictures of a conversation: their numbers, a line about each, and showing them as they come."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from azresp.core.pictures import CALL, Kept, kept_from

if TYPE_CHECKING:
    from azresp.core.session import Exchange, Session
    from azresp.ui.pictures.previews import Previews
    from azresp.ui.terminal import Terminal
    from azresp.ui.turn_screen import TurnScreen


class Seen(Protocol):
    """A picture that came."""

    @property
    def key(self) -> str: ...
    @property
    def kept(self) -> Kept: ...
    @property
    def sketch(self) -> int | None: ...
    @property
    def base64(self) -> str: ...


def _pictures_of(exchange: Exchange) -> list[Kept]:
    """The pictures that an answer brought, as far as they were saved; a sketch where no final one came."""
    found = [kept_from(item.picture) for item in exchange.turn.items if item.kind == CALL]
    return [kept for kept in found if kept is not None and kept.saved]


def drawn_in(exchange: Exchange) -> list[Kept]:
    """The final pictures of an answer, those too that the disk did not take."""
    found = [kept_from(item.wire.get("result")) for item in exchange.turn.items if item.kind == CALL]
    return [kept for kept in found if kept is not None and (kept.saved or kept.sha256)]


def pictures_in(session: Session) -> list[Kept]:
    """The pictures of a conversation in order: their numbers begin with 1."""
    return [kept for exchange in session.path() for kept in _pictures_of(exchange)]


def caption(number: int, kept: Kept, path: Path) -> str:
    """A line about a picture."""
    if not kept.saved:
        return f"a picture that is not saved · {size_told(kept.bytes)}"
    return f"picture {number} · {shown(path)} · {size_told(kept.bytes)}"


def shown(path: Path) -> str:
    """A path as it may be typed in a shell, short."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home raises without one
    text = str(path)
    return f"~{text[len(home) :]}" if len(home) > 1 and text.startswith(home + os.sep) else text


def captions(session: Session, exchange: Exchange, path: Callable[[Kept], Path]) -> Iterator[str]:
    """A line for each picture of an answer; one outside of the conversation has no number."""
    first = 0
    for one in session.path():
        if one.id == exchange.id:
            break
        first += len(_pictures_of(one))
    else:
        yield from (
            f"picture · {shown(path(kept))} · {size_told(kept.bytes)}" for kept in _pictures_of(exchange)
        )
        return
    for number, kept in enumerate(_pictures_of(exchange), first + 1):
        yield caption(number, kept, path(kept))


def size_told(count: int) -> str:
    """`812 bytes`, `12 KB`, `1.2 MB`."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} KB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


class Wall:
    """Hangs the pictures of one turn as they come; `first` is the number of its first one."""

    def __init__(
        self,
        terminal: Terminal,
        screen: TurnScreen,
        first: int,
        path: Callable[[Kept], Path],
        preview: str = "",
    ) -> None:
        self._terminal, self._screen, self._preview = terminal, screen, preview
        self._first = first
        self._path = path
        self._numbers: dict[str, int] = {}
        self.remarks: list[str] = []
        """what could not be saved, and why"""

    @cached_property
    def _previews(self) -> Previews:
        # Most turns have no picture.
        from azresp.ui.pictures.previews import Previews

        return Previews(self._screen.picture, self._terminal.surface(self._preview), self._terminal.size)

    def show(self, seen: Seen) -> None:
        """Show a picture soon, in place of its last sketch."""
        number = self._numbers.setdefault(seen.key, self._first + len(self._numbers))
        kept, final = seen.kept, seen.sketch is None
        if not kept.saved and kept.remark not in self.remarks:
            self.remarks.append(kept.remark)
        if not (kept.saved or kept.sha256):
            return
        told = caption(number, kept, self._path(kept)) if final else f"picture {number} takes shape"
        # A sketch's file goes when the final one is there, maybe before it is drawn.
        self._previews.offer(seen.key, seen.base64, told, final=final)

    async def done(self) -> None:
        """Everything that came is shown."""
        if self._numbers:
            await self._previews.done()

    def stop(self) -> None:
        """Nothing more is shown."""
        if self._numbers:
            self._previews.stop()
