"""Commands about settings: model, instructions, set, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from azresp.errors import AzrespError
from azresp.ui.commands.registry import Rest, Words, command

if TYPE_CHECKING:
    from azresp.ui.chat import Chat


def _models(chat: Chat, before: tuple[str, ...]) -> list[str]:
    used = {one.deployment for one in chat.session.exchanges.values() if one.deployment}
    return sorted({*used, *chat.tuner.words("deployment"), str(chat.tuner.value("deployment"))})


@command("model", "deployment")
async def model(chat: Chat, deployment: Annotated[str, Words(_models)] = "") -> None:
    """Change the deployment, or show it and what the endpoint lists."""
    if deployment:
        chat.tune("deployment", deployment)
        chat.terminal.dim(f"deployment is now {deployment}")
        return
    chat.terminal.say(str(chat.tuner.value("deployment")))
    try:
        listed = await chat.stoppable(chat.service.models())
    except AzrespError:
        return
    data = listed.get("data")
    names = [str(one.get("id")) for one in data if isinstance(one, dict)] if isinstance(data, list) else []
    if names:
        chat.terminal.dim("the endpoint lists these models (a deployment may have another name):")
        chat.terminal.say(", ".join(sorted(names)))


@command("instructions")
async def instructions(chat: Chat, text: Annotated[str, Rest()] = "") -> None:
    """Change the instructions to the model: TEXT, `none`, or in the editor without it."""
    if not text:
        edited = await chat.editor.edit(str(chat.tuner.value("instructions") or ""))
        if edited is None:
            chat.terminal.dim("not changed")
            return
        text = edited.strip() or "none"
    chat.tune("instructions", "" if text == "none" else text)
    chat.terminal.dim(
        "no instructions any more" if text == "none" else "instructions changed, for this session"
    )


def _keys(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return chat.tuner.settable()


def _values(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return [*chat.tuner.words(before[0]), "default"] if before else []


@command("set")
async def set_value(
    chat: Chat, key: Annotated[str, Words(_keys)], value: Annotated[str, Rest(), Words(_values)]
) -> None:
    """Change a setting for this session; `default` takes it back."""
    chat.tune(key, value)
    chat.terminal.dim(f"{key} = {chat.tuner.shown(key)}")


@command("settings")
async def settings(chat: Chat) -> None:
    """Show the settings in force and where each came from."""
    rows = [(key, f"{value}  ({origin})" if origin else value) for key, value, origin in chat.tuner.rows()]
    chat.terminal.pairs(rows)
