"""A session in one of the forms of an export. What holds everything brings its pictures along, as base64."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from azresp.core.compose import items_of
from azresp.core.pictures import Kept, restore_pictures
from azresp.core.portable import everything, exchange_wire, session_wire
from azresp.core.session import Exchange, Session
from azresp.errors import UsageError
from azresp.ui.export.markdown import as_markdown

if TYPE_CHECKING:
    from azresp.core.formats import ExchangeRecord

FORMS = ("md", "html", "json", "jsonl", "items")


class Album(Protocol):
    """Where the pictures and attachments are."""

    def path(self, kept: Kept) -> Path: ...
    def read(self, kept: Kept) -> str | None: ...


def demand_form(form: str, what: str = "--format") -> None:
    """Raise UsageError if that is no form of an export."""
    if form not in FORMS:
        raise UsageError(f"{what}: must be one of {', '.join(FORMS)}, got {form!r}")


def exported(session: Session, made: Sequence[Exchange], form: str, album: Album) -> str:
    """The session in one of FORMS; `made` are all exchanges of its tree."""
    match form:
        case "html":
            from azresp.ui.export.page import as_page

            return as_page(session, made, album.read)
        case "json":
            return _json(session, made, album)
        case "jsonl":
            lines = [
                session_wire(session),
                *(_whole(one, session, album) for one in everything(session, made)),
            ]
            return "".join(json.dumps(line) + "\n" for line in lines)
        case "items":
            items = restore_pictures({"input": items_of(session.path())}, album.read)["input"]
            return json.dumps(items, indent=2) + "\n"
    return as_markdown(session, made, album.path)


def as_json(session: Session, made: Sequence[Exchange]) -> str:
    """All that is kept of a session, with references to its pictures."""
    return _json(session, made, None)


def _json(session: Session, made: Sequence[Exchange], album: Album | None) -> str:
    record = session_wire(session)
    record["exchanges"] = [_whole(one, session, album) for one in everything(session, made)]
    return json.dumps(record, indent=2) + "\n"


def _whole(one: Exchange, session: Session, album: Album | None) -> ExchangeRecord:
    record = exchange_wire(one, session)
    if album is not None:
        record["said"] = restore_pictures({"input": record["said"]}, album.read)["input"]
        record["response"] = restore_pictures(record["response"], album.read)
    return record
