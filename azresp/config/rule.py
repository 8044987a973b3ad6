"""Rules: what a setting's value must be, said once for files, environment, flags and `/set`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from azresp.config.endpoint import OLDEST, Endpoint, read_endpoint, serves_responses
from azresp.core.secrets import Secret, SecretRef

T = TypeVar("T")


def _as_is(text: str) -> object:
    return text


@dataclass(frozen=True, slots=True)
class Rule(Generic[T]):
    """What a value must be. `says` completes the sentence "must be …"."""

    says: str
    check: Callable[[object], T]
    """Turn a value as TOML has it into ours. ValueError: it breaks the rule; ConfigError: it says why itself."""
    parse: Callable[[str], object] = _as_is
    """Turn text (flag, environment, `/set`) into the value as TOML would have it."""
    words: tuple[str, ...] = ()
    """All values there are, for completion; empty where there are too many."""
    metavar: str = "TEXT"
    free: bool = False
    """Any text is right, so no word of it can mean "back to the default"."""
    hidden: bool = False
    """What was given may be a secret: never show it in a message."""
    repeats: bool = False
    """A flag may be given many times, each with one `KEY=VALUE`."""


def choice(*words: str) -> Rule[str]:
    """One of a few words."""

    def check(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    says = f"one of {', '.join(words)}"
    return Rule(says, check, str.strip, words=words, metavar="|".join(words))


def number(low: float, high: float, unit: str = "") -> Rule[float]:
    """A real number within limits that belong to it."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError
        return float(value)

    says = f"a number {f'of {unit} ' if unit else ''}from {low:g} to {high:g}"
    return Rule(says, check, _parse_number, metavar="NUMBER")


def whole(low: int, high: int | None = None) -> Rule[int]:
    """A whole number within limits that belong to it."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise ValueError
        if high is not None and value > high:
            raise ValueError
        return value

    says = f"a whole number, at least {low}" if high is None else f"a whole number from {low} to {high}"
    return Rule(says, check, _parse_number, metavar="NUMBER")


def _parse_number(text: str) -> object:
    if not re.fullmatch(r"\s*[+-]?(\d{1,18}|\d{0,18}\.\d{1,18}|\d{1,18}\.)([eE][+-]?\d{1,3})?\s*", text):
        return text
    try:
        return int(text)
    except ValueError:
        return float(text)


def switch() -> Rule[bool]:
    """True or false."""

    def check(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    def parse(text: str) -> object:
        word = text.strip().lower()
        if word in ("true", "on", "yes", "1"):
            return True
        return False if word in ("false", "off", "no", "0") else text

    return Rule("true or false", check, parse, words=("on", "off"), metavar="on|off")


def prose() -> Rule[str]:
    """Any text, more than one line too."""

    def check(value: object) -> str:
        if not isinstance(value, str) or _broken(value):
            raise ValueError
        return value

    return Rule("text", check, free=True)


def line(says: str, pattern: str, metavar: str) -> Rule[str]:
    """One line of text that matches a pattern as a whole."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError
        return value

    return Rule(says, check, str.strip, metavar=metavar, free=True)


def pairs(most: int, key_length: int, value_length: int) -> Rule[Mapping[str, str]]:
    """A table of text by text, as the API's `metadata` has it."""

    def check(value: object) -> Mapping[str, str]:
        if not isinstance(value, Mapping) or len(value) > most:
            raise ValueError
        for key, text in value.items():
            if not isinstance(text, str) or not 1 <= len(key) <= key_length or len(text) > value_length:
                raise ValueError
            if _broken(key) or _broken(text):
                raise ValueError
        return dict(value)

    says = (
        f"a table of at most {most} pairs of text, keys of at most {key_length} "
        f"and values of at most {value_length} characters"
    )
    return Rule(says, check, _parse_pairs, metavar="KEY=VALUE", repeats=True)


def _parse_pairs(text: str) -> object:
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = part.partition("=")
        if not equals:
            return text
        found[key.strip()] = value.strip()
    return found


def endpoint() -> Rule[Endpoint]:
    """The service's address in any form that people paste; says itself what is wrong with it."""

    def check(value: object) -> Endpoint:
        if isinstance(value, Endpoint):
            return value
        if not isinstance(value, str):
            raise ValueError
        return read_endpoint(value)

    return Rule("the https address of an Azure OpenAI resource", check, metavar="URL", free=True)


def api_version() -> Rule[str]:
    """The API's version that requests name; only those that know the Responses API."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not serves_responses(value):
            raise ValueError
        return value

    says = f"v1, preview, or a date like {OLDEST} or later (older ones don't know the Responses API)"
    return Rule(says, check, str.strip, metavar="v1|preview|DATE", free=True)


def reference() -> Rule[SecretRef | Secret]:
    """Where a key is kept, never the key itself (a `Secret` made by the program passes)."""

    def check(value: object) -> SecretRef | Secret:
        if isinstance(value, Secret | SecretRef):
            return value
        found = SecretRef.read(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError
        return found

    says = '"env:NAME" or "keyring:NAME": where the key is kept, never the key itself'
    return Rule(says, check, str.strip, metavar="env:NAME|keyring:NAME", free=True, hidden=True)


def proxy() -> Rule[str]:
    """A proxy's address, or `none` for going straight whatever the environment says."""

    def check(value: object) -> str:
        if not isinstance(value, str) or re.search(r"[\s\x00-\x1f\x7f]", value):
            raise ValueError
        if value == "none":
            return value
        parts = urlsplit(value)
        _ = parts.port  # a ValueError where it is no port
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError
        return value

    says = (
        "an http or https URL without user name and password (those belong in HTTPS_PROXY), "
        'or "none" for no proxy'
    )
    return Rule(says, check, str.strip, metavar="URL|none", hidden=True)


def file() -> Rule[Path]:
    """A file that is there."""

    def check(value: object) -> Path:
        path = full_path(value)
        if not path.is_file():
            raise ValueError
        return path

    def parse(text: str) -> object:
        return text if not text or text.startswith("~") else str(Path(text).absolute())

    return Rule(
        "the full path of a file that exists (~ may stand first)", check, parse, metavar="FILE", free=True
    )


def folder() -> Rule[Path]:
    """A folder, there or not."""

    def parse(text: str) -> object:
        return text if not text or text.startswith("~") else str(Path(text).absolute())

    says = "the full path of a folder (~ may stand first)"
    return Rule(says, full_path, parse, metavar="FOLDER", free=True)


def full_path(value: object) -> Path:
    """A full path; nothing is looked for there. Raises ValueError."""
    if not isinstance(value, str) or not value or "\0" in value or _broken(value):
        raise ValueError
    try:
        path = Path(value).expanduser()
    except RuntimeError:  # no home folder to put in for "~"
        raise ValueError from None
    if not path.is_absolute():
        raise ValueError
    return path


def _broken(text: str) -> bool:
    """Say whether the text holds what can't be sent as UTF-8 (bytes of the environment that are none)."""
    return any("\ud800" <= char <= "\udfff" for char in text)
