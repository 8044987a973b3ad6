"""The stock of tools of a conversation: all that there are by their names, which are wanted, and which are trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.cli.entries import Entry, Workshop, built_in, configured, from_word, standing
from azresp.config.hosted import HOSTED
from azresp.errors import UsageError
from azresp.toolbox.limits import Limits

if TYPE_CHECKING:
    from azresp.cli.selection import Selection
    from azresp.config.load import Loaded
    from azresp.store.records import Records


class Stock:
    """What there is. Raises UsageError for a word of the command line that names no tool."""

    def __init__(
        self, loaded: Loaded, records: Records, chosen: Selection, time_s: Callable[[], float], *, bare: bool
    ) -> None:
        self._records = records
        self._chosen = chosen
        self._time_s = time_s
        self.entries: dict[str, Entry] = {}
        found, self.remarks = configured(loaded.tools, loaded.servers, self._shop)
        for entry in found:
            self._put(replace(entry, on=entry.on and not bare))
        for name in standing():
            if name not in self.entries and not (name in HOSTED and HOSTED[name].needed):
                for entry in (
                    [built_in(name, self._shop)] if name not in HOSTED else from_word(name, self._shop)
                ):
                    self._put(entry)
        for word in chosen.words:
            self.add(word)

    @property
    def _shop(self) -> Workshop:
        return Workshop(Path.cwd(), Limits(time_s=self._time_s()))

    def _put(self, entry: Entry) -> None:
        if entry.name in self.entries and self.entries[entry.name].spec != entry.spec:
            self.remarks.append(f"two tools are called {entry.name}: the one of {entry.spec} is left out")
            return
        self.entries[entry.name] = entry

    def add(self, word: str) -> list[Entry]:
        """Add what a word names, and switch it on."""
        if word in self.entries:
            added = [self.entries[word]]
        else:
            added = from_word(word, self._shop)
            for entry in added:
                self._put(entry)
        self._chosen.switch((entry.name for entry in added), on=True)
        return added

    def select(self, kept: Selection) -> None:
        """Go on with what a session kept, and nothing of the one before it but what the command line says."""
        self._chosen.start_over()
        for word in self._chosen.line:
            self.add(word)
        mine = set(self._chosen.on)
        for word in kept.words:
            if word not in self._chosen.words:
                self._chosen.name(word)
                self._try_to_add(word)
        self._chosen.switch(kept.on, on=True)
        self._chosen.switch(kept.off - mine, on=False)

    def _try_to_add(self, word: str) -> None:
        try:
            self.add(word)
        except Exception as error:
            self.remarks.append(str(error))

    def found(self, name: str) -> Entry:
        """The tool of that name. Raises UsageError."""
        entry = self.entries.get(name)
        if entry is None:
            from difflib import get_close_matches

            near = get_close_matches(name, list(self.entries), n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise UsageError(
                f"there is no tool {name!r}", f"{hint}/tools lists them; /tool add takes a file."
            )
        return entry

    def is_wanted(self, entry: Entry) -> bool:
        """By the user's word, or by itself."""
        return self._chosen.wants(entry.name, by_itself=entry.on)

    def is_trusted(self, entry: Entry) -> bool:
        """The user read its file as it is now, if it has one."""
        return entry.file is None or self._records.trusts(str(entry.file.path), entry.file.digest)

    def is_on(self, entry: Entry) -> bool:
        """A request offers it."""
        return self.is_wanted(entry) and self.is_trusted(entry)
