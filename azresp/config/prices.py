"""`[prices.NAME]`: what tokens of a deployment or model cost, as the user wrote it down. azresp knows no prices."""

from __future__ import annotations

from collections.abc import Mapping

from azresp.config.fields import Fields, matching, within
from azresp.config.origin import short
from azresp.core.usage import Price
from azresp.errors import ConfigError

_KEYS = ("input", "cached_input", "output", "currency")
_SAYS = "a price for a million tokens, from 0 to 1000000"


def read_prices(tables: object, place: str) -> dict[str, Price]:
    """The prices by deployment or model. ConfigError: the first thing that is wrong."""
    if not isinstance(tables, Mapping):
        raise ConfigError(f"{place}: must be tables like [prices.gpt-5], got {short(tables)}")
    return {name: _price(name, table, f"{place}.{name}") for name, table in tables.items()}


def _price(name: str, table: object, place: str) -> Price:
    if isinstance(table, Mapping) and any(isinstance(one, Mapping) for one in table.values()):
        inner = next(key for key, one in table.items() if isinstance(one, Mapping))
        raise ConfigError(
            f"{place}: has a table in it: {short(inner)}",
            f'A name with a dot stands in quotation marks: [prices."{name}.{inner}"].',
        )
    fields = Fields(table, place, _KEYS)
    given = fields.need("input", _SAYS, _millionths)
    cached = fields.read("cached_input", _SAYS, _millionths)
    currency = fields.read(
        "currency", "a short word like EUR", matching(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,12}")
    )
    return Price(
        given, given if cached is None else cached, fields.need("output", _SAYS, _millionths), currency or ""
    )


def _millionths(value: object) -> int:
    return round(within(0, 1_000_000)(value) * 1_000_000)
