"""A request above `warn_tokens` or `warn_cost` is not sent from the command line without --yes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from azresp.errors import UsageError

if TYPE_CHECKING:
    from azresp.config.load import Loaded
    from azresp.core.session import Session
    from azresp.core.sse import Wire


def demand_affordable(
    loaded: Loaded,
    session: Session,
    said: Iterable[Wire],
    settings: Mapping[str, object],
    warn: Callable[[str], None],
    what: str = "the request",
) -> None:
    """Raise UsageError if saying this in the session takes more than the limits, by an estimate."""
    from azresp.ui.limit import Limit, sending, unpriced

    limit = Limit(loaded.profile.warn_tokens, loaded.profile.warn_cost)
    found = sending(session, said, settings, loaded.prices)
    if limit.cost and found.picos is None:
        warn(f"warning: {unpriced(str(settings.get('deployment')))}")
    if found.over(limit):
        many = 0 < limit.tokens < found.tokens
        bound = f"warn_tokens is {limit.tokens:,}" if many else f"warn_cost is {limit.cost:g}"
        raise UsageError(
            f"{what} takes {found}; {bound}",
            "Nothing was sent. Add --yes to send it all the same; --warn-tokens or --warn-cost set another limit, "
            "0 none.",
        )
