"""What is masked before a conversation is given away: keys by shape, known secrets by value, personal data if asked.

Shapes are those that the makers of the keys publish, so that plain text is left alone; a password that looks like
a word is only found where it is named as one (`password = …`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from azresp.core.keep import dump_turn, load_turn
from azresp.core.secrets import Redactor
from azresp.core.session import Exchange, Session

MASK = "[masked]"
"""Not `***`: in Markdown that would mean something."""

_WHOLE = (
    r"sk-(?:proj-|svcacct-|admin-|ant-)?[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic
    r"[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{27}",  # Azure AI services
    r"[A-Za-z0-9+/]{76}[A-Za-z0-9+/]{10}==",  # Azure storage
    r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}",
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}",
    r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{24,}",
    r"npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|hf_[A-Za-z0-9]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}",
    r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # JSON Web Tokens
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z0-9 ]*PRIVATE KEY-----)?",
)
_NAMED = (
    # The name stays, its value goes.
    r"\b(?:authorization\\?[\"']?\s*[:=]\s*\\?[\"']?)?(?:bearer|basic)\s+(?P<value>[A-Za-z0-9._~+/=-]{16,})",
    r"(?:api[_-]?key|access[_-]?key|account[_-]?key|sharedaccesskey|secret|token|passw(?:or)?d|passphrase|pwd)"
    r"\\?[\"']?\s*(?:=|:|:=|=>)\s*\\?[\"']?(?P<value>[^\s\"'\\,;)}\]]{6,})",
    r"[?&;]sig=(?P<value>[A-Za-z0-9%+/=]{16,})",  # shared access signatures
    r"[a-z][a-z0-9+.-]*://[^\s/:@]{1,80}:(?P<value>[^\s/:@]{1,200})@",
)
_PERSONAL = (
    r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}",
    r"(?:/home|/Users|/root)/[^\s\"'<>|:;,)\]}`]+",
    r"[A-Za-z]:\\{1,2}Users\\{1,2}[^\s\"'<>|:;,)\]}`]+",
)
_DATA = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.=+-]+)*;base64,[A-Za-z0-9+/=_-]*", re.ASCII)
_OPAQUE = ("encrypted_content", "sha256", "saved")
"""Fields that hold no text: a match in one would be chance, and would spoil it."""


class Redaction:
    """Masks and counts. `known` has the values of secrets that are configured here."""

    def __init__(self, known: Redactor | None = None, *, personal: bool = False) -> None:
        self.count = 0
        """how many places were masked"""
        self._known = known or Redactor()
        shapes = [*_WHOLE, *(_PERSONAL if personal else ())]
        self._whole = re.compile("|".join(f"(?<![A-Za-z0-9])(?:{one})" for one in shapes), re.DOTALL)
        self._named = [re.compile(one, re.IGNORECASE) for one in _NAMED]

    def text(self, text: str) -> str:
        """A text with its secrets masked."""
        if _DATA.fullmatch(text):
            return text  # a picture or file
        text, by_value = self._known.masked(text, MASK)
        text, by_shape = self._whole.subn(MASK, text)
        self.count += by_value + by_shape
        for shape in self._named:
            text = shape.sub(self._value, text)
        return text

    def file(self, encoded: str) -> str:
        """The base64 of a file with the secrets of its text masked; what is no text stays as it is."""
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except ValueError:
            return encoded
        before = self.count
        masked = self.text(text)
        return encoded if self.count == before else base64.b64encode(masked.encode()).decode()

    def json(self, value: Any) -> Any:
        """Decoded JSON with its texts masked, in keys too."""
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.json(one) for one in value]
            case dict():
                return {
                    self.text(str(key)): one if key in _OPAQUE else self.json(one)
                    for key, one in value.items()
                }
        return value

    def session(self, session: Session, made: Sequence[Exchange]) -> tuple[Session, list[Exchange]]:
        """A session and the exchanges of its tree, masked."""
        new = [self._exchange(one) for one in {**session.exchanges, **{one.id: one for one in made}}.values()]
        by_id = {one.id: one for one in new}
        masked = replace(
            session,
            name=self.text(session.name),
            settings=self.json(dict(session.settings)),
            exchanges={ident: by_id[ident] for ident in session.exchanges},
        )
        return masked, [by_id[one.id] for one in made]

    def _exchange(self, one: Exchange) -> Exchange:
        said: list[Any] = self.json(list(one.said))
        return replace(one, said=tuple(said), turn=load_turn(self.json(dump_turn(one.turn))))

    def _value(self, found: re.Match[str]) -> str:
        if found.string.startswith(MASK, found.start("value")):
            return found[0]
        self.count += 1
        start, end = found.start("value") - found.start(), found.end("value") - found.start()
        return found[0][:start] + MASK + found[0][end:]
