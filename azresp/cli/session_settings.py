"""A session that goes on outside of a chat: what was `/set` in it is in force there too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azresp.config.profile import SETTINGS
from azresp.ui.moving import DEPLOYMENT, elsewhere

if TYPE_CHECKING:
    from azresp.cli.connect import Reached
    from azresp.config.load import Loaded
    from azresp.core.session import Session


def in_session(reached: Reached, loaded: Loaded, session: Session) -> Reached:
    """What is reached, with the profile as it is in the session; a flag of the command line stands above that.

    Above all `store`: whoever switched it off in a conversation does not expect `run` or `approve` to store it whole.
    """
    chosen = {key: str(text) for key, text in session.settings.items() if key in SETTINGS}
    if elsewhere(session, reached.gateway.origin):
        chosen.pop(DEPLOYMENT, "")  # chosen among those of the other endpoint
    if not chosen:
        return reached
    from azresp.cli.tuner import ProfileTuner

    tuner = ProfileTuner(reached.profile, loaded.origins)
    tuner.restore(chosen)
    return replace(reached, profile=tuner.profile)
