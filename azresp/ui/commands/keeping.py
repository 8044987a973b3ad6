"""Commands about what is kept: export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from azresp.errors import UsageError
from azresp.ui.commands.registry import Paths, Rest, Words, command

if TYPE_CHECKING:
    from azresp.ui.chat import Chat


def _forms(chat: Chat, before: tuple[str, ...]) -> list[str]:
    from azresp.ui.export.forms import FORMS

    return list(FORMS)


@command("export")
async def export(
    chat: Chat, form: Annotated[str, Words(_forms)], file: Annotated[str, Rest(), Paths()]
) -> None:
    """Write this conversation to a new file, 0600: md, html, json, jsonl or items."""
    from azresp.ui.export.file import write_private
    from azresp.ui.export.forms import demand_form, exported

    demand_form(form, "/export")
    if not chat.session.path():
        raise UsageError("there is nothing to export yet", "Say something first.")
    made = chat.library.all_exchanges(chat.session.id)
    path = _path(file)
    write_private(path, exported(chat.session, made, form, chat.gallery), hint="Give another name.")
    chat.terminal.dim(f"wrote {path} · `azresp sessions export --redact` masks secrets")


def _path(text: str) -> Path:
    try:
        return Path(text.strip()).expanduser().absolute()
    except RuntimeError as error:  # ~ of a user who does not exist
        raise UsageError(f"{text!r}: {error}", "Give the whole path.") from error
