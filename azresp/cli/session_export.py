"""`azresp sessions export`: a session to stdout or into a file, masked if that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.cli.gallery import gallery_of
from azresp.cli.kept import open_kept, session_named
from azresp.cli.options import emulator_choice
from azresp.cli.report import note
from azresp.cli.streams import Output
from azresp.core.redaction import Redaction
from azresp.core.secrets import Redactor, Secret
from azresp.errors import AzrespError, ConfigError
from azresp.ui.counting import counted
from azresp.ui.export.file import write_private
from azresp.ui.export.forms import Album, demand_form, exported

if TYPE_CHECKING:
    from azresp.config.load import Loaded
    from azresp.core.pictures import Kept


def export_session(
    name: str, emulator: str, form: str, file: Path | None, *, force: bool, redact: bool, personal: bool
) -> None:
    """Write a session to a file that only its owner can read, or to stdout."""
    from azresp.config.load import load
    from azresp.config.profile import Profile

    demand_form(form)
    masking = redact or personal
    loaded = None
    try:
        loaded = load()
    except ConfigError:
        if masking:
            raise  # the secrets that are named there could not be masked
    profile = loaded.profile if loaded is not None else Profile()
    store = open_kept(emulator_choice(emulator))
    try:
        session = session_named(store, name)
        made = store.all_exchanges(session.id)
        gallery: Album = gallery_of(profile, store.path)
        if masking and loaded is not None:
            redaction = Redaction(_known_secrets(loaded), personal=personal)
            session, made = redaction.session(session, made)
            text = exported(session, made, form, _Masked(gallery, redaction))
            note(
                f"masked {counted(redaction.count, 'place')}: look through it all the same before you share it"
            )
        else:
            text = exported(session, made, form, gallery)
    finally:
        store.close()
    if file is None or str(file) == "-":
        Output().write(text)
        return
    write_private(file.expanduser(), text, force=force)
    note(f"wrote {file}")


class _Masked:
    """The pictures and attachments of an export that is masked: texts among them are too, and the names of files."""

    def __init__(self, album: Album, redaction: Redaction) -> None:
        self._album, self._redaction = album, redaction

    def path(self, kept: Kept) -> Path:
        """Where it is, told without what is to be masked."""
        home, path = str(Path.home()), str(self._album.path(kept))
        # What stands for the home folder is told as ~, as ever.
        start = len(home) if path.startswith(home) else 0
        return Path(path[:start] + self._redaction.text(path[start:]))

    def read(self, kept: Kept) -> str | None:
        """Its base64."""
        encoded = self._album.read(kept)
        return None if encoded is None else self._redaction.file(encoded)


def _known_secrets(loaded: Loaded) -> Redactor:
    """The values of the secrets that the configuration names, as far as they can be looked up."""
    redactor = Redactor()
    for secret in _secrets(loaded):
        redactor.add(secret)
    return redactor


def _secrets(loaded: Loaded) -> Iterator[Secret]:
    from azresp.cli.offered import references
    from azresp.config.credential import resolve, resolve_lent

    key = loaded.profile.key
    found = [partial(resolve, key)] if key is not None else []
    found += [partial(resolve_lent, ref) for one in loaded.servers for _, ref in references(one.server)]
    for ask in found:
        try:
            yield ask()
        except AzrespError as error:
            note(f"warning: not masked by its value: {error.what}")
