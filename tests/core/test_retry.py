"""When a failed request goes again."""

from __future__ import annotations

import pytest

from azresp.core.retry import LONGEST_WAIT_S, SETTLING_S, Wait, next_wait
from azresp.errors import AzrespError, LocalError, NetworkError, ServiceError, SignInError

LOST = ServiceError("", status=400, code="previous_response_not_found")


def _waits(error: AzrespError, *, safe: bool = False, settling: bool = False) -> list[float]:
    waits: list[Wait] = []
    while wait := next_wait(error, len(waits) + 1, safe=safe, settling=settling, spread=0.0):
        assert wait.attempt == len(waits) + 2
        assert wait.attempt <= wait.of
        waits.append(wait)
    return [wait.seconds for wait in waits]


@pytest.mark.parametrize(
    ("error", "post", "get"),
    [
        (NetworkError("refused", reached=False), 2, 2),
        (NetworkError("cut"), 0, 3),
        (ServiceError("", status=429), 5, 5),
        (ServiceError("", status=429, retry_after_s=LONGEST_WAIT_S), 5, 5),
        (ServiceError("", status=429, retry_after_s=LONGEST_WAIT_S + 1), 0, 0),
        (ServiceError("", status=429, code="insufficient_quota"), 0, 0),
        (ServiceError("", status=429, should_retry=False), 0, 0),
        (ServiceError("", status=500), 0, 3),
        (ServiceError("", status=500, should_retry=True), 3, 3),
        (ServiceError("", status=503, should_retry=False), 0, 0),
        (ServiceError("", status=408), 0, 3),
        (ServiceError("", status=400), 0, 0),
        (ServiceError("", status=404), 0, 0),
        (LOST, 0, 0),
        (SignInError("", status=401), 0, 0),
        (LocalError("disk"), 0, 0),
    ],
)
def test_a_post_goes_again_only_if_the_model_surely_did_not_see_it(
    error: AzrespError, post: int, get: int
) -> None:
    assert len(_waits(error)) == post
    assert len(_waits(error, safe=True)) == get


def test_a_response_that_ended_moments_ago_is_waited_for_as_long_as_was_ever_seen() -> None:
    assert sum(_waits(LOST, settling=True)) == SETTLING_S
    assert sum(_waits(ServiceError("", status=404), safe=True, settling=True)) == SETTLING_S
    assert _waits(ServiceError("", status=404), settling=True) == []


def test_the_service_is_waited_for_as_long_as_it_says() -> None:
    assert set(_waits(ServiceError("", status=429, retry_after_s=7.5))) == {7.5}
    assert _waits(ServiceError("", status=429)) == [2, 4, 8, 16, 30]
    assert _waits(ServiceError("", status=502), safe=True) == [0.5, 1, 2]
