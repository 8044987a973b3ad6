"""Keys, known secrets and, if asked, personal data are masked; all else stays as it was."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.redaction import MASK, Redaction
from azresp.core.secrets import Redactor, Secret
from azresp.core.session import Exchange, Session, message
from azresp.core.sse import Wire
from azresp.core.turn import Turn

_SECRETS = (
    "sk-proj-" + "Ab1_" * 12, "ghp_" + "a1B2" * 9, "AKIA" + "ABCD1234" * 2, "xoxb-123456789012-abcdefABCDEF",
    "A1b2" * 13 + "JQQJ9" + "9aB" * 9, "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "AIza" + "Sy_-1" * 7,
)  # fmt: skip
_NAMED = (
    "password: {}", "API_KEY={}", '"client_secret": "{}"', "Authorization: Bearer {}", r"{{\"token\": \"{}\"}}",
    "https://account.blob/x?sv=1&sig={}", "postgres://ada:{}@db/x",
)  # fmt: skip


@pytest.mark.parametrize("secret", _SECRETS)
def test_keys_are_known_by_their_shape(secret: str) -> None:
    redaction = Redaction()
    assert redaction.text(f"it is {secret}, keep it ({secret})") == f"it is {MASK}, keep it ({MASK})"
    assert redaction.count == 2


@pytest.mark.parametrize("place", _NAMED)
def test_what_is_named_as_a_secret_goes_and_its_name_stays(place: str) -> None:
    assert Redaction().text(place.format("hunter2hunter2hunter2")) == place.format(MASK)


@given(st.text("abcdefgh .,:=\n", max_size=80))
def test_plain_words_stay_and_masking_twice_is_masking_once(text: str) -> None:
    redaction = Redaction(personal=True)
    assert redaction.text(text) == text
    once = redaction.text(f"{text} password={_SECRETS[0]} {_SECRETS[1]}")
    assert redaction.text(once) == once


def test_texts_that_begin_like_data_and_attached_text_files_are_looked_through() -> None:
    redaction = Redaction()
    assert redaction.text(f"data: {_SECRETS[0]}") == f"data: {MASK}"
    assert redaction.text(picture := f"data:image/png;base64,{'sk-proj-' + 'A' * 40}") == picture
    file = base64.b64encode(f"API_KEY={_SECRETS[0]}\n".encode()).decode()
    assert base64.b64decode(redaction.file(file)).decode() == f"API_KEY={MASK}\n"
    for other in (
        base64.b64encode(b"\x89PNG password=hunter2hunter2").decode(),
        base64.b64encode(b"hi").decode(),
    ):
        assert redaction.file(other) == other
    assert redaction.count == 2


def test_a_session_is_masked_wherever_a_secret_may_stand_and_counted() -> None:
    known, mail = "correct-horse", "ada@example.com"
    said: tuple[Wire, ...] = (
        message(f"{known} {mail}"),
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_image", "image_url": "data:image/png;base64,c2stcHJvag=="}],
        },
    )
    turn = Turn("resp_1", "completed", response={"instructions": f"say {known}"})
    session = Session("s", "talk", "e", {"instructions": known}, {"e": Exchange("e", None, said, turn, 1.0)})
    redaction = Redaction(Redactor(Secret(known)))
    masked, made = redaction.session(session, list(session.exchanges.values()))
    assert redaction.count == 3
    assert made == [masked.exchanges["e"]]
    assert made[0].question == f"{MASK} {mail}"
    assert made[0].said[1] == said[1]  # a picture is no text
    assert (masked.settings, made[0].turn.response) == (
        {"instructions": MASK},
        {"instructions": f"say {MASK}"},
    )
    assert Redaction(personal=True).text(f"{mail} in /home/ada/x.txt") == f"{MASK} in {MASK}"
