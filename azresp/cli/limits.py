"""The limits `warn_tokens` and `warn_cost` where nobody can be asked: too much is not sent without --yes, or told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from azresp.errors import UsageError

if TYPE_CHECKING:
    from azresp.config.profile import Profile
    from azresp.core.session import Session
    from azresp.core.sse import Wire
    from azresp.core.usage import Prices


def demand_affordable(
    profile: Profile,
    prices: Prices,
    session: Session,
    said: Iterable[Wire],
    settings: Mapping[str, object],
    warn: Callable[[str], None],
    what: str = "the request",
) -> None:
    """Raise UsageError if saying this in the session is too much, by an estimate; warn of a large conversation."""
    from azresp.ui.limit import Limit, sending, unpriced

    limit = Limit(profile.warn_tokens, profile.warn_cost)
    found = sending(session, said, settings, prices)
    if limit.cost and found.picos is None:
        warn(f"warning: {unpriced(str(settings.get('deployment')))}")
    if found.too_much(limit):
        many = 0 < limit.tokens < found.said
        bound = f"warn_tokens is {limit.tokens:,}" if many else f"warn_cost is {limit.cost:g}"
        raise UsageError(
            f"{what} takes {found}; {bound}",
            "Nothing was sent. Add --yes to send it all the same; --warn-tokens or --warn-cost set another limit, "
            "0 none.",
        )
    if found.over(limit):
        warn(f"warning: {what} takes {found}: --warn-tokens sets from when on I tell")


def too_large(
    profile: Profile, prices: Prices, session: Session, said: Iterable[Wire], settings: Mapping[str, object]
) -> str:
    """What answers of tools take, as words, where it is too much to be sent unasked; else empty."""
    from azresp.ui.limit import Limit, sending

    found = sending(session, said, settings, prices)
    return (
        f"answers that take {found}" if found.too_much(Limit(profile.warn_tokens, profile.warn_cost)) else ""
    )
