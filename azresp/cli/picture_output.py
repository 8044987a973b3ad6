"""`-o`: the picture that was drawn, to a file or to stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.cli.streams import stdout_lost
from azresp.errors import Exit

if TYPE_CHECKING:
    from azresp.cli.hearer import Hearer


def write_pictures(hearer: Hearer, name: str, warn: Callable[[str], None]) -> int:
    """Write the pictures of a run: the first to `name`, others beside it with a number. Status 1 if there is none.

    To stdout goes the last one. A sketch is no picture.
    """
    from azresp.media.output import write_base64

    texts = [text for kept in hearer.drawn if (text := hearer.gallery.read(kept)) is not None]
    if not texts:
        warn("azresp: no picture came")
        return Exit.API
    if name == "-":
        _to_stdout(texts[-1])
        return Exit.OK
    path = Path(name).expanduser()
    for number, text in enumerate(texts, 1):
        target = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        write_base64(text, target)
        warn(f"wrote {target}")
    return Exit.OK


def _to_stdout(text: str) -> None:
    from azresp.media.output import write_base64

    try:
        write_base64(text, sys.stdout.buffer)
    except OSError as error:
        raise stdout_lost(error) from error
