"""One line of the doctor's report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from azresp.errors import AzrespError, Exit


class Mark(StrEnum):
    """How it stands."""

    OK = "ok"
    WARN = "warn"
    """It works, but not as it should."""
    FAIL = "FAIL"
    """It can't work so."""
    SKIP = "skip"
    """It was not tried."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do about it. Texts may be foreign: whoever shows them cleans them."""

    section: str
    name: str
    mark: Mark
    text: str
    todo: str = ""
    exit: Exit = Exit.OK
    """The exit status that fits a failure."""


def failure(section: str, name: str, error: AzrespError) -> Finding:
    """A failure as a finding."""
    # A hint that sends its reader to the doctor leads in a circle here.
    steps = [one for one in _SENTENCE_END.split(error.hint) if not _TO_THE_DOCTOR.match(one)]
    return Finding(section, name, Mark.FAIL, error.what, " ".join(steps), error.exit)


_SENTENCE_END = re.compile(r"(?<=[.?!]) (?=[A-Z`])")
_TO_THE_DOCTOR = re.compile(r"(See )?`azresp doctor`")


def without_user(url: str) -> str:
    """A URL whose user name and password are replaced by `***`."""
    return re.sub(r"^([a-zA-Z][a-zA-Z0-9+.-]*://)?[^/]*@", lambda found: f"{found[1] or ''}***@", url)
