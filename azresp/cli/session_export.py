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
from azresp.ui.export.forms import demand_form, exported

if TYPE_CHECKING:
    from azresp.config.load import Loaded


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
        if masking and loaded is not None:
            redaction = Redaction(_known_secrets(loaded), personal=personal)
            session, made = redaction.session(session, made)
            note(
                f"masked {counted(redaction.count, 'place')}: look through it all the same before you share it"
            )
        text = exported(session, made, form, gallery_of(profile, store.path))
    finally:
        store.close()
    if file is None or str(file) == "-":
        Output().write(text)
        return
    write_private(file.expanduser(), text, force=force)
    note(f"wrote {file}")


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
