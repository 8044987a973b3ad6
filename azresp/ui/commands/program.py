"""Commands about the program: help, quit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from azresp.ui.commands.registry import COMMANDS, Words, command, find

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

PLAIN_KEYS = (
    ("Enter", "send"),
    ("a backslash at the end of a line", "the message goes on in the next line"),
    ("Ctrl-C", "stop the answer; clear the line; twice: quit"),
    ("Ctrl-D", "quit"),
    ("//…", "send a line that begins with a slash"),
)
"""Where the terminal itself edits the line."""
KEYS = (
    ("Enter", "send"),
    ("Alt-Enter, Ctrl-J", "new line (also a backslash at the end of a line)"),
    ("Ctrl-C", "stop the answer; clear the line; twice: quit"),
    ("Ctrl-D", "quit"),
    ("Ctrl-R", "search the history"),
    ("Ctrl-X Ctrl-E", "write in $EDITOR (vi mode: v)"),
    ("Tab", "complete"),
    ("//…", "send a line that begins with a slash"),
)


@command("help")
async def help_(chat: Chat, command: Annotated[str, Words(lambda chat, before: list(COMMANDS))] = "") -> None:
    """List the commands and keys, or explain one command."""
    if command:
        import inspect

        one = find(command.removeprefix("/"))
        chat.terminal.strong(one.usage)
        chat.terminal.say(inspect.getdoc(one.run) or "")
        return
    chat.terminal.pairs([(one.usage, one.help) for one in COMMANDS.values()])
    chat.terminal.say("")
    chat.terminal.pairs(list(KEYS if chat.terminal.caps.cursor else PLAIN_KEYS))


@command("quit", "exit", "q")
async def quit_(chat: Chat) -> None:
    """Leave; the session stays."""
    from azresp.ui.chat import Leave

    raise Leave
