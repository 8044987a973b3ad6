"""The tools of a conversation: what there is, what is on, what a request offers. Made when it is first asked for."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from azresp.cli.selection import Selection, whole
from azresp.core.session import TOOLS
from azresp.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from azresp.cli.stock import Stock
    from azresp.cli.tool_rows import Row
    from azresp.config.load import Loaded
    from azresp.config.profile import Profile
    from azresp.core.session import Session
    from azresp.core.tools import Tool
    from azresp.parties import LocalTool
    from azresp.store.records import Records


TRUSTING = "azresp tools trust {file}"
"""How a file becomes trusted."""


class Values(Protocol):
    """Where settings are asked for."""

    def value(self, key: str) -> object: ...


class Tools:
    """The tools of one conversation."""

    def __init__(
        self,
        loaded: Loaded,
        records: Records,
        values: Values,
        words: Sequence[str],
        *,
        none: bool,
        trusting: str = TRUSTING,
    ) -> None:
        self._loaded = loaded
        self._records = records
        self._values = values
        self._none = none
        self._trusting = trusting
        self._chosen = Selection(words)
        self.mask: dict[str, Any] | None = None
        """where pictures are edited, as the image_generation tool takes it"""

    @cached_property
    def _stock(self) -> Stock:
        from azresp.cli.stock import Stock

        return Stock(self._loaded, self._records, self._chosen, self._time_s, bare=self._none)

    def _time_s(self) -> float:
        return float(str(self._values.value("tool_timeout_s")))

    @property
    def _offers_nothing(self) -> bool:
        """Nothing is configured and nothing was switched on: nothing has to be looked at."""
        return not (self._chosen.words or self._chosen.on or self._loaded.tools or self._loaded.servers)

    @property
    def _drawing(self) -> list[Tool]:
        if not self._values.value("images"):
            return []
        from azresp.core.drawing import drawing_tool

        return [drawing_tool(self._values.value, self.mask)]

    # What is offered, and found again when it is called

    def request(self) -> Mapping[str, object]:
        """The settings of a request that offers what is on. Raises ConfigError: tool_choice names none of it."""
        if self._offers_nothing and not self._values.value("images"):
            return {}
        from azresp.core.tools import offered

        entries = () if self._offers_nothing else self._stock.entries.values()
        on = [*(entry.tool for entry in entries if self._stock.is_on(entry)), *self._drawing]
        choice = str(self._values.value("tool_choice"))
        try:
            return offered(on, choice, parallel=bool(self._values.value("parallel_tool_calls")))
        except KeyError:
            raise ConfigError(
                f"tool_choice: must be auto, none, required or a tool that is on, got {choice!r}",
                f"On are: {', '.join(tool.name for tool in on)}",
            ) from None

    def headers(self) -> Mapping[str, str]:
        """The headers that what is on needs."""
        deployment = self._values.value("image_deployment")
        if not (deployment and self._values.value("images")):
            return {}
        from azresp.core.drawing import IMAGE_HEADER

        return {IMAGE_HEADER: str(deployment)}

    def local(self, name: str) -> LocalTool | None:
        """The local tool of that name, if it is on."""
        entry = None if self._offers_nothing else self._stock.entries.get(name)
        return entry.local if entry is not None and self._stock.is_on(entry) else None

    def server(self, label: str) -> str | None:
        """The URL or connector of the MCP server of that label, on or off; None: nobody configured it."""
        from azresp.core.tools import McpServer

        entry = None if self._offers_nothing else self._stock.entries.get(label)
        return entry.tool.server if entry is not None and isinstance(entry.tool, McpServer) else None

    def offers(self, label: str) -> bool:
        """The server of that label is on."""
        entry = None if self._offers_nothing else self._stock.entries.get(label)
        return entry is not None and self._stock.is_on(entry)

    def needs_no_approval(self, name: str) -> bool:
        """The configuration says so."""
        entry = self._stock.entries.get(name)
        return entry is not None and entry.local is not None and entry.approval == "never"

    def names(self) -> Iterable[tuple[str, str]]:
        """(label, tool) of all that is on or was listed: what a name may be taken for."""
        from azresp.core.tools import McpServer

        for entry in [] if self._offers_nothing else self._stock.entries.values():
            if isinstance(entry.tool, McpServer):
                listed = self._records.last_list(entry.tool.server, entry.tool.label) or {}
                yield from ((entry.tool.label, name) for name in listed)
            elif entry.local is not None and self._stock.is_on(entry):
                yield "", entry.name

    # Lists

    def rows(self) -> Sequence[Row]:
        """All tools, local ones first, then servers and what runs at the service."""
        from azresp.cli.tool_rows import row_of

        order = {"at the service": 2, "MCP server": 1}
        entries = self._stock.entries.values()
        rows = [
            row_of(entry, on=self._stock.is_on(entry), trusted=self._stock.is_trusted(entry))
            for entry in entries
        ]
        return sorted(rows, key=lambda row: order.get(row.kind, 0))

    def servers(self) -> Sequence[Row]:
        """The MCP servers alone."""
        return [row for row in self.rows() if row.kind == "MCP server"]

    def remarks(self) -> Sequence[str]:
        """What a user should know before anything is said: files that need trust, servers that need no approval."""
        if self._offers_nothing:
            return []
        from azresp.cli.tool_rows import unguarded

        wanted = [entry for entry in self._stock.entries.values() if self._stock.is_wanted(entry)]
        new = {entry.spec: entry for entry in reversed(wanted) if not self._stock.is_trusted(entry)}
        lines = [
            f"{', '.join(one.name for one in wanted if one.spec == spec)} off: {spec} is new or was changed · "
            f"{self._trusting.format(name=entry.name, file=shlex.quote(spec))}"
            for spec, entry in new.items()
        ]
        lines += [why for entry in wanted if self._stock.is_trusted(entry) and (why := unguarded(entry))]
        return [*self._stock.remarks, *lines]

    def told(self, name: str) -> list[tuple[str, str]]:
        """All of one tool."""
        from azresp.cli.tool_rows import all_of

        entry = self._stock.found(name)
        return all_of(entry, on=self._stock.is_on(entry), trusted=self._stock.is_trusted(entry))

    # Changes

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a tool on or off in this session."""
        self._stock.found(name)
        self._chosen.switch([name], on=on)

    def add(self, spec: str) -> Sequence[str]:
        """Add a file, a built-in or a hosted tool; gives the names, switched on as far as they are trusted."""
        spec = whole(spec)
        added = self._stock.add(spec)
        self._chosen.name(spec)
        return [entry.name for entry in added]

    @property
    def count(self) -> int:
        """How many are on."""
        return 0 if self._offers_nothing else sum(map(self._stock.is_on, self._stock.entries.values()))

    def new_files(self) -> Sequence[str]:
        """A tool of each file that was named and is not trusted yet."""
        if self._offers_nothing:
            return []
        entries = self._stock.entries  # which also switches on what --tool names
        named = self._chosen.on
        wanted = [one for name, one in entries.items() if name in named and not self._stock.is_trusted(one)]
        return [one.name for one in {entry.spec: entry for entry in wanted}.values()]

    def untrusted(self, name: str) -> tuple[Path, str, Sequence[str]] | None:
        """The file, its hash and its functions that have to be trusted before the tool is on; None: it is."""
        entry = self._stock.found(name)
        if entry.file is None or self._stock.is_trusted(entry):
            return None
        return entry.file.path, entry.file.digest, [tool.name for tool in entry.file.tools]

    def trust(self, name: str) -> None:
        """The user trusts the file of a tool as it was read."""
        entry = self._stock.found(name)
        if entry.file is not None:
            self._records.trust(str(entry.file.path), entry.file.digest)

    def add_server(self, label: str, url: str, fields: Mapping[str, str]) -> Path:
        """Write a server to the configuration, and use it."""
        from azresp.cli.entries import Entry
        from azresp.cli.mcp_config import add_server

        path, server = add_server(self._loaded, label, url, fields)
        self._stock.entries[label] = Entry(server, True, label)
        self._chosen.switch([label], on=True)
        return path

    def remove_server(self, label: str) -> Path:
        """Take a server out of the configuration."""
        from azresp.cli.mcp_config import remove_server

        path = remove_server(self._loaded, label)
        self._stock.entries.pop(label, None)
        return path

    async def login(self, label: str, tell: Callable[[str], object]) -> None:
        """Sign in to a server and keep its token."""
        from azresp.cli.mcp_config import login
        from azresp.core.tools import McpServer

        entry = self._stock.found(label)
        if not isinstance(entry.tool, McpServer):
            raise UsageError(f"{label} is no MCP server", "/mcp lists them.")
        server, line = await login(self._loaded, entry.tool, tell)
        self._stock.entries[label] = replace(entry, tool=server)
        tell(line)

    # What a session remembers

    def selection(self) -> str:
        """What is on and off by the user's word, as a session keeps it."""
        return self._chosen.to_text()

    def select(self, text: str) -> None:
        """Go on with what a session kept, and nothing of the one before it but what the command line says."""
        kept = Selection.read(text)
        if not (kept or self._chosen):
            return
        self._stock.select(kept)

    def kept_in(self, session: Session) -> Session:
        """The session that remembers what is on."""
        if not self._chosen:
            return session
        return replace(session, settings={**session.settings, TOOLS: self.selection()})


@dataclass(frozen=True, slots=True)
class Fixed:
    """Settings that don't change."""

    profile: Profile

    def value(self, key: str) -> object:
        """A setting's value."""
        return getattr(self.profile, key)


def build_toolset(
    loaded: Loaded,
    records: Records,
    words: Sequence[str] = (),
    *,
    none: bool = False,
    session: Session | None = None,
    values: Values | None = None,
    trusting: str = TRUSTING,
) -> Tools:
    """The tools of a conversation: `words` are those of `--tool`, `none` leaves out the configuration's.

    Raises UsageError for a word that names no tool.
    """
    tools = Tools(loaded, records, values or Fixed(loaded.profile), words, none=none, trusting=trusting)
    if session is not None:
        tools.select(str(session.settings.get(TOOLS, "")))
    return tools
