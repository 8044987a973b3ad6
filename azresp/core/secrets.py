"""Secrets that can't slip out: the value type, references to values kept elsewhere, and redaction by value."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 4
"""Values below this many characters are not redacted: every text would be full of masks."""


class Secret:
    """A key or token. Only `reveal` gives the value; printing shows `***`, pickling and JSON fail."""

    __slots__ = ("__value",)
    __value: str

    def __init__(self, value: str) -> None:
        object.__setattr__(self, "_Secret__value", value)

    def reveal(self) -> str:
        """Give the value itself, for the one place that puts it on the wire."""
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Secret can't be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Secret can't be changed")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret can't be pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Secret can't be pickled")


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is kept: `env:NAME` or `keyring:NAME`. Safe to show, store and export."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def read(cls, text: str) -> SecretRef | None:
        """Read `env:NAME` or `keyring:NAME`; None where the text is neither (it may be a secret itself)."""
        found = re.fullmatch(r"(env):([A-Za-z_][A-Za-z0-9_]*)|(keyring):([A-Za-z0-9][A-Za-z0-9._@/-]*)", text)
        if found is None:
            return None
        return cls(found[1] or found[3], found[2] or found[4])


class Redactor:
    """Replaces the values of known secrets by `***`, also as base64, hex, URL and JSON encoded."""

    def __init__(self, *secrets: Secret) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret) -> None:
        """Redact this secret from now on; values below 4 characters are ignored."""
        value = secret.reveal()
        if len(value) < _SHORTEST or value in self._forms:
            return
        self._forms |= _forms(value)
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """Give the text with each known secret, in any known form, replaced by `***`."""
        return self.masked(text)[0]

    def masked(self, text: str, mask: str = MASK) -> tuple[str, int]:
        """Give the text with `mask` for each known secret, and how many there were."""
        return self._pattern.subn(mask, text) if self._pattern else (text, 0)

    def redact_json(self, value: object) -> object:
        """Redact every string inside decoded JSON, keys too."""
        match value:
            case str():
                return self.redact(value)
            case list():
                return [self.redact_json(one) for one in value]
            case dict():
                return {self.redact_json(key): self.redact_json(one) for key, one in value.items()}
        return value

    def held(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of a known secret."""
        return max((_overlap(text, form) for form in self._forms), default=0)

    def redact_chain(self, error: BaseException) -> None:
        """Redact what a traceback prints of an exception and of all that led to it."""
        at: BaseException | None = error
        seen: set[int] = set()
        while at is not None and id(at) not in seen:
            seen.add(id(at))
            at.args = tuple(self.redact(one) if isinstance(one, str) else one for one in at.args)
            at = at.__cause__ or at.__context__


def _overlap(text: str, form: str) -> int:
    """How many characters at the end of `text` are a beginning of `form`, short of the whole."""
    at = text.find(form[0], max(len(text) - len(form) + 1, 0))
    while at >= 0 and not form.startswith(text[at:]):
        at = text.find(form[0], at + 1)
    return len(text) - at if at >= 0 else 0


def _forms(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    forms = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    forms |= {raw.hex(), raw.hex().upper()}
    for percent in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        forms |= {percent, re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), percent)}
    for shift in range(3):
        encoded = _base64_inside(raw, shift)
        forms |= {encoded, encoded.replace("+", "-").replace("/", "_")}
    return {form for form in forms if len(form) >= _SHORTEST}


def _base64_inside(raw: bytes, shift: int) -> str:
    """Give the base64 characters that `raw` alone decides when `shift` bytes stand before it (mod 3)."""
    encoded = base64.b64encode(b"\0" * shift + raw).decode()
    whole_sextets = (shift + len(raw)) * 8 // 6
    return encoded[-(-shift * 8 // 6) : whole_sextets]
