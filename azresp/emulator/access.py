"""The gateway's door: which credentials and api-versions get in."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from . import refusals
from .settings import Settings

_OLDEST = "2025-03-01-preview"
_DATED = frozenset(
    {
        "2025-03-01-preview",
        "2025-04-01-preview",
        "2025-05-15-preview",
        "2025-11-15-preview",
        "2026-01-01-preview",
    }
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(-preview)?")


def check_version(query: Mapping[str, str], *, v1: bool) -> None:
    """`/openai/v1` takes none, v1 or preview; the older route a known date from 2025-03-01-preview on."""
    version = query.get("api-version")
    if v1:
        if version not in (None, "v1", "preview"):
            raise refusals.unknown_version()
        return
    if version is None:
        raise refusals.wrong_path()
    if not _DATE.fullmatch(version):
        raise refusals.unknown_version()
    if version[:10] < _OLDEST[:10]:
        raise refusals.old_version()
    if version not in _DATED:
        raise refusals.unknown_version()


def check_credentials(headers: Mapping[str, str], settings: Settings) -> None:
    """A key in `api-key`, or a key or token in `Authorization: Bearer`."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    bearer = bearer.strip() if scheme.lower() == "bearer" else ""
    key = headers.get("api-key") or bearer
    if not key:
        raise refusals.wrong_key()
    if settings.audience is not None and bearer and not _known(bearer, settings):
        if not _valid(bearer, settings.audience, settings.clock()):
            raise refusals.wrong_token(settings.audience)
        return
    if settings.keys is not None and key not in settings.keys:
        raise refusals.wrong_key()


def _known(bearer: str, settings: Settings) -> bool:
    return settings.keys is not None and bearer in settings.keys


def _valid(token: str, audience: str, now: float) -> bool:
    claims = _claims(token)
    expires = claims.get("exp")
    fresh = expires is None or (isinstance(expires, int | float) and expires > now)
    return fresh and str(claims.get("aud", "")).rstrip("/") == audience.rstrip("/")


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}
