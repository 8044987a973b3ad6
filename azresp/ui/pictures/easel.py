"""The picture that may still change: it stands at the end of the live area until something else comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azresp.ui.markdown.rows import Row
    from azresp.ui.pictures.picture import Picture


class Easel:
    """Holds one picture at a time, and what the terminal has to be sent for it beside rows."""

    __slots__ = ("_after", "_before", "_final", "_key", "_owed", "_picture")

    def __init__(self) -> None:
        self._key = ""
        self._picture: Picture | None = None
        self._final: set[str] = set()
        self._owed: dict[str, Picture] = {}  # sketches that gave way before their final picture came
        self._before = self._after = ""

    @property
    def busy(self) -> bool:
        """Whether a picture stands here."""
        return self._picture is not None

    def accepts(self, key: str) -> bool:
        """Whether something may still come for this key: nothing comes after a final picture."""
        return key not in self._final

    def holds(self, key: str) -> bool:
        """Whether the picture that stands here is this one."""
        return self.busy and self._key == key

    def put(self, key: str, picture: Picture, *, final: bool) -> None:
        """Set up a picture in the place of the last one."""
        was = self._picture or self._owed.pop(key, None)
        if was is not None:
            self._after += was.after
        self._before += picture.before
        self._key, self._picture = key, picture
        if final:
            self._final.add(key)

    def rows(self, columns: int, lines: int) -> list[Row]:
        """The rows of what stands here."""
        if self._picture is None:
            return []
        return self._picture.rows(columns, lines, final=False)

    def settle(self, columns: int, lines: int) -> list[Row]:
        """The rows of a final picture that stood here; a sketch leaves none, its picture is still to come."""
        picture, self._picture = self._picture, None
        if picture is None:
            return []
        if self._key in self._final:
            return picture.rows(columns, lines, final=True)
        self._owed[self._key] = picture
        self._after += picture.away
        return []

    def rest(self, columns: int, lines: int) -> list[Row]:
        """The rows of all that is left: what stands here, and the sketches whose final picture never came."""
        left = [*self._owed.values(), *([self._picture] if self._picture is not None else [])]
        self._owed, self._picture = {}, None
        for picture in left:
            if picture.away:  # a frame that takes it off the screen and shows it again only shows it
                self._after = self._after.replace(picture.away, "")
        return [row for picture in left for row in picture.rows(columns, lines, final=True)]

    def commands(self) -> tuple[str, str]:
        """What to write before and after the next frame's rows; once."""
        found = self._before, self._after
        self._before = self._after = ""
        return found
