"""A command line as a tool: arguments become elements of argv, or JSON on stdin; never a shell."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from azresp.core.canonical import canonical, fingerprint
from azresp.core.sse import Wire
from azresp.core.tools import FunctionTool
from azresp.errors import ConfigError
from azresp.toolbox.capture import Capture
from azresp.toolbox.check import is_schema, is_strict, read_arguments
from azresp.toolbox.child import Ended, Start, run_child
from azresp.toolbox.images import image_part, text_part
from azresp.toolbox.limits import Limits, Ran
from azresp.toolbox.python_tool import status_told
from azresp.toolbox.schema import NAME
from azresp.toolbox.template import BadTemplate, Element, Template

Stdin = Literal["none", "json"]


@dataclass(frozen=True, slots=True)
class CommandTool:
    """A command line that the model may fill in. Make it with `command_tool`, which checks it."""

    function: FunctionTool
    argv: tuple[Element, ...]
    stdin: Stdin
    cwd: Path
    limits: Limits = field(default_factory=Limits)
    env: tuple[str, ...] = ()
    """names of variables that it may see besides the usual ones"""

    @property
    def identity(self) -> str:
        """Changes with anything that decides what runs."""
        told = self.function.to_wire()
        return fingerprint("command", self.argv, self.stdin, str(self.cwd), sorted(self.env), told)

    def read(self, text: str) -> Wire:
        """The arguments of a call. Raises ValueError with a sentence for the model."""
        return read_arguments(self.function, text)

    def shown(self, arguments: Wire) -> str:
        """Exactly what is run: argv, and stdin where it has one. Raises ValueError as `expand` does."""
        argv, stdin = expand(self, arguments)
        return canonical(argv if stdin is None else {"argv": argv, "stdin": arguments})

    async def run(self, arguments: Wire) -> Ran:
        """Run the command."""
        limits = self.limits
        try:
            argv, stdin = expand(self, arguments)
        except ValueError as why:
            return Ran(False, f"Not run: {why}", f"not run: {why}", 0.0)
        out, err = (Capture(limits.head_bytes, limits.tail_bytes, image) for image in (limits.image_bytes, 0))
        ended = await run_child(Start(tuple(argv), stdin, self.cwd, out, err, self.env), limits)
        return _ran(ended, out, err, limits)


def expand(tool: CommandTool, arguments: Wire) -> tuple[list[str], bytes | None]:
    """What is shown to the user and run: argv, and the bytes of stdin (None: it has none).

    Raises BadArguments, a ValueError, with a sentence for the model.
    """
    stdin = canonical(arguments).encode() if tool.stdin == "json" else None
    return Template.of(tool.argv).expand(arguments), stdin


def command_tool(
    name: str,
    description: str,
    argv: Sequence[str | Sequence[str]],
    parameters: Wire | None = None,
    *,
    cwd: Path,
    stdin: str = "none",
    limits: Limits | None = None,
    env: Iterable[str] = (),
) -> CommandTool:
    """A checked command tool. Raises ConfigError: name, schema, template, or what doesn't fit together."""
    schema = parameters or {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    elements: tuple[Element, ...] = tuple(one if isinstance(one, str) else tuple(one) for one in argv)
    if stdin not in ("none", "json"):
        raise ConfigError(f'tool {name}: stdin must be "none" or "json", got {stdin!r}')
    kind: Stdin = "json" if stdin == "json" else "none"
    if why := _wrong(name, description, elements, schema, kind):
        raise ConfigError(f"tool {name}: {why}", "Mend the tool's definition.")
    source = f"command: {' '.join(one if isinstance(one, str) else ' '.join(one) for one in elements)}"
    told = FunctionTool(name, description, schema, strict=is_strict(schema), source=source)
    return CommandTool(told, elements, kind, cwd, limits or Limits(), tuple(env))


def _wrong(name: str, description: str, argv: tuple[Element, ...], schema: Wire, stdin: Stdin) -> str:
    """Why it can't be a tool; empty if it can."""
    if not NAME.fullmatch(name):
        return "a name has at most 64 letters, digits, _ and -"
    if not description.strip():
        return "it has no description: the model would not know what it does"
    if why := is_schema(schema):
        return f"parameters: {why}"
    try:
        template = Template.of(argv)
    except BadTemplate as bad:
        return f"argv: {bad}"
    if not template.program:
        return "argv: its first element is the program and has no argument in it"
    if sys.platform == "win32" and template.program.lower().endswith((".bat", ".cmd")):
        return "argv: Windows runs batch files through its shell, which takes arguments apart"
    known = set(schema.get("properties", {}))
    if unknown := sorted(template.names - known):
        return f"argv: {{{unknown[0]}}} is not a property of its parameters"
    if stdin == "none" and (unused := sorted(known - template.names)):
        return f'parameters: {unused[0]} is not used in argv; use it or set stdin = "json"'
    return ""


def _ran(ended: Ended, out: Capture, err: Capture, limits: Limits) -> Ran:
    if ended.trouble:
        return Ran(False, f"The command failed: {ended.trouble}.", ended.trouble, ended.seconds)
    note = f"timed out after {limits.time_s:g} s" if ended.timed_out else status_told(ended.status)
    ok = note == "exit 0"
    picture = out.whole if out.image else None
    if ok and picture is not None and len(picture) <= limits.image_bytes:
        parts = [image_part(out.image or "", picture), *([text_part(err.text)] if err.text else [])]
        return Ran(True, parts, "ok", ended.seconds)
    sections = [
        out.text,
        f"[stderr]\n{err.text}" if err.text else "",
        "" if ok else f"[{note}]",
    ]
    text = "\n".join(one.removesuffix("\n") for one in sections if one)
    return Ran(ok, text or "[no output]", "ok" if ok else note, ended.seconds)
