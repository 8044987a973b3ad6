"""Where an answer has it from: its citations as numbered lines, each source once."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from azresp.core.sse import Wire
from azresp.core.text import Grown
from azresp.core.turn import INTERRUPTED, Turn
from azresp.ui.sink import clean_line
from azresp.ui.view import Section
from azresp.ui.views.brief import shortened, word

_TITLE_CHARS = 80


def sources(turn: Turn) -> Iterator[Section]:
    """The sources of a turn that is over, in the order of their first citation."""
    if not (turn.over or turn.status == INTERRUPTED):
        return
    found: dict[tuple[str, ...], str] = {}
    for annotation in _annotations(turn):
        if (source := _source(annotation)) is not None:
            found.setdefault(*source)
    for number, told in enumerate(found.values(), 1):
        # Behind every item; the index of none is negative.
        yield Section((-1, "source", number), "source", Grown(clean_line(f"[{number}] {told}")))


def _annotations(turn: Turn) -> Iterator[Wire]:
    for item in turn.items:
        for part in item.parts if item.kind == "message" else ():
            yield from part.annotations


def _source(annotation: Wire) -> tuple[tuple[str, ...], str] | None:
    """What makes a source one, and how it is told."""
    match annotation:
        case {"type": "url_citation", "url": str(url)} if url:
            host = host_of(url)
            title = shortened(word(annotation, "title").strip(), _TITLE_CHARS)
            return ("url", url), "  ".join(part for part in (_joined(title, host), url) if part)
        case {"type": "file_citation" | "file_path", "file_id": str(file)} if file:
            name = word(annotation, "filename")
            return ("file", file), f"{name}  {file}" if name else file
        case {"type": "container_file_citation", "container_id": str(container), "file_id": str(file)}:
            from azresp.ui.views.hosted import get_line

            name = word(annotation, "filename") or file
            return ("container", container, file), f"{name}  {get_line(container, file)}"
    return None


def host_of(url: str) -> str:
    """The host that a URL really leads to, in ASCII; empty if it names none."""
    try:
        host = urlsplit(url).hostname or ""
        return host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return ""


def _joined(title: str, host: str) -> str:
    return f"{title} — {host}" if title and host and title != host else title or host
