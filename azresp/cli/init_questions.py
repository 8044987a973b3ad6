"""The dialogue of `azresp init`, in plain lines that fit a narrow window."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from azresp.cli.init_answers import Answers, profile_name
from azresp.cli.keyring import has_keyring
from azresp.config.endpoint import EndpointError, read_endpoint
from azresp.core.secrets import Secret, SecretRef
from azresp.errors import AzrespError, ConfigError
from azresp.ui.sink import clean_line


def tell(text: str) -> None:
    """Write a paragraph, wrapped; words such as URLs stay whole."""
    columns = max(shutil.get_terminal_size().columns, 24)
    wrapped = textwrap.fill(
        clean_line(text), min(columns, 80), break_long_words=False, break_on_hyphens=False
    )
    sys.stderr.write(wrapped + "\n")
    sys.stderr.flush()


def gap() -> None:
    """Write an empty line."""
    sys.stderr.write("\n")


def _ask(prompt: str, default: str = "") -> str:
    """Read a line; nothing typed means the default. EOFError at the end of input."""
    shown = clean_line(f"{prompt} [{default}]: " if default else f"{prompt}: ")
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - lets input() edit the line
        return input(shown).strip() or default
    sys.stderr.write(shown)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip() or default


def choose(options: Sequence[str], default: int = 1) -> int:
    """Let one of several be chosen by its number, from 1."""
    for number, option in enumerate(options, 1):
        tell(f"  {number}  {option}")
    while True:
        answer = _ask("Choose", str(default))
        if answer.isdecimal() and 1 <= int(answer) <= len(options):
            return int(answer)
        tell(f"Type a number from 1 to {len(options)}.")


def yes(question: str) -> bool:
    """Ask a yes-or-no question whose default is no."""
    return _ask(f"{question} y/N").lower() in ("y", "yes")


class Questions:
    """Asks for what is not answered yet."""

    def __init__(self, profiles: Mapping[str, Any]) -> None:
        self._profiles = profiles

    def fill(self, answers: Answers, *, again: bool = False) -> None:
        """Complete the answers; `again` asks for each, with the earlier answer as default."""
        if again or answers.endpoint is None:
            self._endpoint(answers)
        if again or answers.deployment is None:
            self._deployment(answers)
        if again or not answers.auth or (answers.auth == "key" and answers.key is None):
            self._sign_in(answers)
        if not answers.name:
            self._name(answers)

    def _endpoint(self, answers: Answers) -> None:
        gap()
        tell("Endpoint: paste any URL of your Azure OpenAI resource, as the portal shows it.")
        before, meant = answers.endpoint, ""
        while True:
            known = before.base_url(answers.api_version or "v1") if before else ""
            pasted = _ask("Endpoint", meant or known)
            if not pasted:
                tell("An endpoint is needed, for example https://NAME.openai.azure.com (Ctrl-C leaves).")
                continue
            try:
                endpoint = read_endpoint(pasted)
                break
            except EndpointError as error:
                tell(f"It {error.reason}. {error.hint}")
                meant = error.meant
        if endpoint.root != (before.root if before else ""):
            answers.api_version = endpoint.api_version or ""
            answers.deployment = endpoint.deployment
        answers.take_endpoint(endpoint)
        taken = [f"deployment {endpoint.deployment}"] if endpoint.deployment else []
        taken += [f"api-version {endpoint.api_version}"] if endpoint.api_version else []
        if taken:
            tell(f"Taken from the URL: {' and '.join(taken)}.")
        if endpoint.ignored:
            tell(f"Its api-version {endpoint.ignored} does not serve responses; the usual v1 is used.")

    def _deployment(self, answers: Answers) -> None:
        gap()
        tell("Deployment: the name of a model's deployment in that resource.")
        while True:
            name = _ask("Deployment", answers.deployment or "")
            try:
                if name:
                    answers.take("deployment", name)
                    return
                tell("A deployment is needed: its name is in the portal, under Deployments (Ctrl-C leaves).")
            except ConfigError as error:
                tell(error.what.removeprefix("--"))

    def _sign_in(self, answers: Answers) -> None:
        gap()
        tell("How do you sign in?")
        options = ["Entra ID (az login, managed identity)", "API key in an environment variable"]
        kept = has_keyring()
        options += ["API key in the system's keyring"] if kept else []
        before = 1 if answers.auth in ("", "entra") else 3 if kept and _kind(answers) == "keyring" else 2
        match choose(options, before):
            case 1:
                answers.auth, answers.key, answers.secret, answers.trial = "entra", None, None, None
            case 2:
                self._variable(answers)
            case _:
                self._keyring(answers)

    def _variable(self, answers: Answers) -> None:
        before = answers.key.name if _kind(answers) == "env" and answers.key else "AZRESP_API_KEY"
        while True:
            reference = SecretRef.read(f"env:{_ask('Variable', before)}")
            if reference is not None:
                break
            # It may be the key itself: it is not shown again.
            tell("That is no variable's name. The key itself is not written into the file.")
        answers.auth, answers.key, answers.secret, answers.trial = "key", reference, None, None
        if not os.environ.get(reference.name):
            tell(
                f"{reference.name} is not set in this shell. Paste the key to try it now: it is kept nowhere."
            )
            typed = _hidden("Key (hidden; Enter goes on without)")
            answers.trial = Secret(typed) if typed else None

    def _keyring(self, answers: Answers) -> None:
        before = answers.key.name if _kind(answers) == "keyring" and answers.key else _host_label(answers)
        while True:
            reference = SecretRef.read(f"keyring:{_ask('Name in the keyring', before)}")
            if reference is not None:
                break
            tell("Use letters, digits and . _ @ / - for the name.")
        secret = _hidden("Key (hidden; empty keeps the old one)")
        answers.auth, answers.key, answers.trial = "key", reference, None
        answers.secret = Secret(secret) if secret else None

    def _name(self, answers: Answers) -> None:
        if not self._profiles:
            answers.name = "default"
            return
        gap()
        tell(f"Profiles so far: {', '.join(self._profiles)}.")
        while True:
            try:
                name = profile_name(_ask("Name of this profile", "default"))
            except AzrespError as error:
                tell(error.hint)
                continue
            if name not in self._profiles or yes(f"Replace the connection of {name}?"):
                answers.name = name
                return


def _kind(answers: Answers) -> str:
    return answers.key.kind if answers.key else ""


def _host_label(answers: Answers) -> str:
    from urllib.parse import urlsplit

    host = urlsplit(answers.endpoint.root).hostname if answers.endpoint else ""
    label = (host or "").split(".")[0]
    return label if SecretRef.read(f"keyring:{label}") else "azure"


def _hidden(prompt: str) -> str:
    from getpass import getpass

    return getpass(f"{prompt}: ", stream=None).strip()
