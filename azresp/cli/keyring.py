"""The system's keyring: whether there is one that works, and keeping a key in it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

from azresp.config.credential import SERVICE
from azresp.core.secrets import Secret
from azresp.errors import LocalError

LIMIT_S = 30.0
"""Somebody may have to unlock it."""


def has_keyring() -> bool:
    """Whether the keyring package and a backend that can keep something are there."""
    return _within(5.0, _look) is True


def keep(name: str, secret: Secret) -> None:
    """Keep a key under a name. LocalError: the keyring refused or did not answer."""
    answer = _within(LIMIT_S, lambda: _set(name, secret))
    if answer is not True:
        reason = (
            " ".join(str(answer).split())[:200] if answer is not None else f"no answer within {LIMIT_S:.0f} s"
        )
        raise LocalError(
            f"the keyring did not keep the key: {reason}",
            "Unlock it, or use an environment variable instead.",
        )


def _look() -> object:
    try:
        import keyring
    except ImportError:
        return False
    # The backend that always fails has priority 0, the one that keeps nothing -1.
    return float(keyring.get_keyring().priority) > 0


def _set(name: str, secret: Secret) -> object:
    import keyring

    keyring.set_password(SERVICE, name, secret.reveal())
    return True


def _within(limit_s: float, work: Callable[[], object]) -> object:
    """What `work` gives, the exception it raises, or None after `limit_s`: backends may hang, D-Bus too."""
    answer: list[Any] = []

    def run() -> None:
        try:
            answer.append(work())
        except Exception as bad:  # backends raise what they like
            answer.append(bad)

    worker = Thread(target=run, name="keyring", daemon=True)
    worker.start()
    worker.join(limit_s)
    return answer[0] if answer else None
