"""What the model has before it: estimates by kind, the service's count where it counted, never one for the other."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from azresp.core.context import KINDS, Share, Size, said_tokens, shares, size, text_tokens
from azresp.core.items import item_from
from azresp.core.session import Exchange, Session, message
from azresp.core.sse import Wire
from azresp.core.turn import Turn
from azresp.core.usage import Price
from azresp.ui.context_view import share_rows, size_told, window_bar
from azresp.ui.limit import Limit, Sending, sending

TOOL = {"type": "function", "name": "weather", "parameters": {}}
KEPT = {"saved": "x", "bytes": 4000, "sha256": "0" * 64}


def _exchange(question: Wire, *items: Wire, usage: Wire | None = None, ident: str = "e") -> Exchange:
    turn = Turn(
        "resp_1",
        "completed",
        tuple(item_from(at, item, closed=True) for at, item in enumerate(items)),
        response={"usage": usage} if usage else {},
    )
    return Exchange(ident, None, (question,), turn, 1.0, "gpt")


def test_each_thing_is_counted_under_its_kind() -> None:
    parts: list[Wire] = [
        {"type": "input_image", "image_url": {**KEPT, "mime": "image/png"}},
        {"type": "input_image", "image_url": "https://x/y.png", "detail": "low"},
        {"type": "input_file", "filename": "a.txt", "file_data": {**KEPT, "mime": "text/plain"}},
        {"type": "input_file", "filename": "a.pdf", "file_data": {**KEPT, "mime": "application/pdf"}},
        {"type": "input_file", "file_id": "assistant-1"},
    ]
    answer = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b" * 80}]}
    call = {"type": "function_call", "name": "weather", "arguments": "{}", "call_id": "c"}
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "z" * 4000}]}
    found = shares(
        [_exchange(message("a" * 40, parts=parts), thought, call, answer)],
        {"instructions": "i" * 8, "tools": [TOOL, TOOL]},
    )
    assert found["instructions"] == Share(1, 2)
    assert found["tools"].count == 2
    assert found["questions"] == Share(1, 10)
    assert found["answers"] == Share(1, 20)
    assert found["calls"].count == 1
    assert found["pictures"] == Share(2, 1100)
    assert found["files"] == Share(3, 1000, 2)
    assert said_tokens([message("a" * 40)]) == 10
    assert text_tokens("日本") == 2


def test_what_the_service_sealed_stands_for_all_before_it() -> None:
    answer = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b" * 80}]}
    seal: Wire = {"type": "compaction", "encrypted_content": "gAAA"}
    path = [
        _exchange(message("a" * 400), answer),
        _exchange(message("b" * 400), answer, seal),
        _exchange(message("c" * 40)),
    ]
    found = shares(path, {})
    assert (found["questions"], found["answers"].count, found["compacted"].count) == (Share(1, 10), 0, 1)
    # Where nobody can be asked only what is said now, and money, is too much.
    limit, grown = Limit(100, 1.0), Sending(10, 900, 10**11)
    assert [grown.over(limit), grown.too_much(limit), replace(grown, said=101).too_much(limit)] == [
        True,
        False,
        True,
    ]
    assert replace(grown, picos=2 * 10**12).too_much(limit)


def test_the_services_count_is_taken_and_what_came_after_it_makes_an_estimate() -> None:
    usage = {"input_tokens": 900, "output_tokens": 100, "output_tokens_details": {"reasoning_tokens": 60}}
    counted, later = _exchange(message("hi"), usage=usage), _exchange(message("a" * 400))
    assert size([counted], {"instructions": "i" * 400}) == Size(1000, True, 60)
    assert size([counted, later], {}) == Size(1100, False, 60)
    assert size([later], {"instructions": "i" * 400}) == Size(200, False)
    assert size([], {}) == Size(0, False)


_SHARES = st.fixed_dictionaries(
    {kind: st.builds(Share, st.integers(0, 9), st.integers(0, 999_999), st.integers(0, 2)) for kind in KINDS}
)


@given(
    _SHARES,
    st.builds(Size, st.integers(0, 999_999), st.booleans(), st.integers(0, 2)),
    st.integers(20, 120),
    st.integers(1, 1_000_000),
)
def test_an_estimate_is_never_shown_as_a_count(
    found: dict[str, Share], whole: Size, columns: int, window: int
) -> None:
    counted = whole.counted
    assert size_told(whole, "counted by the service").startswith("~") is not counted
    assert ("counted" in size_told(whole, "counted by the service")) is counted
    assert ("~" in window_bar(whole, window, columns)) is not counted
    for name, told in share_rows(found, whole, columns):
        assert told.strip()[0] in "~?" or (name == "reasoning" and "counted" in told)
        assert len(told) <= max(columns - 16, 12) or columns < 40


def test_what_is_said_goes_on_top_of_the_conversation_and_costs_its_price() -> None:
    usage = {"input_tokens": 900, "output_tokens": 100}
    session = Session("s", "talk", "e", exchanges={"e": _exchange(message("hi"), usage=usage)})
    found = sending(
        session, [message("a" * 400)], {"deployment": "gpt"}, {"gpt": Price(1_000_000, 0, 5, "EUR")}
    )
    assert found == Sending(100, 1000, 1_100_000_000, "EUR")
    assert str(found) == "~1,100 tokens, ~1,000 of them the conversation so far, for ~0.0011 EUR of input"
    assert str(replace(found, before=0, picos=None)) == "~100 tokens"


def test_a_request_is_over_a_limit_and_a_yes_gives_as_much_again() -> None:
    one = Sending(600, 500, 3 * 10**12)
    assert not one.over(Limit())
    assert not one.over(Limit(1100))
    assert one.over(Limit(1099))
    assert not one.over(Limit(0, 3.0))
    assert one.over(Limit(0, 2.99))
    assert not replace(one, picos=None).over(Limit(0, 0.01))
    agreed = Sending(0, 1000, 10**12)
    assert not one.over(Limit(200, 2.0), agreed)
    assert one.over(Limit(99), agreed)
    assert one.over(Limit(0, 1.9), agreed)
