"""A chat for a screen reader: whole lines with labels, not one escape sequence, the same from a flag or a variable."""

from __future__ import annotations

from tests.cli.test_chat import House, in_order
from tests.cli.test_chat import house as house


def test_a_dialogue_is_heard_line_by_line(house: House) -> None:
    (house.folder / "note.txt").write_text("hello\n")
    with house.chat("--screen-reader", "--tool", "read_file", env={"ACCESSIBLE": "0"}) as chat:
        chat.wait("Screen reader mode is on.").until(lambda: chat.written.endswith("You: "), "a prompt")
        chat.keys("show me markdown\r").wait("Done:").until(lambda: chat.written.endswith("You: "), "another")
        chat.keys("/context\r").wait("truncation:").keys("/frob\r").wait("there is no command /frob")
        chat.keys('call read_file {"path":"note.txt","first_line":null,"last_line":null}\r')
        chat.wait("Allow? Enter means no:").keys("yes\r").wait("Done:", 2)
        chat.until(lambda: chat.written.endswith("You: "), "the last").keys("\x04")
        assert chat.status() == 0
        said = [
            "You: show me markdown",
            "Answer:",
            "Heading 1:",
            "Row 1:",
            "End of table.",
            "Code, python:",
            "Done:",
        ]
        assert in_order([*said, "Tool call read_file:", "Approval,", "Line 1:", "Answer:"], chat.text), (
            chat.text
        )
        assert "Error: there is no command /frob" in chat.text
        assert "\x1b" not in chat.written
        assert not any("\u2500" <= char <= "\u259f" for char in chat.written)
