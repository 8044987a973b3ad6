"""Resolving references: environment and keyring, and what is said when there is nothing."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from azresp.config.credential import resolve, resolve_lent
from azresp.core.secrets import Secret, SecretRef
from azresp.errors import Exit, SignInError


class Ring(KeyringBackend):
    """A keyring that answers as it is told to."""

    priority = 1

    def __init__(self, answer: Callable[[str, str], str | None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types there
        self.answer = answer

    def get_password(self, service: str, username: str) -> str | None:
        return self.answer(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError("azresp never writes to the keyring")


@pytest.fixture
def use_ring() -> Iterator[Callable[[Callable[[str, str], str | None]], None]]:
    before = keyring.get_keyring()
    yield lambda answer: keyring.set_keyring(Ring(answer))
    keyring.set_keyring(before)


def test_a_key_comes_from_the_environment_at_request_time() -> None:
    env = {"WORK": "first\n"}
    assert resolve(SecretRef("env", "WORK"), env) == Secret("first")
    env["WORK"] = "second"
    assert resolve(SecretRef("env", "WORK"), env) == Secret("second")
    assert resolve(Secret("given"), env) == Secret("given")


@pytest.mark.parametrize("env", [{}, {"WORK": ""}, {"WORK": " \n"}])
def test_a_missing_key_says_which_and_what_to_do(env: Mapping[str, str]) -> None:
    with pytest.raises(SignInError) as refusal:
        resolve(SecretRef("env", "WORK"), env)
    assert refusal.value.what == "there is no key in env:WORK"
    assert "export WORK=" in refusal.value.hint
    assert refusal.value.exit is Exit.SIGN_IN


@pytest.mark.parametrize("value", ["hunter2\r\nX-Evil: 1", "hunter2 x", "hunter2é", "hunter2\x00"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(SignInError) as refusal:
        resolve(SecretRef("env", "WORK"), {"WORK": value})
    assert "hunter2" not in refusal.value.what + refusal.value.hint


def test_a_key_comes_from_the_keyring_under_our_service(use_ring: Any) -> None:
    use_ring(lambda service, name: f"{service}-{name}-key")
    assert resolve(SecretRef.read("keyring:work") or Secret("")) == Secret("azresp-work-key")


def test_an_empty_keyring_says_how_to_fill_it(use_ring: Any) -> None:
    use_ring(lambda service, name: None)
    with pytest.raises(SignInError, match="no key in keyring:work") as refusal:
        resolve(SecretRef("keyring", "work"))
    assert "keyring set azresp work" in refusal.value.hint


def test_a_locked_keyring_is_told_with_its_own_words(use_ring: Any) -> None:
    def locked(service: str, name: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")

    use_ring(locked)
    with pytest.raises(SignInError, match="Failed to unlock the collection!"):
        resolve(SecretRef("keyring", "work"))


def test_a_hanging_keyring_is_given_up(use_ring: Any) -> None:
    released = threading.Event()
    use_ring(lambda service, name: "late" if released.wait() else None)
    try:
        with pytest.raises(SignInError, match="did not answer within"):
            resolve(SecretRef("keyring", "work"), timeout_s=0.01)
    finally:
        released.set()


def test_without_the_keyring_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def no_keyring(name: str, *rest: Any) -> Any:
        if name == "keyring":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_keyring)
    with pytest.raises(SignInError) as refusal:
        resolve(SecretRef("keyring", "work"))
    assert "azresp[keyring]" in refusal.value.hint


def test_what_is_lent_to_a_server_may_have_blanks_and_has_hints_of_its_own() -> None:
    ref = SecretRef("env", "DOCS_KEY")
    assert resolve_lent(ref, {"DOCS_KEY": " Bearer hunter2\n"}) == Secret("Bearer hunter2")
    with pytest.raises(SignInError, match="there is nothing in env:DOCS_KEY") as missing:
        resolve_lent(ref, {})
    assert missing.value.hint == "Run `export DOCS_KEY=…` in this shell, or turn the server off."
    with pytest.raises(SignInError, match="can't stand in a header") as wrong:
        resolve_lent(ref, {"DOCS_KEY": "hunter2\x00\r\nX: y"})
    assert "hunter2" not in wrong.value.what
