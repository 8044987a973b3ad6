"""Encrypted content: opaque to clients, bound to its item and its resource, in the shape of a Fernet token.

It need keep no secret, only be checked as the service checks it: the key is made from the resource's name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import refusals

_VERSION = b"\x80"
_BLOCK, _HEAD, _TAG = 16, 25, 32
"""Bytes: of a block, of version, time and nonce together, of the signature."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a ciphertext holds: the item that it belongs to, and something."""

    id: str
    held: Any


class Cipher:
    """Seals and opens the encrypted content of one resource."""

    def __init__(self, resource: str, clock: Callable[[], float]) -> None:
        self._key = hashlib.sha256(f"azresp emulator {resource}".encode()).digest()
        self._clock = clock

    def seal(self, id_: str, held: Any = None) -> str:
        """Another text each time, for the same item and the same content too."""
        plain = json.dumps([id_, held], ensure_ascii=False, separators=(",", ":")).encode()
        pad = _BLOCK - len(plain) % _BLOCK
        head = _VERSION + int(self._clock()).to_bytes(8, "big") + secrets.token_bytes(16)
        body = head + self._mixed(plain + bytes([pad]) * pad, head)
        return base64.urlsafe_b64encode(body + self._signature(body)).decode()

    def open(self, text: str) -> Opened | None:
        """None: it is damaged, or of another resource."""
        try:
            token = base64.b64decode(text.encode("ascii"), b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        body, signature = token[:-_TAG], token[-_TAG:]
        if len(body) <= _HEAD or not hmac.compare_digest(signature, self._signature(body)):
            return None
        plain = self._mixed(body[_HEAD:], body[:_HEAD])
        id_, held = json.loads(plain[: -plain[-1]])
        return Opened(id_, held)

    def check(self, given: Any) -> None:
        """Refuse an input with encrypted content that is damaged, of another resource or of another item."""
        for item in given if isinstance(given, list) else ():
            if not isinstance(item, dict) or item.get("type") not in ("reasoning", "compaction"):
                continue
            text = item.get("encrypted_content")
            if not text or not isinstance(text, str):
                continue
            opened = self.open(text)
            if opened is None or isinstance(opened.held, list) != (item["type"] == "compaction"):
                raise refusals.not_decrypted(text)
            if item.get("id") not in (None, opened.id):
                raise refusals.ciphertext_of_another(item["id"])

    def _mixed(self, data: bytes, head: bytes) -> bytes:
        stream = hashlib.shake_256(self._key + head).digest(len(data))
        return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")
