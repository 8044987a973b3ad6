"""Commands about the program: help, quit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from azresp.ui.commands.registry import COMMANDS, Words, command, find

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

PLAIN_KEYS = (
    ("Enter", "send"),
    ("a backslash at the end of a line", "the message goes on in the next line"),
    ("@PATH", "takes a file or picture along with the message"),
    ("Ctrl-C", "stop the answer; clear the line; twice: quit"),
    ("Ctrl-D", "quit"),
    ("//…", "send a line that begins with a slash"),
)
"""Where the terminal itself edits the line."""
GROUPS = (
    ("this talk", ("retry", "edit", "undo", "history", "copy", "save", "raw", "forget")),
    (
        "sessions",
        (
            "new",
            "sessions",
            "resume",
            "search",
            "fork",
            "rename",
            "tag",
            "title",
            "move",
            "export",
            "quit",
            "help",
        ),
    ),
    ("how it answers", ("model", "instructions", "set", "settings")),
    ("tools", ("tools", "tool", "mcp", "approvals", "answer")),
    ("pictures, files", ("image", "file", "attachments", "image-mode", "mask", "pictures", "open", "files")),
    ("in background", ("bg", "jobs", "attach", "take", "cancel")),
    ("tokens, money", ("usage", "context", "compact")),
    ("at the service", ("show", "items", "delete", "conversation")),
)
"""What `/help` lists, by what one is after."""

KEYS = (
    ("Enter", "send"),
    ("Alt-Enter, Ctrl-J", "new line (also a backslash at the end of a line)"),
    ("Tab", "complete commands, names, settings, paths"),
    ("@PATH", "takes a file or picture along with the message"),
    ("Ctrl-C", "stop the answer; clear the line; twice, or Ctrl-D: quit"),
    ("Ctrl-R", "search the history"),
    ("Ctrl-X Ctrl-E", "write in $EDITOR (vi mode: v)"),
    ("//…", "send a line that begins with a slash"),
)


def _topics(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return ["all", *COMMANDS]


@command("help")
async def help_(chat: Chat, command: Annotated[str, Words(_topics)] = "") -> None:
    """Show the commands and keys on one screen; all explains each command, a name that one."""
    if command == "all":
        chat.terminal.pairs([(one.usage, one.help) for one in COMMANDS.values()])
        return
    if command:
        import inspect

        one = find(command.removeprefix("/"))
        chat.terminal.strong(one.usage)
        chat.terminal.say(inspect.getdoc(one.run) or "")
        return
    chat.terminal.pairs([(heading, " ".join(f"/{name}" for name in names)) for heading, names in GROUPS])
    chat.terminal.say("")
    chat.terminal.pairs(list(KEYS if chat.terminal.caps.cursor else PLAIN_KEYS))
    chat.terminal.dim("/help NAME explains a command, /help all every one")


@command("quit", "exit", "q")
async def quit_(chat: Chat) -> None:
    """Leave; the session stays."""
    from azresp.ui.chat import Leave

    raise Leave
