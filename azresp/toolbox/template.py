"""Argument templates: from a call's arguments to the elements of argv, without any shell.

An element is text with `{name}` in it; `{{` and `}}` are braces.

- A number or a boolean is written as JSON has it, an object or array as one JSON text.
- `{name...}`, alone in its element, becomes one element for each entry of a list.
- A null or missing argument drops its element. In a group, `["--flag", "{name}"]`, it drops the whole group; so does
  an empty list.
- A value must not turn an element into an option: where it would begin with `-` and the template's does not, the call
  is refused, unless `--` stands before it or the template says `{name!}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from azresp.core.sse import Wire
from azresp.toolbox.check import BadArguments

Element = str | tuple[str, ...]
"""One element, or a group that stands or falls together."""

_HOLE = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}.!]+)(?P<mark>\.\.\.|!|\.\.\.!|!\.\.\.)?\}|[{}]")


class BadTemplate(ValueError):
    """A template can't be used; the message says why."""


@dataclass(frozen=True, slots=True)
class _Hole:
    """A place for an argument."""

    name: str
    spread: bool
    free: bool
    """its value may begin with `-`"""


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template: each group is a tuple of elements, each element a tuple of texts and holes."""

    groups: tuple[tuple[tuple[str | _Hole, ...], ...], ...]

    @classmethod
    def of(cls, argv: Sequence[Element]) -> Template:
        """Raises BadTemplate."""
        groups = tuple(
            tuple(map(_element, (one,) if isinstance(one, str) else one)) for one in argv if one != ()
        )
        if not groups:
            raise BadTemplate("it is empty: its first element is the program")
        return cls(groups)

    @property
    def names(self) -> frozenset[str]:
        """The arguments that it takes."""
        parts = (part for group in self.groups for element in group for part in element)
        return frozenset(part.name for part in parts if isinstance(part, _Hole))

    @property
    def program(self) -> str | None:
        """The fixed first element; None if the call would choose the program."""
        first = self.groups[0][0]
        return first[0] if len(first) == 1 and isinstance(first[0], str) else None

    def expand(self, arguments: Wire) -> list[str]:
        """The elements of argv. Raises BadArguments with a sentence for the model."""
        argv: list[str] = []
        after_dashes = False
        for group in self.groups:
            inside = after_dashes
            found: list[list[str]] = []
            for element in group:
                found.append(_expanded(element, arguments, inside))
                inside = inside or element == ("--",)
            if len(group) == 1 or all(found):
                argv += [one for elements in found for one in elements]
                after_dashes = inside
        if not argv:
            raise BadArguments("There is no program to run.")
        return argv


def _element(text: str) -> tuple[str | _Hole, ...]:
    if "\0" in text:
        raise BadTemplate(f"{text!r} has a NUL in it")
    parts: list[str | _Hole] = []
    at, plain = 0, ""
    for hit in _HOLE.finditer(text):
        plain, at = plain + text[at : hit.start()], hit.end()
        if hit["name"] is None:
            if len(hit[0]) == 1:
                raise BadTemplate(f"{text!r}: a brace stands alone; write {hit[0] * 2} for a brace")
            plain += hit[0][0]
            continue
        parts += [plain] if plain else []
        plain = ""
        mark = hit["mark"] or ""
        parts.append(_Hole(hit["name"].strip(), "..." in mark, "!" in mark))
    parts += [plain + text[at:]] if plain + text[at:] or not parts else []
    if len(parts) > 1 and any(isinstance(part, _Hole) and part.spread for part in parts):
        raise BadTemplate(f"{text!r}: a list that is spread has an element of its own")
    return tuple(parts)


def _expanded(element: tuple[str | _Hole, ...], arguments: Wire, after_dashes: bool) -> list[str]:
    """The elements that one element becomes: none if an argument of it is null or missing."""
    first = element[0]
    if isinstance(first, _Hole) and first.spread:
        return [_safe(one, first, after_dashes) for one in _spread(first, arguments)]
    texts: list[str] = []
    for part in element:
        if isinstance(part, str):
            texts.append(part)
        elif arguments.get(part.name) is None:
            return []
        else:
            texts.append(_text(part.name, arguments[part.name]))
    text = "".join(texts)
    # A first hole that is empty lets the text behind it begin the element.
    return [_safe(text, first, after_dashes) if isinstance(first, _Hole) else text]


def _spread(hole: _Hole, arguments: Wire) -> Iterator[str]:
    values = arguments.get(hole.name)
    if values is not None and not isinstance(values, list):
        raise BadArguments(f"`{hole.name}` must be an array.")
    for value in values or ():
        if value is None:
            raise BadArguments(f"`{hole.name}` must not hold null.")
        yield _text(hole.name, value)


def _text(name: str, value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    if "\0" in text:
        raise BadArguments(f"`{name}` must not hold a NUL character.")
    return text


def _safe(text: str, hole: _Hole, after_dashes: bool) -> str:
    if text.startswith("-") and not hole.free and not after_dashes:
        raise BadArguments(f"`{hole.name}` must not begin with a dash here: it would be taken for an option.")
    return text
