"""What a tool sees of our environment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from azresp.toolbox.environment import environment

NAMES = st.sampled_from(
    ["PATH", "HOME", "LC_ALL", "LC_TOKEN_X", "AZURE_CLIENT_SECRET", "OPENAI_API_KEY", "A", "Path"]
)


@given(st.dictionaries(NAMES, st.text()), st.sets(NAMES))
def test_what_is_not_on_the_list_is_there_only_if_it_was_named(ours: dict[str, str], named: set[str]) -> None:
    usual = {"PATH", "HOME", "LC_ALL", "Path"}
    wanted = {name: value for name, value in ours.items() if name in usual | named}
    assert environment(ours, named, "1") == wanted | {"TERM": "dumb", "TOOL_CALL_ID": "1"}


def test_a_call_within_a_call_is_marked_with_both() -> None:
    assert environment({"TOOL_CALL_ID": "1"}, (), "2")["TOOL_CALL_ID"] == "1.2"
