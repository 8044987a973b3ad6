"""Commands about tools: answer, tools, tool, mcp, approvals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from azresp.core.approval import ALWAYS
from azresp.core.asks import open_asks
from azresp.core.canonical import canonical
from azresp.errors import UsageError
from azresp.ui.commands.registry import Paths, Rest, Words, command
from azresp.ui.commands.sessions import age

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azresp.core.approval import Grant
    from azresp.ui.chat import Chat
    from azresp.ui.ports import ToolRow


@command("answer")
async def answer(chat: Chat) -> None:
    """Answer the calls and approvals that wait at the end of the conversation."""
    if not open_asks(chat.session):
        raise UsageError("nothing waits for an answer")
    await chat.answer_asks()


@command("tools")
async def tools(chat: Chat) -> None:
    """List the tools: what is on, what there is, and how each is allowed."""
    _show_rows(chat, chat.tools.rows())
    for line in chat.tools.remarks():
        chat.terminal.strong(line)
    chat.terminal.dim("/tool on NAME · /tool off NAME · /tool show NAME · /tool add FILE.py")


def _show_rows(chat: Chat, rows: Sequence[ToolRow]) -> None:
    off = "off " if chat.terminal.caps.reader else "·  "
    chat.terminal.pairs(
        [(f"{'on ' if row.on else off}{row.name}", f"{row.kind} · {row.remark}") for row in rows]
    )


_ACTIONS = ("on", "off", "show", "add", "trust")


def _tool_names(chat: Chat, before: tuple[str, ...]) -> list[str]:
    rows = chat.tools.rows()
    wanted = {"on": False, "off": True}.get(before[0]) if before else None
    return [row.name for row in rows if wanted is None or row.on is wanted]


@command("tool")
async def tool(
    chat: Chat,
    action: Annotated[str, Words(lambda chat, before: list(_ACTIONS))],
    name: Annotated[str, Rest(), Words(_tool_names), Paths(lambda before: before == ("add",))],
) -> None:
    """Switch a tool on or off in this session, show it, or add one: a Python file, a built-in, a hosted tool.

    on|off NAME, show NAME, add FILE.py, add FILE.toml (commands), add file_search:VECTOR_STORE_ID, trust NAME.
    """
    match action:
        case "on" | "off":
            if action == "on" and not await trusted(chat, name):
                return
            chat.tools.switch(name, on=action == "on")
            chat.keep_tools()
            chat.terminal.dim(f"{name} is {action}, in this session")
        case "show":
            *rows, (_, sent) = chat.tools.told(name)
            chat.terminal.pairs(rows)
            chat.terminal.say(sent)
        case "add":
            await _add(chat, name)
        case "trust":
            if chat.tools.untrusted(name) is None:
                chat.terminal.dim(f"{name} needs no trust, or has it")
            else:
                await trusted(chat, name)
        case _:
            raise UsageError(f"/tool takes {', '.join(_ACTIONS)}, got {action!r}", "Usage: /tool ACTION NAME")


async def _add(chat: Chat, spec: str) -> None:
    names = chat.tools.add(spec)
    on = []
    for name in names:
        if await trusted(chat, name):
            chat.tools.switch(name, on=True)
            on.append(name)
    chat.keep_tools()
    chat.terminal.dim(f"on in this session: {', '.join(on)}" if on else "nothing was switched on")


async def trusted(chat: Chat, name: str) -> bool:
    """Whether a tool may be loaded; asks about a file that is new or changed."""
    found = chat.tools.untrusted(name)
    if found is None:
        return True
    path, digest, names = found
    chat.terminal.strong(f"{path} is new, or was changed since you trusted it.")
    chat.terminal.dim(f"Its functions run as you, on this machine: {', '.join(names)}")
    chat.terminal.dim(f"sha256 {digest}")
    chat.editor.forget_typed()  # nothing typed before the question answers it
    if not await chat.confirm("Did you read it, and trust it as it is now?"):
        chat.terminal.dim("not trusted: nothing of it runs")
        return False
    chat.tools.trust(name)
    return True


_MCP_ACTIONS = ("list", "add", "remove", "on", "off", "tools", "login")


def _labels(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return [row.name for row in chat.tools.servers()]


@command("mcp")
async def mcp(
    chat: Chat,
    action: Annotated[str, Words(lambda chat, before: list(_MCP_ACTIONS))] = "list",
    label: Annotated[str, Words(_labels)] = "",
    rest: Annotated[str, Rest()] = "",
) -> None:
    """Remote MCP servers: list them, add LABEL URL, remove, on, off, tools or login LABEL.

    add LABEL URL [authorization=env:NAME] [NAME=env:NAME …] writes it to your configuration; the last ones are
    headers.
    """
    if action == "list":
        rows = chat.tools.servers()
        if not rows:
            chat.terminal.dim("no servers: /mcp add LABEL URL, or [[mcp]] in the configuration")
        _show_rows(chat, rows)
        return
    if action not in _MCP_ACTIONS:
        raise UsageError(
            f"/mcp takes {', '.join(_MCP_ACTIONS)}, got {action!r}", "Usage: /mcp ACTION [LABEL]"
        )
    if not label:
        raise UsageError(f"/mcp {action} needs a label", f"Usage: /mcp {action} LABEL")
    match action:
        case "add":
            url, _, more = rest.partition(" ")
            path = chat.tools.add_server(label, url, _fields(more))
            chat.keep_tools()
            chat.terminal.dim(f"{label} is on, and written to {path}")
        case "remove":
            path = chat.tools.remove_server(label)
            chat.keep_tools()
            chat.terminal.dim(f"{label} is removed from {path}")
        case "on" | "off":
            chat.tools.switch(label, on=action == "on")
            chat.keep_tools()
            chat.terminal.dim(f"{label} is {action}, in this session")
        case "tools":
            _show_listed(chat, label)
        case "login":
            await chat.stoppable(chat.tools.login(label, chat.terminal.dim))


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for word in text.split():
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(
                f"/mcp add: must be NAME=env:VARIABLE, got {word!r}", "References only, never the value."
            )
        fields[key] = value
    return fields


def _show_listed(chat: Chat, label: str) -> None:
    server = chat.tools.server(label)
    if server is None:
        raise UsageError(f"there is no server {label!r}", "/mcp lists them.")
    listed = chat.memory.last_list(server, label)
    if listed is None:
        chat.terminal.dim(f"{label} has not listed its tools yet: it does with the next message")
        return
    chat.terminal.pairs([(name, str(told.get("description") or "")) for name, told in listed.items()])
    chat.terminal.dim(f"as {server} listed them last")


def _numbers(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return [str(n) for n in range(1, len(chat.memory.grants()) + 1)] if before else []


@command("approvals")
async def approvals(
    chat: Chat,
    action: Annotated[str, Words(lambda chat, before: ["revoke", "show"])] = "",
    number: Annotated[str, Words(_numbers)] = "",
) -> None:
    """List the standing approvals; `revoke N` or `revoke all` takes them back, `show N` tells all of one."""
    grants = list(chat.memory.grants())
    if not action:
        if not grants:
            chat.terminal.dim("no standing approvals: every call asks")
        chat.terminal.pairs([(f"{n}", _granted(chat, one)) for n, one in enumerate(grants, 1)])
        return
    if action not in ("revoke", "show"):
        raise UsageError(f"/approvals takes revoke or show, got {action!r}", "Usage: /approvals [revoke N]")
    chosen = grants if (action, number) == ("revoke", "all") else [_nth(grants, number)]
    for one in chosen:
        if action == "revoke":
            chat.memory.revoke(one)
            chat.terminal.dim(f"taken back: {one.subject.name}")
        else:
            chat.terminal.pairs([(key, str(value)) for key, value in _all_of(one).items()])
            chat.terminal.say(canonical(one.told))


def _nth(grants: list[Grant], number: str) -> Grant:
    if not number.isdigit() or not 0 < int(number) <= len(grants):
        raise UsageError(f"there is no standing approval {number!r}", "/approvals numbers them.")
    return grants[int(number) - 1]


def _granted(chat: Chat, grant: Grant) -> str:
    subject = grant.subject
    scope = "always" if grant.scope == ALWAYS else "one session"
    return f"{subject.name} · {scope} · {age(chat.clock.now() - grant.given_at)} · {subject.server} · {subject.origin}"


def _all_of(grant: Grant) -> dict[str, str]:
    subject = grant.subject
    return {
        "tool": json.dumps(subject.name),
        "server": subject.server,
        "endpoint": subject.origin,
        "fingerprint": subject.fingerprint,
        "scope": grant.scope,
    }
