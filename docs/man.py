"""`docs/azresp.1`, the man page, from the code and from two tables of `configuration.md`.

`make docs` writes it; a test compares it. The wheel has it under `share/man/man1`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from azresp import __version__
from azresp.config.example import flag, shown
from azresp.config.profile import GROUPS, SETTINGS
from azresp.ui import commands as _registered  # noqa: F401
from azresp.ui.commands.program import KEYS
from azresp.ui.commands.registry import COMMANDS
from docs.surface import Command, commands, exits

TARGET = Path(__file__).with_name("azresp.1")
_CONFIGURATION = Path(__file__).with_name("configuration.md")

_ABOUT = (
    "azresp talks to models through the Responses API of Azure OpenAI: in a chat (`azresp chat`), or once, with pipes "
    "(`azresp run`). Further commands look after tools, approvals, background jobs, files, and what was stored here "
    "and at the service.",
    "Start with `azresp init`, or try it without an account: `azresp chat --emulator always`.",
    "Only the answer goes to standard output; notes and errors go to standard error.",
)
_EXAMPLES = (
    ("azresp run \"why is the sky blue?\"", "Ask once."),
    ("git diff | azresp run \"review this\"", "The prompt, then what is piped."),
    ("azresp run --background \"write the plan\"", "Leave it; `azresp jobs attach last` picks it up."),
    ("azresp chat --resume", "Go on in the last session."),
)  # fmt: skip


def man_page() -> str:
    """The whole page."""
    program, *all_commands = commands()
    lines = [
        '.\\" Made from the code by `make docs`.',
        f'.TH AZRESP 1 "" "azresp {__version__}" "User Commands"',
        ".nh",  # a command that is cut by a hyphen can't be copied
        ".ad l",
        *_section("NAME", [f"azresp \\- {_roff(program.told[0].lower() + program.told[1:].rstrip('.'))}"]),
        *_section("SYNOPSIS", ["\\fBazresp\\fR [\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]"]),
        *_section("DESCRIPTION", _paragraphs(_ABOUT)),
        *_section("OPTIONS", _flags(program)),
        *_section("COMMANDS", [line for one in all_commands for line in _command(one)]),
        *_section("SETTINGS", _settings()),
        *_section("IN A CHAT", _entries((one.usage, one.help) for one in COMMANDS.values())),
        *_section("KEYS", _entries(KEYS)),
        *_section("EXIT STATUS", _entries((str(one.value), told) for one, told in exits())),
        *_section("ENVIRONMENT", _entries(_rows("The environment"))),
        *_section("FILES", _entries(_rows("Where things are kept"))),
        *_section("EXAMPLES", _entries(_EXAMPLES)),
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return [f".SH {title}", *lines]


def _paragraphs(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in (".PP", _roff(text))][1:]


def _command(command: Command) -> Iterator[str]:
    yield f'.SS "{_roff(f"{command.path} {command.usage}")}"'
    yield _roff(command.told)
    if command.takes_settings:
        yield "Takes the flags of the settings too."
    yield from _flags(command)


def _flags(command: Command) -> Iterator[str]:
    for one in command.parameters:
        told = f"{one.help} ({one.default})" if one.default else one.help
        yield from _entries([(one.shown, told)])


def _settings() -> Iterator[str]:
    yield _roff(
        "Each is a flag, a variable of the environment, and a line of the configuration file; flags go before the "
        "environment, that before the file, and that before the default."
    )
    for group in GROUPS:
        for one in (one for one in SETTINGS.values() if one.group == group):
            default = "" if one.default is None else f" Default: {shown(one.default)}."
            rule = "" if one.rule.free else f" Must be {one.rule.says}."
            yield from _entries([(f"{flag(one)}, {one.env}, {one.key}", f"{one.help}.{rule}{default}")])


def _entries(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, told in pairs:
        yield from (".TP", f"\\fB{_roff(term, quoted=False)}\\fR", _roff(told) or "\\&")


def _rows(heading: str) -> list[tuple[str, str]]:
    """The rows of the first table below a heading of the guide, its heads left out."""
    page = _CONFIGURATION.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ", 1) for line in page.splitlines() if line.startswith("| ")]
    return [(term, told) for term, told in rows[1:]]


def _roff(text: str, *, quoted: bool = True) -> str:
    """Text as roff: nothing of it is a request or an escape; `code` stands in bold."""
    text = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).replace("\\|", "|")
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace('"', "\\(dq")
    text = re.sub(r"`([^`]+)`", "\\\\fB\\1\\\\fR" if quoted else "\\1", text)
    text = "".join(one if ord(one) < 128 else f"\\[u{ord(one):04X}]" for one in text)
    return f"\\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    if "--write" in sys.argv:
        TARGET.write_text(man_page(), encoding="utf-8")
    else:
        sys.stdout.write(man_page())
