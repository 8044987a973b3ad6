"""How many examples Hypothesis looks at: few in every run, AZRESP_FUZZ times as many in `make fuzz`."""

from __future__ import annotations

import os
import random

from hypothesis import settings

EXAMPLES = 40
"""for a law that does not ask for a number of its own"""
_TIMES = int(os.environ.get("AZRESP_FUZZ", "1"))


def examples(number: int = EXAMPLES) -> settings:
    """The settings of a law that needs more examples than others, or whose examples are dear."""
    return settings(max_examples=number * _TIMES)


def chance() -> random.Random:
    """What draws a sample: in CI the same one each time."""
    return random.Random(7 if "CI" in os.environ else None)
