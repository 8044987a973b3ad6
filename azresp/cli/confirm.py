"""Asking the user on the terminal; whoever is not there says no."""

from __future__ import annotations

import sys

from azresp.errors import UsageError


def somebody() -> bool:
    """Whether a person can be asked: stdin and stderr are terminals."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask a yes-or-no question whose default is no. Raises UsageError if nobody is there and `yes` was not given."""
    if yes:
        return True
    if not somebody():
        raise UsageError(f"this needs a yes: {question}", "Add --yes to do it without being asked.")
    return asked(question)


def asked(question: str) -> bool:
    """Ask a yes-or-no question; anything but yes is no, the end of input too."""
    from azresp.ui.sink import clean_line

    sys.stderr.write(f"{clean_line(question)} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        sys.stderr.write("\n")
    return answer.strip().lower() in ("y", "yes")
