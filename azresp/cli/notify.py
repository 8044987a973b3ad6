"""Telling that a job is over to somebody who looks elsewhere: the terminal's notification, its bell, or a command."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from azresp.cli.report import note, signal_terminal
from azresp.config.profile import Profile
from azresp.core.text import first_line

_LONGEST = 200
COMMAND_S = 10.0
"""A command that tells somebody takes no longer."""

_PROGRAMS = {"iTerm.app": "osc9", "WezTerm": "osc9", "ghostty": "osc9", "mintty": "osc9", "rio": "osc9"}
_TERMS = (("xterm-kitty", "osc99"), ("foot", "osc777"), ("rxvt", "osc777"), ("xterm-ghostty", "osc9"))


@dataclass(frozen=True, slots=True)
class Notifier:
    """How the user wants to be told."""

    how: str
    """none, bell, osc9, osc99, osc777"""
    command: str = ""

    @classmethod
    def of(cls, profile: Profile, environ: Mapping[str, str] = os.environ) -> Notifier:
        """As the settings `notify` and `notify_command` say."""
        how = _best(environ) if profile.notify == "auto" else profile.notify
        return cls(how, profile.notify_command or "")

    def tell(self, what: str, state: str) -> None:
        """Tell once that something is over; foreign text is cleaned and never seen by a shell."""
        from azresp.ui.sink import clean_line

        first = clean_line(first_line(what, _LONGEST))
        if self.how != "none":
            signal_terminal(_sequence(self.how, f"azresp: {state}", first))
        if self.command:
            self._run(first, state)

    def _run(self, first: str, state: str) -> None:
        try:
            words = [*shlex.split(self.command), f"azresp: {state}", first]
            done = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=COMMAND_S, capture_output=True)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            note(f"warning: notify_command: {error}")
            return
        if done.returncode:
            note(f"warning: notify_command ended with status {done.returncode}")


def _sequence(how: str, title: str, text: str) -> str:
    """What a terminal is told; `title` and `text` hold no control characters."""
    match how:
        case "osc9":
            return f"\x1b]9;{title}: {text}\x1b\\"
        case "osc99":
            return f"\x1b]99;i=azresp:d=0;{title}\x1b\\\x1b]99;i=azresp:p=body;{text}\x1b\\"
        case "osc777":
            return f"\x1b]777;notify;{title.replace(';', ',')};{text.replace(';', ',')}\x1b\\"
    return "\a"


def _best(environ: Mapping[str, str]) -> str:
    """What this terminal is known to understand; inside of tmux or screen only the bell gets through."""
    term = environ.get("TERM", "")
    if "TMUX" in environ or term.startswith("screen"):
        return "bell"
    if (program := environ.get("TERM_PROGRAM", "")) in _PROGRAMS:
        return _PROGRAMS[program]
    return next((how for name, how in _TERMS if term.startswith(name)), "bell")
