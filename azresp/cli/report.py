"""Errors on stderr: one sentence, then the next step. A traceback only with --debug."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from azresp.errors import AzrespError, ConfigError, Exit, PipeClosed, ServiceError, UsageError


@dataclass(frozen=True, slots=True)
class Debug:
    """Whether tracebacks are wanted: `--debug` anywhere before `--`, or AZRESP_DEBUG."""

    on: bool

    @classmethod
    def take(cls, argv: list[str]) -> Debug:
        """Take `--debug` out of `argv`; it belongs to no command in particular."""
        end = argv.index("--") if "--" in argv else len(argv)
        found = [at for at, word in enumerate(argv[:end]) if word == "--debug"]
        for at in reversed(found):
            del argv[at]
        if found:
            os.environ["AZRESP_DEBUG"] = "1"  # for `asked`, and for child processes
        return cls.asked()

    @classmethod
    def asked(cls) -> Debug:
        """What was asked for; `--debug` is in the environment too once it was taken."""
        return cls(bool(os.environ.get("AZRESP_DEBUG")))


def report(error: Exception, debug: Debug) -> int:
    """Tell an error on stderr and give the exit status."""
    # What the user got wrong needs no look into the program.
    if debug.on and not isinstance(error, UsageError | ConfigError | PipeClosed):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, AzrespError):
        if not isinstance(error, PipeClosed):
            tell(error)
        return int(error.exit)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        note(f"azresp: {place}{error.strerror or error}")
        return int(Exit.LOCAL)
    if type(error).__module__ == "termios":
        # Not an OSError, though it is one: the window was closed. Nobody else's error is called so.
        note(f"azresp: the terminal: {error.args[-1] if error.args else error}")
        return int(Exit.LOCAL)
    if not debug.on:
        note(f"azresp: a fault in azresp itself: {type(error).__name__}: {error}")
        note("  Run it again with --debug for the traceback, and report it.")
    return int(Exit.BUG)


def tell(error: AzrespError) -> None:
    """Write an error's sentence, its next step and its request ids to stderr."""
    for line in error_lines(error):
        note(line)


def error_lines(error: AzrespError) -> list[str]:
    """An error as lines: what happened (status, code), what to do, and the request ids for a support request."""
    facts, ids = "", ""
    if isinstance(error, ServiceError):
        told = [f"HTTP {error.status}"] if error.status else []
        told += [error.code] if error.code and error.code != str(error.status) else []
        facts = f" ({', '.join(told)})" if told else ""
        ids = ", ".join(f"{name} {value}" for name, value in error.request_ids)
    return [f"azresp: {error.what}{facts}", *(f"  {line}" for line in (error.hint, ids) if line)]


def note(text: str) -> None:
    """Write one line to stderr, cleaned; silence if stderr is gone."""
    from azresp.ui.sink import clean_line

    line = clean_line(text)
    encoding = sys.stderr.encoding or "utf-8"
    try:
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def signal_terminal(ours: str) -> None:
    """Send a sequence of our own making to the terminal on stderr, if there is one."""
    if sys.stderr is None or not sys.stderr.isatty():
        return
    try:
        sys.stderr.write(ours)
        sys.stderr.flush()
    except (OSError, ValueError):
        return


class StatusLine:
    """One line on stderr that changes in place; nothing at all where stderr is no terminal."""

    def __init__(self) -> None:
        from azresp.ui.caps import detect

        self._shown = 0
        self.on = sys.stderr is not None and detect(os.environ, tty=sys.stderr.isatty()).cursor

    def show(self, text: str) -> None:
        """Put a line in the place of the last one; an empty one takes it away."""
        if not self.on or (not text and not self._shown):
            return
        import shutil

        from azresp.ui.cells import cut, width
        from azresp.ui.sink import clean_line

        line = cut(clean_line(text), max(shutil.get_terminal_size().columns - 1, 1))[0]
        blanks = " " * max(self._shown - width(line), 0)
        self._shown = width(line)
        encoding = sys.stderr.encoding or "utf-8"
        told = f"\r{line}{blanks}\r{line if line else ''}"
        try:
            sys.stderr.write(told.encode(encoding, "replace").decode(encoding))
            sys.stderr.flush()
        except (OSError, ValueError):
            self.on = False
