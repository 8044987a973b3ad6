"""Secrets: no way of printing or saving gives the value, and redaction finds it in every usual form."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import traceback
from dataclasses import asdict, dataclass
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.secrets import Redactor, Secret, SecretRef

CANARY = "sk-CANARY/+=7 ü\"'\\"


@dataclass
class Holder:
    key: Secret


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{:>20}".format,
        "%s".__mod__,
        ascii,
        lambda s: repr([s]),
        lambda s: repr(asdict(Holder(s))),
    ],
)
def test_no_way_of_printing_shows_a_secret(show: object) -> None:
    assert callable(show)
    shown = show(Secret(CANARY))
    assert "CANARY" not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "save", [pickle.dumps, json.dumps, lambda s: s.__getstate__(), vars, lambda s: copy.copy(s).__dict__]
)
def test_no_way_of_saving_takes_a_secret(save: object) -> None:
    assert callable(save)
    with pytest.raises((TypeError, AttributeError)):
        save(Secret(CANARY))


def test_a_secret_cannot_be_changed_and_copies_are_the_same() -> None:
    secret = Secret(CANARY)
    with pytest.raises(AttributeError):
        secret.value = "x"
    with pytest.raises(AttributeError):
        del secret._Secret__value  # type: ignore[attr-defined]  # that is what is tested
    assert copy.deepcopy(secret) is secret
    assert secret == Secret(CANARY) != Secret("other")
    assert len({secret, Secret(CANARY)}) == 1
    assert secret.reveal() == CANARY
    assert not Secret("")


def test_a_traceback_with_locals_does_not_show_a_secret() -> None:
    secret = Secret(CANARY)
    try:
        raise ValueError(secret)
    except ValueError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        text = "".join(shown.format())
        assert "secret = Secret(***)" in text
        assert CANARY not in text


@pytest.mark.parametrize("text", ["env:NAME", "env:_x1", "keyring:work", "keyring:me@contoso/prod"])
def test_a_reference_reads_back_as_itself(text: str) -> None:
    assert str(SecretRef.read(text)) == text


@pytest.mark.parametrize(
    "text", ["", "NAME", "env:", "env:1X", "env:A B", "keyring:", "file:x", "sk-123", "env:A\n"]
)
def test_what_may_be_a_key_is_no_reference(text: str) -> None:
    assert SecretRef.read(text) is None


values = st.text(st.characters(codec="utf-8"), min_size=6, max_size=40)


@given(values, st.binary(max_size=5), st.binary(max_size=5))
def test_a_secret_is_redacted_in_every_form(value: str, before: bytes, after: bytes) -> None:
    redact = Redactor(Secret(value)).redact
    assert redact(f"a {value} b {value}") == "a *** b ***"
    for form in (
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
    ):
        assert redact(form) == "***"
    encoded = base64.b64encode(before + value.encode() + after).decode()
    assert "***" in redact(encoded)
    assert "***" in redact(encoded.replace("+", "-").replace("/", "_"))


def test_only_what_is_known_is_redacted_and_short_values_are_not() -> None:
    redactor = Redactor()
    assert redactor.redact("a text") == "a text"
    redactor.add(Secret("a"))
    assert redactor.redact("a text") == "a text"
    redactor.add(Secret("text"))
    redactor.add(Secret("text and more"))
    assert redactor.redact("a text, a text and more") == "a ***, a ***"
