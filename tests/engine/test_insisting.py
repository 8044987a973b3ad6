"""What is said again in another form where it was refused, once for each reason, and what of it is remembered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from azresp.core.compose import chain_anchor, compose
from azresp.core.session import Session, message, settle
from azresp.core.sse import Wire
from azresp.errors import AzrespError, NetworkError, ServiceError
from azresp.insisting import insist
from azresp.ports import Outcome
from tests.core.test_compose import HERE, SET, _exchange
from tests.core.test_obstacles import ALONE, PREVIOUS, TALK
from tests.engine.ports import say
from tests.replay import ReplayServer, stream

LOST = ServiceError(
    "Previous response with id 'resp_2' not found.", status=400, code="previous_response_not_found"
)
UNREADABLE = ServiceError("The encrypted content gAAA...c90= could not be verified.", status=400)
NO_CIPHERTEXT = ServiceError(
    "Encrypted content is not supported with this model.", status=400, param="include"
)
NO_STORING = ServiceError(PREVIOUS, status=400, param="previous_response_id")
NOT_FOUND = ServiceError(ALONE, status=400, param="input")


@dataclass
class Asked:
    """Agrees to all or nothing."""

    yes: bool = True
    told: list[str] = field(default_factory=list)

    async def rebuild(self, session: Session, error: AzrespError) -> bool:
        self.told.append("rebuild")
        return self.yes

    async def unstored(self, session: Session, error: AzrespError) -> Session | None:
        self.told.append("unstored")
        return replace(session, settings={**session.settings, "store": "off"}) if self.yes else None

    def omitted(self, line: str) -> None:
        self.told.append(line.split(":")[0])


def _play(
    *errors: AzrespError | None, store: bool = True, yes: bool = True, session: Session = TALK
) -> tuple[Outcome, list[Wire], list[str]]:
    """How it went, what was sent, and what was asked or told; the service answers with these errors in turn."""
    bodies: list[Wire] = []
    asked, answers = Asked(yes), iter(errors)

    async def hear(session: Session, said: tuple[Wire, ...], in_full: bool) -> Outcome:
        kept = store and session.settings.get("store") != "off"
        bodies.append(compose(session, said, SET | {"store": kept}, origin=HERE, in_full=in_full))
        error = next(answers)
        new = replace(_exchange(f"n{len(bodies)}"), parent=session.head, said=said)
        if error is not None:
            return Outcome(
                session.with_exchange(replace(new, turn=type(new.turn)())),
                replace(new, turn=type(new.turn)()),
                error,
            )
        return Outcome(settle(session, new), new)

    outcome = asyncio.run(insist(hear, session, (message("and now?"),), asked))
    assert next(answers, "all were heard") == "all were heard"
    return outcome, bodies, asked.told


def _kinds(body: Wire) -> list[str]:
    return [str(item["type"]) for item in body["input"]]


def test_a_lost_head_is_sent_in_full_after_a_yes_and_not_without() -> None:
    outcome, bodies, asked = _play(LOST, None)
    assert outcome.error is None
    assert asked == ["rebuild"]
    assert [body.get("previous_response_id") for body in bodies] == ["resp_2", None]
    assert _kinds(bodies[1]).count("message") == 5
    outcome, bodies, asked = _play(LOST, yes=False)
    assert (outcome.error, len(bodies), asked) == (LOST, 1, ["rebuild"])


def test_the_same_refusal_again_is_final_and_so_is_any_other_error() -> None:
    for errors in (
        (LOST, LOST),
        (UNREADABLE, UNREADABLE),
        (NetworkError("broke"),),
        (ServiceError("no", status=500),),
    ):
        outcome, bodies, _ = _play(*errors, store=errors[0] is LOST)
        assert outcome.error is errors[-1]
        assert len(bodies) == len(errors)


def test_reasoning_and_items_that_are_not_taken_back_are_left_out_and_stay_out() -> None:
    outcome, bodies, told = _play(UNREADABLE, NOT_FOUND, None, store=False)
    assert [("reasoning" in _kinds(body), "web_search_call" in _kinds(body)) for body in bodies] == [
        (True, True),
        (False, True),
        (False, False),
    ]
    assert told[0].startswith("the service can't read the reasoning")
    assert "web_search_call" in told[1]
    _, bodies, told = _play(None, store=False, session=outcome.session)
    assert (told, "web_search_call" in _kinds(bodies[0]), "reasoning" in _kinds(bodies[0])) == (
        [],
        False,
        False,
    )


def test_a_lost_head_whose_reasoning_is_unreadable_goes_on_without_it() -> None:
    outcome, bodies, told = _play(LOST, UNREADABLE, None)
    assert outcome.error is None
    assert (told[0], "reasoning" in _kinds(bodies[1]), "reasoning" in _kinds(bodies[2])) == (
        "rebuild",
        True,
        False,
    )
    assert _kinds(bodies[2]).count("message") == 5


def test_an_organisation_that_stores_nothing_is_gone_along_with_after_a_yes() -> None:
    outcome, bodies, asked = _play(NO_STORING, NO_CIPHERTEXT, None)
    assert asked == ["unstored"]
    assert [(body["store"], body.get("include")) for body in bodies] == [
        (True, None),
        (False, ["reasoning.encrypted_content"]),
        (False, None),
    ]
    assert outcome.session.settings["store"] == "off"
    assert _play(NO_STORING, yes=False)[0].error is NO_STORING


def test_there_is_no_way_round_for_what_is_said_now() -> None:
    outcome, bodies, told = _play(UNREADABLE, store=False, session=Session("s", "new"))
    assert (outcome.error, len(bodies), told) == (UNREADABLE, 1, [])


def test_a_response_that_the_service_did_not_keep_is_not_built_on() -> None:
    completed = {"id": "resp_1", "status": "completed", "store": False, "output": []}
    with ReplayServer(stream({"type": "response.completed", "response": completed})) as server:
        outcome, _ = asyncio.run(say(server.base_url))
    assert (outcome.exchange.stored, chain_anchor(outcome.session, "")) == (False, None)
