"""Many prompts in one file: what a line may be, ids that survive editing, what a failed request means."""

from __future__ import annotations

import json

import pytest

from azresp.core.batch import batch_id, exchange_ids, fate, read_lines, resend_wait
from azresp.core.session import message
from azresp.errors import NetworkError, ServiceError, SignInError, UsageError


def _ids(text: str) -> list[str]:
    return exchange_ids("batch-1", read_lines(text, "q", 1000))


def test_a_line_is_a_text_or_an_object_in_any_of_its_forms() -> None:
    text = '"a\u2028b"\n\n{"prompt": "two", "id": 7, "model": "gpt"}\r\n' + json.dumps(
        {
            "custom_id": "c",
            "method": "POST",
            "url": "/v1/responses",
            "body": {"input": "x", "temperature": 0.5},
        }
    )
    first, second, third = read_lines(text, "q", 1000)
    assert (first.number, first.said, first.extra) == (1, (message("a\u2028b"),), {})
    assert (second.number, second.id, second.extra) == (3, "7", {"model": "gpt"})
    assert (third.number, third.id, third.extra) == (4, "c", {"temperature": 0.5})
    (items,) = read_lines('{"input": [{"role": "user", "content": "hi"}]}', "q", 1000)
    assert items.said == ({"role": "user", "content": "hi"},)


@pytest.mark.parametrize(
    "wrong",
    [
        "no json",
        "7",
        '""',
        "{}",
        '{"prompt": "a", "prompt": "b"}',
        '{"prompt": "a", "input": "b"}',
        '{"prompt": "a", "temperature": 1}',
        '{"body": {"input": "a", "background": false}}',
        '{"url": "/v1/chat/completions", "body": {"input": "a"}}',
        '{"prompt": "a", "model": 7}',
        '{"input": ["a"]}',
        json.dumps("x" * 1001),
    ],
)
def test_anything_else_is_refused_with_its_number(wrong: str) -> None:
    with pytest.raises(UsageError, match="line 2"):
        read_lines(f'"fine"\n{wrong}\n', "q", 1000)


def test_ids_follow_what_is_asked_wherever_it_stands() -> None:
    one, two, again = _ids('"one"\n"two"\n"one"')
    assert len({one, two, again}) == 3
    assert _ids('"new"\n"two"\n"one"\n"one"')[1:] == [two, one, again]
    assert _ids('{"prompt": "one", "instructions": "x"}') != [one]
    assert len({batch_id(place, origin, {}) for place in "ab" for origin in "cd"}) == 4


def test_only_what_surely_was_not_seen_goes_again() -> None:
    limited = ServiceError("slow down", status=429, retry_after_s=500.0)
    wait = resend_wait(limited, 99, 0.0)
    assert wait is not None
    assert wait.seconds == 500.0  # however long and however often
    assert resend_wait(ServiceError("spent", status=429, code="insufficient_quota"), 1, 0.0) is None
    assert resend_wait(NetworkError("no way", reached=False), 1, 0.0) is not None
    for error, meaning in (
        (NetworkError("lost"), "unknown"),
        (ServiceError("oops", status=500), "unknown"),
        (ServiceError("bad", status=400), "refused"),
        (ServiceError("none", status=404), "stop"),
        (ServiceError("spent", status=429, code="insufficient_quota"), "stop"),
        (NetworkError("no way", reached=False), "stop"),
        (SignInError("no", status=401), "stop"),
    ):
        assert fate(error, own_model=False) == meaning
        if meaning == "unknown":
            assert resend_wait(error, 1, 0.0) is None
    assert fate(ServiceError("none", status=404), own_model=True) == "refused"
